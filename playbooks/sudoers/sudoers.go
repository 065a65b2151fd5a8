// Package sudoers prints the sudoers rules that a playbook needs.
package sudoers

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/onhost"
	"aixmend/transport/shell"
)

// A sudoers fragment for sites where the login may run single commands only
// (ssh.become_mode: commands). The package that splits the commands for the transport also
// splits them here, so the rules always match the commands that run.

// rootShell is the command that runs a text that can't be split.
const rootShell = `/usr/bin/sh -c *`

// maxLines bounds the lines that one call may become; beyond it, the varying part becomes *.
const maxLines = 16

// sudoersUser matches a user or a %group that needs no quoting.
var sudoersUser = regexp.MustCompile(`^%?[A-Za-z_][A-Za-z0-9_.-]{0,63}$`)

// Rules prints the lines of sudoers that a login needs when each command
// becomes root by itself: for the verbs that only read, and with changes those
// for recover, too. user is a user, or a group behind a %. A text that needs a
// root shell becomes a comment, with the reason.
func Rules(p *document.Playbook, user string, changes bool) (string, error) {
	if !sudoersUser.MatchString(user) {
		return "", fmt.Errorf("%q can't be the user of a line in sudoers: letters, digits, dots, underscores and hyphens, %% in front of a group", user)
	}
	s := &sheet{}
	s.line("# sudoers for aixmend: playbook %s, hosts with ssh.become_mode: commands.", p.Name)
	s.line("# Check it with visudo -cf before it goes into /etc/sudoers.d.")
	s.line("#")
	s.line("# A * in an argument also matches blanks, so it allows any further arguments.\n")
	s.line("Defaults:%s !requiretty, listpw=any", user)
	s.line("Defaults:%s env_keep += \"LC_ALL LANG ODMDIR\"\n", user)
	alias := "AIXMEND_" + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))

	read := readingRules(p)
	s.line("# Commands of audit, plan and capture: they change nothing.")
	s.rules(user, alias+"_AUDIT", read)
	if changes {
		change := changingRules(p, read)
		s.line("\n# Commands of recover, and of their undo. Whoever may run them can become root:")
		s.line("# protect this login like root's.")
		s.rules(user, alias+"_RECOVER", change)
	}
	s.line("\n# If ssh.become_mode is script (the default), one line replaces all of these:")
	s.line("#   %s ALL=(root) NOPASSWD: %s", user, rootShell)
	return s.b.String(), nil
}

// sheet is the text as far as it is written.
type sheet struct{ b strings.Builder }

func (s *sheet) line(format string, args ...any) {
	fmt.Fprintf(&s.b, format, args...)
	s.b.WriteByte('\n')
}

// rules prints the allowed commands, and the texts for which there is no rule.
func (s *sheet) rules(user, alias string, r *rules) {
	if len(r.lines) > 0 {
		slices.Sort(r.lines)
		s.line("Cmnd_Alias %s = \\\n    %s", alias, strings.Join(r.lines, ", \\\n    "))
		s.line("%s ALL=(root) NOPASSWD: %s", user, alias)
	}
	if len(r.unsaid) > 0 {
		s.line("\n# These commands depend on the host; write a line for each:")
		s.comment(r.unsaid)
	}
	if len(r.whole) > 0 {
		s.line("\n# These need a root shell: without the line below the host refuses them.")
		s.comment(r.whole)
		s.line("#   %s ALL=(root) NOPASSWD: %s", user, rootShell)
	}
}

func (s *sheet) comment(lines []string) {
	for _, line := range lines {
		s.line("# - %s", line)
	}
}

// rules collects the commands of texts.
type rules struct {
	lines  []string        // in the syntax of sudoers
	seen   map[string]bool // lines that exist already
	unsaid []string        // commands that sudoers can't express
	whole  []string        // texts that need a root shell, with the reason

	paths map[string][]string // the possible values of facts that are a command's path
}

// newRules returns empty rules that know the playbook's command paths.
func newRules(p *document.Playbook) *rules {
	r := &rules{seen: map[string]bool{}, paths: map[string][]string{}}
	for _, probe := range p.Probes {
		for _, e := range probe.Paths {
			for _, path := range e.Value {
				r.paths[probe.ID+"."+e.Key] = append(r.paths[probe.ID+"."+e.Key], path.V)
			}
		}
	}
	return r
}

// readingRules returns the rules of the probes and the capture.
func readingRules(p *document.Playbook) *rules {
	r := newRules(p)
	for _, probe := range slices.Concat(p.Probes, p.Capture.Probes) {
		if !probe.Login {
			r.add("probe "+probe.ID, probe.Run.V)
		}
	}
	for _, f := range p.Capture.Files {
		r.keep("/usr/bin/cat " + sudoersText(f.Path))
	}
	return r
}

// changingRules returns the rules of the rungs, without those for reading.
func changingRules(p *document.Playbook, read *rules) *rules {
	r := newRules(p)
	for line := range read.seen {
		r.seen[line] = true
	}
	if len(p.Rungs) == 0 {
		return r
	}
	const any = "{{ run }}" // which one is only known then
	for _, text := range onhost.Templates(any) {
		r.add(text.Purpose, text.Command)
	}
	for _, rung := range p.Rungs {
		for _, step := range rung.Steps {
			what := fmt.Sprintf("step %s of rung %s", step.ID, rung.ID)
			switch {
			case step.Upload != nil:
				r.whole = append(r.whole, what+": it uploads files to the host")
			case step.Fetch.V != "":
				r.whole = append(r.whole, what+": it fetches files from the host")
			default:
				r.add(what, step.Run.V)
			}
			if step.Undo.V != "" && !strings.HasPrefix(step.Undo.V, document.UndoNone) {
				r.add("the undo of "+what, step.Undo.V)
			}
			if step.TimedUndo {
				r.whole = append(r.whole, what+": its timed undo waits on the host in the background")
				id := step.ID
				if step.Each.V != "" {
					id += "-" + any
				}
				r.add("the disarming of the undo of "+what, onhost.DisarmTemplate(id, any))
			}
		}
	}
	return r
}

