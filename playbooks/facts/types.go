package facts

// The types of all facts are declared in four files, so that a playbook's author sees the
// names that a condition can use: here those that a probe reads, in types_derived.go those
// that follow from other facts, in types_given.go those that the controller supplies, in
// types_past.go those that compare a host with its past. Field names in conditions are the `cel` tags.

// Word is one short answer, such as `uname -s` or `id -u`.
type Word struct {
	// Text is the trimmed output: one line, at most 256 printable characters.
	Text string `json:"text" cel:"text"`
}

// OSLevel is `oslevel -s`: 7200-05-08-2420.
type OSLevel struct {
	Text         string `json:"text" cel:"text"`
	Version      int    `json:"version" cel:"version"`             // 7200
	TechLevel    int    `json:"tech_level" cel:"tech_level"`       // 5
	ServicePack  int    `json:"service_pack" cel:"service_pack"`   // 8
	ReleaseStamp string `json:"release_stamp" cel:"release_stamp"` // "2420", may be empty
}

// Fileset is one row of `lslpp -Lcq`.
type Fileset struct {
	Name        string `json:"name" cel:"name"`
	Level       string `json:"level" cel:"level"` // V.R.M.F, always four parts; "" for most rpms
	State       string `json:"state" cel:"state"` // A B C E O ? as in field 6
	Type        string `json:"type" cel:"type"`
	Description string `json:"description" cel:"description"`
}

// Filesets is the answer of `lslpp -Lcq PATTERN`; none is an answer too.
type Filesets struct {
	List []Fileset `json:"list" cel:"list"`
}

// RSCT is the level that counts: that of rsct.core.rmc (procedure D1).
type RSCT struct {
	Installed bool   `json:"installed" cel:"installed"`
	Level     string `json:"level" cel:"level"` // "" when not installed
	State     string `json:"state" cel:"state"`
	Broken    bool   `json:"broken" cel:"broken"` // state B or ?
}

// Subsystem is `lssrc -s NAME` (procedure D2).
type Subsystem struct {
	Name   string `json:"name" cel:"name"`
	Group  string `json:"group" cel:"group"`
	PID    int    `json:"pid" cel:"pid"`       // 0 when not running
	Status string `json:"status" cel:"status"` // active, inoperative, ..., "not on file" (0513-085)
	Active bool   `json:"active" cel:"active"`
}

// Member is one row of `rmcdomainstatus`.
type Member struct {
	Token   string `json:"token" cel:"token"` // S I i O X Z
	Queue   string `json:"queue" cel:"queue"` // A a R r S
	NodeID  string `json:"node_id" cel:"node_id"`
	Number  string `json:"number" cel:"number"`
	Address string `json:"address" cel:"address"` // name or address as printed
}

// Domain is the output of `rmcdomainstatus -s ctrmc` (procedure D3).
type Domain struct {
	// State is of the section Management Control Points: connected (a row
	// says I), pending (i in both reads), down (rows, none of them I),
	// none (no such section).
	State string   `json:"state" cel:"state"`
	MCPs  []Member `json:"mcps" cel:"mcps"`
	// PeerDomain reports whether a section Peer Domain Status was there (D10).
	PeerDomain bool `json:"peer_domain" cel:"peer_domain"`
}

// Interface is one block of `ifconfig -a`.
type Interface struct {
	Name    string   `json:"name" cel:"name"`
	Flags   []string `json:"flags" cel:"flags"`
	Up      bool     `json:"up" cel:"up"`
	Running bool     `json:"running" cel:"running"`
	IPv4    []string `json:"ipv4" cel:"ipv4"` // addresses, no mask
	IPv6    []string `json:"ipv6" cel:"ipv6"` // address/len in canonical form, no zone, ::1 left out
}

// Ifconfig is `ifconfig -a`.
type Ifconfig struct {
	Interfaces []Interface `json:"interfaces" cel:"interfaces"`
}

// Device is one row of `lsdev -F name:status`.
type Device struct {
	Name   string `json:"name" cel:"name"`
	Status string `json:"status" cel:"status"` // Available, Defined, ...
}

// Devices is `lsdev -Cc if -F name:status`.
type Devices struct {
	List []Device `json:"list" cel:"list"`
}

