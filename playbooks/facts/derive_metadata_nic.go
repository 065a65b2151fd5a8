package facts

import (
	"slices"
	"strings"
)

// MetadataNICInput holds the facts that DeriveMetadataNIC reads.
type MetadataNICInput struct {
	NICs     *NICs     `fact:"nics"`
	RMCNIC   *RMCNIC   `fact:"rmc_nic"`
	Captured *Captured `fact:"captured"`
}

// DeriveMetadataNIC says where the address of the metadata service is (procedure
// D17). IBM's steps for putting it back ask for "an interface that does not have
// an IP address", which fits the RMC NIC too (D). It never fails.
func DeriveMetadataNIC(in MetadataNICInput) (MetadataNIC, error) {
	if in.NICs == nil {
		return MetadataNIC{State: "unknown", Why: "the NICs are not known"}, nil
	}
	s := newNICSearch(RMCNICInput{NICs: in.NICs, Captured: in.Captured})
	rmc := ""
	if in.RMCNIC != nil && in.RMCNIC.State == nicFound {
		rmc = in.RMCNIC.Name
	}
	var live, stored, past, onRMC *NIC
	for i, n := range s.all {
		switch sign := s.metadataSign(n); {
		case sign == "":
		case n.Name == rmc && slices.Contains(allIPv4(n), metadataIPv4):
			onRMC = &s.all[i]
		case slices.Contains(n.IPv4, metadataIPv4):
			live = firstNIC(live, &s.all[i])
		case slices.Contains(odmIPv4(n), metadataIPv4):
			stored = firstNIC(stored, &s.all[i])
		default:
			past = firstNIC(past, &s.all[i])
		}
	}
	switch {
	case onRMC != nil:
		return MetadataNIC{
			State: "on_rmc_nic", Name: rmc, Home: s.metadataHome(rmc, firstNIC(firstNIC(live, stored), past)), InODM: metadataInODM(*onRMC),
			Why: clean(s.metadataSign(*onRMC)+", and "+in.RMCNIC.Why, maxText),
		}, nil
	case live != nil:
		return MetadataNIC{State: "in_place", Name: live.Name, InODM: metadataInODM(*live), Why: s.metadataSign(*live)}, nil
	case stored != nil && stored.Status == "Defined":
		// So the service leaves its interface behind when it is disabled (D).
		return MetadataNIC{State: "none", Name: stored.Name, Why: stored.Name + " has it in the ODM and is Defined: the service was disabled"}, nil
	case stored != nil:
		return MetadataNIC{State: "lost", Name: stored.Name, InODM: metadataInODM(*stored), Why: s.metadataSign(*stored) + ", and it is not live"}, nil
	case past != nil && past.Name != rmc:
		return MetadataNIC{State: "lost", Name: past.Name, Why: s.metadataSign(*past)}, nil
	}
	return MetadataNIC{State: "none", Why: "no NIC, ODM or capture has " + metadataIPv4}, nil
}

// firstNIC keeps the first of several.
func firstNIC(first, next *NIC) *NIC {
	if first != nil {
		return first
	}
	return next
}

// metadataHome is the NIC that should have the address instead of the RMC NIC: the
// one that has it too or had it in a capture, else the only other one without IPv4.
func (s *nicSearch) metadataHome(rmc string, known *NIC) string {
	if known != nil && known.Name != rmc {
		return known.Name
	}
	bare := filterNICs(s.all, func(n NIC) bool { return n.Name != rmc && !hasIPv4(n) })
	if len(bare) == 1 {
		return bare[0].Name
	}
	return ""
}

// metadataInODM is the attribute that holds the address, as chdev wants it taken
// away: netaddr, or alias4=ADDRESS,MASK.
func metadataInODM(n NIC) string {
	if n.Attributes.NetAddr == metadataIPv4 {
		return "netaddr"
	}
	for _, alias := range n.Attributes.Alias4 {
		if address, _, _ := strings.Cut(alias, ","); address == metadataIPv4 {
			return "alias4=" + alias
		}
	}
	return ""
}
