//go:build unix

package approve_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"aixmend/cmd/aixmend/approve"
	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/outcome"
)

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is a folder with the plan of ana, where ben approves.
type desk struct {
	t   *testing.T
	dir string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t, t.TempDir()}
	d.plan("plan.json")
	t.Setenv("SSH_AUTH_SOCK", "")
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) put(name, text string) string {
	d.t.Helper()
	noError(d.t, os.WriteFile(d.path(name), []byte(text), 0o600))
	return d.path(name)
}

// plan writes a plan of its own.
func (d *desk) plan(name string) {
	d.t.Helper()
	p := planfile.Plan{
		Schema: "aixmend.plan/v1", Nonce: rand.Text(), RunID: "20261201T140000.000Z-abcdef", Created: time.Now().UTC().Add(-time.Hour),
		By: outcome.By{User: "ana", Machine: "jump1"}, Playbook: outcome.Playbook{Name: "rmc-restore", SHA256: "x"}, Named: "rmc-restore",
		Set: []string{}, Allow: []string{}, Hosts: []planfile.Host{{
			Name: "aix1", Address: "10.1.2.3", Login: "root", Outcome: outcome.NeedsAction, Findings: []string{}, Facts: map[string]json.RawMessage{},
			Plan: []outcome.PlanStep{{Rung: "recycle", Step: "start-rmc", Command: "/usr/sbin/rsct/bin/rmcctrl -A", Undo: "/usr/sbin/rsct/bin/rmcctrl -z"}},
		}},
	}
	var err error
	p.ID, err = p.Identify()
	noError(d.t, err)
	text, err := json.Marshal(p)
	noError(d.t, err)
	d.put(name, string(text))
}

// approve calls the verb, and returns all that it said.
func (d *desk) approve(args ...string) (said string, err error) {
	d.t.Helper()
	var out bytes.Buffer
	c := console.New(console.Streams{Out: &out, Err: &out}, console.NewInterrupts(), func(string) string { return "" })
	cmd := approve.Command(c, d.dir)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{d.path("plan.json"), "--yes"}, args...))
	err = cmd.ExecuteContext(d.t.Context())
	return out.String(), err
}

// required are the flags of recover for a key that may approve.
func (d *desk) required(key ssh.PublicKey, flags ...string) approve.Required {
	d.t.Helper()
	file := d.put("signers", "ben,ben@example.com "+string(ssh.MarshalAuthorizedKey(key)))
	var r approve.Required
	fs := pflag.NewFlagSet("recover", pflag.ContinueOnError)
	r.Flags(fs)
	noError(d.t, fs.Parse(append([]string{"--require-approval", "--allowed-signers", file}, flags...)))
	return r
}

// verified checks an approval as recover does, and with ssh-keygen.
func (d *desk) verified(key ssh.PublicKey) error {
	d.t.Helper()
	p, err := planfile.Load(d.path("plan.json"))
	noError(d.t, err)
	list, err := d.required(key).Approvals(p, d.path("plan.json"), nil)
	if err != nil {
		return err
	}
	if len(list) != 1 || list[0].Principal != "ben" || list[0].Key != ssh.FingerprintSHA256(key) {
		d.t.Errorf("approved: %+v", list)
	}
	program, err := exec.LookPath("ssh-keygen")
	if err != nil && os.Getenv("AIXMEND_REQUIRE_OPENSSH") != "1" {
		return nil
	}
	noError(d.t, err)
	text, err := os.ReadFile(d.path("plan.json.approval"))
	noError(d.t, err)
	cmd := exec.Command(program, "-Y", "verify", "-f", "signers", "-I", "ben@example.com", "-n", "aixmend-plan", "-s", "plan.json.approval.sig")
	cmd.Dir, cmd.Stdin = d.dir, bytes.NewReader(text)
	if said, err := cmd.CombinedOutput(); err != nil {
		d.t.Errorf("ssh-keygen: %v\n%s", err, said)
	}
	return nil
}

