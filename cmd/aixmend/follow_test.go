package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/transport/shell"
)

// Who follows the first hint of explain, again and again, never follows one twice: for each
// illness the way ends with a host that is well, or at a step that only a person can take.
// The illnesses stand for their kinds: healed by the first rung, by a later one and only with
// --mend-warnings; waiting for images, for --allow, and for a person.
func TestHintsDoNotGoInACircle(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"address-removed-smitty": "nothing", "daemon-hung": "nothing", "address-not-persistent": "nothing",
		"rsct-below-minimum": "open: upload=FOLDER", "rsct-below-recommended": "rsct-below-recommended: plan an RSCT update", "node-id-mismatch": "nothing",
		"peer-domain": "rung recycle is blocked: cluster guard", "rmc-nic-missing": "rung recycle is blocked: ", "var-full": "rung recycle is blocked: /var",
	}
	illnesses := slices.Sorted(maps.Keys(want))
	hosts, err := simulated.Hosts(illnesses, len(illnesses))
	noError(t, err)
	dir := t.TempDir()
	fleet, err := simulated.Start(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	state := filepath.Join(dir, "state")
	call(t, nil, "audit", "-q", "-i", filepath.Join(dir, "inventory.yaml"), "--state", state,
		"--set", "settle=60ms", "--set", "wait=2s", "--set", "probe_timeout=10s", "--cloud", "off")
	ends := map[string]string{}
	for _, h := range hosts {
		host := h.State.Hostname
		var followed []string
		for {
			text := call(t, nil, "explain", host, "--state", state).out
			hint, end := firstHint(text)
			if end != "" {
				ends[h.Illness] = end
				break
			}
			if slices.Contains(followed, hint) || len(followed) > 5 {
				t.Errorf("%s: the hints go in a circle: %q, then again %s", h.Illness, followed, hint)
				break
			}
			followed = append(followed, hint)
			words, ok := shell.Words(hint)
			if !ok || words[0] != "aixmend" {
				t.Fatalf("%s: %q can't be pasted", h.Illness, hint)
			}
			words = words[1:]
			if words[0] == "recover" {
				words = append(words, "--yes")
			}
			said := call(t, nil, append(words, "--cloud", "off")...)
			if name := leftOpen(words); name != "" { // it says where the value is to be typed
				if said.code != int(outcome.ExitUsage) || !strings.Contains(said.err, name) || !strings.Contains(said.err, "hint: ") {
					t.Errorf("%s: %s ends with %d: %s", h.Illness, hint, said.code, said.err)
				}
				ends[h.Illness] = "open: " + name
				break
			}
			if said.code == int(outcome.ExitUsage) || said.code == int(outcome.ExitInternal) {
				t.Fatalf("%s: %s ends with %d: %s", h.Illness, hint, said.code, said.err)
			}
		}
	}
	for illness, want := range want {
		if !strings.HasPrefix(ends[illness], want) {
			t.Errorf("%s: the hints end with %q, want %q", illness, ends[illness], want)
		}
	}
}

// firstHint returns the first command among the next steps of an explanation, or the step
// that ends the way: one of a person, where no command comes before it is done.
func firstHint(text string) (hint, end string) {
	_, next, _ := strings.Cut(text, "\nNext steps\n")
	lines := strings.Split(strings.TrimSpace(next), "\n")
	for i, line := range lines {
		done := i > 0 && strings.HasPrefix(lines[i-1], "  when that is done")
		if strings.HasPrefix(line, "    aixmend ") && !done {
			return strings.TrimSpace(line), ""
		}
	}
	return "", lines[0]
}
