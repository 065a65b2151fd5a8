package controller_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// recovered recovers a bench's hosts as run r1 and returns an engine that takes
// that back as run r2.
func recovered(t *testing.T, b *bench, allow ...string) *controller.Engine {
	t.Helper()
	e := b.engine(controller.Recover)
	e.Allowed, e.MendWarnings = allow, true
	ended := maps.Clone(b.runEngine(e))
	for host, h := range ended {
		if h.Outcome != outcome.Recovered {
			t.Fatalf("%s: %s: %s", host, h.Outcome, h.Reason)
		}
	}
	return b.rollback("r2", ended)
}

// rollback returns an engine that takes run r1 back, which ended so, as run id.
func (b *bench) rollback(id string, r1 map[string]outcome.Host) *controller.Engine {
	b.t.Helper()
	trails := outcome.Trails(b.journal())
	dir, err := b.store.NewRun(id)
	must(b.t, err)
	b.t.Cleanup(func() { _ = dir.Close() })
	back := b.engine(controller.Recover)
	back.RunID, back.Journal = id, dir
	back.Earlier = func(host string) (controller.Earlier, error) {
		earlier := controller.Earlier{Run: "r1", Changes: controller.Changes(*trails[host])}
		c, err := b.store.Load(r1[host].Capture)
		if err != nil {
			return earlier, err
		}
		earlier.Facts = c.Facts
		return earlier, nil
	}
	return back
}

// What a run has applied is taken back, the newest first, and the host has again
// what it had.
func TestRollbackOfARun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		illness string
		allow   []string
		left    []string // steps that can't be undone
	}{
		{illness: "address-removed-smitty"},
		{illness: "address-of-clone"},
		{illness: "session-on-rmc-nic"},
		{illness: "customer-netaddr6-on-rmc-nic"},
		{illness: "node-id-mismatch", allow: []string{"node-id"}, left: []string{"save-node-id", "refresh-management-domain"}},
	} {
		t.Run(c.illness, func(t *testing.T) {
			b := newBench(t, c.illness)
			before := b.run(controller.Audit)[c.illness]
			files := b.fleet.Host(c.illness).Snapshot().Files
			back := recovered(t, b, c.allow...)
			done := b.ended[c.illness]
			got := b.runEngine(back)[c.illness]
			if diff := cmp.Diff(outcome.OpenIDs(before.Findings), outcome.OpenIDs(got.Findings)); diff != "" || got.Outcome != outcome.OutcomeUndone || !strings.Contains(got.Reason, "of run r1 rolled back") {
				t.Errorf("%s: %s; findings (-before the run +after taking it back)\n%s", got.Outcome, got.Reason, diff)
			}
			for _, change := range got.Changes {
				if change.Rung != "rollback" { // as package journal has it, too
					t.Errorf("step %s is of rung %s", change.Step, change.Rung)
				}
			}
			now := b.fleet.Host(c.illness).Snapshot().Files
			for _, name := range []string{"/etc/rc.tcpip", "/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
				if now[name].Content != files[name].Content {
					t.Errorf("%s holds %q, held %q", name, now[name].Content, files[name].Content)
				}
			}
			wantOrder(t, done, got)
			for _, step := range c.left {
				if _, named, _ := strings.Cut(got.Reason, "and remain"); !strings.Contains(named, step) {
					t.Errorf("nothing is said of %s: %s", step, got.Reason)
				}
			}
		})
	}
}

