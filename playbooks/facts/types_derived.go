package facts

// The facts that follow from other facts.

// Causes says how the address was lost (procedure D12): the evidence lines of
// each cause for which there are any. Each is weak; several may hold.
type Causes struct {
	BootVolume []string `json:"boot_volume" cel:"boot_volume"`
	Mksysb     []string `json:"mksysb" cel:"mksysb"`
	Smit       []string `json:"smit" cel:"smit"`
	// Names are the causes that have evidence, in words; "unknown" alone when
	// none has.
	Names []string `json:"names" cel:"names"`
}

// BootReset says whether a boot on another machine makes the devices anew
// (procedure D18).
type BootReset struct {
	CloudDev string `json:"clouddev" cel:"clouddev"` // attribute of sys0; "" when it has none
	GhostDev string `json:"ghostdev" cel:"ghostdev"`
}

// LPAR is the identity that survives a disk swap: `uname -L` and the machine.
type LPAR struct {
	Number int    `json:"number" cel:"number"`
	Name   string `json:"name" cel:"name"`
}

// NIC joins the output of ifconfig, lsdev, entstat, netstat and lsattr for one
// interface (procedure D4 to D6).
type NIC struct {
	Name      string   `json:"name" cel:"name"`
	Status    string   `json:"status" cel:"status"`         // of lsdev
	MAC       string   `json:"mac" cel:"mac"`               // "" when nothing told it
	EUI64     string   `json:"eui64" cel:"eui64"`           // link-local address that follows from the MAC
	Up        bool     `json:"up" cel:"up"`                 // live
	IPv4      []string `json:"ipv4" cel:"ipv4"`             // live
	LinkLocal []string `json:"link_local" cel:"link_local"` // live fe80::/10 addresses, no length
	OtherIPv6 []string `json:"other_ipv6" cel:"other_ipv6"` // live, "address (scope)"
	// Management: it shows switch MGMTSWITCH or, without IPv4 and a switch, VLAN 4094 (I).
	Management bool   `json:"management" cel:"management"`
	VLAN       int    `json:"vlan" cel:"vlan"`     // Port VLAN ID, 0 when not told
	Switch     string `json:"switch" cel:"switch"` // Switch ID, "" when not told
	// CarriesSession: it holds the server's side of this SSH connection, or
	// no NIC holds it (NAT) and this one has IPv4 (procedure D4).
	CarriesSession bool          `json:"carries_session" cel:"carries_session"`
	Attributes     NICAttributes `json:"attributes" cel:"attributes"`
}

// NICs are the en interfaces, in numerical order.
type NICs struct {
	List []NIC `json:"list" cel:"list"`
}

// NICRole is the purpose of a NIC, as far as there is evidence for one (procedure D17).
type NICRole struct {
	Name string `json:"name" cel:"name"`
	Role string `json:"role" cel:"role"` // rmc, metadata, customer, unknown
	Why  string `json:"why" cel:"why"`   // the evidence in one sentence
}

// MetadataNIC says where the address of the metadata service is (procedure D17).
type MetadataNIC struct {
	// State is none (nothing speaks of the service), in_place (on a NIC that is not
	// the RMC NIC), on_rmc_nic, lost (the ODM or a capture has it, no NIC does), or
	// unknown (it can't be told).
	State string `json:"state" cel:"state"`
	// Name is the NIC that has the address, or had it; "" when that is not known.
	Name string `json:"name" cel:"name"`
	// Home is the NIC that should have it where another has it, "" when not known.
	Home string `json:"home" cel:"home"`
	// InODM is the attribute of Name that holds it, netaddr or alias4, as it
	// stands; "" where it is live only.
	InODM string `json:"in_odm" cel:"in_odm"`
	Why   string `json:"why" cel:"why"`
}

