package facts

import (
	"path"
	"regexp"
	"strings"
)

var (
	grepLine    = regexp.MustCompile(`^([0-9]{1,9}):(.*)$`)
	writtenIPv6 = regexp.MustCompile(`^[0-9A-Fa-f:]{2,45}$`)
)

// ParseBootLines reads `grep -n -e netaddr6 -e autoconf6 /etc/rc.tcpip`
// (procedure D6): the lines that are active and set an IPv6 address. A chdev
// line counts when its netaddr6 is an address of hex digits and colons alone;
// anything else there is evidence of nothing. An autoconf6 line counts when it
// says which interfaces (-i en1) or all of them (-a, -A); a bare autoconf6
// configures only interfaces that are up already (D), which promises nothing; it is
// reported as Bare.
func ParseBootLines(o Output) (BootLines, error) {
	// Exit 1 is grep's "no such line", but also that of a sudo that refused.
	if o.Exit != 0 && (o.Exit != 1 || !blank(o.Stderr)) {
		return BootLines{}, failed("grep in /etc/rc.tcpip", o)
	}
	all, err := lines(o)
	if err != nil {
		return BootLines{}, err
	}
	found := BootLines{List: []BootLine{}}
	understood := o.Exit == 1
	for line := range all {
		parts := grepLine.FindStringSubmatch(line)
		if parts == nil {
			continue // a banner
		}
		understood = true
		number, _ := parseNumber(parts[1], 9)
		more := moreThanAnAddress(parts[2])
		for _, words := range shellCommands(parts[2]) {
			for _, row := range bootLines(words) {
				row.Number = int(number)
				if !row.Autoconf {
					row.More, row.Note = more, note(parts[2])
				}
				if len(found.List) == maxRows {
					return BootLines{}, errTooMany
				}
				found.List = append(found.List, row)
			}
		}
	}
	if !understood {
		return BootLines{}, notUnderstood("grep", firstText(o.Stdout))
	}
	return found, nil
}

// moreThanAnAddress names the effects of a line beyond one chdev of an IPv6 address, its
// length and state up; "" for nothing. It is as strict as the step that replaces lines.
func moreThanAnAddress(line string) string {
	commands := shellCommands(line)
	words := strings.Fields(line)
	switch {
	case strings.ContainsAny(line, ";&|<>(){}`"):
		return "it holds more than one command, or a redirection"
	case strings.HasSuffix(strings.TrimRight(line, " \t\r"), `\`):
		return "it goes on in the next line"
	case len(commands) != 1 || path.Base(words[0]) != "chdev":
		return "the command is not the first word"
	}
	for i, word := range commands[0][1:] {
		before := commands[0][i] // the word in front
		attribute, joined := strings.CutPrefix(word, "-a")
		switch {
		case word == "-l" || word == "-a" || before == "-l" || !joined && strings.HasPrefix(word, "-l"):
		case joined && addressAttribute(attribute) || before == "-a" && addressAttribute(word):
		case addressAttribute(word): // -a "netaddr6=ADDR prefixlen=64"
		default:
			return "it sets " + clean(word, maxText)
		}
	}
	return ""
}

// note is the comment that ends a line; a # in quotes may be taken for its begin.
func note(line string) string {
	_, comment, _ := strings.Cut(line, " #")
	return clean(strings.TrimSpace(comment), maxText)
}

// addressAttribute reports whether NAME=VALUE is part of setting an IPv6 address.
func addressAttribute(word string) bool {
	name, value, ok := strings.Cut(word, "=")
	return ok && (name == "netaddr6" || name == "prefixlen" || name == "state" && value == "up")
}

// bootLines judges one simple command.
func bootLines(words []string) []BootLine {
	switch path.Base(words[0]) {
	case "chdev":
		return chdevLines(words[1:])
	case "autoconf6":
		return autoconfLines(words[1:])
	}
	return nil
}

// chdevLines reads -l NIC or -lNIC, and -a netaddr6=ADDR or -anetaddr6=ADDR.
func chdevLines(words []string) []BootLine {
	row := BootLine{}
	found := false
	for i, word := range words {
		if name, ok := strings.CutPrefix(word, "-l"); ok {
			if name == "" && i+1 < len(words) {
				name = words[i+1]
			}
			if interfaceName.MatchString(name) {
				row.Interface = name
			}
			continue
		}
		written, ok := strings.CutPrefix(strings.TrimPrefix(word, "-a"), "netaddr6=")
		if !ok || !writtenIPv6.MatchString(written) {
			continue
		}
		if addr, _, err := parseIPv6(written); err == nil {
			row.Address, row.Written, found = addr.String(), written, true
		}
	}
	if !found {
		return nil
	}
	return []BootLine{row}
}

// autoconfLines reads the flags and interface names of autoconf6.
func autoconfLines(words []string) []BootLine {
	var names []string
	all, listed, skip := false, false, false
	for _, word := range words {
		flags, isFlag := strings.CutPrefix(word, "-")
		switch {
		case skip:
			skip = false
		case isFlag:
			all = all || strings.ContainsAny(flags, "aA")
			listed = listed || strings.Contains(flags, "i")
			skip = strings.HasSuffix(flags, "m") // -m main_interface
		case interfaceName.MatchString(word):
			names = append(names, word)
		}
	}
	rows := []BootLine{}
	if all {
		return append(rows, BootLine{Autoconf: true})
	}
	if !listed {
		return append(rows, BootLine{Autoconf: true, Bare: true})
	}
	for _, name := range names {
		rows = append(rows, BootLine{Autoconf: true, Interface: name})
	}
	return rows
}

// shellCommands splits one line of a shell script into simple commands and
// those into words. Quotes are removed, and quoted text is split at
// blanks too ("-i en1" is how SRC start lines hold their arguments). A comment
// ends the line. Nothing is expanded: "$x" stays as it is.
func shellCommands(line string) [][]string {
	var commands [][]string
	var words []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	end := func() {
		flush()
		if words = trimLeadingWords(words); len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	quote := rune(0)
scan:
	for _, r := range line {
		switch {
		case r == quote:
			quote = 0
		case r == ' ' || r == '\t' || r == '\r':
			flush()
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote = r
		case r == '#' && word.Len() == 0:
			break scan
		case strings.ContainsRune(";&|(){}`", r):
			end()
		default:
			word.WriteRune(r)
		}
	}
	end()
	return commands
}

// trimLeadingWords drops the words that may precede a command's name.
func trimLeadingWords(words []string) []string {
	for len(words) > 0 {
		switch words[0] {
		case "if", "then", "else", "elif", "do", "while", "until", "!", "start", "exec", "nohup", "time":
			words = words[1:]
			continue
		}
		return words
	}
	return nil
}