// wantOrder compares the undo of one run with what the next has run.
func wantOrder(t *testing.T, done, back outcome.Host) {
	t.Helper()
	var want, got []string
	for _, c := range slices.Backward(done.Changes) {
		if !strings.HasSuffix(c.Step, "arm-undo") && c.Status == outcome.Applied && !strings.HasPrefix(c.Undo, "none: ") {
			want = append(want, c.Undo)
		}
	}
	for _, c := range back.Changes {
		if !strings.HasSuffix(c.Step, "arm-undo") {
			got = append(got, c.Command)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("taken back (-want +got)\n%s", diff)
	}
}

// The steps that have no undo remain, and the host says so, also where another process ends
// the rollback.
func TestRollbackSaysWhatRemains(t *testing.T) {
	t.Parallel()
	const host = "node-id-mismatch"
	b := newBench(t, host)
	back := recovered(t, b, "node-id")
	dir, again := back.Journal.(*journal.Run), *back
	b.dir, b.id = dir, "r2"
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	m := &mortal{bench: b, left: 1 << 20, cancel: cancel}
	back.Sink, back.Journal = m, journalFunc(func(e outcome.Entry) error {
		if e.Event == outcome.EventLeft {
			m.left = 0
		}
		return m.Append(e)
	})
	if _, err := back.Run(ctx, b.hosts); !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	got := b.resume(&again)[host]
	const says = "1 step of run r1 rolled back; 4 steps have no undo and remain: "
	if got.Outcome != outcome.OutcomeUndone || !strings.Contains(got.Reason, says) || strings.Count(got.Reason, "save-node-id") != 1 || strings.Contains(got.Reason, "no longer in effect") {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}
	third := b.rollback("r3", map[string]outcome.Host{host: got})
	third.Earlier = again.Earlier
	got = b.runEngine(third)[host]
	if want := "nothing of run r1 is left to roll back; 4 steps have no undo and remain: "; got.Outcome != outcome.OutcomeUndone || !strings.HasPrefix(got.Reason, want) {
		t.Errorf("once more: %s: %s", got.Outcome, got.Reason)
	}
}

// What somebody has changed since is left alone.
func TestRollbackNotInEffect(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	back := recovered(t, b)
	run(t, b, host, "/usr/sbin/chdev -l en1 -a netaddr6= -a state=up")
	sent := len(b.sent(host))
	got := b.runEngine(back)[host]
	if len(got.Changes) > 0 || len(b.sent(host)) > sent || !strings.Contains(got.Reason, "set-address is no longer in effect") {
		t.Errorf("%s: %s; sent %q", got.Outcome, got.Reason, b.sent(host)[sent:])
	}
}

// What somebody has changed between the run and its rollback stays; the rest is
// taken back, and the host ends undone. Where part of what a step did stands, it is
// a person's to undo, and the command is said.
func TestRollbackKeepsEdits(t *testing.T) {
	t.Parallel()
	const host, added = "address-of-clone", "echo 'added since'\n"
	b := newBench(t, host)
	stale := b.fleet.Host(host).Snapshot().Files["/etc/rc.tcpip"].Content
	back := recovered(t, b)
	run(t, b, host, "printf '%s' \"echo 'added since'\n\" >>/etc/rc.tcpip")
	run(t, b, host, "/usr/sbin/chdev -l en1 -a netaddr6=2001:db8::77 -a prefixlen=64")
	got := b.runEngine(back)[host]
	s := b.fleet.Host(host).Snapshot()
	if got.Outcome != outcome.OutcomeUndone || !strings.Contains(got.Reason, "set-address is no longer in effect") {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}
	if s.NICs[1].Attrs.NetAddr6 != "2001:db8::77" || s.Files["/etc/rc.tcpip"].Content != stale+added {
		t.Errorf("netaddr6 %s, rc.tcpip (-want +got)\n%s", s.NICs[1].Attrs.NetAddr6, cmp.Diff(stale+added, s.Files["/etc/rc.tcpip"].Content))
	}

	b = newBench(t, "address-removed-smitty")
	back = recovered(t, b)
	run(t, b, "address-removed-smitty", "/usr/sbin/ifconfig en1 inet6 fe80::f8d4:43ff:fe00:121/64 delete")
	before := len(b.changed("address-removed-smitty"))
	got = b.runEngine(back)["address-removed-smitty"]
	if sent := b.changed("address-removed-smitty")[before:]; got.Outcome != outcome.NeedsAction || !strings.Contains(got.Reason, "set-address is not rolled back: en1 was changed since, but part of the step is still in effect; to undo it: ") || len(sent) > 0 {
		t.Errorf("%s: %s; sent %q", got.Outcome, got.Reason, sent)
	}
}

// R7 of a VM on its own boot image: the network and the node id are as the image
// had them.
func TestRollbackOnTheOwnImage(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	b.use("rmc-restore-own-image")
	b.fleet.Host("healthy").Mutate(func(s *aixsim.State) {
		n := &s.NICs[0]
		n.Attrs.Alias4, n.Live.IPv4 = []string{"10.77.0.5,255.255.255.0"}, append(n.Live.IPv4, "10.77.0.5/24")
	})
	b.run(controller.Capture)
	b.fleet.SwapBoot("healthy", aixsim.BootImage{Hostname: "healthy", Address: true})
	before := b.states()["healthy"]
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id", "cluster0"}
	r1 := maps.Clone(b.runEngine(e))
	if r1["healthy"].Outcome != outcome.Recovered || status(r1["healthy"], "restore-captured-node-id") == "" || status(r1["healthy"], "restore-interface-1") == "" {
		t.Fatalf("%s: %s; %v", r1["healthy"].Outcome, r1["healthy"].Reason, statuses(r1["healthy"]))
	}
	for _, id := range []string{"r2", "r3"} {
		got := b.runEngine(b.rollback(id, r1))["healthy"]
		if got.Outcome != outcome.OutcomeUndone || id == "r3" && len(got.Changes) > 0 {
			t.Errorf("%s: %s: %s; %v", id, got.Outcome, got.Reason, statuses(got))
		}
		for _, field := range differences(before, b.states()["healthy"]) {
			if !slices.ContainsFunc(slices.Collect(maps.Values(mayDiffer)), func(x *regexp.Regexp) bool { return x.MatchString(field) }) {
				t.Errorf("%s: %s", id, field)
			}
		}
	}
}

// R7 of an update: it is rejected, also where the images are gone since; what was
// committed meanwhile is a person's.
func TestRollbackOfAnUpdate(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	for _, c := range []struct {
		name, later, level string
		outcome            outcome.Outcome
		reason             string
	}{
		{"applied", ":", "3.1.5.0 C", outcome.OutcomeUndone, "1 step of run r1 rolled back"},
		{"rejected by hand since", "for n in $(/usr/bin/lslpp -Lcq 'rsct.core.*' | /usr/bin/cut -d: -f2); do /usr/sbin/installp -rgX $n; done; :", "3.1.5.0 C", outcome.OutcomeUndone, "apply-update is no longer in effect"},
		{"committed since", "/usr/sbin/installp -cgX all", "3.2.6.2 C", outcome.NeedsAction, "apply-update is not rolled back: it has been committed since and can no longer be rejected; to undo it: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := updating(t, host, func(s *aixsim.State) {
				s.Exports = map[string][]aixsim.Fileset{"nim.example:/export/rsct": s.Images[imagesFolder]}
				s.Images = nil
			})
			b.set = append(b.set, "images=nim.example:/export/rsct")
			was := level(b.fleet.Host(host).Snapshot())
			back := recovered(t, b, "rsct-update")
			run(t, b, host, c.later)
			got := b.runEngine(back)[host]
			if is := level(b.fleet.Host(host).Snapshot()); got.Outcome != c.outcome || !strings.Contains(got.Reason, c.reason) || is != c.level || was != "3.1.5.0 C" {
				t.Errorf("%s: %s; RSCT %s, was %s; %v", got.Outcome, got.Reason, is, was, statuses(got))
			}
		})
	}
}

