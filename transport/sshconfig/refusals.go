package sshconfig

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"aixmend/transport/sshtext"
)

// refusal is a keyword whose value no target can have.
type refusal struct {
	keyword string
	// counts reports whether the value would change how the host is reached.
	counts func(f *filler, value string) bool
	why    string
}

// refusals are looked at when the target has everything else.
var refusals = []refusal{
	{"refuseconnection", always, "ssh connects to no such host"},
	{"bindaddress", direct, "connections begin at the address that the system chooses"},
	{"bindinterface", direct, "connections begin at the interface that the system chooses"},
	{"proxyusefdpass", func(f *filler, value string) bool { return isYes(value) && f.target.ProxyCommand != "" },
		"a ProxyCommand that hands over its connection, such as systemd's, is not run"},
	{"pubkeyauthentication", func(_ *filler, value string) bool { return isNo(value) }, "ssh would show the host no key"},
	{"preferredauthentications", func(_ *filler, value string) bool {
		return !oneOf("publickey", strings.Split(value, ",")...)
	}, "ssh would show the host no key"},
	{"pkcs11provider", func(f *filler, value string) bool { return !oneOf(value, none) && f.target.Identity == "" },
		"keys of a PKCS#11 token are not used"},
	{"identitiesonly", func(f *filler, value string) bool { return isYes(value) && f.missing },
		"no IdentityFile exists, and ssh would show no other key"},
	{"checkhostip", func(f *filler, value string) bool {
		_, err := netip.ParseAddr(f.target.Address)
		return isYes(value) && direct(f, value) && err != nil && f.target.HostKeyAlias == ""
	}, "the key is looked up by the host's name alone"},
	{"hostkeyalgorithms", func(_ *filler, value string) bool {
		return !strings.ContainsAny(value[:1], "+-^") && onlyCertificates(value)
	}, "a plain key that is known would be taken too"},
	{"requiredrsasize", func(_ *filler, value string) bool {
		bits, err := strconv.Atoi(value)
		return err != nil || bits > requiredRSA
	}, "RSA keys of 2048 bits are taken"},
}

// requiredRSA is the fewest bits of an RSA key here.
const requiredRSA = 2048

func always(*filler, string) bool { return true }

// direct reports whether this machine connects to the host itself.
func direct(f *filler, _ string) bool {
	named := func(s string) bool { return s != "" && s != none }
	return !named(f.target.Jump) && !named(f.target.ProxyCommand)
}

func isYes(value string) bool { return !isNo(value) }

func isNo(value string) bool { return oneOf(value, "no", "false") }

func onlyCertificates(list string) bool {
	for name := range strings.SplitSeq(list, ",") {
		if !strings.Contains(name, "-cert-") {
			return false
		}
	}
	return true
}

// refuse returns the error of the first keyword that refuses the host.
func (f *filler) refuse() error {
	q := queryOf(f.asked)
	for _, r := range refusals {
		said, is := f.words[r.keyword]
		known := keywords[r.keyword]
		if !is || said.text == "" || q.lifts(known.instead) || !r.counts(f, said.text) {
			continue
		}
		return errors.New(said.at.String() + ": " + known.name + " " + sshtext.Short(said.text) + ": " + r.why + "; " + wayOut(known.instead))
	}
	return nil
}

// wayOut is the remedy where a setting of the inventory lifts a refusal; "": none does.
func wayOut(instead string) string {
	if instead == "" {
		return leaveOut
	}
	return fmt.Sprintf("say %s in the inventory (aixmend_ssh in Ansible's), or ssh.config: none", instead)
}
