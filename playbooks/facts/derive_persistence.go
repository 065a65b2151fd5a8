package facts

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// PersistenceInput holds the facts that DerivePersistence reads.
type PersistenceInput struct {
	NIC  *RMCNIC    `fact:"rmc_nic"`
	NICs *NICs      `fact:"nics"`
	Boot *BootLines `fact:"boot_lines"`
}

// DerivePersistence predicts the effect of a boot on the address of the RMC NIC
// (procedure D6). It comes back by netaddr6 or alias6 in the ODM with state up,
// by autoconf6, or by a chdev line in rc.tcpip. Stale lists settings that bring back a
// link-local address that does not follow from the MAC of its NIC; any other
// IPv6 is the customer's and never stale. Without rc.tcpip the answer stands
// only if the ODM alone proves persistence; Stale then covers the ODM alone.
func DerivePersistence(in PersistenceInput) (Persistence, error) {
	nic, err := foundNIC(in.NIC)
	if err != nil {
		return Persistence{}, err
	}
	switch {
	case nic.EUI64 == "":
		return Persistence{}, errors.New("the MAC of " + nic.Name + " is not known")
	case nic.Attributes.Interface == "":
		return Persistence{}, errors.New("the attributes of " + nic.Name + " are not known")
	case in.NICs == nil:
		return Persistence{}, errors.New("the nics are not known")
	}
	verdict := Persistence{By: []string{}, Stale: []StalePlace{}, StaleLines: []string{}, HardLines: []string{}}
	verdict.judgeODM(nic)
	if in.Boot == nil {
		if len(verdict.By) == 0 {
			return Persistence{}, errors.New("what rc.tcpip does is not known")
		}
		verdict.Persistent = true
		return verdict, nil
	}
	for _, line := range in.Boot.List {
		if err := verdict.judgeLine(line, nic, in.NICs.List); err != nil {
			return Persistence{}, err
		}
	}
	verdict.Persistent = len(verdict.By) > 0
	return verdict, nil
}

// judgeODM reads the attributes of the RMC NIC.
func (p *Persistence) judgeODM(nic NIC) {
	place := "lsattr " + nic.Name + " "
	up := nic.Attributes.State == "up"
	switch netaddr6 := nic.Attributes.NetAddr6; {
	case netaddr6 == nic.EUI64:
		if up {
			p.By = append(p.By, place+"netaddr6")
		}
	case isLinkLocal(netaddr6):
		p.Stale = append(p.Stale, StalePlace{Where: place + "netaddr6", Address: netaddr6, Written: netaddr6})
	}
	for _, alias := range nic.Attributes.Alias6 {
		addr, _, err := parseIPv6(alias)
		if err == nil && addr.String() == nic.EUI64 && up {
			p.By = append(p.By, place+"alias6")
			break
		}
	}
}

// judgeLine reads one line of rc.tcpip, which may be about any NIC.
func (p *Persistence) judgeLine(line BootLine, nic NIC, all []NIC) error {
	place := fmt.Sprintf("/etc/rc.tcpip line %d", line.Number)
	if line.Autoconf {
		if !line.Bare && (line.Interface == "" || line.Interface == nic.Name) {
			p.By = append(p.By, place)
		}
		return nil
	}
	if !isLinkLocal(line.Address) {
		return nil
	}
	right, err := follows(line, all)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	if right {
		if line.Interface == nic.Name {
			p.By = append(p.By, place)
		}
		return nil
	}
	if line.Interface != "" && line.Interface != nic.Name && !looksLikeEUI64(line.Address) {
		return nil // set by hand on a customer's NIC: no sign of a clone
	}
	p.Stale = append(p.Stale, StalePlace{Where: place, Address: line.Address, Written: line.Written})
	if !slices.Contains(p.StaleLines, line.Written) {
		p.StaleLines = append(p.StaleLines, line.Written)
	}
	if line.More != "" {
		p.HardLines = append(p.HardLines, fmt.Sprintf("line %d: %s", line.Number, line.More))
	}
	return nil
}

// looksLikeEUI64 reports whether an address was made of a MAC: ff:fe stands in
// the middle of its interface id.
func looksLikeEUI64(address string) bool {
	addr, err := netip.ParseAddr(address)
	b := addr.As16()
	return err == nil && b[11] == 0xff && b[12] == 0xfe
}

// follows reports whether the address of a line is the EUI-64 of the NIC that it
// names. A NIC that does not exist has none; a line that names no NIC (a
// variable) is right if the address is that of any.
func follows(line BootLine, all []NIC) (bool, error) {
	if line.Interface == "" {
		return slices.ContainsFunc(all, func(n NIC) bool { return n.EUI64 == line.Address }), nil
	}
	at := slices.IndexFunc(all, func(n NIC) bool { return n.Name == line.Interface })
	switch {
	case at < 0:
		return false, nil
	case all[at].EUI64 == "":
		return false, errors.New("the MAC of " + line.Interface + " is not known")
	}
	return all[at].EUI64 == line.Address, nil
}

// isLinkLocal reports whether text is an address in fe80::/10.
func isLinkLocal(text string) bool {
	addr, err := netip.ParseAddr(text)
	return err == nil && addr.Is6() && addr.IsLinkLocalUnicast()
}
