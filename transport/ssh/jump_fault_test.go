package ssh

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/retry"
)

// Whose fault a refusal is, and whether trying again may help.
func TestBastionRefuses(t *testing.T) {
	for _, c := range []struct {
		reason      ssh.RejectionReason
		message     string
		kind, cause transport.Kind
		tries       int
		texts       []string
	}{
		{ssh.Prohibited, "open failed", transport.KindJump, transport.KindJump, 1, []string{"bastion b1: it may not connect to aix1:22", "AllowTcpForwarding", "open failed"}},
		{ssh.UnknownChannelType, "what?", transport.KindJump, transport.KindJump, 1, []string{"bastion b1: ", "what?"}},
		{ssh.ResourceShortage, "too many", transport.KindJump, transport.KindRefused, retry.Channel.Attempts, []string{"bastion b1: refused: ", "too many"}},
		{ssh.ConnectionFailed, "Connection refused", transport.KindRefused, transport.KindRefused, 1, []string{"bastion b1 could not connect to aix1:22: Connection refused"}},
		{ssh.ConnectionFailed, "evil\x1b[2J", transport.KindRefused, transport.KindRefused, 1, []string{`"evil\x1b[2J"`}},
		{ssh.ConnectionFailed, strings.Repeat("long", 10000), transport.KindRefused, transport.KindRefused, 1, []string{"longlong..."}},
		{ssh.ConnectionFailed, "Connection timed out", transport.KindTimeout, transport.KindTimeout, 1, []string{"bastion b1"}},
		{ssh.ConnectionFailed, "Name or service not known", transport.KindDNS, transport.KindDNS, 1, []string{"bastion b1"}},
		{ssh.ConnectionFailed, "Hostname and service name not provided or found", transport.KindDNS, transport.KindDNS, 1, nil},
		{ssh.ConnectionFailed, "Temporary failure in name resolution", transport.KindDNS, transport.KindDNS, 1, nil},
	} {
		t.Run(fmt.Sprint(c.reason, " ", c.message[:4]), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEstate(t)
				bastion := e.add("b1", sshtest.Options{Faults: sshtest.Faults{Forward: sshtest.ForwardRefuse, ForwardReason: c.reason, ForwardMessage: c.message}})
				e.add("aix1", sshtest.Options{})
				err := ask(t, e.dialler(), e.behind("b1", "aix1"))
				if transport.KindOf(err) != c.kind || transport.CauseOf(err) != c.cause || len(err.Error()) > 3<<10 {
					t.Errorf("%v is of kind %q because of %q; want %q because of %q", err, transport.KindOf(err), transport.CauseOf(err), c.kind, c.cause)
				}
				wantTexts(t, err, c.texts...)
				if n := bastion.Forwards(); n != c.tries {
					t.Errorf("%d tries, want %d", n, c.tries)
				}
			})
		})
	}
}

