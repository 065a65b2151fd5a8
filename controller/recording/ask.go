package recording

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"aixmend/playbooks"
	"aixmend/transport"
)

// OfQuestions is in Entry.Of where the table of questions asks a command.
const OfQuestions = "questions"

// verb is the verb by which recordings are judged.
const verb = "audit"

// Asked is one command that every host is asked.
type Asked struct {
	transport.Command
	// Of names the playbooks that ask it, and OfQuestions.
	Of Askers
	// probe reports whether a playbook judges by it: it is asked first.
	probe bool
}

// Catalogue is everything that a host is asked: each command text once.
type Catalogue struct {
	// Asked has the commands of the login first, then the probes as the playbooks
	// order them, then those of captures, then the questions.
	Asked     []Asked
	Playbooks []Playbook
	LeftOut   []LeftOut

	timeout time.Duration
}

// NewCatalogue returns the commands that hosts are asked: the probes that audit asks with the
// default parameters, and those of captures, of some playbooks, and the questions.
// timeout is how long a command may take that does not say it itself. Its error is
// one of a playbook.
func NewCatalogue(timeout time.Duration, books ...*playbooks.Playbook) (*Catalogue, error) {
	c, at := &Catalogue{LeftOut: []LeftOut{}, timeout: timeout}, map[string]int{}
	for _, book := range books {
		if err := c.probes(book, at); err != nil {
			return nil, err
		}
	}
	for _, book := range books {
		for _, p := range book.Capture.Probes {
			c.add(book.Name, p, false, at)
		}
	}
	for _, q := range Questions() {
		if q.Command != "" {
			p := playbooks.Probe{ID: q.ID, MaxOutput: q.MaxOutput}
			p.Run.V = q.Command
			c.add(OfQuestions, p, false, at)
		}
	}
	slices.SortStableFunc(c.Asked, func(a, b Asked) int { return cmp.Compare(rank(a), rank(b)) })
	return c, nil
}

// rank orders commands: those of the login come first, or they could not run as the
// login, then those on which the others depend.
func rank(a Asked) int {
	switch {
	case a.AsLogin && a.Require != "":
		return 0
	case a.AsLogin:
		return 1
	case a.Require != "":
		return 2
	case a.probe:
		return 3
	}
	return 4
}

// probes adds those of a playbook, and names those that it leaves out.
func (c *Catalogue) probes(book *playbooks.Playbook, at map[string]int) error {
	params, err := book.Set(nil)
	if err != nil {
		return err
	}
	asked, err := book.Asked(params, verb, "")
	if err != nil {
		return err
	}
	c.Playbooks = append(c.Playbooks, Playbook{Name: book.Name, SHA256: book.SHA256})
	for _, p := range asked {
		c.add(book.Name, p, true, at)
	}
	for _, p := range book.Probes {
		if !slices.ContainsFunc(asked, func(a playbooks.Probe) bool { return a.ID == p.ID }) {
			c.leave(book.Name, p)
		}
	}
	return nil
}

// leave notes a probe that is not asked.
func (c *Catalogue) leave(of string, p playbooks.Probe) {
	why := "audit does not ask it with the default parameters: " + p.When.V
	for i := range c.LeftOut {
		if l := &c.LeftOut[i]; l.Probe == p.ID && l.Why == why {
			l.Of = append(l.Of, of)
			return
		}
	}
	c.LeftOut = append(c.LeftOut, LeftOut{Probe: p.ID, Of: Askers{of}, Why: why})
}

// add adds a command, or raises the bounds of one that is there to those of another asker.
func (c *Catalogue) add(of string, p playbooks.Probe, probe bool, at map[string]int) {
	command := transport.Command{
		ID: p.ID, Line: strings.TrimRight(p.Run.V, "\n"), AsLogin: p.Login, Timeout: cmp.Or(p.Timeout, c.timeout), MaxOutput: p.MaxOutput,
	}
	if p.Require != nil {
		command.Require = p.Require.Answer
	}
	i, known := at[command.Line]
	if !known {
		at[command.Line] = len(c.Asked)
		c.Asked = append(c.Asked, Asked{Command: command, Of: []string{of}, probe: probe})
		return
	}
	a := &c.Asked[i]
	if !slices.Contains(a.Of, of) {
		a.Of = append(a.Of, of)
	}
	a.probe = a.probe || probe
	a.AsLogin = a.AsLogin || command.AsLogin
	a.Require = cmp.Or(a.Require, command.Require)
	a.Timeout, a.MaxOutput = max(a.Timeout, command.Timeout), kept(a.MaxOutput, command.MaxOutput)
}

// kept is the larger of two bounds of output, of which 0 is the transport's own.
func kept(a, b int) int {
	if a == 0 && b == 0 {
		return 0
	}
	return max(cmp.Or(a, transport.DefaultMaxOutput), cmp.Or(b, transport.DefaultMaxOutput))
}

// batches are the commands as they travel: those on which a verdict rests in one
// script, as for an audit, and the others behind it, some at a time, so that none of
// them is in the way of a verdict.
func (c *Catalogue) batches() [][]Asked {
	const most = 20
	n := slices.IndexFunc(c.Asked, func(a Asked) bool { return rank(a) > 3 })
	if n < 0 {
		n = len(c.Asked)
	}
	list := [][]Asked{c.Asked[:n]}
	for more := range slices.Chunk(c.Asked[n:], most) {
		list = append(list, more)
	}
	return list
}
