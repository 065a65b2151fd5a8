package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/controller/report"
	"aixmend/transport/ssh/hostkeys"
)

// storeKeys stores what flags or a person want to be stored.
func (a *app) storeKeys(ctx context.Context, known *hostkeys.KnownHosts, hosts []*keyedHost) error {
	wanted := a.apart(a.chosen(hosts), hosts)
	byFile := map[string][]*keyedHost{}
	for _, h := range wanted {
		byFile[h.file] = append(byFile[h.file], h)
	}
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		if err := a.storeIn(ctx, known, file, byFile[file]); err != nil {
			return err
		}
	}
	return nil
}

// apart leaves out the hosts that share their name in known_hosts with another one
// which shows other keys: each would pass as the other.
func (a *app) apart(wanted, all []*keyedHost) []*keyedHost {
	return slices.DeleteFunc(wanted, func(h *keyedHost) bool {
		at := slices.IndexFunc(all, func(other *keyedHost) bool {
			return other.file == h.file && other.knownAs == h.knownAs && other.err == nil && !slices.Equal(h.fingerprints(), other.fingerprints())
		})
		if at >= 0 {
			a.say("warning: %s: not stored: %s shows other keys, and known_hosts calls both %s; give one of them a HostKeyAlias", h.name, all[at].name, h.knownAs)
		}
		return at >= 0
	})
}

// fingerprints are those of the host's keys, sorted.
func (h *keyedHost) fingerprints() []string {
	var list []string
	for _, k := range h.keys {
		list = append(list, gossh.FingerprintSHA256(k.Key))
	}
	slices.Sort(list)
	return list
}

// withStatus returns the hosts of a status.
func withStatus(hosts []*keyedHost, status hostkeys.Status) []*keyedHost {
	return slices.DeleteFunc(slices.Clone(hosts), func(h *keyedHost) bool { return h.status != status })
}

// chosen returns the hosts whose keys are to be stored.
func (a *app) chosen(hosts []*keyedHost) []*keyedHost {
	fresh, changed := withStatus(hosts, hostkeys.New), withStatus(hosts, hostkeys.Changed)
	if a.flags.onlyNew {
		changed = nil
	}
	switch {
	case a.flags.yes:
		return append(fresh, changed...)
	case !a.inTerminal || !a.errTerminal || a.flags.format == "json":
		a.adviseKeys(fresh, changed)
		return nil
	}
	q := &questions{app: a, in: bufio.NewReader(a.in)}
	var wanted []*keyedHost
	if len(fresh) > 0 && q.ask("%sStore the keys of %s in %s: %s? Compare them with the consoles first. Only yes will do: ",
		a.unseen(fresh), newHosts(fresh), filesOf(fresh), report.Compact(keyNames(fresh))) == "yes" {
		wanted = append(wanted, fresh...)
	}
	if a.flags.replace && len(changed) > 0 {
		if q.ask("Replace the known keys of %s in %s: %s? Only yes will do: ", report.Hosts(len(changed)), filesOf(changed), report.Compact(keyNames(changed))) == "yes" {
			wanted = append(wanted, changed...)
		}
		return q.answered(wanted)
	}
	for _, h := range changed {
		if answer := q.ask("%s", h.question(a.flags.state)); answer == "yes" || answer == h.name {
			wanted = append(wanted, h)
		}
	}
	return q.answered(wanted)
}

// unseen are the keys of hosts for a person who is asked about them while
// stdout, where they were shown, goes elsewhere.
func (a *app) unseen(hosts []*keyedHost) string {
	if a.outTerminal {
		return ""
	}
	var b strings.Builder
	for _, h := range hosts {
		for _, k := range h.keys {
			fmt.Fprintf(&b, "%s (%s) %s %s\n", h.name, h.address(), k.Key.Type(), gossh.FingerprintSHA256(k.Key))
		}
	}
	return b.String()
}

// question asks about one host whose key has changed.
func (h *keyedHost) question(state string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s) shows other keys than the known ones.\n", h.name, h.address())
	for _, l := range h.old() {
		fmt.Fprintf(&b, "  known  %s %s (%s:%d), %s\n", l.Type, l.Fingerprint, l.File, l.Number, h.since(l, state))
	}
	for _, k := range h.keys {
		fmt.Fprintf(&b, "  shown  %s %s\n", k.Key.Type(), gossh.FingerprintSHA256(k.Key))
	}
	fmt.Fprintf(&b, "After a redeploy that is expected, otherwise somebody is in between. Replace them? Type yes or %s: ", h.name)
	return b.String()
}

