package playbooks

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"aixmend/playbooks/facts"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// bed is a simulated host that a test looks at and changes, without SSH.
type bed struct {
	t      *testing.T
	h      *aixsim.Host
	p      *Playbook
	params Params
}

// lie prepares a healthy host, changed as a test wants it; it must run in a bubble of
// synctest.
func lie(t *testing.T, change func(*aixsim.State)) *bed {
	t.Helper()
	s := aixsim.Healthy("aix1", 1)
	change(s)
	p, params := restore(t)
	h := aixsim.NewHost(s, aixsim.HostOptions{})
	t.Cleanup(h.Close)
	return &bed{t, h, p, params}
}

// look is a diagnosis of the host as it is now.
func (b *bed) look() *Diagnosis {
	b.t.Helper()
	probes, err := b.p.Asked(b.params, "recover", "r1")
	if err != nil {
		b.t.Fatal(err)
	}
	return b.p.Judge(b.params, Given{RunID: "r1", Verb: "recover", Fleet: &facts.Fleet{Complete: true}}, probeAll(b.h, b.params, probes))
}

// run runs a command on the host as root.
func (b *bed) run(command string) (exit int, said string) {
	var out bytes.Buffer
	exit = b.h.ServeExec(context.Background(), &sshtest.Exec{User: "root", Command: command, Stdin: strings.NewReader(""),
		Stdout: &out, Stderr: &out, Remote: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 50222}})
	return exit, out.String()
}

// recover runs the steps of a rung, those that are needed on the host as then has it.
func (b *bed) recover(then *Diagnosis, rung string) (changes []Change) {
	b.t.Helper()
	for _, r := range b.p.Plan(then, Wishes{MendWarnings: true, Allowed: []string{"node-id", "cluster0"}}) {
		if r.Rung.ID != rung {
			continue
		}
		if r.Blocked != "" {
			b.t.Fatalf("%s is blocked: %s", rung, r.Blocked)
		}
		for _, s := range r.Steps {
			if exit, said := b.run(s.Command); exit != 0 {
				b.t.Fatalf("%s: status %d: %s", s.Step.ID, exit, said)
			}
			changes = append(changes, Change{Rung: rung, Step: s.Step.ID, Command: s.Command, Undo: s.Undo})
		}
	}
	return changes
}

// undo runs what a rollback plans, and returns the names of its steps.
func (b *bed) undo(back Rollback) (steps []string) {
	b.t.Helper()
	for _, s := range back.Rung.Steps {
		if exit, said := b.run(s.Command); exit != 0 {
			b.t.Fatalf("%s: status %d: %s\n%s", s.Step.ID, exit, said, s.Command)
		}
		steps = append(steps, s.Step.ID)
	}
	return steps
}

// nic is en1 as it is, its live addresses in order.
func (b *bed) nic() aixsim.NIC {
	n := b.h.Snapshot().NICs[1]
	slices.Sort(n.Live.IPv6)
	return n
}

