package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/terminal"
)

// planted are secrets, by where they were put.
type planted map[string]string

// in fails where a secret stands in a text, as it is or in a common disguise.
func (p planted) in(t *testing.T, where, text string) {
	t.Helper()
	for from, secret := range p {
		for how, form := range map[string]string{
			"": secret, "base64 of ": base64.StdEncoding.EncodeToString([]byte(secret)), "hex of ": hex.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(text, form) {
				t.Errorf("%sthe secret of the %s is in %s", how, from, where)
			}
		}
	}
}

// secretive is a fleet whose hosts want a password for root, an inventory that
// says where it comes from, and the secrets.
func secretive(t *testing.T, dir string) (*aixsim.Fleet, planted) {
	t.Helper()
	secrets := planted{
		"password file": "hunter2-of-the-file", "password program": "hunter2-of-the-program",
		"wrong password": "hunter2-that-is-wrong", "environment": "hunter2-of-the-environment",
	}
	hosts, err := namedHosts([]string{"healthy", "address-removed-smitty", "daemon-down"})
	if err != nil {
		t.Fatal(err)
	}
	for i, password := range []string{secrets["password file"], secrets["password program"], "another"} {
		s := hosts[i].State
		s.Unprivileged, s.Password, s.Become = true, password, map[string]string{"sudo": "password"}
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	write(t, dir+"/password", secrets["password file"]+"\n")
	opener, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	secrets["age identity"] = opener.String()
	write(t, dir+"/age.txt", opener.String()+"\n")
	var sealed strings.Builder
	into, err := age.Encrypt(&sealed, opener.Recipient())
	noError(t, err)
	_, err = io.WriteString(into, secrets["password file"]+"\n")
	noError(t, errors.Join(err, into.Close()))
	write(t, dir+"/password.age", sealed.String())
	write(t, dir+"/wrong", secrets["wrong password"]+"\n")
	write(t, dir+"/vault", secrets["password program"]+"\n")
	write(t, dir+"/vault.sh", `for p in $$ $PPID; do tr '\0' ' ' </proc/$p/cmdline; echo; done >>`+dir+"/seen\ncat "+dir+"/vault\n")
	var text strings.Builder
	text.WriteString("apiVersion: aixmend/v1\ndefaults:\n  ssh: {user: ops, become: sudo, identity: id_ed25519, known_hosts: known_hosts, password: {env: SSHPASS}, passphrase: {file: password}}\nhosts:\n")
	for i, source := range []string{"{age: " + dir + "/password.age, identity: " + dir + "/age.txt}", "{exec: [/bin/sh, " + dir + "/vault.sh]}", "{file: " + dir + "/wrong}"} {
		m := fleet.Inventory()[i]
		fmt.Fprintf(&text, "  %s: {address: %q, ssh: {port: %d, become_password: %s}}\n", m.Name, m.Address, m.Port, source)
	}
	write(t, dir+"/inventory.yaml", text.String())
	key, err := os.ReadFile(dir + "/id_ed25519")
	if err != nil {
		t.Fatal(err)
	}
	secrets["private key"] = strings.Split(string(key), "\n")[2] // a line of its body
	return fleet, secrets
}

// Secrets are planted and looked for everywhere: in what every verb says under
// -vv, in every file that it leaves, in the argument lists of the processes, in
// what the hosts were sent.
func TestNoSecretAnywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fleet, secrets := secretive(t, dir)
	state := "--state=" + dir + "/state"
	walk := []string{"-i", dir + "/inventory.yaml", state, "-vv", "--set=settle=60ms", "--set=wait=600ms"}
	env := []string{"AIXMEND_TEST_SECRET=" + secrets["environment"], "SSHPASS=" + secrets["environment"]}
	const sick = "address-removed-smitty"
	for _, c := range []struct {
		args []string
		code int
		says string // so that it is not silence that is searched
	}{
		{append([]string{"audit"}, walk...), 3, "state=diagnosing"},
		{append([]string{"plan"}, walk...), 3, "state=diagnosing"},
		{append([]string{"capture", "--label", "before"}, walk...), 3, "state=capturing"},
		{append([]string{"recover", "--yes"}, walk...), 3, "state=recovering"},
		{append([]string{"recover", "--yes", "--playbook", "support-data", "-l", sick}, walk...), 0, "state=recovering"},
		{append([]string{"audit", "--format", "json"}, walk...), 3, `"outcome": "healthy"`},
		{[]string{"report", "latest", state}, 0, "privilege-missing"},
		{[]string{"report", "latest", state, "--host", sick}, 0, sick + ": "},
		{[]string{"report", "latest", state, "--host", sick, "--format", "json"}, 0, `"stdout"`},
		{[]string{"explain", "latest", "daemon-down", state}, 0, "did not accept the password of ops"},
		{[]string{"runs", state}, 0, "recover"},
		{[]string{"capture", "list", state}, 0, sick},
		{[]string{"capture", "show", sick, state}, 0, "rc.tcpip"},
		{[]string{"inventory", "list", "-i", dir + "/inventory.yaml", "--format", "json"}, 0, `"become": "sudo"`},
		// What is named by mistake is not quoted.
		{append([]string{"audit", "--identity", dir + "/password"}, walk...), 4, "auth: "},
		{append([]string{"audit", "--identity", dir + "/age.txt"}, walk...), 4, "auth: "},
		{append([]string{"audit", "--known-hosts", dir + "/password"}, walk...), 4, "host-key-unknown"},
		{[]string{"hostkeys", "--known-hosts", dir + "/password", "-i", dir + "/inventory.yaml", "-v", state}, 3, "this line is left out"},
	} {
		got := call(t, env, c.args...)
		if got.code != c.code || !strings.Contains(got.out+got.err, c.says) {
			t.Errorf("%q: exit code %d, and it does not say %q:\n%s%s", c.args, got.code, c.says, got.out, got.err)
		}
		secrets.in(t, fmt.Sprintf("the output of %q", c.args), got.out+got.err)
	}
	files := everyFile(t, dir+"/state")
	if len(files) < 40 {
		t.Errorf("only %d files", len(files))
	}
	for path, text := range files {
		secrets.in(t, path, text)
	}
	seen, err := os.ReadFile(dir + "/seen")
	if err != nil || !strings.Contains(string(seen), "vault.sh") || !strings.Contains(string(seen), "aixmend recover --yes") {
		t.Errorf("the argument lists: %q, %v", seen, err)
	}
	secrets.in(t, "the argument list of a process", string(seen))
	for _, m := range fleet.Inventory() {
		commands := strings.Join(fleet.Server(m.Name).Commands(), "\n")
		if !strings.Contains(commands, "sudo -S") {
			t.Errorf("%s was never asked to become root by a password", m.Name)
		}
		secrets.in(t, "a command that "+m.Name+" was sent", commands)
	}
}

