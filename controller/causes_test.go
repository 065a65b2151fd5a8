package controller_test

import (
	"slices"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// D12: the report says how the address may have been lost; the boot volume is
// compared with the capture that was taken before.
func TestCauses(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"address-removed-smitty": "cause-smit",
		"mksysb-restore":         "cause-mksysb",
		"boot-volume-changed":    "cause-boot-volume",
		"address-removed-live":   "",
	}
	b := newBench(t, "healthy", "healthy", "healthy", "healthy")
	b.run(controller.Capture)
	i := 0
	at := map[string]string{}
	for illness := range want {
		found, err := aixsim.FindIllness(illness)
		must(t, err)
		host := b.hosts[i].Name
		b.fleet.Host(host).Mutate(found.Apply)
		at[host] = illness
		i++
	}
	b.ended = map[string]outcome.Host{}
	for host, h := range b.run(controller.Audit) {
		var causes []string
		for _, f := range h.Findings {
			if strings.HasPrefix(f.ID, "cause-") {
				causes = append(causes, f.ID)
			}
		}
		cause := want[at[host]]
		if cause == "" && len(causes) > 0 || cause != "" && !slices.Contains(causes, cause) {
			t.Errorf("%s: causes %q", at[host], causes)
		}
		i := slices.IndexFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == "rmc-address-missing" })
		if i < 0 || !slices.ContainsFunc(h.Findings[i].Evidence, func(e string) bool { return len(e) > 7 && e[:7] == "cause: " }) {
			t.Errorf("%s: findings %+v", at[host], h.Findings)
		}
	}
}
