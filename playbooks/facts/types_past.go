package facts

// The facts that compare a host with its remembered state: own boot image,
// post-migration, RSCT update.

// Past is the remembered state of a host: a capture, or its page of another run
// (procedure C5, V4, own image). The controller supplies it: ReadPast fills the
// facts, the controller the rest.
type Past struct {
	Known   bool   `json:"known" cel:"known"` // false: there is nothing to compare with
	Host    string `json:"host" cel:"host"`
	ID      string `json:"id" cel:"id"`           // of the capture or the run
	Date    string `json:"date" cel:"date"`       // 2026-11-22
	Label   string `json:"label" cel:"label"`     // "" when the capture has none
	Purpose string `json:"purpose" cel:"purpose"` // of a capture: capture, pre-image
	// From is how texts name it: "capture ID of DATE", "run RUN".
	From string `json:"from" cel:"from"`

	LPAR         LPAR         `json:"lpar" cel:"lpar"`
	Hostname     Word         `json:"hostname" cel:"hostname"`
	NodeIDs      NodeIDs      `json:"node_ids" cel:"node_ids"`
	NICs         NICs         `json:"nics" cel:"nics"`
	Routes       Routes       `json:"routes" cel:"routes"`
	StaticRoutes StaticRoutes `json:"static_routes" cel:"static_routes"`
	RSCT         RSCT         `json:"rsct" cel:"rsct"`
	Installed    Filesets     `json:"installed" cel:"installed"`
	Disks        Disks        `json:"lspv" cel:"lspv"`
	Cluster      Cluster      `json:"cluster" cel:"cluster"`
	MachineID    Word         `json:"machine_id" cel:"machine_id"`
	Nameservers  Nameservers  `json:"nameservers" cel:"nameservers"`
	TimeServers  TimeServers  `json:"time_servers" cel:"time_servers"`
	HostsTable   HostsTable   `json:"hosts_table" cel:"hosts_table"`
	Storage      Storage      `json:"storage" cel:"storage"`
	API          API          `json:"api" cel:"api"`
	// Has names those of the facts above that were remembered; the others are
	// empty because nothing is known, not because there was nothing.
	Has []string `json:"has" cel:"has"`
}

// Captures are the captures of this host that may show its former state (own image,
// step 3); the controller supplies them.
type Captures struct {
	// List holds the good ones that the capture verb took, newest first; where
	// one was asked for, that one alone.
	List []Past `json:"list" cel:"list"`
	// Asked is the value of --set capture=..., "" when it was not given.
	Asked string `json:"asked" cel:"asked"`
	// Problem is why the asked one can't be used, "" when it can.
	Problem string `json:"problem" cel:"problem"`
}

// Upload is the content of the folder of --set upload=... on this machine (procedure
// R5); the controller supplies it.
type Upload struct {
	Folder  string `json:"folder" cel:"folder"` // "" when it was not asked
	Files   int    `json:"files" cel:"files"`
	Bytes   int64  `json:"bytes" cel:"bytes"`
	Problem string `json:"problem" cel:"problem"` // why it can't be sent, "" when it can
}

// OwnCapture is the capture that was taken of this very machine, whatever disk
// it runs from now (own image, step 3). That LPAR and MACs survive a change of
// the boot volume is inferred (I).
type OwnCapture struct {
	State string `json:"state" cel:"state"` // found, none, other, unclear
	Why   string `json:"why" cel:"why"`     // the evidence in one sentence
	Past  Past   `json:"past" cel:"past"`   // empty unless found
	// Others are the captures passed over, each with why it is not of this
	// machine: "ID of DATE: LPAR 7 aix7 then, 12 aix12 now; no MAC in common".
	Others []string `json:"others" cel:"others"`
}

