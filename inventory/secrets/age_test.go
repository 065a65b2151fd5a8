package secrets

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/inventory"
)

// encrypted makes an age file of a text for a recipient.
func encrypted(t *testing.T, text string, armored bool, to age.Recipient) string {
	t.Helper()
	var file bytes.Buffer
	var into io.Writer = &file
	if armored {
		a := armor.NewWriter(&file)
		defer func() { _ = a.Close() }()
		into = a
	}
	w, err := age.Encrypt(into, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if a, ok := into.(io.Closer); ok {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "pw.age")
	writeFile(t, path, file.String())
	return path
}

// byWord is a recipient that a passphrase opens, fast.
func byWord(t *testing.T, word string) age.Recipient {
	t.Helper()
	to, err := age.NewScryptRecipient(word)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(2)
	return to
}

// sshKey makes a key in OpenSSH's format, encrypted where there is a passphrase.
func sshKey(t *testing.T, passphrase string) (path string, to age.Recipient) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	if to, err = agessh.NewEd25519Recipient(key); err != nil {
		t.Fatal(err)
	}
	block, err := gossh.MarshalPrivateKey(private, "")
	if passphrase != "" {
		block, err = gossh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "id")
	writeFile(t, path, string(pem.EncodeToMemory(block)))
	return path, to
}

// typing is the secrets of a run in which a person types a word.
func typing(word string) (*Secrets, *[]string) {
	s := New(nil, "")
	var asked []string
	s.ask = func(_ context.Context, question string) ([]byte, error) {
		asked = append(asked, question)
		return []byte(word), nil
	}
	return s, &asked
}

func TestSecretsFromAge(t *testing.T) {
	t.Parallel()
	own, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key, other, public := dir+"/key.txt", dir+"/other.txt", dir+"/open.txt"
	writeFile(t, key, "# created: today\n"+own.String()+"\n")
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, other, stranger.String()+"\n")
	writeFile(t, public, own.String()+"\n")
	if err := os.Chmod(public, 0o644); err != nil {
		t.Fatal(err)
	}
	ssh, toSSH := sshKey(t, "")
	locked, toLocked := sshKey(t, "correct horse")
	lockedAge := encrypted(t, own.String()+"\n", true, byWord(t, "correct horse"))
	ecdsaKey := dir + "/ecdsa"
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := gossh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, ecdsaKey, string(pem.EncodeToMemory(block)))
	plain := dir + "/plain"
	writeFile(t, plain, "hunter2\n")
	for _, c := range []struct {
		name, file, identity, word string
		want, problem              string
		asked                      string
	}{
		{name: "an identity of age", file: encrypted(t, "hunter2\n", false, own.Recipient()), identity: key, want: "hunter2"},
		{name: "armoured", file: encrypted(t, "hunter2\n", true, own.Recipient()), identity: key, want: "hunter2"},
		{name: "an SSH key", file: encrypted(t, "hunter2", false, toSSH), identity: ssh, want: "hunter2"},
		{name: "an encrypted SSH key", file: encrypted(t, "hunter2", false, toLocked), identity: locked, word: "correct horse", want: "hunter2", asked: locked},
		{name: "an encrypted identity", file: encrypted(t, "hunter2", false, own.Recipient()), identity: lockedAge, word: "correct horse", want: "hunter2", asked: lockedAge},
		{name: "a passphrase", file: encrypted(t, "hunter2", false, byWord(t, "correct horse")), word: "correct horse", want: "hunter2", asked: "pw.age"},
		{name: "a wrong passphrase of an SSH key", file: encrypted(t, "hunter2", false, toLocked), identity: locked, word: "wrong", problem: "the passphrase is wrong", asked: locked},
		{name: "a wrong passphrase", file: encrypted(t, "hunter2", false, byWord(t, "correct horse")), word: "wrong", problem: "the passphrase is wrong", asked: "pw.age"},
		{name: "another identity", file: encrypted(t, "hunter2", false, own.Recipient()), identity: other, problem: "does not open it"},
		{name: "no identity", file: encrypted(t, "hunter2", false, own.Recipient()), problem: "name the identity that opens it"},
		{name: "an identity that others can read", file: encrypted(t, "hunter2", false, own.Recipient()), identity: public, problem: "is open to others (mode 0644)"},
		{name: "not an identity", file: encrypted(t, "hunter2", false, own.Recipient()), identity: plain, problem: "is neither an age identity nor an SSH key"},
		{name: "an ECDSA key", file: encrypted(t, "hunter2", false, own.Recipient()), identity: ecdsaKey, problem: "is not an SSH key that age can use"},
		{name: "not an age file", file: plain, identity: key, problem: "age file " + plain},
		{name: "no file", file: dir + "/none", identity: key, problem: "can't be read: it does not exist"},
		{name: "a folder", file: dir, identity: key, problem: "is not a regular file"},
		{name: "two lines", file: encrypted(t, "hunter2\nhunter2\n", false, own.Recipient()), identity: key, problem: "has more than one line"},
		{name: "too long", file: encrypted(t, strings.Repeat("x", 100_000), false, own.Recipient()), identity: key, problem: "is longer than 4096 bytes"},
	} {
		s, asked := typing(c.word)
		for range 2 { // once a run
			wantSecret(t, s, source(inventory.PasswordSource{Age: c.file, Identity: c.identity}), c.want, c.problem)
		}
		times := 1
		if c.word == "wrong" { // a person may type it three times
			times = 3
		}
		if n := len(*asked); c.asked == "" && n > 0 || c.asked != "" && (n != times || !strings.Contains((*asked)[0], "passphrase of ") || !strings.Contains((*asked)[0], c.asked)) {
			t.Errorf("%s: asked %q", c.name, *asked)
		}
	}
	// One passphrase opens the identity of several files.
	s, asked := typing("correct horse")
	for _, text := range []string{"hunter2", "hunter3"} {
		wantSecret(t, s, source(inventory.PasswordSource{Age: encrypted(t, text, false, toLocked), Identity: locked}), text, "")
	}
	if len(*asked) != 1 {
		t.Errorf("asked %q", *asked)
	}
	// No terminal.
	wantSecret(t, New(nil, ""), source(inventory.PasswordSource{Age: encrypted(t, "hunter2", false, byWord(t, "x"))}), "", "needs a passphrase, and there is no terminal")
}