// add adds the calls of a text.
func (r *rules) add(what, text string) {
	split, exprs := r.split(text)
	if why := split.Whole(); why != "" {
		r.whole = append(r.whole, what+": "+r.why(why, exprs))
		return
	}
	for _, call := range split.Calls() {
		for _, form := range call.Forms() {
			for _, words := range r.filled(form, exprs) {
				r.command(what, words)
			}
		}
	}
}

// split splits a text into calls. Placeholders stand in it for its interpolations, whose
// expressions are exprs.
func (r *rules) split(text string) (split *shell.Text, exprs []string) {
	plain := conditions.Interpolation.ReplaceAllStringFunc(text, func(m string) string {
		expr := strings.TrimSpace(conditions.Interpolation.FindStringSubmatch(m)[1])
		exprs = append(exprs, expr)
		if len(r.paths[expr]) > 0 {
			return fmt.Sprintf("/qzx%dxzq", len(exprs)-1)
		}
		return fmt.Sprintf("qzx%dxzq", len(exprs)-1)
	})
	return shell.Split(plain), exprs
}

// chosenOnHost is the reason where a list of words is a whole command, or none.
const chosenOnHost = "the commands that it runs depend on the host"

// why returns the reason for a root shell, with the placeholders replaced. Where a list of
// words is a whole command, or none, it is known only on the host.
func (r *rules) why(why string, exprs []string) string {
	for _, m := range placeholder.FindAllStringSubmatch(why, -1) {
		if n, _ := strconv.Atoi(m[1]); strings.Contains(exprs[n], "?") {
			return chosenOnHost
		}
	}
	return placeholder.ReplaceAllStringFunc(why, func(m string) string {
		n, _ := strconv.Atoi(placeholder.FindStringSubmatch(m)[1])
		return "{{ " + exprs[n] + " }}"
	})
}

// command adds the line of one command.
func (r *rules) command(what string, words []string) {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) } // Any is one
	if !strings.HasPrefix(words[0], "/") || strings.ContainsFunc(words[0], odd) {
		name := strings.ReplaceAll(strings.Join(words, " "), shell.Any, "*")
		if note := what + ": " + strconv.QuoteToGraphic(name); !slices.Contains(r.unsaid, note) {
			r.unsaid = append(r.unsaid, note)
		}
		return
	}
	line := make([]string, len(words))
	for i, w := range words {
		if line[i] = sudoersText(w); w == "" && i > 0 {
			line[i] = "*" // two blanks in a row can't be written
		}
	}
	if len(words) == 1 {
		line = append(line, `""`) // no argument, rather than any
	}
	r.keep(strings.Join(line, " "))
}

func (r *rules) keep(line string) {
	if !r.seen[line] {
		r.seen[line] = true
		r.lines = append(r.lines, line)
	}
}

// placeholder stands for an interpolation while a text is split. The placeholder of a path
// begins with a slash, like all its values.
var placeholder = regexp.MustCompile(`/?qzx([0-9]+)xzq`)

// filled replaces each interpolation by its possible values. A literal list may be empty;
// its word is then omitted.
func (r *rules) filled(form, exprs []string) [][]string {
	all := [][]string{nil}
	for i, word := range form {
		values := []string{word}
		for _, m := range placeholder.FindAllStringSubmatch(word, -1) {
			n, _ := strconv.Atoi(m[1])
			values = replaced(values, m[0], r.paths[exprs[n]])
		}
		if len(all)*len(values) > maxLines && i > 0 {
			values = []string{shell.Any}
		}
		without := i > 0 && maybeNone(word, exprs) && 2*len(all) <= maxLines
		var longer [][]string
		for _, words := range all {
			for _, v := range values {
				longer = append(longer, append(slices.Clone(words), v))
			}
			if without {
				longer = append(longer, slices.Clone(words))
			}
		}
		all = longer
	}
	return all
}

// maybeNone reports whether a word is a literal list, which may be empty.
func maybeNone(word string, exprs []string) bool {
	m := placeholder.FindStringSubmatch(word)
	if m == nil || m[0] != word {
		return false
	}
	n, _ := strconv.Atoi(m[1])
	return strings.HasPrefix(exprs[n], "[")
}

// replaced replaces old in each word by each possible value, or by Any where the values are
// not known.
func replaced(words []string, old string, by []string) []string {
	if len(by) == 0 || len(words)*len(by) > maxLines {
		by = []string{shell.Any}
	}
	var all []string
	for _, w := range words {
		for _, b := range by {
			all = append(all, strings.ReplaceAll(strings.ReplaceAll(w, old, b), shell.Any+shell.Any, shell.Any))
		}
	}
	return all
}

// sudoersText writes a word in the syntax of sudoers: special characters and patterns get
// a backslash, and characters that sudoers can't hold become *.
func sudoersText(word string) string {
	var b strings.Builder
	for _, r := range word {
		switch {
		case string(r) == shell.Any, !unicode.IsPrint(r):
			if !strings.HasSuffix(b.String(), "*") || strings.HasSuffix(b.String(), `\*`) {
				b.WriteByte('*')
			}
			continue
		case strings.ContainsRune(`,:=\*?[]^#!`, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