// R7: an address goes back to what it was, live and in the ODM, attribute by
// attribute; what was so already stays.
func TestRollbackOfAnAddress(t *testing.T) {
	own := aixsim.EUI64(aixsim.Healthy("aix1", 1).NICs[1].MAC).String()
	const clone, customer = "fe80::f8d4:43ff:fe77:8899", "2001:db8:77::9"
	up := func(addresses ...string) aixsim.Live { return aixsim.Live{Up: true, IPv6: addresses} }
	for _, c := range []struct {
		name  string
		attrs aixsim.NICAttr
		live  aixsim.Live
	}{
		{"nothing anywhere", aixsim.NICAttr{State: "up"}, up()},
		{"a length without an address", aixsim.NICAttr{PrefixLen: "64", State: "up"}, up()},
		{"in the ODM, not live", aixsim.NICAttr{NetAddr6: own, PrefixLen: "64", State: "up"}, up()},
		{"in the ODM without a length, not live", aixsim.NICAttr{NetAddr6: own, State: "up"}, up()},
		{"live, not in the ODM", aixsim.NICAttr{State: "up"}, up(own + "/64")},
		{"live, and another in the ODM", aixsim.NICAttr{NetAddr6: clone, PrefixLen: "64", State: "up"}, up(own + "/64")},
		{"a clone's, live and in the ODM", aixsim.NICAttr{NetAddr6: clone, PrefixLen: "64", State: "up"}, up(clone + "/64")},
		{"a clone's in the ODM alone", aixsim.NICAttr{NetAddr6: clone, PrefixLen: "64", State: "up"}, up()},
		{"a clone's live alone", aixsim.NICAttr{State: "up"}, up(clone + "/64")},
		{"live and in the ODM, down at boot", aixsim.NICAttr{NetAddr6: own, PrefixLen: "64", State: "down"}, up(own + "/64")},
		{"in the ODM, down at boot, not live", aixsim.NICAttr{NetAddr6: own, PrefixLen: "64", State: "down"}, up()},
		{"nothing, down at boot", aixsim.NICAttr{State: "down"}, up()},
		{"beside a customer's", aixsim.NICAttr{NetAddr6: customer, PrefixLen: "64", State: "up"}, up(customer + "/64")},
		{"beside a customer's, live", aixsim.NICAttr{NetAddr6: customer, PrefixLen: "64", State: "up"}, up(own+"/64", customer+"/64")},
		{"beside a customer's, alias in the ODM, not live", aixsim.NICAttr{NetAddr6: customer, PrefixLen: "64", Alias6: []string{own + "/64"}, State: "up"}, up(customer + "/64")},
		{"live down, in the ODM", aixsim.NICAttr{NetAddr6: own, PrefixLen: "64", State: "up"}, aixsim.Live{IPv6: []string{own + "/64"}}},
		{"down at boot and now", aixsim.NICAttr{NetAddr6: own, PrefixLen: "64", State: "down"}, aixsim.Live{}},
		{"a clone's, down at boot and now", aixsim.NICAttr{NetAddr6: clone, PrefixLen: "64", State: "down"}, aixsim.Live{}},
		{"an alias of the ODM that is not live", aixsim.NICAttr{NetAddr6: clone, PrefixLen: "64", Alias6: []string{"2001:db8::5/64", clone + "/64"}, State: "up"}, up(clone + "/64")},
		{"beside a customer's that is not live", aixsim.NICAttr{NetAddr6: customer, PrefixLen: "64", State: "up"}, up()},
		{"beside a customer's, down at boot", aixsim.NICAttr{NetAddr6: customer, PrefixLen: "48", State: "down"}, up(customer + "/48")},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := lie(t, func(s *aixsim.State) {
					s.NICs[1].Attrs, s.NICs[1].Live = c.attrs, c.live
					f := s.Files["/etc/rc.tcpip"]
					f.Content = "#!/bin/ksh\n"
					s.Files["/etc/rc.tcpip"] = f
				})
				was, then := b.nic(), b.look()
				changes := b.recover(then, "address")
				done := b.look()
				if got, err := b.p.Plan(done, Wishes{MendWarnings: true}), error(nil); err != nil || slices.ContainsFunc(got, func(r PlannedRung) bool { return r.Rung.ID == "address" }) {
					t.Fatalf("the run has not mended it: %q", outline(got))
				}
				steps := b.undo(b.p.PlanRollback(done, then, changes))
				if diff := cmp.Diff(was, b.nic()); diff != "" || len(steps) != 1 {
					t.Errorf("%q by\n%s\n(-before the run +after the rollback)\n%s", steps, changes[0].Undo, diff)
				}
				if again := b.p.PlanRollback(b.look(), then, changes); len(again.Rung.Steps)+len(again.Open) > 0 {
					t.Errorf("once more: %d steps, open %q", len(again.Rung.Steps), again.Open)
				}
			})
		})
	}
}

