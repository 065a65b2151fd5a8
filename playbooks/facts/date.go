package facts

import (
	"errors"
	"strings"
	"time"
)

// dateForms are what `date -u` prints under LC_ALL=C, and RFC 3339.
var dateForms = [...]string{
	"Mon Jan 2 15:04:05 UTC 2006",
	"Mon Jan 2 15:04:05 GMT 2006",
	time.RFC3339,
}

// ParseClock reads `date -u` (procedure D13) and compares it with the moment at
// which the controller had read the answer.
func ParseClock(o Output) (Clock, error) {
	if o.Exit != 0 {
		return Clock{}, failed("date", o)
	}
	if o.At.IsZero() {
		return Clock{}, errors.New("the controller's own time is not known")
	}
	line, err := onlyLine(o)
	if err != nil {
		return Clock{}, err
	}
	text := strings.Join(strings.Fields(line), " ")
	for _, form := range dateForms {
		host, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		return Clock{
			Time:        host.UTC().Format(time.RFC3339),
			SkewSeconds: host.Unix() - o.At.Unix(),
		}, nil
	}
	return Clock{}, notUnderstood("date", line)
}
