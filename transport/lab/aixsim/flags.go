package aixsim

import "strings"

// flagSet holds arguments as getopt parses them.
type flagSet struct {
	values map[byte][]string
	rest   []string
	bad    byte // first flag that is not known, 0 when all are
}

func (f flagSet) has(c byte) bool { _, ok := f.values[c]; return ok }

// last is the last value of a flag, "" when it was not given.
func (f flagSet) last(c byte) string {
	if v := f.values[c]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// getopt reads single-letter flags; spec is that of getopt(3): a letter that
// takes a value is followed by a colon. Flags end at the first operand.
func getopt(args []string, spec string) flagSet {
	f := flagSet{values: map[byte][]string{}}
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" {
			args = args[1:]
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			break
		}
		args = args[1:]
		for i := 1; i < len(arg); i++ {
			c := arg[i]
			j := strings.IndexByte(spec, c)
			if c == ':' || j < 0 {
				if f.bad == 0 {
					f.bad = c
				}
				continue
			}
			if j+1 >= len(spec) || spec[j+1] != ':' {
				f.values[c] = append(f.values[c], "")
				continue
			}
			value := arg[i+1:]
			if value == "" && len(args) > 0 {
				value, args = args[0], args[1:]
			}
			f.values[c] = append(f.values[c], value)
			break
		}
	}
	f.rest = args
	return f
}

// getoptAll is getopt for commands that take flags behind operands too
// (lsattr -El en1 -a netaddr6).
func getoptAll(args []string, spec string) flagSet {
	all := flagSet{values: map[byte][]string{}}
	for len(args) > 0 {
		f := getopt(args, spec)
		for c, v := range f.values {
			all.values[c] = append(all.values[c], v...)
		}
		if all.bad == 0 {
			all.bad = f.bad
		}
		args = f.rest
		if len(args) > 0 {
			all.rest = append(all.rest, args[0])
			args = args[1:]
		}
	}
	return all
}

// usage complains about flags as AIX does.
func (e *Env) usage(f flagSet, text string) int {
	if f.bad != 0 {
		e.err("%s: Not a recognized flag: %c\n", e.name(), f.bad)
	}
	return e.fail(1, "Usage: %s", text)
}

// fileError prints the error of a file in AIX's words and returns 2.
func (e *Env) fileError(name string, err error) int {
	return e.failIn(2, tongues{"%s: 0652-050 Cannot open %s: %v",
		"%s: 0652-050 %s kann nicht geöffnet werden: %v"}, e.name(), name, plainError(err))
}
