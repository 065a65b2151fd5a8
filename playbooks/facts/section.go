package facts

import (
	"errors"
	"fmt"
	"strings"
)

// section is a probe's output for one en interface, between the markers
// "=== en1" and its end marker.
type section struct {
	name string
	body []string
	end  string // the text of the end marker
}

const maxSections = 1024

// sections splits the output of a probe that loops over the en interfaces.
// A section without its end marker means that the output was cut: an error.
// No section at all is an error too: the loop is silent when the lsdev that
// feeds it fails, and that is not an answer.
func sections(command string, o Output, isEnd func(string) bool) ([]section, error) {
	if o.Exit != 0 {
		return nil, failed(command, o)
	}
	all, err := lines(o)
	if err != nil {
		return nil, err
	}
	var done []section
	var open *section
	seen := map[string]bool{}
	for line := range all {
		marker, isMarker := strings.CutPrefix(strings.TrimSpace(line), "=== ")
		marker = strings.TrimSpace(marker)
		switch {
		case !isMarker && open == nil: // a banner
		case !isMarker:
			if len(open.body) == maxRows*4 {
				return nil, errors.New("section " + open.name + " is too long")
			}
			open.body = append(open.body, line)
		case isEnd(marker) && open != nil:
			open.end = marker
			done = append(done, *open)
			open = nil
		case open != nil:
			return nil, fmt.Errorf("section %s has no end before %s", open.name, quoted(line))
		case !ethernetName.MatchString(marker) || seen[marker] || len(done) == maxSections:
			return nil, fmt.Errorf("unexpected section %s", quoted(line))
		default:
			seen[marker] = true
			open = &section{name: marker}
		}
	}
	if open != nil {
		return nil, fmt.Errorf("section %s has no end", open.name)
	}
	if len(done) == 0 {
		return nil, notUnderstood(command, firstText(o.Stdout))
	}
	return done, nil
}
