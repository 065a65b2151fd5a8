package facts

import (
	"errors"
	"strings"
	"time"
)

// dateForms are RFC 3339, which is asked for since neither a locale nor the name
// of the zone bends it, and the forms of `date -u` alone under LC_ALL=C: AIX may
// call the zone UTC, GMT or CUT (C). Old recordings hold that.
var dateForms = [...]string{
	time.RFC3339,
	"Mon Jan 2 15:04:05 UTC 2006",
	"Mon Jan 2 15:04:05 GMT 2006",
	"Mon Jan 2 15:04:05 CUT 2006",
}

// ParseClock reads `date -u '+%Y-%m-%dT%H:%M:%SZ'` (procedure D13) and compares
// it with the moment at which the controller had read the answer.
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
