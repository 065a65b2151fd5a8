package keys

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/console"
	"aixmend/controller/report"
	"aixmend/transport/ssh/hostkeys"
)

// keeper stores confirmed keys in known_hosts files.
type keeper struct {
	console *console.Console
	want    Options
}

// store stores the keys that flags or a person confirm.
func (k keeper) store(ctx context.Context, hosts []*host) error {
	wanted, err := chosen(k.console, k.want, hosts)
	if err != nil {
		return err
	}
	wanted = apart(k.console, wanted, hosts)
	byFile := map[string][]*host{}
	for _, h := range wanted {
		byFile[h.file] = append(byFile[h.file], h)
	}
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		if err := k.storeIn(ctx, file, byFile[file]); err != nil {
			return err
		}
	}
	return nil
}

// apart leaves out hosts whose name in known_hosts is also that of a host with other
// keys: each would pass as the other.
func apart(c *console.Console, wanted, all []*host) []*host {
	return slices.DeleteFunc(wanted, func(h *host) bool {
		at := slices.IndexFunc(all, func(other *host) bool {
			return other.file == h.file && other.knownAs == h.knownAs && other.err == nil && !slices.Equal(h.fingerprints(), other.fingerprints())
		})
		if at >= 0 {
			c.Say("warning: %s: not stored: %s has other keys, and known_hosts calls both %s; give one of them a HostKeyAlias", h.name, all[at].name, h.knownAs)
		}
		return at >= 0
	})
}

// fingerprints are the fingerprints of the keys of a host, sorted.
func (h *host) fingerprints() []string {
	var list []string
	for _, k := range h.keys {
		list = append(list, gossh.FingerprintSHA256(k.Key))
	}
	slices.Sort(list)
	return list
}

// withStatus returns the hosts with a status.
func withStatus(hosts []*host, status hostkeys.Status) []*host {
	return slices.DeleteFunc(slices.Clone(hosts), func(h *host) bool { return h.status != status })
}

// chosen returns the hosts whose keys are confirmed. The error says that a signal ended
// the question.
func chosen(c *console.Console, o Options, hosts []*host) ([]*host, error) {
	fresh, changed := withStatus(hosts, hostkeys.New), withStatus(hosts, hostkeys.Changed)
	if o.OnlyNew {
		changed = nil
	}
	switch {
	case o.Yes:
		return append(fresh, changed...), nil
	case !c.CanAsk() || o.JSON:
		adviseKeys(c, fresh, changed)
		return nil, nil
	}
	return ask(c, o, fresh, changed)
}

// ask asks which keys to store; an error: a signal came.
func ask(c *console.Console, o Options, fresh, changed []*host) (wanted []*host, err error) {
	if len(fresh) > 0 {
		ok, err := c.Confirm("%sStore the keys of %s in %s: %s? Compare them with the consoles first.",
			unseen(c, fresh), newHosts(fresh), filesOf(fresh), report.Compact(keyNames(fresh)))
		if err != nil {
			return nil, err
		}
		if ok {
			wanted = append(wanted, fresh...)
		}
	}
	if o.Replace && len(changed) > 0 {
		ok, err := c.Confirm("Replace the known keys of %s in %s: %s?", report.Number(len(changed), changed[0].noun), filesOf(changed), report.Compact(keyNames(changed)))
		if ok {
			wanted = append(wanted, changed...)
		}
		return wanted, err
	}
	for _, h := range changed {
		answer, err := c.AskAnew("%s", h.question(o.State))
		if err != nil {
			return nil, err
		}
		if answer == "yes" || answer == h.name {
			wanted = append(wanted, h)
		}
	}
	return wanted, nil
}

// unseen lists keys for a person who is asked about them while stdout, where they were
// shown, goes elsewhere.
func unseen(c *console.Console, hosts []*host) string {
	if c.OutTerminal {
		return ""
	}
	var b strings.Builder
	for _, h := range hosts {
		for _, k := range h.keys {
			fmt.Fprintf(&b, "%s (%s) %s %s\n", h.label(), h.address(), k.Key.Type(), gossh.FingerprintSHA256(k.Key))
		}
	}
	return b.String()
}