// adviseKeys says, where nobody can be asked, how keys are stored.
func (a *app) adviseKeys(fresh, changed []*keyedHost) {
	if len(fresh) > 0 {
		a.say("hint: compare the fingerprints with the consoles, then store them: on a terminal, or with --yes --only-new")
	}
	if len(changed) > 0 {
		a.say("hint: a key that has changed is accepted host by host on a terminal, or with --yes --replace (-l restricts it)")
	}
}

// questions asks a person, one question after another.
type questions struct {
	app *app
	in  *bufio.Reader
	cut bool // by a signal
}

// ask returns the answer; "" when there is none, and from the first signal on.
func (q *questions) ask(format string, args ...any) string {
	select {
	case <-q.app.interrupts.stop:
		q.cut = true
	default:
	}
	if q.cut {
		return ""
	}
	fmt.Fprint(q.app.err, report.Clean(fmt.Sprintf(format, args...), true))
	answers := make(chan string, 1)
	go func() { // left behind when a signal comes first: the process ends then
		answer, _ := q.in.ReadString('\n')
		answers <- strings.TrimSpace(answer)
	}()
	select {
	case answer := <-answers:
		return answer
	case <-q.app.interrupts.stop:
		fmt.Fprintln(q.app.err)
		q.cut = true
		return ""
	}
}

// answered gives what was wanted, and nothing when a signal came before the last
// answer.
func (q *questions) answered(wanted []*keyedHost) []*keyedHost {
	if q.cut {
		return nil
	}
	return wanted
}

// storeIn stores the keys of hosts in a file, and says so.
func (a *app) storeIn(ctx context.Context, known *hostkeys.KnownHosts, file string, hosts []*keyedHost) error {
	var edits []hostkeys.Edit
	var taken []*keyedHost
	comment := "aixmend " + time.Now().UTC().Format(time.DateOnly)
	for _, h := range hosts {
		edit := hostkeys.Edit{Name: h.knownAs, Replace: h.status == hostkeys.Changed, Comment: comment}
		for _, k := range h.keys {
			edit.Keys = append(edit.Keys, k.Key)
		}
		if err := edit.Check(); err != nil {
			a.say("warning: %s: not stored: %v", h.name, err)
			continue
		}
		edits, taken = append(edits, edit), append(taken, h)
	}
	left, err := known.Store(ctx, file, edits)
	if err != nil {
		return err
	}
	var stored []string
	for _, h := range taken {
		if h.stored = !slices.Contains(left, h.knownAs); h.stored {
			stored = append(stored, h.name)
			a.stillTrusted(h)
			continue
		}
		a.say("warning: %s: left alone: since the look somebody else has written to %s of it", h.name, file)
	}
	if len(stored) > 0 && !a.flags.quiet {
		a.say("stored the keys of %s in %s: %s", report.Hosts(len(stored)), file, report.Compact(stored))
	}
	return nil
}

// stillTrusted says which old keys of a changed host stay: only the first file is
// written.
func (a *app) stillTrusted(h *keyedHost) {
	if h.status != hostkeys.Changed {
		return
	}
	for _, l := range h.old() {
		if l.File != h.file {
			a.say("warning: %s: its old key %s %s is still trusted: %s:%d", h.name, l.Type, l.Fingerprint, l.File, l.Number)
		}
	}
}

// newHosts is a number of new hosts in words.
func newHosts(hosts []*keyedHost) string {
	if len(hosts) == 1 {
		return "1 new host"
	}
	return fmt.Sprintf("%d new hosts", len(hosts))
}

func keyNames(hosts []*keyedHost) []string {
	var names []string
	for _, h := range hosts {
		names = append(names, h.name)
	}
	slices.Sort(names)
	return names
}

// files names where the keys of hosts are stored.
func filesOf(hosts []*keyedHost) string {
	var list []string
	for _, h := range hosts {
		list = append(list, h.file)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}
