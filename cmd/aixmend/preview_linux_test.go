package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// On a terminal recover reads, shows the plan, asks, and sends that or nothing.
func TestRecoverShowsItsPlan(t *testing.T) {
	args := []string{"recover", "--set", "settle=60ms", "--set", "wait=5s"}
	const asks = "Type 'yes' to continue: "

	t.Run("no", func(t *testing.T) {
		k := watch(t, nil, append(args, "-l", "healthy,daemon-down,remote-clients-disabled")...)
		k.sees("/usr/sbin/rsct/bin/rmcctrl -A")
		k.sees("Plan: 2 hosts to change, up to ")
		k.sees("recover may change 2 hosts: daemon-down remote-clients-disabled; playbook rmc-restore.")
		k.says(asks, "no")
		k.ends(2)
		if shown := k.shown.String(); !strings.Contains(shown, "\nnot confirmed: nothing was changed\r\n") || strings.Contains(shown, "error:") || strings.Contains(shown, "recover of ") {
			t.Errorf("%s", shown)
		}
		if run := k.newest(); run.Command != "plan" || !run.ForQuestion {
			t.Errorf("a run of %s, preview %t", run.Command, run.ForQuestion)
		}
	})

	t.Run("yes", func(t *testing.T) {
		k := watch(t, nil, append(args, "-l", "healthy,daemon-down,remote-clients-disabled")...)
		k.says(asks, "yes")
		k.ends(0)
		run := k.newest()
		if run.Command != "recover" || run.ForQuestion || run.Counts[outcome.Recovered] != 2 || run.Counts[outcome.Healthy] != 1 {
			t.Errorf("%s: %v", run.Command, run.Counts)
		}
		for _, host := range []string{"daemon-down", "remote-clients-disabled"} {
			for path := range k.fleet.Host(host).Snapshot().Files {
				if strings.Contains(path, "plans") || strings.Contains(path, "aixmend.lease") {
					t.Errorf("%s: %s is left behind", host, path)
				}
			}
		}
		if entries, err := os.ReadDir(filepath.Join(k.dir, "state", "plans")); err == nil && len(entries) > 0 {
			t.Errorf("%v is kept of a plan that is in no file", entries)
		}
	})

	t.Run("it changed meanwhile", func(t *testing.T) {
		k := watch(t, nil, append(args, "-l", "daemon-down,remote-clients-disabled")...)
		k.sees(asks)
		k.fleet.Host("daemon-down").Mutate(func(s *aixsim.State) {
			for i := range s.FileSystems {
				s.FileSystems[i].FreeKB = 10
			}
		})
		k.says(asks, "yes")
		k.ends(3) // the one that drifted is as ill as it was
		for _, h := range k.newest().Hosts {
			drifted := strings.Contains(h.Reason, "drifted since the plan: ")
			if drifted != (h.Name == "daemon-down") || drifted && h.Outcome == outcome.Recovered {
				t.Errorf("%s: %s: %s", h.Name, h.Outcome, h.Reason)
			}
		}
	})

	t.Run("files that are asked for", func(t *testing.T) {
		for _, c := range []struct {
			hosts, answer string
			code          int
			written       bool
		}{{"daemon-down", "no", 2, false}, {"daemon-down", "yes", 0, true}, {"healthy", "", 0, true}} {
			k := newWatching(t)
			all := append(args, "-l", c.hosts, "--notify", "exec:/usr/bin/touch "+filepath.Join(k.dir, "out.notified"), "--notify-on", "always")
			formats := []string{"html", "junit", "markdown", "prometheus", "sarif"}
			for _, format := range formats {
				all = append(all, "--"+format, filepath.Join(k.dir, "out."+format))
			}
			there := func() (names []string) {
				names, err := filepath.Glob(filepath.Join(k.dir, "out.*"))
				noError(t, err)
				return names
			}
			k.start(nil, all...)
			if c.answer != "" {
				k.sees(asks)
				if names := there(); len(names) > 0 {
					t.Errorf("%s: %v before the answer", c.answer, names)
				}
				k.says(asks, c.answer)
			}
			k.ends(c.code)
			if names := there(); c.written != (len(names) == len(formats)+1) || !c.written && len(names) > 0 {
				t.Errorf("%s, %q: %v", c.hosts, c.answer, names)
			}
		}
	})

	t.Run("nothing to change", func(t *testing.T) {
		k := watch(t, nil, append(args, "-l", "healthy")...)
		k.ends(0)
		if out, shown := k.out.String(), k.shown.String(); !strings.Contains(out, "Plan: nothing to change; 1 healthy.") || strings.Contains(shown, "Type 'yes'") {
			t.Errorf("%s\n%s", out, shown)
		}
	})

	t.Run("in full", func(t *testing.T) {
		k := watch(t, nil, append(args, "-v", "-l", "healthy,daemon-down")...)
		k.sees("undo: /usr/sbin/rsct/bin/rmcctrl -z")
		k.sees("/usr/sbin/snap -gtkc") // it is sent where nothing helps
		k.says("(/etc/aixmend.lease, /etc/aixmend.plan.ID) are all that may change a host. Type 'yes' to continue: ", "no")
		k.ends(2)
	})
}

