package facts

import (
	"errors"
	"fmt"
)

// InjectedInput holds the facts that DeriveInjected reads.
type InjectedInput struct {
	NIC *RMCNIC    `fact:"rmc_nic"`
	Log *CloudInit `fact:"log"`
}

// DeriveInjected compares the link-local address that cloud-init logged with
// the one that follows from the MAC of the RMC NIC (procedure D7). "foreign"
// needs an address logged for this very NIC, or for none by name: another NIC's
// link-local address is no evidence about this one. "same" may stand under
// another number, since cloud-init numbers NICs without looking at MACs.
func DeriveInjected(in InjectedInput) (Injected, error) {
	if in.Log == nil {
		return Injected{}, errors.New("the cloud-init log is not known")
	}
	if !in.Log.Present {
		return Injected{State: "none", Detail: "there is no cloud-init log"}, nil
	}
	var logged []LoggedAddress
	for _, a := range in.Log.Addresses {
		if a.LinkLocal {
			logged = append(logged, a)
		}
	}
	if len(logged) == 0 {
		return Injected{State: "none", Detail: "the cloud-init log holds no link-local address"}, nil
	}
	nic, err := foundNIC(in.NIC)
	if err != nil {
		return Injected{}, err
	}
	if nic.EUI64 == "" {
		return Injected{}, errors.New("the MAC of " + nic.Name + " is not known")
	}
	var foreign *LoggedAddress
	for i, a := range logged {
		if a.Address == nic.EUI64 {
			return Injected{
				State:   "same",
				Address: a.Address,
				Detail:  fmt.Sprintf("logged for %s, and it follows from the MAC of %s", orUnnamed(a.Interface), nic.Name),
			}, nil
		}
		if a.Interface == nic.Name || a.Interface == "" && foreign == nil {
			foreign = &logged[i]
		}
	}
	if foreign == nil {
		return Injected{State: "none", Detail: "the cloud-init log holds no link-local address of " + nic.Name}, nil
	}
	return Injected{
		State:   "foreign",
		Address: foreign.Address,
		Detail:  fmt.Sprintf("logged for %s; the MAC of %s gives %s", orUnnamed(foreign.Interface), nic.Name, nic.EUI64),
	}, nil
}

// orUnnamed names an interface for people.
func orUnnamed(name string) string {
	if name == "" {
		return "no nic by name"
	}
	return name
}
