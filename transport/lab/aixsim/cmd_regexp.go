package aixsim

import (
	"context"
	"regexp"
	"strings"
)

// basicRegexp turns a basic regular expression of POSIX into one of Go.
func basicRegexp(re string) string {
	var b strings.Builder
	for i := 0; i < len(re); i++ {
		switch c := re[i]; {
		case c == '\\' && i+1 < len(re):
			i++
			if strings.IndexByte("(){}", re[i]) >= 0 {
				b.WriteByte(re[i])
			} else if re[i] == '<' || re[i] == '>' {
				b.WriteString(`\b`)
			} else {
				b.WriteString(regexp.QuoteMeta(re[i : i+1]))
			}
		case c == '[':
			j := bracketEnd(re, i)
			b.WriteString(strings.ReplaceAll(re[i:j], `\`, `\\`))
			i = j - 1
		case strings.IndexByte("+?(){}|", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '*' && (i == 0 || re[i-1] == '(' || i == 1 && re[0] == '^'):
			b.WriteString(`\*`)
		case c == '^' && i > 0 && re[i-1] != '(' || c == '$' && i < len(re)-1 && !strings.HasPrefix(re[i+1:], `\)`):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bracketEnd is the index behind the bracket expression that starts at i.
func bracketEnd(re string, i int) int {
	j := i + 1
	if j < len(re) && re[j] == '^' {
		j++
	}
	if j < len(re) && re[j] == ']' {
		j++
	}
	for j < len(re) && re[j] != ']' {
		if strings.HasPrefix(re[j:], "[:") {
			if k := strings.Index(re[j:], ":]"); k > 0 {
				j += k + 1
			}
		}
		j++
	}
	return min(j+1, len(re))
}

func cmdGrep(_ context.Context, e *Env) int {
	args := e.Args
	f := getopt(args, "ivnclqshEFxwe:f:y")
	if f.bad != 0 {
		e.err("grep: Not a recognized flag: %c\n", f.bad) // -o, -A and -r are GNU's
		return 2
	}
	patterns := f.values['e']
	files := f.rest
	if len(patterns) == 0 {
		if len(files) == 0 {
			return e.fail(2, "Usage: grep [-E|-F] [-c|-l|-q] [-insvxbhwyu] [-p parasep] -e pattern_list... [file...]")
		}
		patterns, files = files[:1], files[1:]
	}
	re, err := grepRegexp(e.name(), f, patterns)
	if err != nil {
		return e.fail(2, "grep: 0652-033 Cannot compile the pattern: %v", err)
	}
	g := grep{e: e, f: f, re: re, many: len(files) > 1 && !f.has('h')}
	exit := e.eachInput(files, g.file)
	switch {
	case g.found && f.has('q'):
		return 0
	case exit != 0:
		return 2
	case g.found:
		return 0
	}
	return 1
}

func grepRegexp(name string, f flagSet, patterns []string) (*regexp.Regexp, error) {
	var alternatives []string
	for _, p := range patterns {
		for line := range strings.SplitSeq(p, "\n") {
			switch {
			case f.has('F') || name == "fgrep":
				line = regexp.QuoteMeta(line)
			case !f.has('E') && name != "egrep":
				line = basicRegexp(line)
			}
			if f.has('x') {
				line = "^(?:" + line + ")$"
			}
			if f.has('w') {
				line = `\b(?:` + line + `)\b`
			}
			alternatives = append(alternatives, "(?:"+line+")")
		}
	}
	text := strings.Join(alternatives, "|")
	if f.has('i') || f.has('y') {
		text = "(?i)" + text
	}
	return regexp.Compile(text)
}

type grep struct {
	e     *Env
	f     flagSet
	re    *regexp.Regexp
	many  bool
	found bool
}

func (g *grep) file(name string, data []byte) {
	count := 0
	for i, l := range lines(data) {
		line := strings.TrimSuffix(string(l), "\n")
		if g.re.MatchString(line) == g.f.has('v') {
			continue
		}
		count++
		if g.f.has('q') || g.f.has('c') || g.f.has('l') {
			continue
		}
		if g.many {
			g.e.out("%s:", name)
		}
		if g.f.has('n') {
			g.e.out("%d:", i+1)
		}
		g.e.out("%s\n", line)
	}
	g.found = g.found || count > 0
	switch {
	case g.f.has('q'):
	case g.f.has('l') && count > 0:
		g.e.out("%s\n", name)
	case g.f.has('c'):
		if g.many {
			g.e.out("%s:", name)
		}
		g.e.out("%d\n", count)
	}
}
