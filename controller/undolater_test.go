package controller_test

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// A timed undo fires when nobody looks. A netaddr6 that the operator has set since the
// step stays; one that is the step's own goes, and the live address with it.
func TestUndoKeepsALaterAddress(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for name, c := range map[string]struct{ set, want string }{
		"the operator has set an address": {"2001:db8:77::9", "2001:db8:77::9"},
		"nobody has":                      {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, host)
			b.set = append(b.set, "wait=20s")
			got := b.runEngine(leased(b, "mine"))[host]
			at := slices.IndexFunc(got.Changes, func(c outcome.Change) bool { return c.Step == "set-address" })
			if at < 0 {
				t.Fatalf("%s: %s: %q", got.Outcome, got.Reason, statuses(got))
			}
			if c.set != "" {
				b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.NICs[1].Attrs.NetAddr6 = c.set })
			}
			var said bytes.Buffer
			exit := b.fleet.Host(host).ServeExec(context.Background(), &sshtest.Exec{
				User: "root", Command: got.Changes[at].Undo, Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said,
				Remote: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 50222},
			})
			nic := b.fleet.Host(host).Snapshot().NICs[1]
			if exit != 0 || nic.Attrs.NetAddr6 != c.want || slices.ContainsFunc(nic.Live.IPv6, func(a string) bool { return strings.HasPrefix(a, "fe80:") }) {
				t.Errorf("status %d: %s\n%+v", exit, said.String(), nic)
			}
		})
	}
}
