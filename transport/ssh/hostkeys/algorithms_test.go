package hostkeys

import (
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// Insecure algorithms are offered to legacy targets only.
func TestInsecureHostKeyAlgorithmsNeedConsent(t *testing.T) {
	old := ssh.InsecureAlgorithms().HostKeys
	for _, known := range [][]entry{nil, {{kind: ssh.KeyAlgoRSA}}} {
		for _, legacy := range []bool{false, true} {
			policy := &Policy{target: transport.Target{LegacyAlgorithms: legacy}, named: known}
			offered := policy.Algorithms()
			has := 0
			for _, a := range old {
				if slices.Contains(offered, a) {
					has++
				}
			}
			if want := map[bool]int{true: len(old)}[legacy]; has != want || len(offered) == 0 || len(offered) != len(slices.Compact(slices.Sorted(slices.Values(offered)))) {
				t.Errorf("legacy %t: %v has %d of the old ones, want %d", legacy, offered, has, want)
			}
			if legacy && known != nil && offered[2] != ssh.KeyAlgoRSA {
				t.Errorf("a known RSA key is not asked for before others: %v", offered)
			}
		}
	}
}