// What others have changed since is theirs.
func TestRollbackKeepsLaterEdits(t *testing.T) {
	const edit = "a line that somebody added"
	lost := func(s *aixsim.State) {
		i, err := aixsim.FindIllness("address-of-clone")
		if err != nil {
			t.Fatal(err)
		}
		i.Apply(s)
	}
	for _, c := range []struct {
		name, edit string
		undone     []string // steps that are taken back
		left       string   // of another
		stays      func(s *aixsim.State) bool
	}{
		{
			name: "another netaddr6", edit: "/usr/sbin/chdev -l en1 -a netaddr6=2001:db8::77 -a prefixlen=64",
			undone: []string{"undo-replace-stale-lines"}, left: "set-address is no longer in effect",
			stays: func(s *aixsim.State) bool { return s.NICs[1].Attrs.NetAddr6 == "2001:db8::77" },
		},
		{
			name: "the address is taken off the interface", edit: "/usr/sbin/ifconfig en1 inet6 fe80::f8d4:43ff:fe00:121/64 delete",
			undone: []string{"undo-replace-stale-lines"}, left: "set-address is not rolled back: en1 was changed since",
			stays: func(s *aixsim.State) bool { return len(s.NICs[1].Live.IPv6) == 0 },
		},
		{
			name: "a line of its own", edit: "printf 'echo " + edit + "\\n' >>/etc/rc.tcpip",
			undone: []string{"undo-set-address", "undo-replace-stale-lines"},
			stays: func(s *aixsim.State) bool {
				return strings.HasSuffix(s.Files["/etc/rc.tcpip"].Content, "echo "+edit+"\n")
			},
		},
		{
			name: "the line that the run wrote is gone", edit: "/usr/bin/grep -v aixmend /etc/rc.tcpip >/tmp/x; /usr/bin/cp /tmp/x /etc/rc.tcpip",
			undone: []string{"undo-set-address"}, left: "replace-stale-lines is no longer in effect",
			stays: func(s *aixsim.State) bool { return !strings.Contains(s.Files["/etc/rc.tcpip"].Content, "netaddr6") },
		},
		{
			name: "the line that the run wrote has another address", edit: "/usr/bin/sed 's/fe80::f8d4:43ff:fe00:121/2001:db8::1/' /etc/rc.tcpip >/tmp/x; /usr/bin/cp /tmp/x /etc/rc.tcpip",
			undone: []string{"undo-set-address"}, left: "replace-stale-lines is not rolled back: the line that it wrote in /etc/rc.tcpip has been changed since; to undo it: ",
			stays: func(s *aixsim.State) bool {
				return strings.Contains(s.Files["/etc/rc.tcpip"].Content, "netaddr6=2001:db8::1 ")
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := lie(t, lost)
				then := b.look()
				changes := b.recover(then, "address")
				if exit, said := b.run(c.edit); exit != 0 {
					t.Fatalf("status %d: %s", exit, said)
				}
				back := b.p.PlanRollback(b.look(), then, changes)
				steps := b.undo(back)
				if diff := cmp.Diff(c.undone, steps); diff != "" || !strings.Contains(strings.Join(back.Left, "\n"), c.left) {
					t.Errorf("left %q; steps (-want +got)\n%s", back.Left, diff)
				}
				if s := b.h.Snapshot(); !c.stays(s) {
					t.Errorf("it is gone: %+v\n%s", s.NICs[1], s.Files["/etc/rc.tcpip"].Content)
				}
				if slices.Contains(c.undone, "undo-replace-stale-lines") && !strings.Contains(b.h.Snapshot().Files["/etc/rc.tcpip"].Content, aixsim.ChdevBootLine("en1", "fe80::f8d4:43ff:fe77:8899")) {
					t.Error("the line of before is not back")
				}
			})
		})
	}
}