// both is a buffer that two goroutines write.
type both struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *both) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *both) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// cut removes a text from the end, and reports whether it was there.
func (b *both) cut(end string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !bytes.HasSuffix(b.text.Bytes(), []byte(end)) {
		return false
	}
	b.text.Truncate(b.text.Len() - len(end))
	return true
}

// What a person types, the passphrase of a key and the password of a login, is
// in no output and in no file either.
func TestNoTypedSecretAnywhere(t *testing.T) {
	dir := t.TempDir()
	secrets := planted{"passphrase": "correct-horse-battery", "typed password": "hunter2-that-was-typed"}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	login, err := gossh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	block, err := gossh.MarshalPrivateKeyWithPassphrase(private, "planted", []byte(secrets["passphrase"]))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/id", string(pem.EncodeToMemory(block)))
	hosts, err := namedHosts([]string{"healthy"})
	if err != nil {
		t.Fatal(err)
	}
	s := hosts[0].State
	s.Unprivileged, s.Password, s.Become = true, secrets["typed password"], map[string]string{"sudo": "password"}
	fleet, err := aixsim.NewFleet(hosts, aixsim.FleetOptions{SSH: sshtest.Options{AuthorizedKeys: []gossh.PublicKey{login}}})
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	m := fleet.Inventory()[0]
	write(t, dir+"/known_hosts", fleet.KnownHosts())
	write(t, dir+"/inventory.yaml", fmt.Sprintf("apiVersion: aixmend/v1\nhosts:\n  %s: {address: %q, ssh: {port: %d, user: ops, become: sudo, become_password: prompt, identity: id, known_hosts: known_hosts}}\n", m.Name, m.Address, m.Port))

	person, program := terminal.Open(t)
	var out, errs both
	code := make(chan int, 1)
	go func() {
		code <- run([]string{"audit", "-i", dir + "/inventory.yaml", "--state", dir + "/state", "-vv"},
			console.Streams{In: program, Out: &out, Err: &errs, InTerminal: true, ErrTerminal: true, Width: func() int { return 0 }})
	}()
	for _, q := range []struct{ question, answer string }{{"passphrase of ", secrets["passphrase"]}, {"password of ops (sudo): ", secrets["typed password"]}} {
		terminal.Until(t, "it asks for the "+q.question, func() bool { return strings.Contains(errs.String(), q.question) && !terminal.Echoes(t, program) })
		if _, err := person.WriteString(q.answer + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case got := <-code:
		if got != 0 || !strings.Contains(out.String(), "1 healthy") {
			t.Errorf("exit code %d\n%s%s", got, out.String(), errs.String())
		}
	case <-time.After(killLong):
		t.Fatalf("it did not end\n%s%s", out.String(), errs.String())
	}
	secrets.in(t, "the output", out.String()+errs.String())
	files := everyFile(t, filepath.Join(dir, "state"))
	if len(files) < 4 {
		t.Errorf("only %d files", len(files))
	}
	for path, text := range files {
		secrets.in(t, path, text)
	}
}