// Adapter is the output of `entstat -d enN` for one NIC.
type Adapter struct {
	Interface string `json:"interface" cel:"interface"` // en1
	MAC       string `json:"mac" cel:"mac"`             // fa:d4:43:3e:d1:20; "" when it was not told
	Device    string `json:"device" cel:"device"`       // Device Type
	VLAN      int    `json:"vlan" cel:"vlan"`           // Port VLAN ID, 0 when not told
	VLANTags  []int  `json:"vlan_tags" cel:"vlan_tags"`
	Switch    string `json:"switch" cel:"switch"` // Switch ID, "" when not told
}

// Adapters is the sectioned output of entstat over all en interfaces.
type Adapters struct {
	List []Adapter `json:"list" cel:"list"`
}

// LinkAddress is the link#N row of one interface in `netstat -in`.
type LinkAddress struct {
	Interface string `json:"interface" cel:"interface"`
	MAC       string `json:"mac" cel:"mac"` // colon form, padded
}

// LinkAddresses is `netstat -in`.
type LinkAddresses struct {
	List []LinkAddress `json:"list" cel:"list"`
}

// Route is one row of `netstat -rn` (procedure C1, V4; the columns C, the
// meaning of the flags D).
type Route struct {
	Destination string `json:"destination" cel:"destination"` // "default", 10.9.0.0/16, 10.9.1.2; zone dropped
	Gateway     string `json:"gateway" cel:"gateway"`         // address, "link#2", or "" when none was told
	Flags       string `json:"flags" cel:"flags"`             // UG, UHSb, UGHS, ...
	Interface   string `json:"interface" cel:"interface"`     // "" when the row was short
	Family      string `json:"family" cel:"family"`           // inet, inet6
	// Static: somebody configured it; see ParseRoutes for the evidence.
	Static bool `json:"static" cel:"static"`
}

// Routes is `netstat -rn`: the live routes. Of those that are not static
// at most 2048 are kept.
type Routes struct {
	List []Route `json:"list" cel:"list"`
}

// StaticRoute is one value of the attribute route of inet0: a route that a boot
// brings back (procedure C1, own image; the forms C).
type StaticRoute struct {
	// Text is the ODM value as it stands, fit to become part of a command.
	Text        string `json:"text" cel:"text"`
	Destination string `json:"destination" cel:"destination"` // "default", 10.9.0.0/24, or as it stands
	Gateway     string `json:"gateway" cel:"gateway"`
}

// StaticRoutes is `lsattr -El inet0 -a route -F value`; none is an answer too.
type StaticRoutes struct {
	List []StaticRoute `json:"list" cel:"list"`
}

// Nameservers are those of /etc/resolv.conf, in its order; none is an answer too.
type Nameservers struct {
	List []string `json:"list" cel:"list"` // canonical addresses, no zone
}

// TimeServers are the servers, peers and pools of /etc/ntp.conf, without clocks of the
// host itself; none is an answer too.
type TimeServers struct {
	List []string `json:"list" cel:"list"` // names, or canonical addresses
}

// HostsEntry is one line of /etc/hosts that maps an address.
type HostsEntry struct {
	Address string   `json:"address" cel:"address"` // canonical, no zone
	Names   []string `json:"names" cel:"names"`     // at most 16
}

// HostsTable is /etc/hosts; no line is an answer too.
type HostsTable struct {
	List []HostsEntry `json:"list" cel:"list"`
}

// Image is one row of `installp -Ld` (procedure R5; fields 1 to 3, 5 and 12 C).
type Image struct {
	// Package is the package of the fileset, "rsct.core".
	Package     string `json:"package" cel:"package"`
	Fileset     string `json:"fileset" cel:"fileset"`
	Level       string `json:"level" cel:"level"` // V.R.M.F, always four parts
	Type        string `json:"type" cel:"type"`   // I base install, S and other letters an update, R rpm
	Description string `json:"description" cel:"description"`
}

// Images is the content of a folder on the host (procedure R5).
type Images struct {
	Readable bool   `json:"readable" cel:"readable"`
	Why      string `json:"why" cel:"why"` // why it is not readable, "" otherwise
	// List holds every rsct fileset, and others as far as there is room.
	List []Image `json:"list" cel:"list"`
}

