package aixsim

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// sedCommand is one command of a sed script: s, p, d, q, each with up to two
// addresses. That is all this sed can do; anything else is an error, so that a
// test does not pass by accident.
type sedCommand struct {
	addrs  []sedAddr
	not    bool
	verb   byte
	re     *regexp.Regexp
	repl   string
	global bool
	print  bool
	inside bool // between its two addresses
}

type sedAddr struct {
	line int // 0 is none
	last bool
	re   *regexp.Regexp
}

func (a sedAddr) match(n int, last bool, text string) bool {
	return a.line != 0 && a.line == n || a.last && last || a.re != nil && a.re.MatchString(text)
}

func (c *sedCommand) applies(n int, last bool, text string) bool {
	switch len(c.addrs) {
	case 0:
		return !c.not
	case 1:
		return c.addrs[0].match(n, last, text) != c.not
	}
	if c.inside {
		if end := c.addrs[1]; end.match(n, last, text) || end.line != 0 && end.line <= n {
			c.inside = false
		}
		return !c.not
	}
	if c.addrs[0].match(n, last, text) {
		end := c.addrs[1]
		c.inside = (end.line == 0 || end.line > n) && (!end.last || !last)
		return !c.not
	}
	return c.not
}

func cmdSed(_ context.Context, e *Env) int {
	f := getopt(e.Args, "ne:f:")
	if f.bad != 0 {
		return e.usage(f, "sed [-n] [-u] Script [File ...]\n\tsed [-n] [-u] [-e Script] ... [-f Script_file] ... [File ...]")
	}
	scripts, files := f.values['e'], f.rest
	if len(scripts) == 0 {
		if len(files) == 0 {
			return e.usage(f, "sed [-n] [-u] Script [File ...]")
		}
		scripts, files = files[:1], files[1:]
	}
	prog, err := parseSed(strings.Join(scripts, "\n"))
	if err != nil {
		return e.fail(2, "sed: 0602-404 Function %s cannot be parsed.", err)
	}
	var input []byte
	exit := e.eachInput(files, func(_ string, data []byte) { input = append(input, data...) })
	all := lines(input)
	for i, l := range all {
		if e.sedLine(prog, f.has('n'), i+1, i == len(all)-1, strings.TrimSuffix(string(l), "\n")) {
			break
		}
	}
	return exit
}

// sedLine runs the script on one line; true ends the work.
func (e *Env) sedLine(prog []*sedCommand, quiet bool, n int, last bool, text string) (quit bool) {
	for _, c := range prog {
		if !c.applies(n, last, text) {
			continue
		}
		switch c.verb {
		case 'p':
			e.out("%s\n", text)
		case 'd':
			return false
		case 'q':
			if !quiet {
				e.out("%s\n", text)
			}
			return true
		case 's':
			if !c.re.MatchString(text) {
				continue
			}
			text = c.substitute(text)
			if c.print {
				e.out("%s\n", text)
			}
		}
	}
	if !quiet {
		e.out("%s\n", text)
	}
	return false
}

func (c *sedCommand) substitute(text string) string {
	count := 1
	if c.global {
		count = -1
	}
	var b strings.Builder
	end := 0
	for _, m := range c.re.FindAllStringSubmatchIndex(text, count) {
		b.WriteString(text[end:m[0]])
		b.Write(c.re.ExpandString(nil, c.repl, text, m))
		end = m[1]
	}
	return b.String() + text[end:]
}

func parseSed(script string) ([]*sedCommand, error) {
	var prog []*sedCommand
	for script = strings.TrimLeft(script, " \t\n;"); script != ""; script = strings.TrimLeft(script, " \t\n;") {
		c := &sedCommand{}
		rest, err := c.parseAddrs(script)
		if err != nil {
			return nil, err
		}
		if c.not = strings.HasPrefix(rest, "!"); c.not {
			rest = rest[1:]
		}
		if rest == "" {
			return nil, fmt.Errorf("%q", script)
		}
		c.verb = rest[0]
		switch rest = rest[1:]; c.verb {
		case 'p', 'd', 'q':
		case 's':
			if rest, err = c.parseSubst(rest); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%q", script)
		}
		rest = strings.TrimLeft(rest, " \t")
		if rest != "" && rest[0] != ';' && rest[0] != '\n' {
			return nil, fmt.Errorf("%q", script)
		}
		prog = append(prog, c)
		script = rest
	}
	return prog, nil
}

func (c *sedCommand) parseAddrs(s string) (string, error) {
	for {
		switch {
		case strings.HasPrefix(s, "$"):
			c.addrs = append(c.addrs, sedAddr{last: true})
			s = s[1:]
		case strings.HasPrefix(s, "/"):
			parts, rest := sedSplit(s[1:], '/', 1)
			if parts == nil {
				return "", fmt.Errorf("%q", s)
			}
			re, err := regexp.Compile(basicRegexp(parts[0]))
			if err != nil {
				return "", err
			}
			c.addrs = append(c.addrs, sedAddr{re: re})
			s = rest
		default:
			i := 0
			for i < len(s) && s[i] >= '0' && s[i] <= '9' {
				i++
			}
			if i == 0 {
				return strings.TrimLeft(s, " \t"), nil
			}
			n, _ := strconv.Atoi(s[:i])
			c.addrs = append(c.addrs, sedAddr{line: n})
			s = s[i:]
		}
		if !strings.HasPrefix(s, ",") {
			return strings.TrimLeft(s, " \t"), nil
		}
		s = s[1:]
	}
}

// sedSplit reads n parts that each end at an unescaped delimiter.
func sedSplit(s string, delim byte, n int) (parts []string, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == delim:
			b.WriteByte(delim)
			i++
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case s[i] == '[' && n > len(parts):
			j := bracketEnd(s, i)
			b.WriteString(s[i:j])
			i = j - 1
		case s[i] == delim:
			parts = append(parts, b.String())
			b.Reset()
			if len(parts) == n {
				return parts, s[i+1:]
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return nil, ""
}

func (c *sedCommand) parseSubst(s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf("%q", "s"+s)
	}
	parts, rest := sedSplit(s[1:], s[0], 2)
	if parts == nil {
		return "", fmt.Errorf("%q", "s"+s)
	}
	re, err := regexp.Compile(basicRegexp(parts[0]))
	if err != nil {
		return "", err
	}
	c.re, c.repl = re, sedReplacement(parts[1])
	for rest != "" && strings.IndexByte("gp", rest[0]) >= 0 {
		c.global = c.global || rest[0] == 'g'
		c.print = c.print || rest[0] == 'p'
		rest = rest[1:]
	}
	return rest, nil
}

// sedReplacement turns & and \1 into the notation of regexp.Expand.
func sedReplacement(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			b.WriteString("$$")
		case c == '&':
			b.WriteString("${0}")
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] >= '1' && s[i] <= '9' {
				fmt.Fprintf(&b, "${%c}", s[i])
			} else if s[i] == 'n' {
				b.WriteByte('\n')
			} else if s[i] == '$' {
				b.WriteString("$$")
			} else {
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
