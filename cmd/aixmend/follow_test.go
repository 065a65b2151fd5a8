package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/transport/shell"
)

// follows is who follows the first hint of explain about a host of the demo, again and again.
type follows struct {
	illness, host string
	state         string // folder
	followed      []string
}

// None of the demo's hosts gets a hint twice: the way ends with a host that is well, or at a step
// that only a person can take. Each host has a state folder of its own, so that all are followed at
// once.
func TestHintsDoNotGoInACircle(t *testing.T) {
	t.Parallel()
	const open = "open: upload=FOLDER"
	ends := map[string]string{ // of the others: nothing is left to do
		"rmc-nic-ambiguous": "rung recycle is blocked: ", "rmc-nic-missing": "rung recycle is blocked: ",
		"rsct-below-minimum": open, "rsct-below-recommended": open,
		"peer-domain": "rung recycle is blocked: cluster guard", "var-full": "rung recycle is blocked: /var",
		"lscluster-hangs": "probe-failed: run the probe's command", "not-aix": "not judged (not AIX: uname -s says Linux)",
	}
	timeouts := map[bool]string{false: "10s", true: "3s"} // of a probe that answers, and one that never does
	story := simulated.Story()
	hosts, err := simulated.Hosts(story, len(story))
	noError(t, err)
	dir := t.TempDir()
	fleet, err := simulated.Start(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	for _, h := range hosts {
		t.Run(h.Illness, func(t *testing.T) {
			t.Parallel()
			f := &follows{illness: h.Illness, host: h.State.Hostname, state: filepath.Join(dir, "state-"+h.Illness)}
			call(t, nil, "audit", "-q", "-i", filepath.Join(dir, "inventory.yaml"), "-l", f.host, "--state", f.state,
				"--set", "settle=60ms", "--set", "wait=2s", "--set", "probe_timeout="+timeouts[h.Illness == "lscluster-hangs"], "--cloud", "off")
			want := ends[h.Illness]
			if want == "" {
				want = "nothing"
			}
			if end := f.end(t); !strings.HasPrefix(end, want) {
				t.Errorf("the hints end with %q, want %q, after %q", end, want, f.followed)
			}
		})
	}
}

// end follows the hints to their end.
func (f *follows) end(t *testing.T) string {
	t.Helper()
	for {
		hint, end := firstHint(call(t, nil, "explain", f.host, "--state", f.state).out)
		if end != "" {
			return end
		}
		if slices.Contains(f.followed, hint) || len(f.followed) > 5 {
			t.Fatalf("the hints go in a circle: %q, then again %s", f.followed, hint)
		}
		f.followed = append(f.followed, hint)
		words, ok := shell.Words(hint)
		if !ok || words[0] != "aixmend" {
			t.Fatalf("%q can't be pasted", hint)
		}
		if words = words[1:]; words[0] == "recover" {
			words = append(words, "--yes")
		}
		said := call(t, nil, append(words, "--cloud", "off")...)
		if name := leftOpen(words); name != "" { // it says where the value is to be typed
			if said.code != int(outcome.ExitUsage) || !strings.Contains(said.err, name) || !strings.Contains(said.err, "hint: ") {
				t.Errorf("%s ends with %d: %s", hint, said.code, said.err)
			}
			return "open: " + name
		}
		if said.code == int(outcome.ExitUsage) || said.code == int(outcome.ExitInternal) {
			t.Fatalf("%s ends with %d: %s", hint, said.code, said.err)
		}
	}
}

// firstHint returns the first command among the next steps of an explanation, or the step
// that ends the way: one of a person, where no command comes before it is done.
func firstHint(text string) (hint, end string) {
	_, next, _ := strings.Cut(text, "\nNext steps\n")
	lines := strings.Split(strings.TrimSpace(next), "\n")
	for i, line := range lines {
		done := i > 0 && (strings.HasPrefix(lines[i-1], "  when that is done") || strings.HasPrefix(lines[i-1], "  if it does not help"))
		if strings.HasPrefix(line, "    aixmend ") && !done {
			return strings.TrimSpace(line), ""
		}
	}
	return "", lines[0]
}