// NICAttributes are the ODM attributes of one interface, which a boot applies
// (procedure C1, D6; names of the attributes C).
type NICAttributes struct {
	Interface string   `json:"interface" cel:"interface"`
	NetAddr   string   `json:"netaddr" cel:"netaddr"`
	NetMask   string   `json:"netmask" cel:"netmask"`
	Alias4    []string `json:"alias4" cel:"alias4"`     // "address,mask" as stored, or "address"
	NetAddr6  string   `json:"netaddr6" cel:"netaddr6"` // canonical, "" when unset
	PrefixLen string   `json:"prefixlen" cel:"prefixlen"`
	Alias6    []string `json:"alias6" cel:"alias6"` // address/len as stored, canonical address
	MTU       string   `json:"mtu" cel:"mtu"`       // "1500"; "" when it was not told
	State     string   `json:"state" cel:"state"`   // up, down, detach
}

// Attributes is the sectioned output of lsattr over all en interfaces.
type Attributes struct {
	List []NICAttributes `json:"list" cel:"list"`
}

// BootLine is one line of /etc/rc.tcpip that sets an IPv6 address.
type BootLine struct {
	Number    int    `json:"number" cel:"number"`
	Interface string `json:"interface" cel:"interface"` // "" when the line names none
	Address   string `json:"address" cel:"address"`     // canonical netaddr6, "" for autoconf6
	Written   string `json:"written" cel:"written"`     // the address as it stands in the file
	Autoconf  bool   `json:"autoconf" cel:"autoconf"`   // starts autoconf6
	// Bare: it does so without saying on which interfaces, which promises nothing.
	Bare bool `json:"bare" cel:"bare"`
	// More names the effects of a chdev line beyond setting an IPv6 address and bringing
	// its interface up, "" for none: such a line can't be replaced by a program.
	More string `json:"more" cel:"more"`
	// Note is the comment at the end of a chdev line, without its #; "" for none.
	Note string `json:"note" cel:"note"`
}

// BootLines are the active (not commented) such lines (procedure D6).
type BootLines struct {
	List []BootLine `json:"list" cel:"list"`
}

// LoggedAddress is an IPv6 address that the cloud-init log says was injected.
type LoggedAddress struct {
	Interface string `json:"interface" cel:"interface"` // en1 (ethN is written enN), "" when not told
	Address   string `json:"address" cel:"address"`     // canonical
	LinkLocal bool   `json:"link_local" cel:"link_local"`
	Shape     int    `json:"shape" cel:"shape"` // 1 to 5, aix-facts section 2
}

// CloudInit is the evidence at the end of cloud-init-output.log (procedure D7).
type CloudInit struct {
	Present bool `json:"present" cel:"present"`
	// Addresses holds the last one per interface, link-local and other.
	Addresses []LoggedAddress `json:"addresses" cel:"addresses"`
}

// NodeID is one of the three places that hold the RSCT node id.
type NodeID struct {
	Present bool   `json:"present" cel:"present"` // the file exists, the command answered
	Valid   bool   `json:"valid" cel:"valid"`     // 9 to 16 hex digits on the first line
	ID      string `json:"id" cel:"id"`           // 16 lower-case hex digits, "" when not valid
	Raw     string `json:"raw" cel:"raw"`         // first line, printable part, at most 64 characters
}

// Stanza is one object of an `odmget` answer.
type Stanza struct {
	Class  string            `json:"class" cel:"class"`
	Fields map[string]string `json:"fields" cel:"fields"` // unquoted
}

// ODM is the answer of `odmget`; no stanza is an answer too.
type ODM struct {
	// Known is false when the object class does not exist: it has no file (D).
	Known   bool     `json:"known" cel:"known"`
	Stanzas []Stanza `json:"stanzas" cel:"stanzas"`
}

// CAA is the answer of `lscluster`.
type CAA struct {
	Installed bool `json:"installed" cel:"installed"`
	Live      bool `json:"live" cel:"live"`
	// Refused: it failed with a message and listed nothing. The meaning of the message
	// is unknown (K): other checks decide.
	Refused  bool   `json:"refused" cel:"refused"`
	Evidence string `json:"evidence" cel:"evidence"` // the line that decides
}

