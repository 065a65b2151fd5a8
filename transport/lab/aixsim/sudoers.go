package aixsim

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// permitted reports whether rules, as sudoers has them, let a command pass, of
// which names are all paths: sudo compares files. The last rule that names it
// counts, a ! in front forbids.
func permitted(rules, names, args []string) bool {
	ok := false
	for _, rule := range rules {
		rule = strings.TrimSpace(rule)
		body, forbids := strings.CutPrefix(rule, "!")
		named := func(name string) bool { return ruleNames(strings.TrimSpace(body), name, strings.Join(args, " ")) }
		if slices.ContainsFunc(names, named) {
			ok = !forbids
		}
	}
	return ok
}

// ruleNames reports whether one rule names a command. Its path is a glob in
// which * and ? match no slash, a folder (with a slash at its end) stands for
// what is in it. The arguments are one string; their globs match anything. A
// pattern from ^ to $ is a regular expression (sudo 1.9.10).
func ruleNames(rule, name, args string) bool {
	if rule == "ALL" {
		return true
	}
	pattern, wanted := cutRule(rule)
	if strings.HasSuffix(pattern, "/") {
		return path.Dir(name)+"/" == pattern && wanted == ""
	}
	if !ruleMatches(pattern, name, true) {
		return false
	}
	switch wanted {
	case "":
		return true
	case `""`:
		return args == ""
	}
	return ruleMatches(wanted, args, false)
}

// cutRule cuts a rule at its first blank that no backslash hides.
func cutRule(rule string) (name, args string) {
	for i := 0; i < len(rule); i++ {
		switch rule[i] {
		case '\\':
			i++
		case ' ', '\t':
			return rule[:i], strings.TrimSpace(rule[i:])
		}
	}
	return rule, ""
}

func ruleMatches(pattern, text string, isPath bool) bool {
	if strings.HasPrefix(pattern, "^") && strings.HasSuffix(pattern, "$") {
		ok, err := regexp.MatchString(pattern, text)
		return err == nil && ok
	}
	return fnmatch(pattern, text, isPath)
}

// fnmatch is fnmatch(3) with *, ?, [] and backslashes. In a path * and ? match
// no slash.
func fnmatch(pattern, text string, isPath bool) bool {
	for pattern != "" {
		switch c := pattern[0]; c {
		case '*':
			for i := 0; i <= len(text); i++ {
				if fnmatch(pattern[1:], text[i:], isPath) {
					return true
				}
				if i < len(text) && isPath && text[i] == '/' {
					return false
				}
			}
			return false
		case '?', '[':
			if text == "" || isPath && text[0] == '/' {
				return false
			}
			rest, ok := pattern[1:], true
			if c == '[' {
				rest, ok = bracket(pattern, text[0])
			}
			if !ok {
				return false
			}
			pattern, text = rest, text[1:]
		default:
			if c == '\\' && len(pattern) > 1 {
				pattern = pattern[1:]
			}
			if text == "" || text[0] != pattern[0] {
				return false
			}
			pattern, text = pattern[1:], text[1:]
		}
	}
	return text == ""
}

// classes of characters in brackets.
func classes() map[string]string {
	const lower, upper, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	return map[string]string{"alpha": lower + upper, "digit": digits, "alnum": lower + upper + digits, "lower": lower, "upper": upper,
		"xdigit": digits + "abcdefABCDEF", "space": " \t\n\r\v\f", "blank": " \t"}
}

// bracket matches one character with [...] at the beginning of a pattern, and
// returns the text after it. Without its end it is a plain character.
func bracket(pattern string, c byte) (rest string, ok bool) {
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	found := false
	for first := true; i < len(pattern); first = false {
		switch {
		case pattern[i] == ']' && !first:
			return pattern[i+1:], found != negated
		case strings.HasPrefix(pattern[i:], "[:") && strings.Contains(pattern[i:], ":]"):
			name, _, _ := strings.Cut(pattern[i+2:], ":]")
			found = found || strings.IndexByte(classes()[name], c) >= 0
			i += len(name) + 4
			continue
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
		}
		low := pattern[i]
		high := low
		if i+2 < len(pattern) && pattern[i+1] == '-' && pattern[i+2] != ']' {
			high = pattern[i+2]
			i += 2
		}
		found = found || low <= c && c <= high
		i++
	}
	return pattern[1:], c == '['
}