// R7: a daemon is as it was, and no rollback starts one that does not run.
func TestRollbackOfTheDaemon(t *testing.T) {
	illness := func(name string) func(*aixsim.State) {
		i, err := aixsim.FindIllness(name)
		if err != nil {
			t.Fatal(err)
		}
		return i.Apply
	}
	stopped := func(s *aixsim.State) {
		for i := range s.Subsystems {
			if s.Subsystems[i].Name == "ctrmc" {
				s.Subsystems[i].Status, s.Subsystems[i].PID = "inoperative", 0
			}
		}
	}
	both := func(first, second func(*aixsim.State)) func(*aixsim.State) {
		return func(s *aixsim.State) { first(s); second(s) }
	}
	const start, stop, letIn = "rmcctrl -A", "rmcctrl -z", "rmcctrl -p"
	for _, c := range []struct {
		name   string
		change func(*aixsim.State)
		rung   string
		later  string   // what somebody does after the run
		sent   []string // of rmcctrl, by the rollback
		active bool     // the daemon, afterwards
	}{
		{"it ran, and was recycled", illness("daemon-hung"), "recycle", "", nil, true},
		{"it was down, and was started", illness("daemon-down"), "recycle", "", []string{stop}, false},
		{"it was down, and somebody has stopped it since", illness("daemon-down"), "recycle", "/usr/sbin/rsct/bin/rmcctrl -z", nil, false},
		{"a node id, and it ran", illness("node-id-mismatch"), "node-id", "", []string{stop, start, letIn}, true},
		{"a node id, and it was down", both(illness("node-id-mismatch"), stopped), "node-id", "", []string{stop}, false},
		{"a node id, and somebody has stopped it since", illness("node-id-mismatch"), "node-id", "/usr/sbin/rsct/bin/rmcctrl -z", nil, false},
		{"a new node id", illness("node-id-missing"), "node-id", "", []string{stop, start, letIn}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := lie(t, c.change)
				before, then := b.h.Snapshot(), b.look()
				changes := b.recover(then, c.rung)
				if exit, said := b.run(c.later); exit != 0 {
					t.Fatalf("status %d: %s", exit, said)
				}
				from := len(b.h.Log())
				b.undo(b.p.PlanRollback(b.look(), then, changes))
				after := b.h.Snapshot()
				if got := b.calls(from, "rmcctrl"); !slices.Equal(got, c.sent) {
					t.Errorf("sent %q, want %q", got, c.sent)
				}
				if got := b.active(); got != c.active || after.RMC.RemoteClients != true {
					t.Errorf("active %v, want %v; remote clients %v", got, c.active, after.RMC.RemoteClients)
				}
				for _, file := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
					was, is := before.Files[file], after.Files[file]
					if was.Content != is.Content || was.Mode != is.Mode {
						t.Errorf("%s: %q %o, was %q %o", file, is.Content, is.Mode, was.Content, was.Mode)
					}
				}
				if again := b.p.PlanRollback(b.look(), then, changes); len(again.Rung.Steps)+len(again.Open) > 0 {
					t.Errorf("once more: %d steps, open %q", len(again.Rung.Steps), again.Open)
				}
			})
		})
	}
}

// calls are those of a command, from a place of the log on.
func (b *bed) calls(from int, name string) (list []string) {
	for _, entry := range b.h.Log()[from:] {
		if filepath.Base(entry.Argv[0]) == name {
			list = append(list, strings.Join(append([]string{name}, entry.Argv[1:]...), " "))
		}
	}
	return list
}

// active reports whether ctrmc runs.
func (b *bed) active() bool {
	return slices.ContainsFunc(b.h.Snapshot().Subsystems, func(s aixsim.Subsystem) bool { return s.Name == "ctrmc" && s.Active() })
}

