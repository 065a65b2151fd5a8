package facts

import (
	"errors"
	"slices"
)

// RMCAddressInput holds the facts that DeriveRMCAddress reads.
type RMCAddressInput struct {
	NIC *RMCNIC `fact:"rmc_nic"`
}

// DeriveRMCAddress judges the live link-local address of the RMC NIC (procedure
// D5) against the EUI-64 of its MAC. Any other IPv6 is told and never taken for
// it. Without a MAC "missing" can still be told, right or wrong cannot.
func DeriveRMCAddress(in RMCAddressInput) (RMCAddress, error) {
	nic, err := foundNIC(in.NIC)
	if err != nil {
		return RMCAddress{}, err
	}
	verdict := RMCAddress{
		Expected: nic.EUI64,
		Live:     append([]string{}, nic.LinkLocal...),
		Other:    append([]string{}, nic.OtherIPv6...),
	}
	switch {
	case len(nic.LinkLocal) == 0:
		verdict.State = "missing"
	case nic.EUI64 == "":
		return RMCAddress{}, errors.New("the MAC of " + nic.Name + " is not known")
	case slices.Contains(nic.LinkLocal, nic.EUI64):
		verdict.State = "right"
	default:
		verdict.State = "wrong"
	}
	return verdict, nil
}

// foundNIC returns the RMC NIC, or why there is none.
func foundNIC(verdict *RMCNIC) (NIC, error) {
	switch {
	case verdict == nil:
		return NIC{}, errors.New("the RMC NIC is not known")
	case verdict.State != nicFound:
		return NIC{}, errors.New("the RMC NIC is " + verdict.State + ": " + clean(verdict.Why, maxText))
	}
	return verdict.NIC, nil
}