func TestSecretsFromTheEnvironment(t *testing.T) {
	t.Setenv("AIXMEND_TEST_PW", "hunter2 ")
	t.Setenv("AIXMEND_TEST_LINES", "hunter2\nhunter2")
	t.Setenv("AIXMEND_TEST_EMPTY", "")
	for name, c := range map[string]struct{ want, problem string }{
		"AIXMEND_TEST_PW":    {"hunter2 ", ""},
		"AIXMEND_TEST_LINES": {"", "environment variable AIXMEND_TEST_LINES has more than one line"},
		"AIXMEND_TEST_EMPTY": {"", "AIXMEND_TEST_EMPTY is empty"},
		"AIXMEND_TEST_NONE":  {"", "environment variable AIXMEND_TEST_NONE is not set"},
	} {
		wantSecret(t, New(nil, ""), source(inventory.PasswordSource{Env: name}), c.want, c.problem)
	}
}

// A wrong passphrase of an age file or of its identity is asked for again.
func TestAgePassphraseAgain(t *testing.T) {
	t.Parallel()
	key, toKey := sshKey(t, "correct horse")
	for name, from := range map[string]inventory.PasswordSource{
		"a file":     {Age: encrypted(t, "hunter2", false, byWord(t, "correct horse"))},
		"an SSH key": {Age: encrypted(t, "hunter2", false, toKey), Identity: key},
	} {
		var asked []string
		s := New(func(_ context.Context, question string) ([]byte, error) {
			asked = append(asked, question)
			return []byte([]string{"wrong", "correct horse"}[len(asked)-1]), nil
		}, "")
		wantSecret(t, s, source(from), "hunter2", "")
		if len(asked) != 2 || !strings.HasPrefix(asked[1], "wrong; passphrase of ") {
			t.Errorf("%s: asked %q", name, asked)
		}
	}
}

// Each secret has its own prompt; a key's passphrase is asked for where no source is
// named.
func TestQuestions(t *testing.T) {
	s := New(nil, "")
	var asked []string
	s.ask = func(_ context.Context, question string) ([]byte, error) {
		asked = append(asked, question)
		return []byte("x"), nil
	}
	target := source(inventory.PasswordSource{Prompt: true})
	target.Password, target.Identity = target.BecomePassword, "/home/me/id"
	for range 2 {
		for _, get := range []func() ([]byte, error){
			func() ([]byte, error) { return s.Password(t.Context(), "login", target) },
			func() ([]byte, error) { return s.Password(t.Context(), "become", target) },
			func() ([]byte, error) { return s.Passphrase(t.Context(), target, 0) },
		} {
			if text, err := get(); err != nil || string(text) != "x" {
				t.Errorf("%q, %v", text, err)
			}
		}
	}
	if got := strings.Join(asked, "|"); got != "password of ops: |password of ops (sudo): |passphrase of /home/me/id: " {
		t.Errorf("asked %q", got)
	}
	target.Passphrase = inventory.PasswordSource{Env: "AIXMEND_TEST_NONE"}.Key()
	if _, err := s.Passphrase(t.Context(), target, 0); err == nil || !strings.Contains(err.Error(), "is not set") {
		t.Errorf("%v", err)
	}
	if _, err := New(nil, "").Passphrase(t.Context(), source(inventory.PasswordSource{}), 0); err == nil || !strings.Contains(err.Error(), "ssh.passphrase: {file: PATH}") {
		t.Errorf("%v", err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
