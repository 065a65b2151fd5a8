package peers

import (
	"slices"
	"strings"
)

// A run may have hosts at several sites. Each site compares its own hosts, and gets from the
// hub the values of those hosts elsewhere that have something in common with them. Who of
// two hosts at different sites keeps a value is not decided: their captures are apart.

// Others are hosts at other sites, as far as the hosts of one site are compared with them.
type Others struct {
	// Values are the values of each host, by the name of their kind, the one that it goes by
	// first.
	Values map[string]map[string][]string `json:"values,omitempty"`
	// Wanted are the values that each host is to get back, by the name of their kind.
	Wanted map[string]map[string]string `json:"wanted,omitempty"`
	// Same are the names elsewhere of the machines of hosts here, by host.
	Same map[string][]string `json:"same,omitempty"`
}

// elsewhere stands, among the hosts that have not been read, for those of other sites.
const elsewhere = ""

// Learn takes the values of the hosts elsewhere, and notes that all of them have been
// read, or can't be. Config.Wide says that it will be called.
func (p *Peers) Learn(o Others) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.unread[elsewhere] {
		return
	}
	for host, names := range o.Same {
		p.machines.elsewhere[host] = slices.DeleteFunc(slices.Clone(names), p.here)
	}
	for host, kinds := range o.Values {
		if p.here(host) { // it is known better here
			continue
		}
		p.away[host] = true
		for _, u := range p.uniques {
			if values := kinds[u.name]; len(values) > 0 {
				u.put(host, values)
			}
		}
	}
	for host, kinds := range o.Wanted {
		for _, u := range p.uniques {
			if !p.here(host) {
				u.wants(host, kinds[u.name])
			}
		}
	}
	p.markRead(elsewhere)
}

// here reports whether a host is one of this site's part of the run.
func (p *Peers) here(host string) bool { return p.ended[host] != nil }

// Toward returns the values of all others with which some hosts are compared.
func (p *Peers) Toward(hosts []string) Others {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := Others{Values: map[string]map[string][]string{}, Wanted: map[string]map[string]string{}, Same: map[string][]string{}}
	here := map[string]bool{}
	for _, h := range hosts {
		here[h] = true
	}
	for _, h := range hosts {
		if away := slices.DeleteFunc(p.machines.same(h), func(other string) bool { return here[other] }); len(away) > 0 {
			o.Same[h] = away
		}
	}
	for _, u := range p.uniques {
		for host, values := range u.values {
			if here[host] || len(values) == 0 {
				continue
			}
			if o.Values[host] == nil {
				o.Values[host] = map[string][]string{}
			}
			o.Values[host][u.name] = values
		}
		for host, value := range u.wanted {
			if here[host] {
				continue
			}
			if o.Wanted[host] == nil {
				o.Wanted[host] = map[string]string{}
			}
			o.Wanted[host][u.name] = value
		}
	}
	return o
}

// apart gives the role unclear to hosts that share a value with hosts elsewhere; nil where
// they share it among themselves alone. The lock is held.
func (p *Peers) apart(group []string) map[string]role {
	away := slices.DeleteFunc(slices.Clone(group), func(h string) bool { return !p.away[h] })
	if len(away) == 0 {
		return nil
	}
	return allUnclear(group, "hosts of other sites have it too ("+strings.Join(away, ", ")+"), whose captures are not here")
}
