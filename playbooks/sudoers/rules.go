package sudoers

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/onhost"
	"aixmend/transport/shell"
)

// maxLines bounds the lines that one call may become.
const maxLines = 64

// rules collects the commands of texts.
type rules struct {
	lines   []string        // in the syntax of sudoers
	seen    map[string]bool // lines that exist already
	refused []string        // texts that are not granted, with the reason

	paths map[string][]string // the possible values of facts that are a command's path
	forms map[string]string   // the form of an expression
}

// newRules returns empty rules that know the playbook's command paths.
func newRules(p *document.Playbook) *rules {
	r := &rules{seen: map[string]bool{}, paths: map[string][]string{}, forms: map[string]string{"run": onhost.RunForm}}
	for _, probe := range p.Probes {
		for _, e := range probe.Paths {
			for _, path := range e.Value {
				r.paths[probe.ID+"."+e.Key] = append(r.paths[probe.ID+"."+e.Key], path.V)
			}
		}
	}
	return r
}

func (r *rules) keep(lines ...string) {
	for _, line := range lines {
		if !r.seen[line] {
			r.seen[line] = true
			r.lines = append(r.lines, line)
		}
	}
}

// linesOf returns the lines of a text, or the first reason why it can't be granted. Of a
// line only one part may vary: of two, sudo can't say that they are equal.
func (r *rules) linesOf(text string) (lines []string, why *refusal) {
	return r.all(text, func(words []string) (string, *refusal) {
		if len(varying.FindAllStringIndex(strings.Join(words, " "), 2)) > 1 {
			return "", &refusal{why: "two parts of it vary, and sudo can't compare them"}
		}
		return sudoersLine(words)
	})
}

// refusal says why a command can't be granted.
type refusal struct {
	command, why string
	rather       string // a way to write it; "" if there is none
}

func (r *refusal) Error() string {
	if r.command == "" {
		return r.why
	}
	return r.command + ": " + r.why
}

// marks is linesOf for the texts of package onhost, which name a lease, a plan and a run.
func (r *rules) marks(text string) (lines []string, why *refusal) {
	own := *r
	own.forms = map[string]string{"run": onhost.RunForm, "plan": onhost.PlanForm, "lease": onhost.LeaseForm}
	return own.all(text, sudoersLine)
}

// varying matches a part that varies: classes, with what stands between them.
var varying = regexp.MustCompile(`[` + shell.Classes + `]([A-Za-z0-9.,=-]*[` + shell.Classes + `])*`)

// all returns the line of each call of a text, or the first reason why one has none.
func (r *rules) all(text string, line func(words []string) (string, *refusal)) (lines []string, why *refusal) {
	split, exprs := r.split(text)
	if whole := split.Whole(); whole != "" {
		return nil, &refusal{why: r.why(whole, exprs), rather: split.Rather()}
	}
	for _, call := range split.Calls() {
		for _, form := range call.Forms() {
			for _, words := range r.filled(form, exprs) {
				l, why := line(words)
				if why != nil {
					why.command = named(form, exprs)
					return nil, why
				}
				lines = append(lines, l)
			}
		}
	}
	return lines, nil
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
		if n, _ := strconv.Atoi(m[1]); n < len(exprs) && strings.Contains(exprs[n], "?") {
			return chosenOnHost
		}
	}
	return expressed(why, exprs)
}

// placeholder stands for an interpolation while a text is split. The placeholder of a path
// begins with a slash, like all its values.
var placeholder = regexp.MustCompile(`/?qzx([0-9]+)xzq`)

// expressed replaces the placeholders by the interpolations for which they stand.
func expressed(text string, exprs []string) string {
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		n, _ := strconv.Atoi(placeholder.FindStringSubmatch(m)[1])
		if n >= len(exprs) {
			return m
		}
		return "{{ " + exprs[n] + " }}"
	})
}

// maxNamed bounds a command in a comment, in characters.
const maxNamed = 100

// named is a command in a comment.
func named(words, exprs []string) string {
	text := expressed(strings.Join(words, " "), exprs)
	text = strings.NewReplacer(shell.Any, "...", shell.Digit, "[0-9]").Replace(text)
	if line := []rune(text); len(line) > maxNamed {
		text = string(line[:maxNamed]) + "..."
	}
	return strconv.QuoteToGraphic(text)
}

// filled replaces each interpolation by its possible values. One whose values are not
// known stays.
func (r *rules) filled(form, exprs []string) [][]string {
	all := [][]string{nil}
	for _, word := range form {
		values := []string{word}
		for _, m := range placeholder.FindAllStringSubmatch(word, -1) {
			if n, _ := strconv.Atoi(m[1]); n < len(exprs) {
				values = replaced(values, m[0], r.valuesOf(exprs[n]))
			}
		}
		if len(all)*len(values) > maxLines {
			values = []string{word}
		}
		var longer [][]string
		for _, words := range all {
			for _, v := range values {
				longer = append(longer, append(slices.Clone(words), v))
			}
		}
		all = longer
	}
	return all
}

// valuesOf returns the possible values of an expression; none if they are not known.
func (r *rules) valuesOf(expr string) []string {
	if form, ok := r.forms[expr]; ok {
		return []string{form}
	}
	return r.paths[expr]
}

// replaced replaces old in each word by each possible value.
func replaced(words []string, old string, by []string) []string {
	if len(by) == 0 || len(words)*len(by) > maxLines {
		return words
	}
	var all []string
	for _, w := range words {
		for _, b := range by {
			all = append(all, strings.ReplaceAll(w, old, b))
		}
	}
	return all
}