// The question about a saved plan shows it as every plan is shown: folded for several
// hosts, in full for one and with -v; always with everything that a yes trusts.
func TestSavedPlanIsShownAsPlansAre(t *testing.T) {
	k := newWatching(t)
	file := filepath.Join(k.dir, "plan.json")
	save := []string{"plan", "-l", "daemon-down,remote-clients-disabled,healthy", "--out", file, "--allow", "node-id", "--set", "settle=60ms"}
	says := call(t, nil, append(save, "-i", filepath.Join(k.dir, "inventory.yaml"), "--state", filepath.Join(k.dir, "state"))...)
	if says.code != 3 || !strings.Contains(says.out, "saved "+file+"; apply it with: aixmend recover ") {
		t.Fatalf("%d\n%s%s", says.code, says.out, says.err)
	}
	trust := []string{
		"plan plan.json, id ", "not signed: anybody who could write plan.json may have changed it", "playbook rmc-restore (embedded), sha256 ",
		"--set settle=60ms", "--allow node-id", "A yes also allows, because the plan says so:", "--allow node-id: rebuild the RSCT node id",
		"/usr/sbin/rsct/bin/rmcctrl -A", "only if nothing else has helped", "/usr/sbin/rsct/bin/ctsnap -d ",
	}
	const undo = "undo: /usr/sbin/rsct/bin/rmcctrl -z"
	for name, c := range map[string]struct {
		args   []string
		folded bool
	}{
		"folded":         {nil, true},
		"a part of it":   {[]string{"-l", "daemon-down,remote-clients-disabled"}, true},
		"with -v":        {[]string{"-v"}, false},
		"one host of it": {[]string{"-l", "daemon-down"}, false},
	} {
		k := k.again(t)
		k.start(nil, append([]string{"recover", "--plan", file}, c.args...)...)
		k.says("Type 'yes' to continue: ", "no")
		k.ends(2)
		shown := strings.ReplaceAll(strings.Join(strings.Fields(k.shown.String()), " "), ` \ `, " ") // broken commands
		for _, want := range trust {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: no %q in\n%s", name, want, k.shown.String())
			}
		}
		if folded := !strings.Contains(shown, undo); folded != c.folded {
			t.Errorf("%s: folded is %t\n%s", name, folded, k.shown.String())
		}
		says := "The commands above and aixmend's own links (/etc/aixmend.lease, /etc/aixmend.plan.ID) are all that may change a host."
		if c.folded {
			says = "Only the steps above, their undos and aixmend's own links (/etc/aixmend.lease, /etc/aixmend.plan.ID) may change a host; -v prints every command."
		}
		if !strings.Contains(shown, says) || !strings.Contains(shown, map[bool]string{false: "Plan: 2 hosts to change, ", true: "Plan: 1 host to change, "}[name == "one host of it"]) {
			t.Errorf("%s:\n%s", name, k.shown.String())
		}
		if c.args != nil && c.args[0] == "-l" && strings.Contains(shown, "healthy (") {
			t.Errorf("%s: other hosts are shown\n%s", name, k.shown.String())
		}
	}
}

// newest is the newest run.
func (k *watching) newest() (run outcome.Run) {
	k.t.Helper()
	text, err := os.ReadFile(filepath.Join(k.dir, "state", "runs", "latest", "run.json"))
	noError(k.t, err)
	noError(k.t, json.Unmarshal(text, &run))
	return run
}
