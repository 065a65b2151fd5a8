package ssh

import (
	"maps"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/hostkeys"
)

// scan asks the rig's host for its keys, by type.
func (r *rig) scan() map[string]hostkeys.Key {
	r.t.Helper()
	keys, err := NewDialer(r.opts).HostKeys(r.t.Context(), r.target)
	if err != nil {
		r.t.Fatal(err)
	}
	byType := map[string]hostkeys.Key{}
	for _, k := range keys {
		byType[k.Key.Type()] = k
	}
	return byType
}

func (r *rig) wantStatuses(want map[string]hostkeys.Status) {
	r.t.Helper()
	got := map[string]hostkeys.Status{}
	for kind, k := range r.scan() {
		got[kind] = k.Status
	}
	if !maps.Equal(got, want) {
		r.t.Errorf("got %v, want %v", got, want)
	}
}

func TestHostKeysOfAllTypes(t *testing.T) {
	ed, ec, rsa := newSigner(t), ecdsaSigner(t), rsaSigner(t)
	a := &attempts{}
	o := memory()
	a.watch(&o)
	o.HostKeys = []ssh.Signer{ed, ec, rsa}
	r := serve(t, posix, o)
	const edType, ecType, rsaType = ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSA
	other := newSigner(t).PublicKey()
	for name, c := range map[string]struct {
		known       string
		ed, ec, rsa hostkeys.Status
	}{
		"none":                          {"", hostkeys.New, hostkeys.New, hostkeys.New},
		"all":                           {r.known(ed.PublicKey()) + r.known(ec.PublicKey()) + r.known(rsa.PublicKey()), hostkeys.Known, hostkeys.Known, hostkeys.Known},
		"one":                           {r.known(ec.PublicKey()), hostkeys.Additional, hostkeys.Known, hostkeys.Additional},
		"one, hashed":                   {hashed("10.1.2.3") + " " + authorized(ec.PublicKey()), hostkeys.Additional, hostkeys.Known, hostkeys.Additional},
		"another":                       {r.known(other), hostkeys.Changed, hostkeys.Changed, hostkeys.Changed},
		"another, hashed":               {hashed("10.1.2.3") + " " + authorized(other), hostkeys.Changed, hostkeys.Changed, hostkeys.Changed},
		"one, and another of that type": {r.known(ec.PublicKey()) + r.known(other), hostkeys.Changed, hostkeys.Known, hostkeys.Additional},
		"one is revoked":                {"@revoked * " + authorized(rsa.PublicKey()), hostkeys.New, hostkeys.New, hostkeys.Revoked},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.knows(c.known)
			r.wantStatuses(map[string]hostkeys.Status{edType: c.ed, ecType: c.ec, rsaType: c.rsa})
		})
	}
	t.Run("no file", func(t *testing.T) {
		r.t = t
		r.target.KnownHosts = filepath.Join(t.TempDir(), "none")
		r.wantStatuses(map[string]hostkeys.Status{edType: hostkeys.New, ecType: hostkeys.New, rsaType: hostkeys.New})
	})
	if n := a.keys.Load(); n > 0 {
		t.Errorf("a login was tried %d times", n)
	}
}

func TestHostKeysWithACertificate(t *testing.T) {
	authority := newSigner(t)
	signer := signedBy(t, authority, func(*ssh.Certificate) {})
	o := memory()
	o.HostKeys = []ssh.Signer{signer, ecdsaSigner(t)}
	r := serve(t, posix, o)
	r.knows("@cert-authority * " + authorized(authority.PublicKey()))
	r.wantStatuses(map[string]hostkeys.Status{ssh.KeyAlgoED25519: hostkeys.Signed, ssh.KeyAlgoECDSA256: hostkeys.Additional})
	got := r.scan()[ssh.KeyAlgoED25519]
	if got.Certificate == nil || got.Reason != nil || len(got.Lines) != 1 || got.Lines[0].Fingerprint != ssh.FingerprintSHA256(authority.PublicKey()) {
		t.Errorf("%+v", got)
	}
	r.knows("")
	if got := r.scan()[ssh.KeyAlgoED25519]; got.Status != hostkeys.New || got.Reason == nil || got.Key.Type() != ssh.KeyAlgoED25519 {
		t.Errorf("%+v", got)
	}
}

// Only legacy targets are asked for SHA-1.
func TestHostKeysOfALegacyHost(t *testing.T) {
	key, err := ssh.NewSignerWithAlgorithms(rsaSigner(t).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	o := memory()
	o.HostKeys = []ssh.Signer{key}
	r := serve(t, posix, o)
	r.knows("")
	_, err = NewDialer(r.opts).HostKeys(t.Context(), r.target)
	wantError(t, err, transport.KindProtocol, "no common algorithm for host key")
	r.target.LegacyAlgorithms = true
	r.wantStatuses(map[string]hostkeys.Status{ssh.KeyAlgoRSA: hostkeys.New})
}

func TestHostKeysOfAMissingHost(t *testing.T) {
	o := memory()
	r := serve(t, posix, o)
	_ = r.server.Close()
	_, err := NewDialer(r.opts).HostKeys(t.Context(), r.target)
	wantError(t, err, transport.KindRefused)
	r.target.KnownHosts = t.TempDir()
	_, err = NewDialer(r.opts).HostKeys(t.Context(), r.target)
	wantError(t, err, transport.KindHostKeyUnknown, "can't be used")
	silent := serve(t, posix, sshtest.Options{Listener: sshtest.NewMemListener("10.1.2.3:22"), Faults: sshtest.Faults{Silent: true}})
	silent.opts.ConnectTimeout = short
	_, err = NewDialer(silent.opts).HostKeys(t.Context(), silent.target)
	wantError(t, err, transport.KindTimeout)
}
