package facts

import (
	"fmt"
	"net/netip"
	"slices"
)

// SwapInput holds the facts that DeriveSwap reads. A nil fact counts as missing.
type SwapInput struct {
	NodeIDs    *NodeIDs      `fact:"node_ids"`
	NICs       *NICs         `fact:"nics"`
	LPAR       *LPAR         `fact:"lpar"`
	RMCNIC     *RMCNIC       `fact:"rmc_nic"`
	RMCAddress *RMCAddress   `fact:"rmc_address"`
	Static     *StaticRoutes `fact:"static_routes"`
	Cluster    *Cluster      `fact:"cluster"`
}

// DeriveSwap judges whether the machine may be started from its own image after
// a capture taken now (own image, step 1): whatever has to be put back there,
// or to tell the machine by, must be known and sound here.
func DeriveSwap(in SwapInput) (Swap, error) {
	verdict := Swap{Reasons: []string{}}
	verdict.nodeIDs(in.NodeIDs)
	verdict.lpar(in.LPAR)
	verdict.nics(in.NICs)
	verdict.rmc(in.RMCNIC, in.RMCAddress)
	if in.Static == nil {
		verdict.wants("the static routes of inet0 could not be read")
	}
	if in.Cluster == nil || !in.Cluster.Clear {
		verdict.wants("the cluster guard is not clear: no node id would be given back on the own image")
	}
	verdict.Ready = len(verdict.Reasons) == 0
	return verdict, nil
}

// wants adds a reason.
func (s *Swap) wants(format string, values ...any) {
	if len(s.Reasons) < maxRows {
		s.Reasons = append(s.Reasons, clean(fmt.Sprintf(format, values...), maxText*2))
	}
}

func (s *Swap) nodeIDs(ids *NodeIDs) {
	switch {
	case ids == nil:
		s.wants("the node ids could not be read")
	case ids.State != "agree":
		s.wants("the three node ids do not agree: lsnodeid %s, /etc/ct_node_id %s, /var/ct/cfg/ct_node_id %s",
			orNone(ids.Command), orNone(ids.Etc), orNone(ids.Var))
	}
}

func (s *Swap) lpar(lpar *LPAR) {
	switch {
	case lpar == nil:
		s.wants("the LPAR's number and name could not be read")
	case !knownLPAR(*lpar):
		s.wants("uname -L names no LPAR: %s", lparText(*lpar))
	}
}

func (s *Swap) nics(nics *NICs) {
	if nics == nil {
		s.wants("the nics could not be read")
		return
	}
	for _, n := range nics.List {
		if !available(n) {
			continue
		}
		if canonicalMAC(n.MAC) == "" {
			s.wants("%s: its MAC is not known", n.Name)
		}
		if n.Attributes.Interface == "" {
			s.wants("%s: its ODM attributes could not be read", n.Name)
			continue
		}
		stored := storedIPv4(n.Attributes)
		for _, live := range n.IPv4 {
			if addr, err := netip.ParseAddr(live); err != nil || !slices.Contains(stored, addr) {
				s.wants("%s: %s is live and not in the ODM", n.Name, live)
			}
		}
	}
}

func (s *Swap) rmc(nic *RMCNIC, address *RMCAddress) {
	if _, err := foundNIC(nic); err != nil {
		s.wants("%v", err)
		return
	}
	switch {
	case address == nil:
		s.wants("%s: its link-local address could not be judged", nic.Name)
	case address.State != "right":
		s.wants("%s: its link-local address is %s, %s is expected", nic.Name, address.State, orNone(address.Expected))
	}
}

// available reports whether a NIC is not known to be otherwise.
func available(n NIC) bool {
	return n.Status == "" || n.Status == "Available"
}

// storedIPv4 are the IPv4 addresses in the ODM: netaddr and the aliases.
func storedIPv4(a NICAttributes) []netip.Addr {
	var found []netip.Addr
	if addr, err := netip.ParseAddr(a.NetAddr); err == nil {
		found = append(found, addr)
	}
	for _, alias := range a.Alias4 {
		if addr, _, ok := splitAlias4(alias); ok {
			found = append(found, addr)
		}
	}
	return found
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
