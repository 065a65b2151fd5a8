package facts

import "fmt"

// Identity is the machine that answered (procedure D16): the same whatever name
// or address of it was dialled.
type Identity struct {
	// Known: the machine id, the LPAR and at least one MAC are known. Only then
	// two hosts can be said to be one machine.
	Known bool `json:"known" cel:"known"`
	// Machine is the machine id, `uname -m`; "" when it is not known. All LPARs
	// of one managed system may have it in common (K).
	Machine string `json:"machine" cel:"machine"`
	// LPAR is `uname -L`; zero when it is not known. No two LPARs of a managed
	// system share a number (D).
	LPAR LPAR `json:"lpar" cel:"lpar"`
	// MACs are those of the en interfaces, canonical, sorted, each once: the
	// members of a link aggregation share one (D).
	MACs []string `json:"macs" cel:"macs"`
	// Why names the unknown part, "" when Known.
	Why string `json:"why" cel:"why"`
}

// IdentityInput holds the facts that DeriveIdentity reads.
type IdentityInput struct {
	MachineID *Word `fact:"machine_id"`
	LPAR      *LPAR `fact:"lpar"`
	NICs      *NICs `fact:"nics,optional"`
}

// DeriveIdentity joins the facts that identify a machine (procedure D16). Host keys and
// node ids are not among them: clones share those. It never fails: an unknown part is
// named in Why, and the rest is kept.
func DeriveIdentity(in IdentityInput) (Identity, error) {
	id := Identity{MACs: []string{}}
	if in.MachineID != nil {
		id.Machine = in.MachineID.Text
	}
	if in.LPAR != nil && knownLPAR(*in.LPAR) {
		id.LPAR = *in.LPAR
	}
	if in.NICs != nil {
		id.MACs = append(id.MACs, macs(in.NICs.List)...)
	}
	switch {
	case id.Machine == "":
		id.Why = "the machine id (uname -m) could not be read"
	case in.LPAR == nil:
		id.Why = "the LPAR's number and name (uname -L) could not be read"
	case !knownLPAR(*in.LPAR):
		id.Why = fmt.Sprintf("uname -L names no LPAR (%s)", lparText(*in.LPAR))
	case in.NICs == nil:
		id.Why = "the MACs could not be read"
	case len(id.MACs) == 0:
		id.Why = "no NIC has told its MAC"
	}
	id.Known = id.Why == ""
	return id, nil
}
