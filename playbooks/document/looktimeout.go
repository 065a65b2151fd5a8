package document

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"aixmend/inventory/strictyaml"
)

// Parameters that bound the reading of a host. Every playbook has both: ProbeTimeoutParam
// with a default of 30 s where the playbook declares none, LookTimeoutParam always.
const (
	// ProbeTimeoutParam is the time limit of a probe that has none of its own.
	ProbeTimeoutParam = "probe_timeout"
	// LookTimeoutParam is the time limit of a look: see LookTimeout.
	LookTimeoutParam = "look_timeout"
)

const (
	defaultProbeTimeout = 30 * time.Second
	// slowProbes is how many probes of a look may take as long as probe_timeout.
	slowProbes = 6
)

// LookTimeout returns the default time limit of a look, in which all its probes must
// answer: the longest limit of one of them, and probe_timeout six times. Healthy hosts
// answer everything in seconds; one that answers each probe just in time must not hold a
// slot for the sum of all limits.
func LookTimeout(longest, probeTimeout time.Duration) time.Duration {
	return longest + slowProbes*cmp.Or(probeTimeout, defaultProbeTimeout)
}

// longest returns the longest time limit of a probe, those of the capture included.
func (p *Playbook) longest(probeTimeout time.Duration) time.Duration {
	most := cmp.Or(probeTimeout, defaultProbeTimeout)
	for _, probe := range slices.Concat(p.Probes, p.Capture.Probes) {
		most = max(most, probe.Timeout)
	}
	return most
}

// withTimeouts returns the parameters with those that the playbook does not declare.
func (p *Playbook) withTimeouts() strictyaml.Map[Param] {
	params := p.Params
	add := func(name string, value time.Duration, about string) {
		param := strictyaml.Entry[Param]{Key: name, Value: Param{Type: DurationParam, Default: value.String(), About: about}}
		params = append(params, param)
	}
	at := slices.IndexFunc(params, func(e strictyaml.Entry[Param]) bool { return e.Key == ProbeTimeoutParam })
	if at < 0 {
		at = len(params)
		add(ProbeTimeoutParam, defaultProbeTimeout, "the time limit of one probe; a slower one is reported as hung")
	}
	value, _ := params[at].Value.value(params[at].Value.Default) // checked when loaded
	probeTimeout, _ := value.(time.Duration)
	add(LookTimeoutParam, LookTimeout(p.longest(probeTimeout), probeTimeout),
		"the time limit of all probes together; the default is the longest limit of a probe plus 6 times probe_timeout")
	return params
}

// setLookTimeout derives the time limit of a look from the other parameters, or checks the
// one that was set.
func (p *Playbook) setLookTimeout(params Params, set bool) error {
	probeTimeout := params.Duration(ProbeTimeoutParam)
	least := p.longest(probeTimeout)
	if !set {
		params[LookTimeoutParam] = LookTimeout(least, probeTimeout)
		return nil
	}
	if d := params.Duration(LookTimeoutParam); d < least {
		return fmt.Errorf("--set %s=%s: one probe alone may take %s: the least value is %s", LookTimeoutParam, d, least, least)
	}
	return nil
}

// timeouts checks the parameters of this file that bound the reading of a host.
func (c *checker) timeouts() {
	for _, e := range c.playbook.Params {
		switch {
		case e.Key == LookTimeoutParam:
			c.add(e.KeyPos, "", "parameter %s: every playbook has it; its default follows from the time limits of the probes", e.Key)
		case e.Key == ProbeTimeoutParam && e.Value.Type != DurationParam:
			c.add(e.KeyPos, "", "parameter %s must be a duration", e.Key)
		}
	}
}
