package facts

import (
	"iter"
	"regexp"
	"strings"
)

var (
	stanzaHeader = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]{0,63}):\s*$`)
	stanzaField  = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_.]{0,63})\s*=\s*(.*)$`)
)

const (
	maxFields = 256
	maxValue  = 1024
	// maxRawValue bounds a value before its quotes are undone.
	maxRawValue = 8 * maxValue
)

// ParseODM reads `odmget -q CRITERIA CLASS` (procedure D10, D11): "CuAt:" and
// under it NAME = "VALUE" (C). Whether a class exists is asked of the file
// system, where each is a file in /etc/objrepos (D): exit 44 is the probe's word
// for a class that is not there. No message is read: 0519-004, once taken for "no
// such class", is about malformed criteria (C). No output is no match; its exit
// status is not known (K), so a silent failure is no match too, unless a signal
// ended it.
//
// A value is the text between the outer quotes, with \" and \\ undone. It continues
// in the next line when its line ends with a backslash, or when its quote is
// still open and the next line is no field, no header and not blank: a quote
// that somebody forgot must not swallow a stanza. The first of two fields with
// the same name counts.
func ParseODM(o Output) (ODM, error) {
	if o.Exit == exitAbsent && blank(o.Stdout) {
		return ODM{Stanzas: []Stanza{}}, nil
	}
	silent := blank(o.Stdout) && blank(o.Stderr) && o.Exit < exitNotExecutable
	if o.Exit != 0 && !silent {
		return ODM{}, failed("odmget", o)
	}
	all, err := lines(o)
	if err != nil {
		return ODM{}, err
	}
	r := odmReader{stanzas: []Stanza{}, odd: firstText(o.Stderr)}
	if err := r.read(all); err != nil {
		return ODM{}, err
	}
	if len(r.stanzas) == 0 && r.odd != "" {
		return ODM{}, notUnderstood("odmget", r.odd)
	}
	return ODM{Known: true, Stanzas: r.stanzas}, nil
}

// odmReader reads stanzas line by line.
type odmReader struct {
	stanzas []Stanza
	odd     string // a line outside of any stanza

	name   string // of the field that is being read, "" for none
	raw    string // its value so far, as it stands
	joined bool   // the last line ended with a backslash
}

func (r *odmReader) read(all iter.Seq[string]) error {
	for line := range all {
		if r.goesOn(line) {
			r.add(line)
			continue
		}
		r.close()
		header := stanzaHeader.FindStringSubmatch(line)
		field := stanzaField.FindStringSubmatch(line)
		switch {
		case header != nil && len(r.stanzas) == maxRows:
			return errTooMany
		case header != nil:
			r.stanzas = append(r.stanzas, Stanza{Class: header[1], Fields: map[string]string{}})
		case field != nil && len(r.stanzas) > 0:
			r.name = field[1]
			r.add(field[2])
		case strings.TrimSpace(line) != "":
			r.odd = line
		}
	}
	r.close()
	return nil
}

// goesOn reports whether a line belongs to the value that is being read.
func (r *odmReader) goesOn(line string) bool {
	switch {
	case r.name == "":
		return false
	case r.joined:
		return true
	}
	closed := !strings.HasPrefix(r.raw, `"`) || len(r.raw) > 1 && endsQuoted(r.raw)
	return !closed && strings.TrimSpace(line) != "" && !stanzaHeader.MatchString(line) && !stanzaField.MatchString(line)
}

// add takes a line, or the part of one behind "=", into the value. A backslash
// at its end, and the \n in front of that one, are the line's end, not text.
func (r *odmReader) add(line string) {
	part := strings.TrimSpace(line)
	r.joined = backslashes(part)%2 == 1
	if r.joined {
		part = strings.TrimSuffix(strings.TrimSuffix(part, `\`), `\n`)
	}
	if r.raw != "" {
		part = " " + part
	}
	if len(r.raw)+len(part) <= maxRawValue {
		r.raw += part
	}
}

// close keeps the value that was read.
func (r *odmReader) close() {
	if r.name == "" {
		return
	}
	fields := r.stanzas[len(r.stanzas)-1].Fields
	if _, twice := fields[r.name]; !twice && len(fields) < maxFields {
		fields[r.name] = unquote(r.raw)
	}
	r.name, r.raw, r.joined = "", "", false
}

// backslashes counts those at the end of s.
func backslashes(s string) int {
	return len(s) - len(strings.TrimRight(s, `\`))
}

// endsQuoted reports whether s ends with a quote that no backslash takes away.
func endsQuoted(s string) bool {
	rest, quote := strings.CutSuffix(s, `"`)
	return quote && backslashes(rest)%2 == 0
}

// unquote removes the outer quotes, where there are any, and undoes backslashes.
func unquote(s string) string {
	s = strings.TrimPrefix(strings.TrimSpace(s), `"`)
	if endsQuoted(s) {
		s = strings.TrimSuffix(s, `"`)
	}
	return clean(unescape.Replace(s), maxValue)
}

// unescape reads from the left, so that \\n is a backslash and an n.
var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, " ", `\t`, " ", "\t", " ")
