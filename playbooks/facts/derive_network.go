package facts

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// NetworkInput holds the facts that DeriveNetwork reads; without Own and NICs it says
// nothing.
type NetworkInput struct {
	Own      *OwnCapture   `fact:"own"`
	NICs     *NICs         `fact:"nics"`
	RMCNIC   *RMCNIC       `fact:"rmc_nic"`
	Hostname *Word         `fact:"hostname"`
	Static   *StaticRoutes `fact:"static_routes"`
}

// DeriveNetwork compares the ODM's network with that of the capture of this
// machine (own image, step 3). Only a setting that is absent now is missing and may
// be set. A setting with another value is left alone and listed in Differs,
// as is every setting of a NIC that was not up when captured. NICs are
// matched by MAC, for a new disk may number them otherwise (I). The link-local
// address of the RMC NIC, and any that follows from its NIC's MAC, is not
// compared: procedure D5 and D6 judge it.
func DeriveNetwork(in NetworkInput) (NetworkDiff, error) {
	if in.Own == nil {
		return NetworkDiff{}, errors.New("whether there is a capture of this machine is not known")
	}
	diff := NetworkDiff{Interfaces: []MissingInterface{}, Routes: []MissingRoute{}, Differs: []string{}}
	if in.Own.State != ownFound {
		return diff, nil
	}
	if in.NICs == nil {
		return NetworkDiff{}, errors.New("the nics are not known")
	}
	diff.Known = true
	past := in.Own.Past
	then, now := indexNICs(past.NICs.List), indexNICs(in.NICs.List)
	for _, n := range past.NICs.List {
		match, problem := matchNIC(n, then, now)
		if problem != "" {
			diff.differs("%s: %s", nicName(n), problem)
			continue
		}
		c := nicDiff{then: n, now: match, holders: now.holders, rmc: in.RMCNIC, out: &diff}
		c.compare()
	}
	diff.routes(past, in.Static)
	diff.hostname(past, in.Hostname)
	return diff, nil
}

// nicIndex finds NICs by MAC, and the names of those that hold an address, live
// or in the ODM. A host may list so many that to look through them each time
// would keep the controller busy for hours.
type nicIndex struct {
	byMAC   map[string][]NIC
	holders map[netip.Addr][]string
}

func indexNICs(all []NIC) nicIndex {
	index := nicIndex{byMAC: map[string][]NIC{}, holders: map[netip.Addr][]string{}}
	for _, n := range all {
		mac := canonicalMAC(n.MAC)
		index.byMAC[mac] = append(index.byMAC[mac], n)
		for _, addr := range append(liveAddresses(n), storedAddresses(n.Attributes)...) {
			if names := index.holders[addr]; len(names) == 0 || names[len(names)-1] != n.Name {
				index.holders[addr] = append(names, n.Name)
			}
		}
	}
	return index
}

// differs adds a sentence for a person.
func (d *NetworkDiff) differs(format string, values ...any) {
	if len(d.Differs) < maxRows {
		d.Differs = append(d.Differs, clean(fmt.Sprintf(format, values...), maxText*2))
	}
}

// matchNIC finds the NIC that a captured one is now, or says why there is none.
// Several NICs share a MAC where one is a VLAN or a channel over another (K):
// there the name must be the same too.
func matchNIC(n NIC, then, now nicIndex) (NIC, string) {
	mac := canonicalMAC(n.MAC)
	if mac == "" {
		return NIC{}, "its MAC was not read then, so it can't be told which NIC it is now"
	}
	candidates := now.byMAC[mac]
	switch {
	case len(candidates) == 0:
		return NIC{}, "there is no NIC with this MAC any more"
	case len(candidates) == 1 && len(then.byMAC[mac]) == 1:
		return candidates[0], ""
	}
	at := slices.IndexFunc(candidates, func(c NIC) bool { return c.Name == n.Name })
	if at < 0 {
		return NIC{}, "this MAC alone does not tell which NIC it is now, and the name does not either"
	}
	return candidates[at], ""
}

// nicName is how texts name a captured NIC.
func nicName(n NIC) string {
	if n.MAC == "" {
		return n.Name
	}
	return n.Name + " (MAC " + n.MAC + ")"
}

// routes compares the static routes in the ODM. Another gateway for the same
// destination is left alone, unless it too was captured: then there were several.
func (d *NetworkDiff) routes(past Past, now *StaticRoutes) {
	switch {
	case !past.has("static_routes"):
		d.differs("static routes: not in %s", orElse(past.From, "the capture"))
		return
	case now == nil:
		d.differs("static routes: could not be read now")
		return
	}
	captured, others := map[StaticRoute]bool{}, map[string]string{}
	for _, r := range past.StaticRoutes.List {
		if route, err := parseStaticRoute(r.Text); err == nil {
			captured[withoutText(route)] = true
		}
	}
	there := map[StaticRoute]bool{}
	for _, r := range now.List {
		there[withoutText(r)] = true
		if _, known := others[r.Destination]; !known && !captured[withoutText(r)] {
			others[r.Destination] = r.Gateway
		}
	}
	for _, r := range past.StaticRoutes.List {
		route, err := parseStaticRoute(r.Text)
		if err != nil {
			d.differs("static route of the capture can't be used: %v", err)
			continue
		}
		if there[withoutText(route)] {
			continue
		}
		there[withoutText(route)] = true // told once
		if other, taken := others[route.Destination]; taken {
			d.differs("route to %s: via %s then, via %s now", route.Destination, route.Gateway, other)
			continue
		}
		d.Routes = append(d.Routes, MissingRoute(route))
	}
}

// withoutText is a route by its effect, however the ODM writes it.
func withoutText(r StaticRoute) StaticRoute {
	r.Text = ""
	return r
}

func (d *NetworkDiff) hostname(past Past, now *Word) {
	switch {
	case !past.has("hostname"):
		d.differs("hostname: not in %s", orElse(past.From, "the capture"))
	case now == nil:
		d.differs("hostname: could not be read now")
	case past.Hostname.Text != now.Text:
		d.differs("hostname: %s", changed(past.Hostname.Text, now.Text))
	}
}

// splitAlias4 reads "address,mask" or "address" as the ODM has it.
func splitAlias4(text string) (addr netip.Addr, mask string, ok bool) {
	addrText, mask, hasMask := strings.Cut(text, ",")
	addr, err := netip.ParseAddr(addrText)
	if _, isMask := maskLength(mask); err != nil || !addr.Is4() || hasMask && !isMask {
		return netip.Addr{}, "", false
	}
	return addr, mask, true
}