// R7: of cluster0 what is missing comes back; what is there again stays as it is.
func TestRollbackOfCluster0(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, err := aixsim.FindIllness("cluster0-odd-quoting")
		if err != nil {
			t.Fatal(err)
		}
		b := lie(t, i.Apply)
		rows := func() (list []string) {
			for _, st := range b.h.Snapshot().ODM {
				if st.Class == "CuAt" {
					list = append(list, st.Get("attribute")+"="+st.Get("value"))
				}
			}
			slices.Sort(list)
			return list
		}
		before, then := rows(), b.look()
		changes := b.recover(then, "node-id")
		if len(rows()) > 0 || len(before) < 2 {
			t.Fatalf("cluster0 had %q, has %q", before, rows())
		}
		again := strings.SplitN(before[0], "=", 2)[0]
		if exit, said := b.run(fmt.Sprintf("printf '\\nCuAt:\\n\\tname = \"cluster0\"\\n\\tattribute = \"%s\"\\n\\tvalue = \"new\"\\n' >/tmp/x; /usr/bin/odmadd /tmp/x", again)); exit != 0 {
			t.Fatal(said)
		}
		b.undo(b.p.PlanRollback(b.look(), then, changes))
		want := slices.Clone(before)
		want[0] = again + "=new"
		if diff := cmp.Diff(want, rows()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if back := b.p.PlanRollback(b.look(), then, changes); len(back.Rung.Steps)+len(back.Open) > 0 {
			t.Errorf("once more: %d steps, open %q", len(back.Rung.Steps), back.Open)
		}
		if left := b.h.Snapshot().Files; slices.ContainsFunc([]string{"/etc/aixmend.r1.CuAt.cluster0.1", "/etc/aixmend.r1.CuAt.cluster0.1.there"}, func(f string) bool { _, ok := left[f]; return ok }) {
			t.Error("its parts are left")
		}
	})
}

// What can't be told is left to a person, with the command; what was so before the
// run, or is no longer in effect, is nobody's to undo.
func TestRollbackDecides(t *testing.T) {
	p, params := restore(t)
	judge := func(changes ...func(host)) *Diagnosis { return p.Judge(params, nothingGiven, changed(changes...)) }
	start := Change{Rung: "recycle", Step: "start-rmc", Command: "c", Undo: "u"}
	// As a version before this one ran it, with the log of installp below /var/adm.
	older := Change{Rung: "rsct-update", Step: "apply-update", Command: "/usr/sbin/installp -agXY -d /images -e /var/adm/ras/aixmend.r0 rsct.core.rmc", Undo: "u"}
	support := Change{Rung: "hand-over", Step: "make-support-folder", Command: "/usr/bin/mkdir /var/adm/aixmend/support.r0", Undo: "/usr/bin/rm -r /var/adm/aixmend/support.r0"}
	maybe := start
	maybe.Unknown = true
	for _, c := range []struct {
		name       string
		now, then  *Diagnosis
		change     Change
		steps      int
		left, open string
		lost       string
	}{
		{name: "in effect, and not before", now: judge(), then: judge(daemonDown), change: start, steps: 1},
		{name: "it may have run, and is seen to have", now: judge(), then: judge(daemonDown), change: maybe, steps: 1},
		{name: "so before", now: judge(), then: judge(), change: start, left: "start-rmc is not rolled back: it was already in effect before that run"},
		{name: "not any more", now: judge(daemonDown), then: judge(daemonDown), change: start, left: "start-rmc is no longer in effect"},
		{name: "nobody knows now", now: judge(func(h host) { h.hang("ctrmc") }), then: judge(daemonDown), change: start, open: "start-rmc is not rolled back: it is not known whether it is in effect"},
		{name: "nobody knew then", now: judge(), then: judge(func(h host) { h.hang("ctrmc") }), change: start, open: "start-rmc is not rolled back: it is not known whether it was in effect before that run"},
		{name: "the facts of then are lost", now: judge(), change: start, lost: "start-rmc can't be rolled back: the facts of the host from before that run are lost; to undo it: u"},
		{name: "the facts of then are lost, and nobody knows now", now: judge(func(h host) { h.hang("ctrmc") }), change: start, lost: "start-rmc can't be rolled back: "},
		{name: "the facts of then are lost, and would have to be compared", now: judge(addressMissing), change: Change{Rung: "address", Step: "set-address", Command: "c", Undo: "u"}, lost: "set-address can't be rolled back: "},
		{name: "the facts of then are lost, and nothing is left of it", now: judge(daemonDown), change: start, left: "start-rmc is no longer in effect"},
		{name: "it may have run, and nobody knows", now: judge(), change: maybe, open: "start-rmc: it is not known whether it ran; to undo it: u"},
		{name: "no such step", now: judge(), then: judge(), change: Change{Rung: "recycle", Step: "gone", Command: "c", Undo: "u"}, open: "the playbook no longer has this step"},
		{name: "an update by an older version", now: judge(func(h host) { h.rsct("3.2.6.2", "A") }), then: judge(func(h host) { h.rsct("3.1.5.0", "C") }), change: older, steps: 1},
		{name: "an update by an older version, committed since", now: judge(func(h host) { h.rsct("3.2.6.2", "C") }), then: judge(func(h host) { h.rsct("3.1.5.0", "C") }), change: older, open: "it has been committed since"},
		{name: "support data of an older version", now: judge(), then: judge(), change: support},
		{name: "no undo", now: judge(), then: judge(), change: Change{Rung: "refresh", Step: "s", Command: "c", Undo: "none: because"}, left: "s can't be undone: because"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := p.PlanRollback(c.now, c.then, []Change{c.change})
			left, open := strings.Join(got.Left, "\n"), strings.Join(got.Open, "\n")
			if len(got.Rung.Steps) != c.steps || !strings.Contains(left, c.left) || !strings.Contains(open, c.open) || (c.open == "") != (open == "") {
				t.Errorf("%d steps, left %q, open %q", len(got.Rung.Steps), left, open)
			}
			if lost := strings.Join(got.Lost, "\n"); !strings.Contains(lost, c.lost) || (c.lost == "") != (lost == "") || !strings.Contains(left, lost) {
				t.Errorf("lost %q, left %q", lost, left)
			}
			if c.open != "" && !strings.HasSuffix(open, "; to undo it: u") {
				t.Errorf("no command in %q", open)
			}
		})
	}
}

