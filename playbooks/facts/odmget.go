package facts

import (
	"regexp"
	"strings"
)

var (
	stanzaHeader = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]{0,63}):\s*$`)
	stanzaField  = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_.]{0,63})\s*=\s*(.*)$`)
)

const (
	maxFields = 256
	maxValue  = 1024
)

// ParseODM reads `odmget -q CRITERIA CLASS` (procedure D10, D11): "CuAt:" and
// under it NAME = "VALUE". Nothing matching is no output and exit 0 (K).
// Message 0519-004 says that there is no such class. Quotes may be odd: what
// stands behind "=" is taken, without an outer quote and with \" undone; a line
// that ends with a backslash goes on in the next.
func ParseODM(o Output) (ODM, error) {
	unknown := hasMessage(o, "0519-004") && !notThere(o)
	if o.Exit != 0 && !unknown {
		return ODM{}, failed("odmget", o)
	}
	if unknown && !stanzaAnywhere(o) {
		return ODM{Stanzas: []Stanza{}}, nil
	}
	all, err := lines(o)
	if err != nil {
		return ODM{}, err
	}
	found := ODM{Known: true, Stanzas: []Stanza{}}
	odd := firstText(o.Stderr)
	more := "" // the field whose value goes on in the next line
	for line := range all {
		last := len(found.Stanzas) - 1
		header := stanzaHeader.FindStringSubmatch(line)
		field := stanzaField.FindStringSubmatch(line)
		switch {
		case more != "":
			fields := found.Stanzas[last].Fields
			fields[more] = clean(fields[more]+" "+unquote(line), maxValue)
			if !strings.HasSuffix(line, `\`) {
				more = ""
			}
		case header != nil:
			if len(found.Stanzas) == maxRows {
				return ODM{}, errTooMany
			}
			found.Stanzas = append(found.Stanzas, Stanza{Class: header[1], Fields: map[string]string{}})
		case last < 0 || field == nil:
			if strings.TrimSpace(line) != "" {
				odd = line
			}
		default:
			fields := found.Stanzas[last].Fields
			if _, twice := fields[field[1]]; twice || len(fields) == maxFields {
				continue
			}
			fields[field[1]] = unquote(field[2])
			if strings.HasSuffix(line, `\`) {
				more = field[1]
			}
		}
	}
	if len(found.Stanzas) == 0 && odd != "" {
		return ODM{}, notUnderstood("odmget", odd)
	}
	return found, nil
}

// stanzaAnywhere tells that stdout holds a stanza in spite of a message.
func stanzaAnywhere(o Output) bool {
	for line := range splitLines(o.Stdout) {
		if len(line) < maxName && stanzaHeader.MatchString(line) {
			return true
		}
	}
	return false
}

// unquote takes off the outer quotes as far as they are there.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, `"`)
	if !strings.HasSuffix(s, `\"`) {
		s = strings.TrimSuffix(s, `"`)
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, `\`), `\n`)
	return clean(strings.ReplaceAll(s, `\"`, `"`), maxValue)
}
