// Package sudoers prints the sudoers rules that a playbook needs.
package sudoers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"aixmend/playbooks/document"
	"aixmend/playbooks/onhost"
)

// A sudoers fragment for sites where the login may run single commands only
// (ssh.become_mode: commands). The package that splits the commands for the transport also
// splits them here, so the rules always match the commands that run.
//
// sudo compares the arguments of a command as one text, in which * and ? also match
// blanks. So no rule has either: what varies is a class of characters, each for one
// character, and what can't be said so is not granted but named in a comment.

// rootShell is the command that runs a text that can't be split.
const rootShell = `/usr/bin/sh -c *`

// securePath is the search path of the commands, the same that the transport sets.
const securePath = "/usr/bin:/usr/sbin:/bin:/sbin:/etc"

// Rules prints the lines of sudoers that a login needs when each command
// becomes root by itself: for the verbs that only read, and with changes those
// for the rungs of recover that can be granted, too. None of them lets the login do
// anything as root that the playbook does not do. user is a user, or a group behind a %.
// What can't be granted becomes a comment, with the reason. The error says what is wrong
// with user.
func Rules(p *document.Playbook, user string, changes bool) (string, error) {
	if err := checkUser(user); err != nil {
		return "", err
	}
	s := &sheet{user: user, playbook: p.Name}
	s.line("# sudoers for aixmend: playbook %s, hosts with ssh.become_mode: commands.", p.Name)
	s.line("# These lines do not make the login root: they allow exactly the commands that stand here.")
	s.line("# Check the file with visudo -cf before it goes into /etc/sudoers.d.")
	s.line("#")
	s.line("# [0-9] is one digit: an interface beyond en99, or an adapter beyond ent99, is not granted.")

	read := readingRules(p)
	s.line("\n# What audit, plan and capture run: these commands only read.")
	s.grant("AUDIT", read.lines)
	if len(read.refused) > 0 {
		s.line("\n# Not granted. Where one of these runs, the host ends with privilege-missing:")
		s.comment(read.refused)
	}
	if changes && len(p.Rungs) > 0 {
		s.recover(p, read)
	}
	s.line("\n# Where this host sets requiretty: aixmend asks sudo -l for commands before it runs any, and")
	s.line("# that question is no command. It grants nothing:")
	s.line("#   Defaults:%s !requiretty", user)
	s.remainder(changes && len(p.Rungs) > 0)
	return s.b.String(), nil
}

// sheet is the text as far as it is written.
type sheet struct {
	b              strings.Builder
	user, playbook string
}

func (s *sheet) line(format string, args ...any) {
	fmt.Fprintf(&s.b, format, args...)
	s.b.WriteByte('\n')
}

func (s *sheet) comment(lines []string) {
	for _, line := range lines {
		s.line("# - %s", line)
	}
}

var notInAlias = regexp.MustCompile(`[^A-Z0-9]`)

// grant prints the allowed commands, and the settings of sudo for these commands alone:
// a folder of root's too, because an old perl loads modules from the current folder, and ln
// makes a link there where the login writes both its names as one argument.
func (s *sheet) grant(kind string, lines []string) {
	if len(lines) == 0 {
		return
	}
	alias := "AIXMEND_" + notInAlias.ReplaceAllString(strings.ToUpper(s.playbook+"_"+kind+"_"+s.user), "_")
	slices.Sort(lines)
	s.line("Cmnd_Alias %s = \\\n    %s", alias, strings.Join(lines, ", \\\n    "))
	s.line("# Their environment is made anew (on AIX from /etc/environment, where ODMDIR stands, see")
	s.line("# sudoers(5)); of the login's own, only LC_ALL and LANG pass, without / and %%.")
	s.line("# They run in /etc, which is root's, not in a folder of the login's (sudo 1.9.3 or later).")
	s.line(`Defaults!%s env_reset, !setenv, !requiretty, secure_path="%s", runcwd=/etc`, alias, securePath)
	s.line(`Defaults!%s !env_keep, env_check="LC_ALL LANG"`, alias)
	s.line("%s ALL=(root) NOPASSWD: %s", s.user, alias)
}