// A step that checks changes nothing: it is neither rolled back nor counted among the steps
// whose effect remains, as one without an undo is.
func TestRollbackLeavesChecksOut(t *testing.T) {
	p, params := restore(t)
	d := p.Judge(params, nothingGiven, changed())
	got := p.PlanRollback(d, d, []Change{
		{Rung: "rsct-update", Step: "preview-update", Command: "c", Undo: "none: a preview changes nothing"},
		{Rung: "refresh", Step: "s", Command: "c", Undo: "none: because"},
	})
	if !slices.Equal(got.NoUndo, []string{"s"}) || len(got.Left) != 1 || len(got.Rung.Steps) > 0 {
		t.Errorf("without an undo %q, left %q, %d steps", got.NoUndo, got.Left, len(got.Rung.Steps))
	}
}

// R7: the undo of replace-stale-lines, by running it in every shell that is here: it
// puts back what stood in the lines that the step wrote, keeps all others, and
// refuses where one of its lines was changed.
func TestRollbackOfStaleLines(t *testing.T) {
	stale := "/usr/sbin/chdev -l en1 -a \"netaddr6=" + foreign + "\"  -a prefixlen=64 # 'it' is \\odd\n"
	before := "#!/bin/ksh\n" + stale + ":\nif [ -x /x ]\nthen\n" + stale + "fi\nexit 0"
	p, params := restore(t)
	plan := p.Plan(p.Judge(params, nothingGiven, changed(disconnected, staleLine)), Wishes{})
	step := plan[0].Steps[0]
	for _, shell := range []string{"sh", "ksh", "ksh93", "mksh", "dash", "bash", "busybox"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		argv := []string{path, "-c"}
		if shell == "busybox" {
			argv = []string{path, "sh", "-c"}
		}
		for _, c := range []struct {
			name string
			edit func(string) string
			want string // "": refused, and nothing is changed
		}{
			{"as it was left", func(s string) string { return s }, before},
			{"lines before, between and behind", func(s string) string {
				return "first\n" + strings.Replace(s, "then\n", "then\n  echo  between \\n\n", 1) + "\n# last\n"
			}, "first\n" + strings.Replace(before, "then\n", "then\n  echo  between \\n\n", 1) + "\n# last\n"},
			{"a line that looks like one of another run", func(s string) string { return s + "\n: # aixmend.r10.1\n" }, before + "\n: # aixmend.r10.1\n"},
			{"one of its lines is gone", func(s string) string { return strings.Replace(s, ": # aixmend.r1.2\n", "", 1) }, ""},
			{"one of its lines was changed", func(s string) string { return strings.Replace(s, "-aprefixlen=64 #", "-aprefixlen=48 #", 1) }, ""},
			{"one of its lines was copied", func(s string) string { return s + "\n: # aixmend.r1.2\n" }, ""},
		} {
			t.Run(shell+" "+c.name, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "rc.tcpip")
				here := strings.NewReplacer("/etc/rc.tcpip", file, "/usr/bin/cp", "cp", "/usr/bin/mv", "mv", "/usr/bin/sh", "sh", "/usr/bin/rm", "rm")
				script := func(text string) (string, error) {
					out, err := exec.Command(argv[0], append(argv[1:], here.Replace(text))...).CombinedOutput()
					return string(out), err
				}
				write := func(text string) {
					if err := os.WriteFile(file, []byte(text), 0o754); err != nil {
						t.Fatal(err)
					}
				}
				write(before)
				if out, err := script(step.Command); err != nil || out != "" {
					t.Fatalf("%v: %s", err, out)
				}
				edited := c.edit(readFile(t, file))
				write(edited)
				out, err := script(step.Undo)
				want := c.want
				if want == "" {
					want = edited
					if err == nil || !strings.Contains(out, "edit it manually") {
						t.Errorf("not refused: %v: %s", err, out)
					}
				} else if err != nil || out != "" {
					t.Errorf("%v: %s", err, out)
				}
				if diff := cmp.Diff(want, readFile(t, file)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o754 {
					t.Errorf("mode %v, %v", info.Mode(), err)
				}
				if left, _ := filepath.Glob(file + ".aixmend.r1*"); !slices.Equal(left, []string{file + ".aixmend.r1", file + ".aixmend.r1.lines"}) {
					t.Errorf("left beside it: %q", left)
				}
			})
		}
	}
}