// serve answers at the socket of an agent.
func (d *desk) serve(a agent.Agent) {
	d.t.Helper()
	l, err := net.Listen("unix", d.path("agent"))
	noError(d.t, err)
	d.t.Cleanup(func() { _ = l.Close() })
	d.t.Setenv("SSH_AUTH_SOCK", d.path("agent"))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(a, c) }()
		}
	}()
}

// signerOf makes a key of a kind.
func signerOf(t testing.TB, kind string) (private any, public ssh.PublicKey) {
	t.Helper()
	var err error
	switch kind {
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	noError(t, err)
	if key, ok := private.(ed25519.PrivateKey); ok {
		private = &key
	}
	s, err := ssh.NewSignerFromKey(private)
	noError(t, err)
	return private, s.PublicKey()
}

// The agent signs with the only key that it holds, or with the one whose public key is named.
func TestByAgent(t *testing.T) {
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		d := newDesk(t)
		ring := agent.NewKeyring()
		private, public := signerOf(t, kind)
		noError(t, ring.Add(agent.AddedKey{PrivateKey: private}))
		d.serve(ring)
		said, err := d.approve("--comment", "seen")
		noError(t, err)
		if !strings.Contains(said, "approved until ") {
			t.Errorf("%s: %s", kind, said)
		}
		noError(t, d.verified(public))
		another, _ := signerOf(t, kind)
		noError(t, ring.Add(agent.AddedKey{PrivateKey: another}))
		if _, err := d.approve(); err == nil || !strings.Contains(err.Error(), "the agent holds several keys") {
			t.Errorf("%s: two keys: %v", kind, err)
		}
		if _, err := d.approve("--key", d.put("id.pub", string(ssh.MarshalAuthorizedKey(public)))); err != nil {
			t.Errorf("%s: named: %v", kind, err)
		}
		noError(t, d.verified(public))
	}
}

// An agent that does not sign, or signs something else, makes no approval.
func TestAgentsThatFail(t *testing.T) {
	_, foreign := signerOf(t, "ed25519")
	for name, c := range map[string]struct {
		agent agent.Agent
		want  string
	}{
		"none":              {nil, "there is no such socket"},
		"empty":             {agent.NewKeyring(), "holds none"},
		"another signature": {liar{agent.NewKeyring(), foreign, false}, "gave a signature that is not good"},
		"refuses":           {liar{agent.NewKeyring(), foreign, true}, "did not sign"},
	} {
		d := newDesk(t)
		if c.agent == nil {
			t.Setenv("SSH_AUTH_SOCK", d.path("nothing"))
		} else {
			d.serve(c.agent)
		}
		if _, err := d.approve(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, err := os.Stat(d.path("plan.json.approval")); err == nil {
			t.Errorf("%s: an approval was written", name)
		}
	}
}

// liar is an agent that holds a key, and signs nothing with it.
type liar struct {
	agent.Agent
	key     ssh.PublicKey
	refuses bool
}

// List implements agent.Agent.
func (l liar) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: l.key.Type(), Blob: l.key.Marshal()}}, nil
}

// Sign implements agent.Agent.
func (l liar) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	if l.refuses {
		return nil, errors.New("no")
	}
	return &ssh.Signature{Format: l.key.Type(), Blob: make([]byte, ed25519.SignatureSize)}, nil
}

// security is an agent with a security key (sk), as ssh-agent has it.
type security struct {
	agent.Agent
	private ed25519.PrivateKey
	key     ssh.PublicKey
}

func newSecurity(t *testing.T) security {
	t.Helper()
	raw, private, err := ed25519.GenerateKey(rand.Reader)
	noError(t, err)
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, raw, "ssh:"}))
	noError(t, err)
	return security{agent.NewKeyring(), private, key}
}

// List implements agent.Agent.
func (s security) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: s.key.Type(), Blob: s.key.Marshal()}}, nil
}

// Sign implements agent.Agent, after a touch.
func (s security) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	const touched = 1
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	text := append(append(application[:], touched, 0, 0, 0, 9), message[:]...)
	return &ssh.Signature{Format: s.key.Type(), Blob: ed25519.Sign(s.private, text), Rest: []byte{touched, 0, 0, 0, 9}}, nil
}

