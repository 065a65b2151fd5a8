package playbooks

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"aixmend/transport/lab/aixsim"
)

// A remedy that is a command for the address of the RMC NIC is the one that recover would
// send: where a customer's address stands in netaddr6, both leave it alone.
func TestRemediesAreWhatRecoverSends(t *testing.T) {
	t.Parallel()
	p, params := restore(t)
	compared := map[string]bool{} // the attributes that were set
	for _, c := range simCases(t) {
		synctest.Test(t, func(t *testing.T) {
			h := aixsim.NewHost(c.state(), aixsim.HostOptions{LogLimit: -1})
			defer h.Close()
			probes, err := p.Asked(params, "plan", "r1")
			if err != nil {
				t.Fatal(err)
			}
			fleet := c.fleet
			d := p.Judge(params, Given{RunID: "r1", Verb: "plan", Fleet: &fleet}, probeAll(h, params, probes))
			var sent []string
			if d.Skip == "" {
				for _, r := range p.Plan(d, Wishes{MendWarnings: true}) {
					for _, s := range r.Steps {
						sent = append(sent, s.Command)
					}
				}
			}
			for _, v := range d.Verdicts {
				words := strings.Fields(v.Remedy)
				if !strings.HasPrefix(v.ID, "rmc-address-") || len(words) < 5 || words[0] != "chdev" || len(sent) == 0 {
					continue
				}
				attribute, _, _ := strings.Cut(words[4], "=")
				compared[attribute] = true
				if !slices.Contains(sent, "/usr/sbin/"+v.Remedy) {
					t.Errorf("%s: %s advises %q, recover would send %q", c.name, v.ID, v.Remedy, sent)
				}
			}
		})
	}
	if !compared["netaddr6"] || !compared["alias6"] {
		t.Errorf("only %v were compared", compared)
	}
}
