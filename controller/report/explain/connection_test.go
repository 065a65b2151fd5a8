package explain

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport/cause"
)

// Each cause has advice of its own, and only a refused key is to be copied to the host.
func TestEachCauseHasAdvice(t *testing.T) {
	known := 0
	for _, kind := range []string{"refused", "timeout", "dns", "auth", "protocol", "lost", "host-key-changed"} {
		for _, c := range cause.All(kind) {
			known++
			if len(byCause[c]) == 0 {
				t.Errorf("%s: %s has no advice", kind, c)
			}
			if copies := strings.Contains(strings.Join(byCause[c], "\n"), "ssh-copy-id"); copies != (c == cause.KeyRefused) {
				t.Errorf("%s: %s: ssh-copy-id %v", kind, c, copies)
			}
		}
	}
	if known < len(byCause) {
		t.Errorf("%d causes, advice for %d", known, len(byCause))
	}
}

// What is known of the way to a host stands in the advice, ready to paste: no cause leaves
// a name open that is known.
func TestAdviceIsFilledIn(t *testing.T) {
	dialled := &outcome.Dialled{Address: "10.1.2.3", Port: 2222, Login: "ops", Identity: "/keys/my id", Jump: "bastion.example"}
	open := regexp.MustCompile(`\b(?:HOST|ADDRESS|PORT|LOGIN|FILE|PRIVATE|KEY)\b`)
	for _, kind := range []string{"refused", "timeout", "dns", "auth", "protocol", "lost", "host-key-changed"} {
		for _, c := range append(cause.All(kind), "another") {
			h := outcome.Host{Host: "aix1", Address: "aix1.example", Outcome: outcome.Unreachable, Reason: kind + ": " + string(c) + ": x", Dialled: dialled}
			for _, line := range connectionAdvice(h) {
				if left := open.FindString(line); left != "" {
					t.Errorf("%s: %s: %s is left open: %s", kind, c, left, line)
				}
			}
		}
	}
	for _, c := range []struct {
		reason, identity string
		want             string
	}{
		{"auth: key refused: x", "/keys/my id", "ssh-copy-id -i '/keys/my id.pub' -p 2222 -o ProxyJump=bastion.example ops@10.1.2.3"},
		{"auth: key refused: x", "", "ssh-copy-id -p 2222 -o ProxyJump=bastion.example ops@10.1.2.3"},
		{"auth: private key missing: x", "/keys/id.pub", "ssh-add /keys/id"},
		{"auth: certificate refused: x", "/keys/id", "ssh-keygen -L -f /keys/id-cert.pub"},
		{"auth: account locked: x", "/keys/id", "chuser account_locked=false ops"},
		{"timeout: no answer: x", "/keys/id", "nc -vz 10.1.2.3 2222"},
	} {
		with := *dialled
		with.Identity = c.identity
		got := strings.Join(connectionAdvice(outcome.Host{Host: "aix1", Reason: c.reason, Dialled: &with}), "\n")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: no %q in\n%s", c.reason, c.want, got)
		}
	}
}

func TestConnectionAdvice(t *testing.T) {
	for _, c := range []struct {
		reason, address string
		want            []string
		not             []string
	}{
		{"auth: wrong passphrase: identity /x: no", "10.1.2.3", []string{"ssh-keygen -y -f FILE", "then try again:\naixmend audit -l aix1"}, []string{"ssh-copy-id"}},
		{"auth: key refused: no", "10.1.2.3", []string{"ssh-copy-id -i FILE.pub -p PORT LOGIN@10.1.2.3", "compare address, port and login:\naixmend inventory list -l aix1"}, nil},
		{"auth: key refused: no", "$(reboot)", []string{"LOGIN@ADDRESS"}, []string{"reboot"}},
		{"jump: bastion b: auth: key refused: no", "10.1.2.3", []string{"ssh-copy-id -i FILE.pub -p PORT LOGIN@ADDRESS"}, nil},
		{"auth: as an older version said it", "10.1.2.3", []string{"ssh -v"}, []string{"ssh-copy-id"}},
		{"jump: bastion b: it may not connect", "10.1.2.3", []string{"the bastion or the proxy command failed"}, nil},
		{"of no kind at all", "10.1.2.3", []string{"is up"}, nil},
	} {
		got := strings.Join(connectionAdvice(outcome.Host{Host: "aix1", Address: c.address, Reason: c.reason}), "\n")
		if slices.ContainsFunc(c.want, func(w string) bool { return !strings.Contains(got, w) }) || slices.ContainsFunc(c.not, func(n string) bool { return strings.Contains(got, n) }) {
			t.Errorf("%s:\n%s", c.reason, got)
		}
	}
}
