package approve

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/approval/signed"
	"aixmend/controller/outcome"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
	"aixmend/transport/shell"
	"aixmend/transport/ssh/revoked"
)

// Signers are the flags that say who may approve.
type Signers struct{ allowed, revoked string }

// Flags adds the flags.
func (s *Signers) Flags(fs *pflag.FlagSet) {
	fs.StringVar(&s.allowed, "allowed-signers", "", "`FILE` of those who may approve plans, in the format of ssh-keygen")
	fs.StringVar(&s.revoked, "revoked-signers", "", "`FILE` of keys that approve no more: public keys, or a KRL of ssh-keygen")
}

// words are the flags as they are typed.
func (s Signers) words() []string {
	var words []string
	if s.allowed != "" {
		words = append(words, "--allowed-signers", s.allowed)
	}
	if s.revoked != "" {
		words = append(words, "--revoked-signers", s.revoked)
	}
	return words
}

// checks reads the files; Signers is nil in the result where none was named.
func (s Signers) checks(now time.Time) (signed.Checks, error) {
	c := signed.Checks{Now: now}
	var err error
	if s.allowed == "" {
		if s.revoked != "" {
			return c, exit.Usagef("name those who may approve with --allowed-signers", "--revoked-signers needs --allowed-signers")
		}
		return c, nil
	}
	if c.Signers, err = signed.LoadSigners(s.allowed); err != nil {
		return c, exit.Usagef("", "--allowed-signers: %w", err)
	}
	if s.revoked != "" {
		if c.Revoked, err = revoked.Load(s.revoked); err != nil {
			return c, exit.Usagef("", "--revoked-signers: %w", err)
		}
	}
	return c, nil
}

// Required are the flags of recover about the approval of its plan.
type Required struct {
	Signers
	required bool
}

// Flags adds the flags.
func (r *Required) Flags(fs *pflag.FlagSet) {
	fs.BoolVar(&r.required, "require-approval", false, "change hosts only by a --plan that somebody else has approved (aixmend approve)")
	r.Signers.Flags(fs)
}

// Check checks that a call of recover can be one that needs an approval. exempt is one that
// needs none: a dry run, and a rollback, which sends undos that stand in the plan.
func (r Required) Check(plan string, exempt bool) error {
	switch {
	case !r.required || exempt:
		return nil
	case plan == "":
		return exit.Usagef("aixmend plan --out plan.json makes a plan, and aixmend approve plan.json approves it", "--require-approval needs --plan: the plan that was approved")
	case r.allowed == "":
		return noSigners()
	}
	return nil
}

// noSigners is the error of a call that is not told who may approve.
func noSigners() error {
	return exit.Usagef("aixmend help approve says how to write the file", "--require-approval needs --allowed-signers: the file of those who may approve")
}

// Approvals returns the approvals beside a plan that count now. Where one is required and none
// counts, the error says why for each; say tells of those that don't, nil does not.
func (r Required) Approvals(p *planfile.Plan, file string, say func(format string, args ...any)) ([]outcome.Approval, error) {
	c, err := r.checks(time.Now())
	switch {
	case err != nil:
		return nil, err
	case c.Signers == nil && r.required:
		return nil, noSigners()
	case c.Signers == nil:
		return nil, nil
	}
	subject, err := p.Subject()
	if err != nil {
		return nil, err
	}
	found, err := examine(file, subject, c, trusted)
	if err != nil {
		return nil, exit.Usagef("", "approvals of %s: %w", file, err)
	}
	var good []outcome.Approval
	var bad []Found
	for _, f := range found {
		if f.Err != nil {
			bad = append(bad, f)
			continue
		}
		good = append(good, f.Approval)
	}
	if len(good) == 0 && r.required {
		return nil, r.none(file, bad)
	}
	if say != nil {
		for _, f := range bad {
			say("warning: %s is no approval: %s", f.File, plain.Text(f.Err))
		}
	}
	return good, nil
}

// none is the error of a plan that nobody has approved.
func (r Required) none(file string, bad []Found) error {
	again := shell.Line("aixmend", "approve", file) + ", by another person than the one who made the plan"
	if len(bad) == 0 {
		return exit.Usagef(again, "--require-approval: %s is not approved: there is no %s", file, file+suffix)
	}
	if len(bad) == 1 {
		return exit.Usagef(remedy(bad[0].Err, again), "--require-approval: %s: %w", bad[0].File, bad[0].Err)
	}
	var lines []string
	for _, f := range bad {
		lines = append(lines, fmt.Sprintf("  %s: %s", f.File, plain.Text(f.Err)))
	}
	return exit.Usagef(again, "--require-approval: no approval of %s counts:\n%s", file, strings.Join(lines, "\n"))
}

// remedy is the way out of the only approval that does not count.
func remedy(err error, again string) string {
	var r *signed.Refused
	var f *ownership.Fault
	switch {
	case errors.As(err, &f):
		return f.Remedy
	case errors.As(err, &r) && r.Remedy != "":
		return r.Remedy
	}
	return again
}

// Found is an approval beside a plan.
type Found struct {
	File string
	// Approval is who approved it. Principal is "" where it is not known who may approve.
	Approval outcome.Approval
	// Err is why it does not count, nil where it does. The signature is checked also where it is
	// not known who may approve.
	Err error
}

// examine checks the approvals beside a plan. open reads one.
func examine(file string, subject signed.Subject, c signed.Checks, open func(string) (*signed.Approval, error)) ([]Found, error) {
	files, err := beside(file)
	if err != nil {
		return nil, err
	}
	var list []Found
	for _, name := range files {
		f := Found{File: name}
		a, err := open(name)
		switch {
		case err != nil:
			f.Err = err
			if errors.Is(err, fs.ErrPermission) {
				f.Err = plain.As(err, "it can't be read: permission denied")
			}
		case c.Signers == nil:
			f.Approval, f.Err = a.Unchecked(), a.About(subject, c.Now)
		default:
			f.Approval, f.Err = a.Check(subject, c)
		}
		list = append(list, f)
	}
	return list, nil
}

// Notes say of a plan that is only shown how far it is approved, a line each; nil where there is
// no approval.
func (s Signers) Notes(p *planfile.Plan, file string, now time.Time) ([]string, error) {
	c, err := s.checks(now)
	if err != nil {
		return nil, err
	}
	subject, err := p.Subject()
	if err != nil {
		return nil, err
	}
	found, err := examine(file, subject, c, read)
	var notes []string
	for _, f := range found {
		switch {
		case f.Err != nil:
			notes = append(notes, fmt.Sprintf("not approved by %s: %s", f.File, plain.Text(f.Err)))
		case c.Signers == nil:
			notes = append(notes, fmt.Sprintf("signed by key %s until %s (%s); --allowed-signers tells whose key it is", f.Approval.Key, f.Approval.Expires.Format(time.RFC3339), f.File))
		default:
			notes = append(notes, fmt.Sprintf("approved by %s until %s", f.Approval, f.Approval.Expires.Format(time.RFC3339)))
		}
	}
	if err != nil {
		return nil, exit.Usagef("", "approvals of %s: %w", file, err)
	}
	return notes, nil
}