// recover prints what the rungs need that can be granted, and names the others.
func (s *sheet) recover(p *document.Playbook, read *rules) {
	change, granted, refused := changingRules(p, read)
	if len(granted) > 0 {
		s.line("\n# What recover runs for the rungs %s, and for the lease of the host.", strings.Join(granted, ", "))
		s.line("# With these the login can stop RMC, take or remove the lease, and make marks of plans.")
		s.grant("RECOVER", change.lines)
	}
	if len(refused) > 0 {
		s.line("\n# These rungs are not granted: each needs a root shell.")
		s.comment(refused)
	}
}

// remainder prints the line that makes the login root, and the way that does not.
func (s *sheet) remainder(changes bool) {
	s.line("\n# THE LINE BELOW MAKES THE LOGIN ROOT: it allows every command. It goes with ssh.become_mode:")
	if changes {
		s.line("# script (the default), and only so can this login run the rungs that are not granted. Leave it")
		s.line("# out, and run those rungs with another login, on an account that is protected like root.")
	} else {
		s.line("# script (the default). Leave it out for a login that is not to become root.")
	}
	s.line("#   %s ALL=(root) NOPASSWD: %s", s.user, rootShell)
}

// readingRules returns the rules of the probes and the capture.
func readingRules(p *document.Playbook) *rules {
	r := newRules(p)
	for _, probe := range slices.Concat(p.Probes, p.Capture.Probes) {
		if !probe.Login {
			r.read(probe)
		}
	}
	for _, f := range p.Capture.Files {
		line, why := sudoersLine([]string{"/usr/bin/cat", f.Path})
		if why != nil {
			r.refused = append(r.refused, fmt.Sprintf("the capture of %q: %s", f.Path, why))
			continue
		}
		r.keep(line)
	}
	return r
}

// read adds the lines of a probe, or the reason why it is not granted.
func (r *rules) read(probe document.Probe) {
	lines, why := r.linesOf(probe.Run.V)
	if why == nil {
		r.keep(lines...)
		return
	}
	when := ""
	if probe.When.V != "" {
		when = ", which runs when " + strings.Join(strings.Fields(probe.When.V), " ")
	}
	r.refused = append(r.refused, "probe "+probe.ID+when+": "+why.Error())
}

// changingRules returns the rules of the rungs that can be granted, without those for
// reading: their names, and the other rungs with the reasons.
func changingRules(p *document.Playbook, read *rules) (r *rules, granted, refused []string) {
	r = newRules(p)
	for line := range read.seen {
		r.seen[line] = true
	}
	for _, rung := range p.Rungs {
		lines, why := r.rung(rung)
		if len(why) > 0 {
			for _, w := range why {
				refused = append(refused, "rung "+rung.ID+": "+w)
			}
			continue
		}
		granted = append(granted, rung.ID)
		r.keep(lines...)
	}
	if len(granted) == 0 {
		return r, granted, refused
	}
	for _, text := range onhost.Templates("{{ lease }}", "{{ run }}", "{{ plan }}") {
		lines, why := r.marks(text.Command)
		if why != nil {
			panic(text.Purpose + " can't be granted: " + why.Error()) // our own text
		}
		r.keep(lines...)
	}
	return r, granted, refused
}

// rung returns the lines of a rung with the undo of its steps, or why it can't be granted.
func (r *rules) rung(rung document.Rung) (lines, why []string) {
	add := func(what, text string) {
		more, reason := r.linesOf(text)
		if lines = append(lines, more...); reason != nil {
			why = append(why, what+": "+reason.Error())
		}
	}
	for _, step := range rung.Steps {
		what := "step " + step.ID
		switch {
		case step.Upload != nil:
			why = append(why, what+": it uploads files to the host")
		case step.Fetch.V != "":
			why = append(why, what+": it fetches files from the host")
		default:
			add(what, step.Run.V)
		}
		if step.Undo.V != "" && !strings.HasPrefix(step.Undo.V, document.UndoNone) {
			add("the undo of "+what, step.Undo.V)
		}
		if step.TimedUndo {
			why = append(why, what+": its timed undo waits on the host in the background")
		}
	}
	return lines, why
}
