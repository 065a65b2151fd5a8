package approve

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/approval/signed"
	"aixmend/inventory/secrets"
	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/auth"
)

// certificateEnd ends the name of the certificate of a key.
const certificateEnd = "-cert.pub"

// agentTimeout bounds each answer of the agent: a person may have to find the security key, and to
// type its PIN.
const agentTimeout = 2 * time.Minute

// key is a key to sign with.
type key struct {
	signer ssh.Signer
	public ssh.PublicKey // nil where ssh-keygen is to sign
	name   string        // in messages
	// principal is whose key it is, "" where that is not known.
	principal string
}

// find returns the key to sign with. It asks for a passphrase.
func (v *verb) find(ctx context.Context) (key, error) {
	known := secrets.New(v.Password(), "")
	defer known.Clear()
	keys := auth.Keys{Home: v.home, AgentSocket: os.Getenv("SSH_AUTH_SOCK"), AgentTimeout: agentTimeout}
	if v.CanAsk() {
		keys.Passphrase = known.Passphrase
	}
	t := transport.Target{Identity: v.key}
	if own, ok := strings.CutSuffix(v.key, certificateEnd); ok {
		if _, err := os.Stat(own); err == nil { // else the agent holds the key
			t.Identity, t.Certificate = own, filepath.Clean(v.key)
		}
	}
	signer, from, err := keys.Signer(ctx, t)
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		return key{}, exit.ErrInterrupted
	default:
		return key{}, missing(err)
	}
	public, err := ssh.ParsePublicKey(signer.PublicKey().Marshal()) // that of an agent is a blob
	if err != nil {
		return key{}, exit.Usagef("name another key with --key", "%s can't be read: %w", from, plain.Error(err))
	}
	return key{signer: signer, public: public, name: "key " + ssh.FingerprintSHA256(public) + " (" + from + ")"}, nil
}

// signature signs a text, unless a signal comes first: a security key waits for its touch.
func (v *verb) signature(text []byte, k key) ([]byte, error) {
	if strings.HasPrefix(k.public.Type(), "sk-") {
		v.Say("touch the security key")
	}
	type signature struct {
		text []byte
		err  error
	}
	done := make(chan signature, 1)
	go func() { // outlived by a signal: the process ends then
		sig, err := signed.Sign(text, k.signer)
		done <- signature{sig, err}
	}()
	select {
	case got := <-done:
		if got.err != nil {
			return nil, exit.Usagef("", "%s: %w", k.name, plain.Error(got.err))
		}
		return got.text, nil
	case <-v.Interrupts.Stop():
		return nil, exit.ErrInterrupted
	}
}

// missing is the error of a key that can't be had.
func missing(err error) error {
	text := plain.Text(err)
	_, why := cause.Of("auth: " + text)
	text = strings.TrimPrefix(text, string(why)+": ")
	switch why {
	case cause.SeveralKeys:
		return exit.Usagef("name one with --key: the file of its public key is enough", "the agent holds several keys%w", plain.Silent(err))
	case cause.NoKey:
		return exit.Usagef("name one with --key", "no key to sign with: %s%w", text, plain.Silent(err))
	case cause.PassphraseMissing:
		text, _, _ = strings.Cut(text, ": load it with")
		return exit.Usagef("load it with ssh-add", "%s%w", text, plain.Silent(err))
	}
	return exit.Usagef("", "key: %s%w", text, plain.Silent(err))
}