// A security key approves through the agent: as the only key, by its public key, and by the file
// that ssh-keygen writes beside it, which no program but the agent can use.
func TestSecurityKey(t *testing.T) {
	d, s := newDesk(t), newSecurity(t)
	key := s.key
	d.serve(s)
	d.put("id_sk.pub", string(ssh.MarshalAuthorizedKey(key)))
	d.put("id_sk", "-----BEGIN OPENSSH PRIVATE KEY-----\n"+strings.Repeat("A", 64)+"\n-----END OPENSSH PRIVATE KEY-----\n")
	for _, args := range [][]string{nil, {"--key", d.path("id_sk.pub")}, {"--key", d.path("id_sk")}} {
		if _, err := d.approve(args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		noError(t, d.verified(key))
	}
}

// waiting is a security key that nobody touches.
type waiting struct {
	security
	asked chan struct{}
}

// Sign implements agent.Agent.
func (w waiting) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	close(w.asked)
	select {}
}

// A signal ends the wait for a touch, and nothing is signed.
func TestInterruptAtATouch(t *testing.T) {
	d := newDesk(t)
	s := newSecurity(t)
	w := waiting{s, make(chan struct{})}
	d.serve(w)
	var out bytes.Buffer
	interrupts := console.NewInterrupts()
	cmd := approve.Command(console.New(console.Streams{Out: &out, Err: &out}, interrupts, func(string) string { return "" }), d.dir)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{d.path("plan.json"), "--yes"})
	go func() {
		<-w.asked
		interrupts.Interrupt()
	}()
	if err := cmd.ExecuteContext(t.Context()); !errors.Is(err, exit.ErrInterrupted) {
		t.Error(err)
	}
	if _, err := os.Stat(d.path("plan.json.approval")); err == nil {
		t.Error("an approval was written")
	}
}

// The private half of a key that lies in a file of others, or open to others, signs nothing.
func TestKeysOpenToOthers(t *testing.T) {
	d := newDesk(t)
	private, public := signerOf(t, "ed25519")
	block, err := ssh.MarshalPrivateKey(private, "")
	noError(t, err)
	file := d.put("id", string(pem.EncodeToMemory(block)))
	noError(t, os.Chmod(file, 0o644))
	if _, err := d.approve("--key", file); err == nil || !strings.Contains(err.Error(), "open to others") {
		t.Errorf("%v", err)
	}
	noError(t, os.Chmod(file, 0o600))
	_, err = d.approve("--key", file)
	noError(t, err)
	noError(t, d.verified(public))
}

