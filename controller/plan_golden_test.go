package controller_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/golden"
)

// planCase is one plan of a playbook, by the illnesses that it is for.
type planCase struct {
	illnesses []string
	allow     []string
	set       []string
	prepare   func(b *bench)
}

func planCases() map[string]planCase {
	toc := func(host string) func(b *bench) {
		return func(b *bench) {
			b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.Files[imagesFolder+"/.toc"] = aixsim.File{Content: "0\n"} })
		}
	}
	return map[string]planCase{
		"rmc-restore": {
			illnesses: []string{"healthy", "address-of-clone", "address-removed-smitty", "customer-netaddr6-on-rmc-nic", "daemon-down", "daemon-hung", "node-id-mismatch", "rsct-below-minimum"},
		},
		"rmc-restore allowed": {
			illnesses: []string{"cluster0-leftover", "node-id-missing", "node-id-working-copy-lost", "rsct-below-minimum"},
			allow:     []string{"node-id", "cluster0", "rsct-update"}, set: []string{"images=" + imagesFolder}, prepare: toc("rsct-below-minimum"),
		},
		"rmc-restore-own-image": {
			illnesses: []string{"healthy"}, allow: []string{"node-id"},
			prepare: func(b *bench) {
				b.run(controller.Capture)
				b.fleet.SwapBoot("healthy", aixsim.BootImage{Hostname: "healthy", Address: true})
			},
		},
		"rsct-update": {
			illnesses: []string{"rsct-below-minimum"}, allow: []string{"rsct-update"}, set: []string{"images=nim01:/export/rsct"},
		},
		"post-migration": {illnesses: []string{"default-route-lost", "address-removed-smitty"}},
		"post-failover": {
			illnesses: []string{"healthy"},
			prepare:   func(b *bench) { b.run(controller.Capture) },
		},
		"support-data": {illnesses: []string{"healthy"}},
	}
}

// The plan of every playbook, command by command, as an operator reads it.
func TestPlanGolden(t *testing.T) {
	t.Parallel()
	cases := planCases()
	for _, name := range playbooks.Names() {
		if _, there := cases[name]; !there {
			t.Errorf("no plan of playbook %s is golden", name)
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.illnesses...)
			playbook, _, _ := strings.Cut(name, " ")
			b.use(playbook)
			if c.prepare != nil {
				c.prepare(b)
			}
			b.set = append(append(b.set, "undo_after=20s"), c.set...)
			e := b.engine(controller.Plan)
			e.Allowed = c.allow
			var text strings.Builder
			hosts := b.runEngine(e)
			for _, host := range slices.Sorted(maps.Keys(hosts)) {
				h := hosts[host]
				text.WriteString(report.PlanText(outcome.HostSummary{Name: h.Host, Outcome: h.Outcome, Reason: h.Reason, Plan: h.Plan}, 0, true))
			}
			path := filepath.Join("testdata", "plan", strings.ReplaceAll(name, " ", "-")+".golden")
			golden.Check(t, path, text.String())
		})
	}
}
