package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/outcome"
)

// approver writes a key, encrypted where there is a passphrase, and the file of signers that allows it.
func approver(t *testing.T, dir, passphrase string) (key, signers string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	noError(t, err)
	block, err := gossh.MarshalPrivateKey(private, "a test")
	if passphrase != "" {
		block, err = gossh.MarshalPrivateKeyWithPassphrase(private, "a test", []byte(passphrase))
	}
	noError(t, err)
	known, err := gossh.NewPublicKey(public)
	noError(t, err)
	return write(t, dir+"/ben", string(pem.EncodeToMemory(block))), write(t, dir+"/signers", "ben "+string(gossh.MarshalAuthorizedKey(known)))
}

// A plan over sites is applied with --require-approval only if somebody else has approved it. Who
// did is in the run of the hub, in that of each site, and in that of a hub that was lost.
func TestApprovedOverSites(t *testing.T) {
	t.Parallel()
	const ill = "address-removed-smitty"
	y := newYardOf(t)
	y.begin()
	y.ran("plan", "--hub", "ops.join", "-l", ill+",healthy", "--set", "wait=600ms", "--set", "settle=60ms", "--out", "plan.json").expect(t, 3, "saved plan.json")
	key, signers := approver(t, y.dir, "")
	apply := func(plan string, more ...string) printedBy {
		return y.ran(append([]string{"recover", "--hub", "ops.join", "--plan", plan, "--yes", "--format", "json", "--require-approval"}, more...)...)
	}
	apply("plan.json", "--allowed-signers", signers).expect(t, 2, "plan.json is not approved: there is no plan.json.approval")
	apply("plan.json").expect(t, 2, "--require-approval needs --allowed-signers")
	y.ran("recover", "--hub", "ops.join", "--yes", "--require-approval", "--allowed-signers", signers).expect(t, 2, "--require-approval needs --plan")
	y.ran("recover", "--hub", "ops.join", "--dry-run", "-l", "healthy", "--require-approval", "--set", "wait=600ms").expect(t, 0, "healthy")
	runs := y.hubRuns()

	y.must("approve", "plan.json", "--key", key, "--yes", "--comment", "CHG-4711")
	text, err := os.ReadFile(signers)
	noError(t, err)
	own := write(t, y.dir+"/own", "ops"+strings.TrimPrefix(string(text), "ben"))
	apply("plan.json", "--allowed-signers", own).expect(t, 2, "ops asked for the plan, and approves it as ops")
	p, err := planfile.Load(filepath.Join(y.dir, "plan.json"))
	noError(t, err)
	p.Set = append(p.Set, "wait=2h")
	noError(t, p.Save(filepath.Join(y.dir, "other.json")))
	for _, end := range []string{".approval", ".approval.sig"} {
		noError(t, os.Link(filepath.Join(y.dir, "plan.json"+end), filepath.Join(y.dir, "other.json"+end)))
	}
	apply("other.json", "--allowed-signers", signers).expect(t, 2, "other.json.approval")
	if n := y.effects(ill); n > 0 || y.hubRuns() != runs {
		t.Fatalf("changed %d times in %d runs", n, y.hubRuns())
	}

	applied := apply("plan.json", "--allowed-signers", signers)
	applied.expect(t, 0, `"recovered": 1`)
	var run outcome.Run
	noError(t, json.Unmarshal([]byte(applied.out), &run))
	id := run.ID
	of := func(where, text string) {
		t.Helper()
		var run outcome.Run
		noError(t, json.Unmarshal([]byte(text), &run))
		if len(run.Approvals) != 1 || run.Approvals[0].Principal != "ben" || run.Approvals[0].Comment != "CHG-4711" {
			t.Errorf("%s: %+v", where, run.Approvals)
		}
	}
	if n := y.effects(ill); n == 0 || run.Counts[outcome.Recovered] != 1 {
		t.Fatalf("%d effects, %+v", n, run)
	}
	of("the hub", y.read("aixmend-hub/state/runs/"+id+"/run.json"))
	of("the site", y.read("fra-state/runs/"+id+"/run.json"))
	y.ran("report", id, "--hub", "ops.join").expect(t, 0, "ben")
	before := y.kept(id)
	y.anew()
	y.must("hub", "adopt")
	of("a hub that was lost", y.read("aixmend-hub/state/runs/"+id+"/run.json"))
	if diff := cmp.Diff(before["approvals"], y.kept(id)["approvals"]); diff != "" {
		t.Error(diff)
	}
}
