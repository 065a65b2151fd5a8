//go:build !aix && !nohub

package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/fleet/natstest"
)

// newYardThrough is a yard whose hub speaks through a NATS that runs already, by its own
// configuration.
func newYardThrough(t *testing.T) (*yard, *natstest.Server) {
	t.Helper()
	y := newYard(t)
	server := natstest.New(t, natstest.Options{}, "")
	y.through(server)
	y.members()
	y.load()
	return y, server
}

// through has the hub of a yard speak through a NATS.
func (y *yard) through(server *natstest.Server) {
	y.begins, y.load = "the hub speaks through the NATS "+server.URL(), func() { server.Load(y.must("hub", "accounts")) }
	y.init = []string{"--nats", server.URL(), "--nats-ca", server.CA()}
}

// Through another NATS everything is as over the hub's own server: audit, recover and rollback,
// drain, a hub and a worker that are killed, and a hub that is brought back from its folder.
func TestSitesThroughAnotherNATS(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]func(t *testing.T, y *yard){
		"audit": auditsAsAlone, "killed": auditsThoughKilled, "drain": drains, "restored": restores, "adopted": adopts,
		"recover": func(t *testing.T, y *yard) { recoversAsAlone(t, y, recoveredAlone(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y, _ := newYardThrough(t)
			y.begin()
			does(t, y)
		})
	}
	t.Run("recover, killed", func(t *testing.T) {
		t.Parallel()
		y, _ := newYardThrough(t)
		killOverSites(y, rand.New(rand.NewPCG(1, 18)))
	})
}

// The NATS is stopped in the middle of an audit and started again: the audit ends as if nothing had
// been.
func TestNATSStopsInARun(t *testing.T) {
	t.Parallel()
	y, server := newYardThrough(t)
	y.begin()
	y.audit()
	plain := verdicts(t, y.ended())
	y.lingers()
	log, err := os.ReadFile(y.log("par"))
	noError(t, err)
	y.audit()
	y.await(y.log("par"), len(log), "audit of 3 hosts")
	server.Stop()
	y.await(y.log("hub"), 0, "warning: the NATS [^ ]* is gone: ")
	y.await(y.log("par"), len(log), "warning: the hub [^ ]* is gone: ")
	server.Start()
	if again := verdicts(t, y.ended()); again != plain {
		t.Errorf("undisturbed:\n%s\nwithout the NATS for a while:\n%s", plain, again)
	}
	y.await(y.log("hub"), 0, "the NATS [^ ]* is back")
}

// A member that was revoked is told so by the hub while the NATS still lets it in; one that was
// added is let in when the NATS has learnt of it. hub status names the members all the time.
func TestMembersThroughAnotherNATS(t *testing.T) {
	t.Parallel()
	y, server := newYardThrough(t)
	y.begin()
	if out := y.must("hub", "revoke", "par"); !strings.Contains(out, "the NATS "+strings.TrimPrefix(server.URL(), "tls://")+" must learn of it: aixmend hub accounts prints") {
		t.Error(out)
	}
	y.await(y.log("par"), 0, "error: the hub refuses this join file: it was revoked")
	if y.code("par") == 0 {
		t.Error("the worker of a site that was revoked ended well")
	}
	y.must("hub", "site", "add", "par", "--out", "par2.join")
	refused := func(args ...string) {
		t.Helper()
		out, err := y.command(args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "the NATS does not let this key in: it was revoked, or the NATS has not loaded it") {
			t.Errorf("%v: %v %s", args, err, out)
		}
	}
	worker := []string{"worker", "--join", "par2.join", "-i", "inventory.yaml", "-l", y.parts["par"], "--state", "par-state"}
	refused(worker...)
	if status := y.status(); !strings.Contains(status, "members connect to the NATS "+server.URL()) || !strings.Contains(status, "site fra: connected") || !strings.Contains(status, "site par: never heard") {
		t.Error(status)
	}
	y.load()
	refused("worker", "--join", "par.join", "-i", "inventory.yaml", "-l", y.parts["par"], "--state", "par-state")
	y.start("par", "connected", worker...)
	for !strings.Contains(y.status(), "site par: connected, 3 hosts") {
		continue
	}
	log, err := os.ReadFile(y.log("hub"))
	noError(t, err)
	y.must("hub", "revoke", "ops")
	y.await(y.log("hub"), len(log), "the members have changed")
	if out, err := y.command("audit", "--hub", "ops.join").CombinedOutput(); err == nil || !strings.Contains(string(out), "it was revoked") {
		t.Errorf("%v %s", err, out)
	}

	y.kill("hub")
	y.await(y.log("fra"), 0, "warning: the hub [^ ]* is gone: aixmend hub run does not run there; reports are kept until it is back")
	for _, running := range []bool{true, false} {
		out, err := y.command("hub", "status").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "members connect to the NATS "+server.URL()+"; aixmend hub accounts prints them for its configuration\nthe hub does not run; its members are\n") || !strings.Contains(string(out), "operator ops: revoked") {
			t.Errorf("the NATS runs: %v: %v %s", running, err, out)
		}
		server.Stop()
	}
	server.Start()
	y.hub()
	y.await(y.log("fra"), 0, "the hub [^ ]* is back")
}

// A NATS that does not know the hub, or can't prove itself, is named, and the hub does not begin;
// one that is away is waited for.
func TestHubBeginsThroughAnotherNATS(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	server := natstest.New(t, natstest.Options{}, "")
	y.through(server)
	y.members()
	refused := func(want string, args ...string) {
		t.Helper()
		out, err := y.command(args...).CombinedOutput()
		if failed, is := err.(*exec.ExitError); !is || failed.ExitCode() != 2 || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v %s", args, err, out)
		}
	}
	refused("does not let the hub in\nhint: aixmend hub accounts prints what its configuration must include; then reload it", "hub", "run")
	y.load()
	y.must("hub", "init", "--dir", "stranger", "--nats", server.URL()) // whom the system trusts
	refused("its certificate is of an authority that this machine does not know", "hub", "run", "--dir", "stranger")
	y.must("hub", "init", "--dir", "another", "--nats", server.URL(), "--nats-ca", natstest.New(t, natstest.Options{}, "").CA())
	refused("can't be reached: its certificate is of another authority than --nats-ca has named", "hub", "run", "--dir", "another")
	server.Stop()
	y.start("hub", "warning: the NATS [^ ]* can't be reached: .*; trying until it can", "hub", "run")
	server.Start()
	y.await(y.log("hub"), 0, y.begins)
	refused("a copy of its folder runs elsewhere", "hub", "run", "--dir", copiedTo(t, filepath.Join(y.dir, "aixmend-hub")))
}

// copiedTo is a copy of a folder.
func copiedTo(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	copied(t, from, to)
	return to
}
