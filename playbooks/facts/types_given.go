package facts

// The facts that the controller supplies: no probe reads them.

// Inventory is the host's entry in the inventory; the controller supplies it.
type Inventory struct {
	Name   string `json:"name" cel:"name"`       // the host's name in the inventory
	RMCNIC string `json:"rmc_nic" cel:"rmc_nic"` // "" when it says nothing
	// Accepted are the checks of the cluster guard whose unclear answer is taken
	// as no cluster now, by the names of their facts, sorted.
	Accepted []string `json:"accepted" cel:"accepted"`
}

// Fleet is the knowledge of the run and the captures about this host's unique value on
// other hosts (procedure D9); the controller supplies it. Where a playbook has several
// things that must be unique, it is about the first.
type Fleet struct {
	// Complete: every selected host has been read, or can't be.
	Complete bool `json:"complete" cel:"complete"`
	// Duplicates are the other hosts of this run that go by the same value.
	Duplicates []string `json:"duplicates" cel:"duplicates"`
	// Same are the other hosts of this run that are this very machine (procedure
	// D16). They are no duplicates.
	Same []string `json:"same" cel:"same"`
	// Captured are hosts outside the run whose newest capture holds the value,
	// with its date: "aixdb01 (2026-11-01)".
	Captured []string `json:"captured" cel:"captured"`
	// Role is "" without a duplicate; keeper (its captures held the value first),
	// clone, or unclear (a person must say).
	Role string `json:"role" cel:"role"`
	// Why names the evidence for the role.
	Why string `json:"why" cel:"why"`
	// Holders are the hosts of each value that this host holds or is to get back,
	// this one included.
	Holders map[string][]string `json:"-" cel:"holders"`
	// Unique is the same about each thing that must be unique, by name, where there
	// are several; conditions read it as fleet.unique.NAME.
	Unique map[string]Unique `json:"unique,omitempty" cel:"-"`
}

// Unique is the knowledge about one of several things that must be unique; the fields
// are those of Fleet.
type Unique struct {
	Duplicates []string            `json:"duplicates" cel:"duplicates"`
	Captured   []string            `json:"captured" cel:"captured"`
	Role       string              `json:"role" cel:"role"`
	Why        string              `json:"why" cel:"why"`
	Holders    map[string][]string `json:"-" cel:"holders"`
}

// First is the knowledge about the first thing that must be unique.
func (f Fleet) First() Unique {
	return Unique{Duplicates: f.Duplicates, Captured: f.Captured, Role: f.Role, Why: f.Why, Holders: f.Holders}
}

// With returns the view with u as the knowledge about the first thing that must be unique.
func (f Fleet) With(u Unique) Fleet {
	f.Duplicates, f.Captured, f.Role, f.Why, f.Holders = u.Duplicates, u.Captured, u.Role, u.Why, u.Holders
	return f
}

// Captured is the content of the newest good capture of this host (procedure D12);
// the controller supplies it.
type Captured struct {
	Known    bool   `json:"known" cel:"known"` // false: there is none
	ID       string `json:"id" cel:"id"`
	Date     string `json:"date" cel:"date"`           // 2026-11-22
	BootDisk string `json:"boot_disk" cel:"boot_disk"` // bootinfo -b at that time
	// BootPVID is the boot disk's PVID at that time: it goes with the volume.
	BootPVID string `json:"boot_pvid" cel:"boot_pvid"`
	// NICs are the NICs at that time; the report does not repeat them.
	NICs NICs `json:"-" cel:"nics"`
}

// API is the host's VM in the list of Power Virtual Server (procedure D15); the controller
// supplies it.
type API struct {
	// Known: false where it was not asked, did not answer, or does not have the VM.
	Known    bool   `json:"known" cel:"known"`
	Instance string `json:"instance" cel:"instance"` // its id there
	// Workspace is the CRN of its workspace.
	Workspace string `json:"workspace" cel:"workspace"`
	// Original is another VM that runs and has a MAC of the newest capture under this name,
	// "" for none: "aixprd01 (ID) ACTIVE".
	Original string `json:"original" cel:"original"`
	// OriginalWhy is why it is not known whether there is such a VM, where no MAC of the
	// guest is in that capture; "" otherwise, and where the cloud was not asked.
	OriginalWhy string `json:"original_why" cel:"original_why"`
	// NICs are those in the customer's networks: the RMC NIC is not among them.
	NICs []APINIC `json:"nics" cel:"nics"`
}

// APINIC is a NIC that the API lists.
type APINIC struct {
	MAC     string `json:"mac" cel:"mac"` // fa:d4:43:3e:d1:20
	Network string `json:"network" cel:"network"`
}