// MissingInterface lists the attributes that must be set on one NIC to restore its
// ODM entry as captured (own image, step 3). The others are empty.
type MissingInterface struct {
	Name string `json:"name" cel:"name"` // its name now
	MAC  string `json:"mac" cel:"mac"`
	Was  string `json:"was" cel:"was"` // its name when captured

	NetAddr   string   `json:"netaddr" cel:"netaddr"`
	NetMask   string   `json:"netmask" cel:"netmask"` // set whenever NetAddr is
	Alias4    []string `json:"alias4" cel:"alias4"`   // as stored: "address,mask"
	NetAddr6  string   `json:"netaddr6" cel:"netaddr6"`
	PrefixLen string   `json:"prefixlen" cel:"prefixlen"`
	Alias6    []string `json:"alias6" cel:"alias6"`

	// The ODM's current values, for the undo.
	NowNetAddr   string `json:"now_netaddr" cel:"now_netaddr"`
	NowNetMask   string `json:"now_netmask" cel:"now_netmask"`
	NowState     string `json:"now_state" cel:"now_state"`
	NowNetAddr6  string `json:"now_netaddr6" cel:"now_netaddr6"`
	NowPrefixLen string `json:"now_prefixlen" cel:"now_prefixlen"`
	// CarriesSession: as in NIC.
	CarriesSession bool `json:"carries_session" cel:"carries_session"`
}

// MissingRoute is a static route that was in the ODM and is not now (own image,
// step 3).
type MissingRoute struct {
	Text        string `json:"text" cel:"text"` // for chdev -l inet0 -a route=TEXT
	Destination string `json:"destination" cel:"destination"`
	Gateway     string `json:"gateway" cel:"gateway"`
}

// NetworkDiff compares the network with the capture (own image, step 3).
type NetworkDiff struct {
	Known      bool               `json:"known" cel:"known"` // false: no capture of this machine
	Interfaces []MissingInterface `json:"interfaces" cel:"interfaces"`
	Routes     []MissingRoute     `json:"routes" cel:"routes"`
	// Differs are sentences about settings that differ from the capture and are left
	// alone: a person must decide.
	Differs []string `json:"differs" cel:"differs"`
}

// Swap reports whether a capture taken now is enough to bring the machine back
// from its own image (own image, step 1).
type Swap struct {
	Ready   bool     `json:"ready" cel:"ready"`
	Reasons []string `json:"reasons" cel:"reasons"` // each thing wanting
}

// Storage holds the volumes and snapshots of the host's VM in Power Virtual Server
// (own image); the controller supplies it where a playbook reads it.
type Storage struct {
	Known bool   `json:"known" cel:"known"`
	Why   string `json:"why" cel:"why"` // why it is not known
	// Status is the API's word for the VM, such as ACTIVE.
	Status string `json:"status" cel:"status"`
	// Changed is when aixmend last changed the host, "" where no change is known. Since is
	// how far back changes are known, "" where they are not.
	Changed   string     `json:"changed" cel:"changed"`
	Since     string     `json:"since" cel:"since"`
	Volumes   []Volume   `json:"volumes" cel:"volumes"`
	Snapshots []Snapshot `json:"snapshots" cel:"snapshots"`
	// VolumesWhy and SnapshotsWhy say why there is no such list, "" where there is.
	VolumesWhy   string `json:"volumes_why" cel:"volumes_why"`
	SnapshotsWhy string `json:"snapshots_why" cel:"snapshots_why"`
}

// Volume is a volume of a VM in the cloud.
type Volume struct {
	ID       string `json:"id" cel:"id"`
	Name     string `json:"name" cel:"name"`
	WWN      string `json:"wwn" cel:"wwn"` // 32 hexadecimal digits, "" where it is not known
	Boot     bool   `json:"boot" cel:"boot"`
	Bootable bool   `json:"bootable" cel:"bootable"`
}

// Snapshot is a snapshot of a VM in the cloud.
type Snapshot struct {
	ID      string   `json:"id" cel:"id"`
	Name    string   `json:"name" cel:"name"`
	Status  string   `json:"status" cel:"status"`   // available when it is complete
	Created string   `json:"created" cel:"created"` // RFC 3339
	Volumes []string `json:"volumes" cel:"volumes"` // ids of the volumes in it
}

