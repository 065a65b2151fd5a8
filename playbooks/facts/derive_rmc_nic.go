package facts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// States of RMCNIC.
const (
	nicFound     = "found"
	nicAmbiguous = "ambiguous"
	nicMissing   = "missing"
)

// RMCNICInput holds the facts that DeriveRMCNIC reads. NICs is required; each of the others
// adds witnesses.
type RMCNICInput struct {
	Inventory *Inventory `fact:"inventory"`
	NICs      *NICs      `fact:"nics"`
	Boot      *BootLines `fact:"boot_lines,optional"`
	Log       *CloudInit `fact:"log,optional"`
	Captured  *Captured  `fact:"captured,optional"`
	API       *API       `fact:"api,optional"`
}

// DeriveRMCNIC finds the RMC NIC (procedure D4, D17), in this order:
//
//   - the inventory says so;
//   - entstat shows the management switch. A Switch ID that is shown decides; VLAN
//     4094 counts only where none is shown, and only for a NIC without IPv4 (I);
//   - of the NICs without IPv4 the one for which a second witness speaks: a
//     link-local address that is the EUI-64 of its own MAC, live, in the ODM, in
//     rc.tcpip, in the cloud-init log or in a capture; or the API, which lists all
//     others as the customer's.
//
// A NIC that the API lists is never the RMC NIC; where the guest says that it is, a
// person must say.
//
// Several, none, or one without a second witness is told as such, never a guess:
// a person must say. The NIC of the metadata service has no customer address
// either, and is never taken for the RMC NIC. A NIC whose ODM holds an IPv4
// address is not "without IPv4", even when it is down.
func DeriveRMCNIC(in RMCNICInput) (RMCNIC, error) {
	if in.NICs == nil {
		return RMCNIC{}, errors.New("the nics are not known")
	}
	s := newNICSearch(in)
	verdict := s.search(in.Inventory)
	if verdict.State != nicFound {
		verdict.Why = clean(strings.Join(append([]string{verdict.Why}, s.api.contradictions...), "; "), maxText)
	}
	verdict.Contradictions = []string{}
	for _, c := range s.api.contradictions[:min(len(s.api.contradictions), maxShown)] {
		verdict.Contradictions = append(verdict.Contradictions, clean(c, maxText))
	}
	verdict.Roles = s.roles(verdict)
	return verdict, nil
}