// question asks about one host whose key has changed.
func (h *host) question(state string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s) has other keys than the known ones.\n", h.label(), h.address())
	for _, l := range h.old() {
		fmt.Fprintf(&b, "  known  %s %s (%s:%d), %s\n", l.Type, l.Fingerprint, l.File, l.Number, h.since(l, state))
	}
	for _, k := range h.keys {
		fmt.Fprintf(&b, "  shown  %s %s\n", k.Key.Type(), gossh.FingerprintSHA256(k.Key))
	}
	fmt.Fprintf(&b, "Expected after a redeploy; otherwise this may be a man in the middle.\nReplace the known keys? Type 'yes' or %s: ", h.name)
	return b.String()
}

// adviseKeys says how to store keys, where nobody can be asked.
func adviseKeys(c *console.Console, fresh, changed []*host) {
	if len(fresh) > 0 {
		c.Say("hint: compare the fingerprints with the consoles, then store them: on a terminal, or with --yes --only-new")
	}
	if len(changed) > 0 {
		c.Say("hint: accept changed keys host by host on a terminal, or with --yes --replace (-l restricts it)")
	}
}

// storeIn stores the keys of hosts in a file.
func (k keeper) storeIn(ctx context.Context, file string, hosts []*host) error {
	var edits []hostkeys.Edit
	var checked []*host
	comment := "aixmend " + time.Now().UTC().Format(time.DateOnly)
	for _, h := range hosts {
		edit := hostkeys.Edit{Name: h.knownAs, Replace: h.status == hostkeys.Changed, Comment: comment}
		for _, presented := range h.keys {
			if presented.Weak != nil {
				edit.Beside = append(edit.Beside, presented.Key)
				continue
			}
			edit.Keys = append(edit.Keys, presented.Key)
		}
		if len(edit.Keys) == 0 {
			k.console.Say("warning: %s: not stored: it has only keys that can be forged", h.label())
			continue
		}
		if err := edit.Check(); err != nil {
			k.console.Say("warning: %s: not stored: %v", h.name, err)
			continue
		}
		edits, checked = append(edits, edit), append(checked, h)
	}
	refused, err := k.want.Way.Known().Store(ctx, file, edits)
	if err != nil {
		return err
	}
	var stored []string
	for _, h := range checked {
		if h.stored = !slices.Contains(refused, h.knownAs); h.stored {
			stored = append(stored, h.name)
			stillTrusted(k.console, h)
			continue
		}
		k.console.Say("warning: %s: not stored: its lines in %s have changed meanwhile", h.name, file)
	}
	if len(stored) > 0 && !k.want.Quiet {
		k.console.Say("stored the keys of %s in %s: %s", report.Number(len(stored), hosts[0].noun), file, report.Compact(stored))
	}
	return nil
}

// stillTrusted warns of old keys of a changed host that stay: only the first file is
// written.
func stillTrusted(c *console.Console, h *host) {
	if h.status != hostkeys.Changed {
		return
	}
	for _, l := range h.old() {
		if l.File != h.file {
			c.Say("warning: %s: its old key %s %s is still trusted: %s:%d", h.name, l.Type, l.Fingerprint, l.File, l.Number)
		}
	}
}

// newHosts is "1 new host", "2 new hosts".
func newHosts(hosts []*host) string { return report.Number(len(hosts), "new "+hosts[0].noun) }

func keyNames(hosts []*host) []string {
	var names []string
	for _, h := range hosts {
		names = append(names, h.name)
	}
	slices.Sort(names)
	return names
}

// filesOf names the files where the keys of hosts are stored.
func filesOf(hosts []*host) string {
	var list []string
	for _, h := range hosts {
		list = append(list, h.file)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}
