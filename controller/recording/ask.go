package recording

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"aixmend/playbooks"
	"aixmend/transport"
)

// OfQuestions is in Entry.Of for the commands of the open questions.
const OfQuestions = "questions"

// verb is the verb that replays recordings.
const verb = "audit"

// Asked is a command that runs on every host.
type Asked struct {
	transport.Command
	// Of names the playbooks that run it, or OfQuestions.
	Of Askers
	// probe reports whether a playbook diagnoses with it; probes run first.
	probe bool
}

// Catalogue is the list of commands that run on every host, each text once.
type Catalogue struct {
	// Asked has the commands of the login first, then the probes in the order of the
	// playbooks, the commands of captures, and the questions.
	Asked     []Asked
	Playbooks []Playbook
	LeftOut   []LeftOut

	timeout time.Duration
}

// NewCatalogue returns the commands that run on every host: the probes of some playbooks
// that audit runs with default parameters, their capture commands, and the questions.
// timeout is for commands without their own. All commands of a batch together have the
// time of a look.
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
	longest := timeout
	for _, a := range c.Asked {
		longest = max(longest, a.Timeout)
	}
	for i := range c.Asked {
		c.Asked[i].Within = playbooks.LookTimeout(longest, timeout)
	}
	return c, nil
}

// rank orders commands: those of the login come first, because later ones run as root,
// then the required answers.
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

// probes adds the probes of a playbook, and lists those that audit does not run.
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

// leave records a probe that is not run.
func (c *Catalogue) leave(of string, p playbooks.Probe) {
	why := "audit does not run it with default parameters: " + p.When.V
	for i := range c.LeftOut {
		if l := &c.LeftOut[i]; l.Probe == p.ID && l.Why == why {
			l.Of = append(l.Of, of)
			return
		}
	}
	c.LeftOut = append(c.LeftOut, LeftOut{Probe: p.ID, Of: Askers{of}, Why: why})
}

// add adds a command, or raises the limits of an equal one.
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

// kept returns the larger of two output limits; 0 is the transport's default.
func kept(a, b int) int {
	if a == 0 && b == 0 {
		return 0
	}
	return max(cmp.Or(a, transport.DefaultMaxOutput), cmp.Or(b, transport.DefaultMaxOutput))
}

// batches returns the commands in batches: the probes in one script, as in an audit, then
// the other commands, 20 at a time, so that they can't disturb a probe.
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