// Disk is one row of `lspv`.
type Disk struct {
	Name   string `json:"name" cel:"name"`
	PVID   string `json:"pvid" cel:"pvid"` // "" for none
	VG     string `json:"vg" cel:"vg"`     // "" for None
	Active bool   `json:"active" cel:"active"`
}

// DiskID is a disk with its unique id.
type DiskID struct {
	Name string `json:"name" cel:"name"` // hdisk0
	// ID is the unique id without blanks, in lower case, with the UUID behind it.
	ID string `json:"id" cel:"id"`
}

// DiskIDs is `lspv -u`.
type DiskIDs struct {
	List []DiskID `json:"list" cel:"list"`
}

// Disks is `lspv`.
type Disks struct {
	List []Disk `json:"list" cel:"list"`
}

// TimedUndo is a file on the host that arms the undo of a step.
type TimedUndo struct {
	File string `json:"file" cel:"file"` // its path
	// Step is "", like all that follows, where the file is not understood: it may arm one.
	Step    string `json:"step" cel:"step"`
	ArmedBy string `json:"armed_by" cel:"armed_by"` // the run id in the marker
	Holder  string `json:"holder" cel:"holder"`     // the run that holds the lease, else the one that armed it; "": no run's id
	Leased  bool   `json:"leased" cel:"leased"`     // a lease that has not expired holds the host
	Until   string `json:"until" cel:"until"`       // RFC 3339, by the host's clock: past it nothing is armed any more
}

// TimedUndos are the timed undos that are armed on the host, or may be; at most 100.
type TimedUndos struct {
	List []TimedUndo `json:"list" cel:"list"`
}

// Rows is the answer of a command of which only "any row at all" counts.
type Rows struct {
	Installed bool     `json:"installed" cel:"installed"` // false: the tool is not there
	List      []string `json:"list" cel:"list"`           // non-empty lines, at most 100
}

// PeerDomains is `lsrpdomain`.
type PeerDomains struct {
	Installed bool     `json:"installed" cel:"installed"`
	Names     []string `json:"names" cel:"names"`
}

// ClusterManager is `lssrc -ls clstrmgrES` (PowerHA).
type ClusterManager struct {
	Installed bool   `json:"installed" cel:"installed"`
	State     string `json:"state" cel:"state"` // ST_STABLE, NOT_CONFIGURED, ...
	Live      bool   `json:"live" cel:"live"`   // any state but ST_INIT and NOT_CONFIGURED
}

// CurrentCluster is /var/ct/cfg/current_cluster.
type CurrentCluster struct {
	Present bool   `json:"present" cel:"present"`
	Name    string `json:"name" cel:"name"` // IW: independent workstation
}

// Directories are the folders in /var/ct.
type Directories struct {
	Names []string `json:"names" cel:"names"`
}

// Existing are those of the asked paths that exist.
type Existing struct {
	Paths []string `json:"paths" cel:"paths"`
}

// Room is free space (procedure D13), in KiB.
type Room struct {
	VarFreeKB int64 `json:"var_free_kb" cel:"var_free_kb"`
	TmpFreeKB int64 `json:"tmp_free_kb" cel:"tmp_free_kb"`
}

// Clock is the host's clock against the controller's.
type Clock struct {
	Time string `json:"time" cel:"time"` // RFC 3339 UTC
	// SkewSeconds is host minus controller; positive: the host is ahead.
	SkewSeconds int64 `json:"skew_seconds" cel:"skew_seconds"`
}

// SSHConnection is the server's view of the connection ($SSH_CONNECTION).
type SSHConnection struct {
	Known  bool   `json:"known" cel:"known"`
	Client string `json:"client" cel:"client"`
	Server string `json:"server" cel:"server"`
}

// RSCTPaths are the places where the tools were found executable.
type RSCTPaths struct {
	Bin       string `json:"bin" cel:"bin"`               // /usr/sbin/rsct/bin or /opt/rsct/bin
	Install   string `json:"install" cel:"install"`       // .../install/bin
	RefreshMD string `json:"refresh_md" cel:"refresh_md"` // "" when this level has none
}

// Lines are the lines that a search found; none is an answer too.
type Lines struct {
	List []string `json:"list" cel:"list"` // printable, at most 100
}