// RMCNIC says which NIC is the RMC NIC, and why (procedure D4).
type RMCNIC struct {
	State      string   `json:"state" cel:"state"` // found, ambiguous, missing
	Name       string   `json:"name" cel:"name"`   // "" unless found
	Why        string   `json:"why" cel:"why"`     // evidence in one sentence
	Candidates []string `json:"candidates" cel:"candidates"`
	NIC        NIC      `json:"nic" cel:"nic"` // zero unless found
	// Roles are the purposes of the NICs.
	Roles []NICRole `json:"roles" cel:"roles"`
	// Contradictions are the places where Power Virtual Server and the guest differ about
	// the NICs, each a sentence; empty where it was not asked.
	Contradictions []string `json:"contradictions" cel:"contradictions"`
}

// RMCAddress judges the live link-local address (procedure D5).
type RMCAddress struct {
	State    string   `json:"state" cel:"state"`       // right, wrong, missing
	Expected string   `json:"expected" cel:"expected"` // EUI-64 of the NIC's MAC
	Live     []string `json:"live" cel:"live"`
	Other    []string `json:"other" cel:"other"` // any other IPv6 on the NIC, with scope
}

// StalePlace is a place that will bring a wrong address back at boot.
type StalePlace struct {
	Where   string `json:"where" cel:"where"`     // "/etc/rc.tcpip line 42", "lsattr en1 netaddr6"
	Address string `json:"address" cel:"address"` // canonical
	Written string `json:"written" cel:"written"` // as it stands there
}

// Persistence predicts the effect of a boot on the address (procedure D6).
type Persistence struct {
	Persistent bool         `json:"persistent" cel:"persistent"`
	By         []string     `json:"by" cel:"by"` // settings that bring the right address back
	Stale      []StalePlace `json:"stale" cel:"stale"`
	// StaleLines are the addresses, as written, of stale lines in rc.tcpip.
	StaleLines []string `json:"stale_lines" cel:"stale_lines"`
	// HardLines are the stale lines that only a person can edit, each with the reason:
	// "line 12: it holds more than one command".
	HardLines []string `json:"hard_lines" cel:"hard_lines"`
}

// Injected compares the log's address with the NIC's (procedure D7).
type Injected struct {
	State   string `json:"state" cel:"state"` // same, foreign, none (log absent or no usable address)
	Address string `json:"address" cel:"address"`
	Detail  string `json:"detail" cel:"detail"`
}

// NodeIDs judges the three places (procedure D8).
type NodeIDs struct {
	State   string `json:"state" cel:"state"`     // agree, mismatch, missing
	ID      string `json:"id" cel:"id"`           // the agreed id, "" otherwise
	Command string `json:"command" cel:"command"` // lsnodeid
	Etc     string `json:"etc" cel:"etc"`         // /etc/ct_node_id
	Var     string `json:"var" cel:"var"`         // /var/ct/cfg/ct_node_id
}

// GuardCheck is a check of the cluster guard whose answer is not understood.
type GuardCheck struct {
	Check string `json:"check" cel:"check"` // its name, for accept in an inventory
	Said  string `json:"said" cel:"said"`   // the answer, or why there is none
}

// Cluster is the cluster guard (procedure D10).
type Cluster struct {
	// Live: at least one check is positive.
	Live bool `json:"live" cel:"live"`
	// Clear: no check is positive, and each one has answered or is accepted.
	Clear bool `json:"clear" cel:"clear"`
	// Evidence names each positive check and its answer.
	Evidence []string `json:"evidence" cel:"evidence"`
	// Unclear are the checks whose answer is not understood and not accepted.
	Unclear []GuardCheck `json:"unclear" cel:"unclear"`
	// Accepted are those that the inventory accepts, with their answers.
	Accepted []string `json:"accepted" cel:"accepted"`
	// Notes are signs that decide nothing by themselves.
	Notes []string `json:"notes" cel:"notes"`
}

// Cluster0 is the ODM's entry of the pseudo device cluster0 (procedure D11).
type Cluster0 struct {
	// Leftovers are its attributes with a value, other than node_uuid: NAME=VALUE.
	Leftovers []string `json:"leftovers" cel:"leftovers"`
	// NodeUUID is its node_uuid, "" where there is none or it is all zeros.
	NodeUUID string `json:"node_uuid" cel:"node_uuid"`
	// Restores: recfgct would bring the old node id back from it (I).
	Restores bool `json:"restores" cel:"restores"`
}