// An undo that fails, or whose link dies, is no success.
func TestRollbackFails(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	back := recovered(t, b)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"chdev": {Exit: 1, Stderr: "0514-018 no\n"}}
	})
	got := b.runEngine(back)[host]
	if got.Outcome != outcome.Failed || !strings.Contains(got.Reason, "undo-set-address ended with status 1") {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}

	b = newBench(t, host)
	back = recovered(t, b)
	b.fleet.Server(host).SetFaults(sshtest.Faults{CutAfterRun: "-a netaddr6= -a prefixlen= ||", Times: 1})
	got = b.runEngine(back)[host]
	if got.Outcome != outcome.OutcomeUndone || !slices.Contains(statuses(got), "undo-set-address applied") {
		t.Errorf("%s: %s %q", got.Outcome, got.Reason, statuses(got))
	}
}

// Steps around a step, and what is known not to be in effect, are not taken back.
func TestRollbackChanges(t *testing.T) {
	t.Parallel()
	change := func(step, status string) outcome.TrailChange {
		return outcome.TrailChange{Change: outcome.Change{Step: step, Command: "c " + step, Undo: "u " + step, Status: status, Rung: "r"}}
	}
	got := controller.Changes(outcome.Trail{Changes: []outcome.TrailChange{
		change("a-arm-undo", outcome.Applied), change("a", outcome.Applied), change("a-disarm-undo", outcome.Applied), change("b", outcome.NotApplied),
		change("c", outcome.Undone), change("c-undo", outcome.Applied), change("d", outcome.UnknownIf),
	}})
	want := []playbooks.Change{{Rung: "r", Step: "a", Command: "c a", Undo: "u a"}, {Rung: "r", Step: "d", Command: "c d", Undo: "u d", Unknown: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// R7: after the rollback a host is as it was before the run, in every field of its
// state, whatever the run had found and changed; a second rollback sends nothing and
// changes nothing. What may differ is in mayDiffer.
func TestRollbackIsExact(t *testing.T) {
	t.Parallel()
	hosts, all := catalogue()
	b := startBench(t, hosts)
	b.concurrency = 64
	b.set = append(b.set, "images="+imagesFolder, "new_node_id=node-id-duplicate")
	before := b.states()
	e := b.engine(controller.Recover)
	e.Allowed, e.MendWarnings = []string{"node-id", "cluster0", "rsct-update"}, true
	r1 := maps.Clone(b.runEngine(e))
	var changed []string
	for _, host := range all {
		if slices.ContainsFunc(r1[host].Changes, func(c outcome.Change) bool { return c.Status != outcome.NotApplied && c.Rung != "hand-over" }) {
			changed = append(changed, host)
		}
	}
	for _, host := range []string{"address-of-clone", "daemon-down", "cluster0-leftover", "rsct-below-minimum", "customer-netaddr6-on-rmc-nic"} {
		if r1[host].Outcome != outcome.Recovered {
			t.Fatalf("%s: %s: %s", host, r1[host].Outcome, r1[host].Reason)
		}
	}
	if len(changed) < 20 {
		t.Fatalf("changed by the run: %q", changed)
	}
	r2 := maps.Clone(b.runEngine(b.rollback("r2", r1), changed...))
	after := b.states()
	used := map[string]bool{}
	for _, host := range changed {
		if h := r2[host]; h.Outcome != outcome.OutcomeUndone {
			t.Errorf("%s: %s: %s; %v", host, h.Outcome, h.Reason, statuses(h))
		}
		for _, field := range differences(before[host], after[host]) {
			why := slices.Collect(maps.Keys(mayDiffer))
			why = slices.DeleteFunc(why, func(w string) bool { return !mayDiffer[w].MatchString(field) })
			if len(why) == 0 {
				t.Errorf("%s: %s; run %v, rollback %v", host, field, statuses(r1[host]), statuses(r2[host]))
			}
			for _, w := range why {
				used[w] = true
			}
		}
	}
	for why := range mayDiffer {
		if !used[why] {
			t.Errorf("nothing differs any more because: %s", why)
		}
	}
	sent := map[string]int{}
	for _, host := range changed {
		sent[host] = len(b.changed(host))
	}
	r3 := b.runEngine(b.rollback("r3", r1), changed...)
	again := b.states()
	for _, host := range changed {
		h := r3[host] // steps without an undo, or that did nothing, are all that some hosts have
		if h.Outcome != outcome.OutcomeUndone || len(h.Changes) > 0 || !nothingLeft.MatchString(h.Reason) {
			t.Errorf("%s, once more: %s: %s; %v", host, h.Outcome, h.Reason, statuses(h))
		}
		if list := b.changed(host)[sent[host]:]; len(list) > 0 {
			t.Errorf("%s, once more: sent %q", host, list)
		}
		if diff := differences(after[host], again[host]); len(diff) > 0 {
			t.Errorf("%s, once more: %q", host, diff)
		}
	}
}

var nothingLeft = regexp.MustCompile("nothing of run r1 (is left to roll back|can be rolled back on this host)")

// catalogue is a host of each illness, named after it.
func catalogue() (hosts []aixsim.FleetHost, names []string) {
	add := func(name, illness string) *aixsim.State {
		s := aixsim.Healthy(name, len(hosts)+1)
		s.RMC.ConnectDelay = aixsim.Duration(connectDelay)
		hosts, names = append(hosts, aixsim.FleetHost{State: s, Illness: illness}), append(names, name)
		return s
	}
	for _, i := range slices.Concat(aixsim.Illnesses(), aixsim.FieldCases()) {
		if i.Name == "lssrc-slow" || i.Name == "lscluster-hangs" {
			continue // as other hosts, and they take their time
		}
		first := add(i.Name, i.Name)
		if i.Apply != nil {
			i.Apply(first)
		}
		if len(first.Images) > 0 {
			first.Files[imagesFolder+"/.toc"] = aixsim.File{Content: "0 0000000000 2\n"}
		}
		if i.Pair != nil {
			i.Pair(first, add(i.Name+"-2", i.Name))
		}
	}
	return hosts, names
}

// states are those of all hosts, each as a map from the path of a field to its value.
func (b *bench) states() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, h := range b.hosts {
		s := b.fleet.Host(h.Name).Snapshot()
		slices.SortFunc(s.ODM, func(x, y aixsim.Stanza) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
		text, err := json.Marshal(s)
		must(b.t, err)
		var tree any
		must(b.t, json.Unmarshal(text, &tree))
		fields := map[string]string{}
		flatten("", tree, fields)
		all[h.Name] = fields
	}
	return all
}

func flatten(path string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			flatten(path+"/"+name, field, into)
		}
	case []any:
		for i, item := range v {
			name := fmt.Sprint(i)
			if m, ok := item.(map[string]any); ok && m["name"] != nil {
				name = fmt.Sprint(m["name"])
			}
			flatten(path+"/"+name, item, into)
		}
	default:
		into[path] = fmt.Sprint(v)
	}
}

// differences are the fields in which two states differ, as "path: one, then other".
func differences(one, other map[string]string) []string {
	var list []string
	for path := range one {
		if was, is := one[path], other[path]; was != is {
			list = append(list, fmt.Sprintf("%s: %q, then %q", path, was, is))
		}
	}
	for path, is := range other {
		if _, ok := one[path]; !ok {
			list = append(list, fmt.Sprintf("%s: none, then %q", path, is))
		}
	}
	slices.Sort(list)
	return list
}

// mayDiffer is what may differ after a rollback, each with the reason.
var mayDiffer = map[string]*regexp.Regexp{
	"the simulator's own log and counter":           regexp.MustCompile(`^/(effects/|next_pid:)`),
	"an object class without a row is one":          regexp.MustCompile(`^/classes/`),
	"times":                                         regexp.MustCompile(`/mod_time: `),
	"what was started again has another process id": regexp.MustCompile(`/pid: `),
	"copies that the run has left":                  regexp.MustCompile(`^/files//etc/(rc\.tcpip\.)?aixmend\.r1[./]`),
	"the log of an update":                          regexp.MustCompile(`^/files//var/aixmend/installp\.r1/`),
	"the folder of logs and support data":           regexp.MustCompile(`^/files//var/aixmend/(dir|mode): none`),
	"what the other side has seen":                  regexp.MustCompile(`^/rmc/(held_since|registered): `),
	"remote clients that were let in stay so":       regexp.MustCompile(`^/rmc/remote_clients: "false", then "true"`),
	"a daemon that hung does not hang again":        regexp.MustCompile(`^/rmc/hung: "true", then ""`),
	"resource managers stop with the daemon":        regexp.MustCompile(`^/subsystems/IBM\.[A-Za-z]+/status: "active", then "inoperative"`),
	"what else recfgct removes: the undo says so":   regexp.MustCompile(`^/files//var/ct/(IW/|cfg/(current|default)_cluster/)`),
}

// What the run did that is rolled back is not known: a person must see to the host,
// whatever it is like.
func TestRollbackOfWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	e := b.engine(controller.Recover)
	e.Earlier = func(string) (controller.Earlier, error) {
		return controller.Earlier{Run: "r0"}, errors.New("its report can't be read")
	}
	if h := b.runEngine(e)["healthy"]; h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "its report can't be read") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
}

