package facts

import (
	"fmt"
	"slices"
)

// apiNICs is the API's list of NICs beside those of the guest.
type apiNICs struct {
	networks map[string]string // by MAC
	// contradictions are the places where the list is not of this guest as it is now: it
	// is no witness then.
	contradictions []string
}

func newAPINICs(api *API, guest []NIC) apiNICs {
	a := apiNICs{networks: map[string]string{}}
	if api == nil || !api.Known {
		return a
	}
	for _, n := range api.NICs {
		mac := canonicalMAC(n.MAC)
		if mac == "" {
			continue
		}
		a.networks[mac] = n.Network
		if !slices.ContainsFunc(guest, func(g NIC) bool { return g.MAC == mac }) {
			a.contradictions = append(a.contradictions, fmt.Sprintf("Power Virtual Server lists the MAC %s in network %s, which no NIC has", mac, quoted(n.Network)))
		}
	}
	for _, g := range guest {
		if len(a.networks) > 0 && g.MAC != "" && hasCustomerIPv4(g) && !a.has(g) {
			a.contradictions = append(a.contradictions, fmt.Sprintf("%s has %s, but Power Virtual Server does not list its MAC %s", g.Name, customerIPv4(g)[0], g.MAC))
		}
	}
	return a
}

// has reports whether the API lists the NIC as one in a customer's network.
func (a apiNICs) has(n NIC) bool {
	_, there := a.networks[n.MAC]
	return there
}

// lists says so.
func (a apiNICs) lists(n NIC) string {
	return fmt.Sprintf("Power Virtual Server lists the MAC of %s in the customer's network %s", n.Name, quoted(a.networks[n.MAC]))
}

// listed returns the NICs of a kind that the API lists.
func (s *nicSearch) listed(kind func(NIC) bool) []NIC {
	return filterNICs(s.all, func(n NIC) bool { return kind(n) && s.api.has(n) })
}

// byAPI reports whether the API is the second witness for the one NIC without a customer's
// IPv4 that it does not list: its list is of this guest, and nothing speaks for a NIC that
// is gone or for the metadata service, which the API does not list either.
func (s *nicSearch) byAPI(n NIC) bool {
	return len(s.api.networks) > 0 && len(s.api.contradictions) == 0 && n.MAC != "" && len(sameMAC(n, s.all)) == 1 &&
		n.Switch == "" && odmRead(n) && !hasIPv4(n) && !s.mayBeMetadata(n) && s.gone() == ""
}