// search goes through the ways to know, the surest first.
func (s *nicSearch) search(inventory *Inventory) RMCNIC {
	if inventory != nil && inventory.RMCNIC != "" {
		if listed := s.listed(func(n NIC) bool { return n.Name == inventory.RMCNIC }); len(listed) > 0 {
			return unproven(listed, "is named by the inventory, but "+s.api.lists(listed[0])+" (--cloud off asks the inventory alone)")
		}
		return nicOfInventory(inventory.RMCNIC, s.all)
	}
	if found, ok := s.bySwitch(); ok {
		return found
	}
	if found, ok := s.byVLAN(); ok {
		return found
	}
	return s.byWitness()
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

// bySwitch judges the NICs that show the management switch; false where none does.
// Of several the one with the management VLAN counts, then the one with a witness.
// A NIC that may be the metadata service's needs a witness of its own.
func (s *nicSearch) bySwitch() (RMCNIC, bool) {
	onSwitch := func(n NIC) bool { return n.Switch == managementSwitch }
	shown := filterNICs(s.all, func(n NIC) bool { return onSwitch(n) && !s.api.has(n) })
	why := "is on the management switch"
	if listed := s.listed(onSwitch); len(shown) == 0 && len(listed) > 0 {
		return unproven(listed, why+", but "+s.api.lists(listed[0])), true
	}
	if len(shown) == 0 {
		return RMCNIC{}, false
	}
	if len(shown) > 1 {
		if some := filterNICs(shown, func(n NIC) bool { return n.VLAN == managementVLAN }); len(some) == 1 {
			shown, why = some, "is on the management switch and VLAN"
		} else if one := s.onlyWitnessed(shown); one != nil {
			return oneOf([]NIC{*one}, why+"; "+s.witness(*one).text), true
		}
	}
	n := shown[0]
	if len(shown) > 1 || !hasIPv4(n) && !s.mayBeMetadata(n) || s.witness(n).text != "" {
		return oneOf(shown, why), true
	}
	if s.mayBeMetadata(n) && (n.VLAN != managementVLAN || s.gone() != "") {
		return unproven(shown, why+", and may be the NIC of the metadata service"), true
	}
	if better := filterNICs(s.all, func(o NIC) bool {
		return o.Name != n.Name && !hasCustomerIPv4(o) && !s.api.has(o) && s.witness(o).strong
	}); len(better) > 0 {
		return unproven(append(shown[:1:1], better...), "contradict each other: "+n.Name+" "+why+" and has IPv4, for "+better[0].Name+" "+s.witness(better[0]).text), true
	}
	return oneOf(shown, why), true
}

// byVLAN judges the NICs without any IPv4 that show VLAN 4094 and no switch;
// false where there is none, or where something says that the RMC NIC is another.
func (s *nicSearch) byVLAN() (RMCNIC, bool) {
	shown := filterNICs(s.all, func(n NIC) bool {
		return !s.api.has(n) && n.Switch == "" && n.VLAN == managementVLAN && odmRead(n) && !hasIPv4(n) && !s.mayBeMetadata(n)
	})
	if len(shown) != 1 || s.gone() != "" {
		return RMCNIC{}, false
	}
	for _, n := range s.all {
		other := n.Name != shown[0].Name && !hasCustomerIPv4(n) && !s.api.has(n)
		if other && (s.witness(n).strong || slices.ContainsFunc(storedAddresses(n.Attributes), isInjectedForm)) {
			return RMCNIC{}, false
		}
	}
	return oneOf(shown, "is on VLAN 4094, shows no switch and has no IPv4"), true
}

// byWitness judges the NICs without a customer's IPv4 by their witnesses.
func (s *nicSearch) byWitness() RMCNIC {
	without := filterNICs(s.all, func(n NIC) bool { return !hasCustomerIPv4(n) && !s.api.has(n) })
	if len(without) == 0 {
		return oneOf(nil, "is without IPv4 or on the management switch")
	}
	unlisted := filterNICs(without, func(n NIC) bool { return !s.mayBeMetadata(n) })
	// One that shows another switch counts only where all do.
	if open := filterNICs(without, func(n NIC) bool { return n.Switch == "" }); len(open) > 0 {
		without = open
	}
	if one := s.onlyWitnessed(without); one != nil {
		return oneOf([]NIC{*one}, "has no customer IPv4; "+s.witness(*one).text)
	}
	candidates := filterNICs(without, func(n NIC) bool { return !s.mayBeMetadata(n) || s.witness(n).text != "" })
	switch {
	case len(unlisted) == 1 && s.byAPI(unlisted[0]):
		return oneOf(unlisted, "has no IPv4, and is the one NIC that Power Virtual Server does not list as the customer's")
	case len(candidates) == 0:
		return oneOf(nil, fmt.Sprintf("but the metadata service's (%s) is without IPv4", some(nicNames(without))))
	case s.gone() != "" && len(candidates) == 1:
		return unproven(candidates, "has no IPv4, and nothing else speaks for it; "+s.gone())
	case len(candidates) == 1:
		return unproven(candidates, "has no IPv4, and nothing else speaks for it")
	}
	return oneOf(candidates, "has no IPv4")
}

// onlyWitnessed returns the one NIC for which a witness speaks, nil where none or
// several have one. A live address alone is no witness against other candidates
// where autoconf6 may have made it, nor for a NIC that has a twin with its MAC.
func (s *nicSearch) onlyWitnessed(candidates []NIC) *NIC {
	var strong, weak []NIC
	for _, n := range candidates {
		switch w := s.witness(n); {
		case w.text == "":
		case w.strong:
			strong = append(strong, n)
		default:
			weak = append(weak, n)
		}
	}
	if len(strong) == 0 && (len(candidates) == 1 || !slices.ContainsFunc(weak, s.autoconfigured)) {
		strong = filterNICs(weak, func(n NIC) bool { return !s.mayBeMetadata(n) || !s.autoconfigured(n) })
	}
	if len(strong) != 1 || len(sameMAC(strong[0], s.all)) > 1 || !odmRead(strong[0]) {
		return nil
	}
	return &strong[0]
}

// oneOf judges the candidates: why completes the sentence "en1 ...".
func oneOf(candidates []NIC, why string) RMCNIC {
	verdict := RMCNIC{Candidates: nicNames(candidates), NIC: noNIC()}
	switch len(candidates) {
	case 0:
		verdict.State = nicMissing
		verdict.Why = clean("no nic "+why, maxText)
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
		verdict.Why = clean(nic.Name+" "+why, maxText)
	default:
		verdict.State = nicAmbiguous
		verdict.Why = clean(fmt.Sprintf("each of %s %s", some(verdict.Candidates), why), maxText)
	}
	return verdict
}

// unproven is the verdict on candidates of which none is proved.
func unproven(candidates []NIC, why string) RMCNIC {
	return RMCNIC{
		State: nicAmbiguous, Candidates: nicNames(candidates), NIC: noNIC(),
		Why: clean(some(nicNames(candidates))+" "+why, maxText),
	}
}

func nicNames(nics []NIC) []string {
	names := []string{}
	for _, n := range nics {
		names = append(names, n.Name)
	}
	return names
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

// roles are the purposes of the NICs, as far as there is evidence.
func (s *nicSearch) roles(verdict RMCNIC) []NICRole {
	list := []NICRole{}
	for _, n := range s.all {
		role := NICRole{Name: n.Name, Role: "unknown", Why: "nothing speaks for any role"}
		switch metadata := s.metadataSign(n); {
		case verdict.State == nicFound && verdict.Name == n.Name:
			role.Role, role.Why = "rmc", verdict.Why
		case hasCustomerIPv4(n):
			role.Role, role.Why = "customer", "it has "+strings.Join(firstOf(customerIPv4(n)), ", ")
		case s.api.has(n):
			role.Role, role.Why = "customer", s.api.lists(n)
		case metadata != "" && s.witness(n).text == "":
			role.Role, role.Why = "metadata", metadata
		}
		role.Why = clean(role.Why, maxText)
		list = append(list, role)
	}
	return list
}

// firstOf is the first of a list, or none.
func firstOf(list []string) []string { return list[:min(len(list), 1)] }