// The facts from before the run are lost: the healthy host stays healthy, is not undone, and
// says which step can't be rolled back, with the command.
func TestRollbackWithoutItsPreImage(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	back := recovered(t, b)
	known := back.Earlier
	back.Earlier = func(host string) (controller.Earlier, error) {
		earlier, err := known(host)
		earlier.Facts = nil
		return earlier, err
	}
	sent := len(b.changed(host))
	h := b.runEngine(back)[host]
	const says = "no step of run r1 was rolled back; set-address can't be rolled back: the facts of the host from before that run are lost; to undo it: "
	if h.Outcome != outcome.Healthy || !strings.HasPrefix(h.Reason, says) || len(b.changed(host)) != sent {
		t.Errorf("%s: %s; %v", h.Outcome, h.Reason, statuses(h))
	}
}

// A host on which no step has an undo says so, and nothing is sent to it.
func TestRollbackOfWhatHasNoUndo(t *testing.T) {
	t.Parallel()
	const host = "remote-clients-disabled"
	b := newBench(t, host)
	back := recovered(t, b)
	sent := len(b.changed(host))
	h := b.runEngine(back)[host]
	const says = "nothing of run r1 can be rolled back on this host: no step of it has an undo"
	if h.Outcome != outcome.OutcomeUndone || !strings.HasPrefix(h.Reason, says) && !strings.Contains(h.Reason, "; "+says) || len(b.changed(host)) != sent {
		t.Errorf("%s: %s; %v", h.Outcome, h.Reason, statuses(h))
	}
}