// R1: a stale line that does more than set the address blocks the rung; nothing is
// sent in order to fail.
func TestHardLinesBlock(t *testing.T) {
	for _, c := range []struct{ line, why string }{
		{"start /usr/sbin/chdev -l en1 -anetaddr6=" + foreign, "line 7: the command is not the first word"},
		{"/usr/sbin/chdev -l en1 -anetaddr6=" + foreign + " -a netaddr=10.1.2.3", "line 7: it sets netaddr=10.1.2.3"},
		{"[ -x /usr/sbin/chdev ] && /usr/sbin/chdev -l en1 -anetaddr6=" + foreign, "line 7: it holds more than one command, or a redirection"},
		{"/usr/sbin/chdev -l en1 -anetaddr6=" + foreign + " \\", "line 7: it goes on in the next line"},
	} {
		p, params := restore(t)
		plan := p.Plan(p.Judge(params, nothingGiven, changed(disconnected, func(h host) { h.say("boot_lines", "7:"+c.line+"\n") })), Wishes{})
		if plan[0].Rung.ID != "address" || !strings.Contains(plan[0].Blocked, "a stale line of /etc/rc.tcpip must be edited manually: "+c.why) || plan[0].Waits {
			t.Errorf("%s: %s blocked by %q", c.line, plan[0].Rung.ID, plan[0].Blocked)
		}
	}
}