// A certificate approves where it is named, for those whose authority is an allowed signer.
func TestByCertificate(t *testing.T) {
	d := newDesk(t)
	private, public := signerOf(t, "rsa")
	block, err := ssh.MarshalPrivateKey(private, "")
	noError(t, err)
	d.put("id", string(pem.EncodeToMemory(block)))
	ca, _ := signerOf(t, "ed25519")
	authority, err := ssh.NewSignerFromKey(ca)
	noError(t, err)
	cert := &ssh.Certificate{Key: public, CertType: ssh.UserCert, KeyId: "ben", ValidPrincipals: []string{"ben@example.com"}, ValidBefore: ssh.CertTimeInfinity}
	noError(t, cert.SignCert(rand.Reader, authority))
	d.put("id-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
	signers := d.put("authorities", "*@example.com cert-authority "+string(ssh.MarshalAuthorizedKey(authority.PublicKey())))
	if _, err := d.approve("--key", d.path("id"), "--allowed-signers", signers); err == nil || !strings.Contains(err.Error(), "its key is not among them") {
		t.Errorf("the plain key: %v", err)
	}
	_, err = d.approve("--key", d.path("id-cert.pub"), "--allowed-signers", signers)
	noError(t, err)
	p, err := planfile.Load(d.path("plan.json"))
	noError(t, err)
	list, err := d.required(public, "--allowed-signers", signers).Approvals(p, d.path("plan.json"), nil)
	if err != nil || len(list) != 1 || list[0].Principal != "ben@example.com" || list[0].Authority != ssh.FingerprintSHA256(authority.PublicKey()) {
		t.Errorf("%+v, %v", list, err)
	}
}

// Without a signature the document waits for ssh-keygen, whose command is printed.
func TestUnsigned(t *testing.T) {
	d := newDesk(t)
	private, public := signerOf(t, "ed25519")
	block, err := ssh.MarshalPrivateKey(private, "")
	noError(t, err)
	d.put("id", string(pem.EncodeToMemory(block)))
	said, err := d.approve("--unsigned", "--key", d.path("id"))
	noError(t, err)
	_, command, found := strings.Cut(said, "written, not signed: "+d.path("plan.json.approval")+"\n")
	command, _, _ = strings.Cut(command, " signs it")
	if !found || !strings.HasPrefix(command, "ssh-keygen -Y sign -n aixmend-plan -f ") {
		t.Fatal(said)
	}
	if err := d.verified(public); err == nil || !strings.Contains(err.Error(), "plan.json.approval.sig is not there") {
		t.Errorf("unsigned: %v", err)
	}
	if _, err := exec.LookPath("ssh-keygen"); err != nil && os.Getenv("AIXMEND_REQUIRE_OPENSSH") != "1" {
		t.Skip("ssh-keygen makes this signature, and this machine has none (AIXMEND_REQUIRE_OPENSSH=1 makes that an error): ", err)
	}
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	noError(t, d.verified(public))
	if _, err := d.approve("--unsigned"); err == nil || !strings.Contains(err.Error(), "--unsigned needs --key") {
		t.Error(err)
	}
}

// List names the plans of a folder that wait, and those that are approved. It follows no link and
// stops at no file that is something else.
func TestList(t *testing.T) {
	d := newDesk(t)
	d.plan("other.json")
	private, public := signerOf(t, "ed25519")
	block, err := ssh.MarshalPrivateKey(private, "")
	noError(t, err)
	_, err = d.approve("--key", d.put("id", string(pem.EncodeToMemory(block))))
	noError(t, err)
	d.put("run.json", `{"schema": "aixmend.run/v1"}`)
	d.put("garbage.json", "{")
	noError(t, os.Symlink("plan.json", d.path("link.json")))
	noError(t, os.Mkdir(d.path("folder.json"), 0o700))
	for _, flags := range [][]string{nil, {"--allowed-signers", d.put("signers", "ben "+string(ssh.MarshalAuthorizedKey(public)))}, {"--allowed-signers", d.put("others", "ana "+string(ssh.MarshalAuthorizedKey(public)))}} {
		var s approve.Signers
		fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
		s.Flags(fs)
		noError(t, fs.Parse(flags))
		list, err := approve.List(d.dir, s, time.Now())
		noError(t, err)
		var names []string
		for _, w := range list {
			name := filepath.Base(w.File)
			if w.Approved() {
				name += " approved"
			}
			names = append(names, name)
		}
		want := "other.json, plan.json approved"
		if len(flags) > 0 && strings.HasSuffix(flags[1], "others") {
			want = "other.json, plan.json"
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%v: %s, want %s", flags, got, want)
		}
	}
}

// Without the file of those who may approve, no plan is approved.
func TestNoSigners(t *testing.T) {
	d := newDesk(t)
	p, err := planfile.Load(d.path("plan.json"))
	noError(t, err)
	var r approve.Required
	fs := pflag.NewFlagSet("recover", pflag.ContinueOnError)
	r.Flags(fs)
	if list, err := r.Approvals(p, d.path("plan.json"), nil); list != nil || err != nil {
		t.Errorf("not asked for: %v, %v", list, err)
	}
	noError(t, fs.Parse([]string{"--require-approval"}))
	if _, err := r.Approvals(p, d.path("plan.json"), nil); err == nil || !strings.Contains(err.Error(), "--require-approval needs --allowed-signers") {
		t.Error(err)
	}
}

// More files beside a plan than there can be approvers are not read.
func TestManyApprovals(t *testing.T) {
	d := newDesk(t)
	_, public := signerOf(t, "ed25519")
	for n := range 33 {
		d.put("plan.json."+strings.Repeat("x", n)+".approval", "x")
	}
	if err := d.verified(public); err == nil || !strings.Contains(err.Error(), "33 approvals beside it") {
		t.Error(err)
	}
}