// A bastion that may not connect to the next one says so once, not to each host.
func TestBastionRefusesTheNextBastion(t *testing.T) {
	e := newEstate(t)
	bastion := e.add("b1", sshtest.Options{Faults: sshtest.Faults{Forward: sshtest.ForwardRefuse, ForwardReason: ssh.Prohibited}})
	e.add("b2", sshtest.Options{})
	e.add("aix1", sshtest.Options{})
	d := e.dialler()
	for range 3 {
		wantJump(t, ask(t, d, e.behind("b1,b2", "aix1")), transport.KindJump, "bastion b1: it may not connect to b2:22")
	}
	if n := bastion.Forwards(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// A fault of the host keeps its kind behind a bastion.
func TestHostsFaultBehindABastion(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(e *estate, target *transport.Target)
		kind  transport.Kind
	}{
		{"auth", func(e *estate, _ *transport.Target) { e.servers["aix1"].SetFaults(sshtest.Faults{RejectAuth: true}) }, transport.KindAuth},
		{"key", func(e *estate, target *transport.Target) { target.KnownHosts = e.targets["b1"].KnownHosts }, transport.KindHostKeyUnknown},
		{"address", func(_ *estate, target *transport.Target) { target.Address = "nowhere" }, transport.KindRefused},
		{"silent", func(e *estate, _ *transport.Target) { e.servers["aix1"].SetFaults(sshtest.Faults{Silent: true}) }, transport.KindTimeout},
		{"drops", func(e *estate, _ *transport.Target) {
			e.servers["aix1"].SetFaults(sshtest.Faults{DropAt: sshtest.StageAccept})
		}, transport.KindLost},
		{"not SSH", func(e *estate, _ *transport.Target) {
			e.servers["aix1"].SetFaults(sshtest.Faults{DropAt: sshtest.StageKexInit})
		}, transport.KindLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEstate(t)
				e.add("b1", sshtest.Options{})
				e.add("aix1", sshtest.Options{})
				target := e.behind("b1", "aix1")
				c.spoil(e, &target)
				began := time.Now()
				wantError(t, ask(t, e.dialler(), target), c.kind)
				if took := time.Since(began); took > ages {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// The first bastion may have a way of its own, as with OpenSSH; the ways of later ones
// are ignored.
func TestBastionWithAWayOfItsOwn(t *testing.T) {
	e := newEstate(t)
	for _, name := range []string{"b1", "b2", "b3", "aix1"} {
		e.add(name, sshtest.Options{})
	}
	for name, jump := range map[string]string{"b2": "b1", "b3": "nobody"} {
		target := e.targets[name]
		target.Jump, target.ProxyCommand = jump, "exit 1"
		e.targets[name] = target
	}
	conn, err := e.dialler().Dial(t.Context(), e.behind("b2,b3", "aix1"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if via := transport.LinkOf(conn).Via; !slices.Equal(via, []string{"b1", "b2", "b3"}) {
		t.Errorf("the way is %q", via)
	}
}

func TestBastionsInACircle(t *testing.T) {
	for _, c := range []struct {
		jump  string
		of    map[string]string
		texts string
	}{
		{"b1", map[string]string{"b1": "b1"}, "b1 through b1;"},
		{"b1", map[string]string{"b1": "b2", "b2": "b3", "b3": "b1"}, "circle: b1 through b2 through b3 through b1;"},
		{"b1,b2,b1", nil, "b1 through b2 through b1;"},
		{"b1,alias", nil, "b1 through alias;"},
		{"b1,nobody", nil, "bastion nobody: nobody knows nobody"},
	} {
		t.Run(c.texts, func(t *testing.T) {
			e := newEstate(t)
			for _, name := range []string{"b1", "b2", "b3"} {
				e.targets[name] = transport.Target{Address: name, Jump: c.of[name]}
			}
			e.targets["alias"] = e.targets["b1"]
			_, err := e.dialler().Dial(t.Context(), transport.Target{Name: "aix1", Address: "aix1", Jump: c.jump})
			wantJump(t, err, transport.KindJump, "aix1: ", c.texts)
			if len(e.direct) > 0 {
				t.Errorf("dialled %v", e.direct)
			}
		})
	}
}

// A way without end is none.
func TestBastionsWithoutEnd(t *testing.T) {
	e := newEstate(t)
	e.opts.Bastion = func(_ context.Context, name, _ string) (transport.Target, error) {
		return transport.Target{Address: name, Jump: name + "x"}, nil
	}
	_, err := e.dialler().Dial(t.Context(), transport.Target{Name: "aix1", Address: "aix1", Jump: "b"})
	wantJump(t, err, transport.KindJump, "b through bx through bxx")
}

// One name is another bastion for a host with another ssh_config.
func TestBastionOfTheHostsOwnConfig(t *testing.T) {
	e := newEstate(t)
	e.add("one", sshtest.Options{})
	e.add("two", sshtest.Options{})
	e.add("aix1", sshtest.Options{})
	e.opts.Bastion = func(_ context.Context, _, config string) (transport.Target, error) { return e.targets[config], nil }
	d := e.dialler()
	for _, config := range []string{"one", "two"} {
		target := e.behind("gate", "aix1")
		target.SSHConfig = config
		if err := ask(t, d, target); err != nil || e.dialled(config) != 1 {
			t.Errorf("through %s: %v, it was dialled %d times", config, err, e.dialled(config))
		}
	}
}
