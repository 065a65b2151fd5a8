package facts

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// States of RMCNIC.
const (
	nicFound     = "found"
	nicAmbiguous = "ambiguous"
	nicMissing   = "missing"
)

// RMCNICInput is what DeriveRMCNIC reads; without an inventory it says nothing.
type RMCNICInput struct {
	Inventory *Inventory `fact:"inventory"`
	NICs      *NICs      `fact:"nics"`
}

// DeriveRMCNIC finds the RMC NIC (procedure D4): the inventory says so; else
// the management switch or VLAN; else the one NIC without IPv4; else the one
// with a link-local address. Several or none is told as such, never a guess. A
// NIC whose ODM attributes hold an IPv4 address is not "without IPv4", even when
// it is down: it is a customer's.
func DeriveRMCNIC(in RMCNICInput) (RMCNIC, error) {
	if in.NICs == nil {
		return RMCNIC{}, errors.New("the nics are not known")
	}
	all := in.NICs.List
	if in.Inventory != nil && in.Inventory.RMCNIC != "" {
		return nicOfInventory(in.Inventory.RMCNIC, all), nil
	}
	management := filterNICs(all, func(n NIC) bool { return n.Management })
	if len(management) > 0 {
		return oneOf(management, "is on the management switch or VLAN"), nil
	}
	without := filterNICs(all, func(n NIC) bool { return !hasIPv4(n) })
	switch len(without) {
	case 0:
		return oneOf(filterNICs(all, hasLinkLocal), "has a link-local address"), nil
	case 1:
		return oneOf(without, "has no IPv4"), nil
	}
	narrowed := filterNICs(without, hasLinkLocal)
	if len(narrowed) == 0 {
		return oneOf(without, "has no IPv4"), nil
	}
	if len(narrowed) == 1 {
		if twins := sameMAC(narrowed[0], without); len(twins) > 1 {
			return oneOf(twins, "has no IPv4 and the MAC "+narrowed[0].MAC), nil
		}
	}
	return oneOf(narrowed, "has no IPv4 and a link-local address"), nil
}

// nicOfInventory takes the inventory at its word, if there is such a NIC.
func nicOfInventory(name string, all []NIC) RMCNIC {
	at := slices.IndexFunc(all, func(n NIC) bool { return n.Name == name })
	if at < 0 {
		return RMCNIC{
			State:      nicMissing,
			Why:        fmt.Sprintf("the inventory says %s, which the host does not have", quoted(name)),
			Candidates: []string{},
			NIC:        noNIC(),
		}
	}
	return oneOf(all[at:at+1], "is named by the inventory")
}

// oneOf judges the candidates: why completes the sentence "en1 ...".
func oneOf(candidates []NIC, why string) RMCNIC {
	verdict := RMCNIC{Candidates: []string{}, NIC: noNIC()}
	for _, n := range candidates {
		verdict.Candidates = append(verdict.Candidates, n.Name)
	}
	switch len(candidates) {
	case 0:
		verdict.State = nicMissing
		verdict.Why = "no nic " + why
	case 1:
		nic := candidates[0]
		if nic.Status != "" && nic.Status != "Available" {
			verdict.State = nicMissing
			verdict.Why = fmt.Sprintf("%s is %s, not Available", nic.Name, nic.Status)
			break
		}
		verdict.State = nicFound
		verdict.Name = nic.Name
		verdict.NIC = nic
		verdict.Why = nic.Name + " " + why
	default:
		verdict.State = nicAmbiguous
		verdict.Why = clean(fmt.Sprintf("each of %s %s", strings.Join(verdict.Candidates, ", "), why), maxText)
	}
	return verdict
}

func filterNICs(all []NIC, keep func(NIC) bool) []NIC {
	var kept []NIC
	for _, n := range all {
		if keep(n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// sameMAC returns the NICs that have the MAC of nic, itself among them.
func sameMAC(nic NIC, all []NIC) []NIC {
	return filterNICs(all, func(n NIC) bool { return n.MAC == nic.MAC && n.MAC != "" })
}

func hasLinkLocal(n NIC) bool {
	return len(n.LinkLocal) > 0
}

// hasIPv4: live, or set in the ODM.
func hasIPv4(n NIC) bool {
	addr, err := netip.ParseAddr(n.Attributes.NetAddr)
	return len(n.IPv4) > 0 || err == nil && addr.Is4() && !addr.IsUnspecified()
}