// BootVolume compares the boot volume in the cloud with the disk that AIX started from
// (own image). Each Why is a sentence.
type BootVolume struct {
	State string `json:"state" cel:"state"` // same, other, unknown
	Why   string `json:"why" cel:"why"`
	ID    string `json:"id" cel:"id"` // of the boot volume in the cloud, "" where it is not known
	Name  string `json:"name" cel:"name"`
	// Candidates are the ids of the other bootable volumes of the VM.
	Candidates []string `json:"candidates" cel:"candidates"`
	// Snapshot is fresh (taken after the last change by aixmend, and since changes are
	// known), older, none or unknown.
	Snapshot    string `json:"snapshot" cel:"snapshot"`
	SnapshotWhy string `json:"snapshot_why" cel:"snapshot_why"`
	// Swap says whether AIX runs from another boot volume than at the capture: took,
	// not-taken or unknown.
	Swap    string `json:"swap" cel:"swap"`
	SwapWhy string `json:"swap_why" cel:"swap_why"`
}

// Lost is everything that the baseline has and the host lacks now (procedure
// V4, post-migration). The lists are sorted.
type Lost struct {
	Known        bool     `json:"known" cel:"known"` // false: there is no baseline
	From         string   `json:"from" cel:"from"`   // "capture ID of DATE", "run RUN"
	Addresses    []string `json:"addresses" cel:"addresses"`
	Routes       []string `json:"routes" cel:"routes"`
	Filesets     []string `json:"filesets" cel:"filesets"`
	VolumeGroups []string `json:"volume_groups" cel:"volume_groups"`
	Hostname     []string `json:"hostname" cel:"hostname"` // one line, or none
	NodeID       []string `json:"node_id" cel:"node_id"`   // one line, or none
	// Unknown are the kinds that could not be compared, each with why.
	Unknown []string `json:"unknown" cel:"unknown"`
}

// Failover says whether the host runs a copy of the disks that an earlier state was
// read from, and which settings of that other site it still has (post-failover). The
// lists are sorted.
type Failover struct {
	// State is copy (the system of From on another machine), same (the machine of
	// From), other (neither), unknown.
	State string `json:"state" cel:"state"`
	From  string `json:"from" cel:"from"` // "capture ID of DATE", "run RUN"; "" for none
	Why   string `json:"why" cel:"why"`   // why it is other or unknown, "" otherwise
	// Evidence says of each thing that is known on both sides whether it agrees.
	Evidence []string `json:"evidence" cel:"evidence"`
	// Left are settings of the original; empty unless State is copy.
	Left []SiteSetting `json:"left" cel:"left"`
	// Unknown are the kinds of settings that could not be compared, each with why.
	Unknown []string `json:"unknown" cel:"unknown"`
}

// SiteSetting is a setting of the original that the copy still has.
type SiteSetting struct {
	What  string `json:"what" cel:"what"`   // static route, nameserver, time server, hosts entry
	Value string `json:"value" cel:"value"` // "default via 10.2.3.1", "10.0.80.11"
	Where string `json:"where" cel:"where"` // the file, or the command that shows it
	Why   string `json:"why" cel:"why"`
}

// Update is the effect that an RSCT update with the images would have (procedure R5).
type Update struct {
	// State is ready, none (no folder asked for, or it is not there),
	// unreadable, foreign (no image of rsct.core.rmc), older, current.
	State string `json:"state" cel:"state"`
	Why   string `json:"why" cel:"why"`
	Level string `json:"level" cel:"level"` // the highest of rsct.core.rmc in the images
	// Names are the filesets to give to installp; empty unless ready.
	Names []string `json:"names" cel:"names"`
	// Wanted says at which level each of them is to be, Before at which it is:
	// "rsct.core.rmc=3.2.6.2". A fileset that is absent now is not in Before.
	Wanted []string `json:"wanted" cel:"wanted"`
	Before []string `json:"before" cel:"before"`
	// Rejectable: each of Names is an update of a sound installed fileset, so
	// that `installp -r` can take it back. A base level can't be (D).
	Rejectable bool `json:"rejectable" cel:"rejectable"`
}
