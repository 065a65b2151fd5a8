package aixsim

import (
	"encoding/json"
	"fmt"
	"time"
)

// State is everything there is to know about one simulated host. It can be
// written as JSON and read back without loss.
type State struct {
	Hostname string `json:"hostname"`
	LPAR     LPAR   `json:"lpar"`
	UUID     string `json:"uuid"`
	// MachineID is the output of `uname -m`; empty is 00FA00014C00, one managed system
	// for all.
	MachineID string `json:"machine_id,omitempty"`
	// System is the output of `uname -s`; empty is AIX.
	System  string `json:"system,omitempty"`
	OSLevel string `json:"oslevel"` // 7200-05-08-2420

	NICs       []NIC           `json:"nics"`
	Files      map[string]File `json:"files"` // by absolute path; folders of files exist by themselves
	Filesets   []Fileset       `json:"filesets"`
	Subsystems []Subsystem     `json:"subsystems"`
	ODM        []Stanza        `json:"odm"`
	// Classes are ODM classes that exist without a stanza.
	Classes []string `json:"classes,omitempty"`

	RMC         RMC          `json:"rmc"`
	Cluster     Cluster      `json:"cluster"`
	Disks       []Disk       `json:"disks"`
	BootDisk    string       `json:"boot_disk"` // bootinfo -b
	BootList    []string     `json:"boot_list"` // bootlist -m normal -o
	FileSystems []FileSystem `json:"file_systems"`
	Errpt       []ErrorEntry `json:"errpt,omitempty"`
	// Images are the filesets that installp finds, by folder; files there
	// as a file (see [ImageFile]) is found beside them.
	Images map[string][]Fileset `json:"images,omitempty"`
	// Saved are the filesets as they were before an update that is applied and
	// not committed: a reject or a clean-up restores them.
	Saved []Fileset `json:"saved,omitempty"`
	// Installp is how applying goes wrong: "" it does not, "noop" (exit 0 and
	// SUCCESS, the levels stay), "half" (stops in the last fileset, which is
	// broken then, and exits 1), "inconsistent" (exit 0, and lppchk complains
	// afterwards).
	Installp string `json:"installp,omitempty"`
	// RootvgFreeKB is by how much installp -X can make /usr larger.
	RootvgFreeKB int64 `json:"rootvg_free_kb,omitempty"`

	// Inet0 are the routes that a boot brings back, as `lsattr -El inet0 -a
	// route` shows them: net,-hopcount,0,,0,10.2.3.1. Routes are those of now.
	Inet0  []string `json:"inet0,omitempty"`
	Routes []Route  `json:"routes,omitempty"`

	// Exports are the exports of NFS servers: the images in a folder, by
	// server:/path. Mounts are those that are mounted.
	Exports map[string][]Fileset `json:"exports,omitempty"`
	Mounts  []Mount              `json:"mounts,omitempty"`

	// CtsnapBytes and SnapBytes are about how large the support data of ctsnap
	// and snap get; 0 is small.
	CtsnapBytes int64 `json:"ctsnap_bytes,omitempty"`
	SnapBytes   int64 `json:"snap_bytes,omitempty"`

	// Sys0 are the attributes clouddev and ghostdev of sys0 that the level of
	// AIX has, with their values; nil is clouddev 1 alone. One that is not in it
	// does not exist.
	Sys0 map[string]string `json:"sys0,omitzero"`

	// Variant is how this AIX words things that nobody knows for sure; see [Vary].
	Variant Variant `json:"variant,omitzero"`

	// ClockOffset is how far the host's clock is ahead.
	ClockOffset Duration `json:"clock_offset,omitempty"`
	// Unprivileged logs everybody in as an ordinary user.
	Unprivileged bool `json:"unprivileged,omitempty"`
	// Sudo is the behaviour of /usr/bin/sudo: "" is not installed, else as in Become.
	Sudo string `json:"sudo,omitempty"`
	// Become says which tools to become root are installed and how they behave,
	// by name: sudo (here or in Sudo), dzdo, pbrun, su. "nopasswd" lets pass;
	// "password" asks for Password; "denied" asks and takes none; "requiretty"
	// wants a terminal; "rules" allows the commands in Sudoers. A su without an
	// entry asks for Password: it is on every AIX.
	Become map[string]string `json:"become,omitempty"`
	// Sudoers are the rules, as in sudoers: "PATH ARGS" with globs; the
	// arguments are matched as one string. Without ARGS any are allowed, ""
	// in their place allows none. A command without a rule is asked for Password
	// first when there is one, as sudo does (its `Defaults !authenticate` is
	// an empty Password).
	Sudoers []string `json:"sudoers,omitempty"`
	// Password is the password that the tools accept: the user's own, root's for su. ""
	// is one that nobody knows.
	Password string `json:"password,omitempty"`
	// Language translates messages unless LC_ALL or LANG is C: "" or "de".
	Language string `json:"language,omitempty"`
	// ProfileOut and ProfileErr are printed before any command.
	ProfileOut string `json:"profile_out,omitempty"`
	ProfileErr string `json:"profile_err,omitempty"`
	// Behaviours by the base name of a command.
	Behaviours map[string]Behaviour `json:"behaviours,omitempty"`
	// SessionNIC is the interface that carries SSH sessions; empty is the
	// first that has IPv4.
	SessionNIC string `json:"session_nic,omitempty"`
	// BehindNAT gives SSH_CONNECTION a server address that no NIC holds.
	BehindNAT bool `json:"behind_nat,omitempty"`

	// BootTime is when the host was started; zero is some day in January 2026.
	BootTime time.Time `json:"boot_time,omitzero"`
	// NextPID is the id of the next process.
	NextPID int `json:"next_pid"`
	// Effects lists everything that changed this host, oldest first.
	Effects []string `json:"effects,omitempty"`
}

// LPAR is the partition.
type LPAR struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

// NIC is an adapter (entN) with its interface (enN), live and in the ODM.
type NIC struct {
	Adapter string `json:"adapter"` // ent1
	Name    string `json:"name"`    // en1
	MAC     string `json:"mac"`     // fa:d4:43:3e:d1:20
	VLAN    int    `json:"vlan"`    // Port VLAN ID, 0: entstat has no such line
	Switch  string `json:"switch"`  // Switch ID, "": entstat has no such line
	Device  string `json:"device"`  // Device Type of entstat
	Status  string `json:"status"`  // lsdev of the interface: Available, Defined
	// Management is the truth: the hypervisor listens behind this adapter,
	// whatever entstat tells.
	Management bool `json:"management,omitempty"`
	// Metadata is the truth as well: the metadata service listens behind it.
	Metadata bool `json:"metadata,omitempty"`
	// EntstatFails makes entstat end with an error for this adapter.
	EntstatFails bool    `json:"entstat_fails,omitempty"`
	Live         Live    `json:"live"`
	Attrs        NICAttr `json:"attrs"`
}

// Live is the interface as ifconfig shows it.
type Live struct {
	Up   bool     `json:"up"`
	IPv4 []string `json:"ipv4,omitempty"` // address/length
	IPv6 []string `json:"ipv6,omitempty"` // address/length
	MTU  string   `json:"mtu,omitempty"`  // "" is what the ODM has
}

// NICAttr are the ODM attributes of the interface: a boot restores them.
type NICAttr struct {
	NetAddr   string   `json:"netaddr,omitempty"`
	NetMask   string   `json:"netmask,omitempty"`
	NetAddr6  string   `json:"netaddr6,omitempty"`
	PrefixLen string   `json:"prefixlen,omitempty"`
	Alias4    []string `json:"alias4,omitempty"` // address,mask
	Alias6    []string `json:"alias6,omitempty"` // address/length
	State     string   `json:"state,omitempty"`  // up, down, detach
	MTU       string   `json:"mtu,omitempty"`
}

// File is a file, a folder when Dir is set.
type File struct {
	Content string    `json:"content,omitempty"`
	Mode    uint32    `json:"mode,omitempty"` // 0 is 0644, 0755 of a folder
	Dir     bool      `json:"dir,omitempty"`
	Link    string    `json:"link,omitempty"` // of a symbolic link: where it points to
	ModTime time.Time `json:"mod_time,omitzero"`
	Owner   string    `json:"owner,omitempty"` // "" is root
	Group   string    `json:"group,omitempty"` // "" is system
}

// Fileset is a row of lslpp.
type Fileset struct {
	Name        string `json:"name"`
	Level       string `json:"level"`
	State       string `json:"state"` // A B C ...
	Type        string `json:"type"`  // F, or a blank
	Description string `json:"description"`
	// Requires names a fileset that an image needs and may miss.
	Requires string `json:"requires,omitempty"`
	// Damaged is an image that can't be read.
	Damaged bool `json:"damaged,omitempty"`
	// SizeKB is the space an image takes in /usr, which no command shows beforehand.
	SizeKB int64 `json:"size_kb,omitempty"`
	// Lacks is a requisite of an installed fileset that lppchk misses.
	Lacks string `json:"lacks,omitempty"`
}

// Subsystem is a row of lssrc.
type Subsystem struct {
	Name   string `json:"name"`
	Group  string `json:"group"`
	PID    int    `json:"pid,omitempty"`
	Status string `json:"status"` // active, inoperative, warned to stop
}

// Active reports whether the subsystem runs.
func (s Subsystem) Active() bool { return s.Status == "active" }

// Stanza is one object of an ODM class.
type Stanza struct {
	Class string  `json:"class"`
	Attrs []Field `json:"attrs"`
}

// Field is a descriptor of a stanza.
type Field struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Numeric bool   `json:"numeric,omitempty"` // printed without quotes
}

// Get returns the value of a descriptor.
func (s Stanza) Get(name string) string {
	for _, f := range s.Attrs {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// RMC is the truth about the RMC daemon and its way to the hypervisor. That
// the daemon runs is the subsystem ctrmc.
type RMC struct {
	// RemoteClients is set by rmcctrl -p.
	RemoteClients bool `json:"remote_clients"`
	// AtStart is set by -q and -Q: "", "on", "off" at the next start.
	AtStart string `json:"at_start,omitempty"`
	// Hung is a daemon that is active and dead: only a restart helps.
	Hung bool `json:"hung,omitempty"`
	// AuthBroken never ends its handshake.
	AuthBroken bool `json:"auth_broken,omitempty"`
	// Firewalled drops port 657 on the host.
	Firewalled bool `json:"firewalled,omitempty"`
	// HasRefreshMD installs rmcrefreshMD; RefreshMDFails makes it fail.
	HasRefreshMD   bool `json:"has_refresh_md,omitempty"`
	RefreshMDFails bool `json:"refresh_md_fails,omitempty"`
	// Recfgct is how recfgct is wrong: "", "noop" (exit 0, nothing changed),
	// "fail-before" (exit 1, nothing changed), "fail-after" (changes and exits
	// 1), "hang" (never ends, nothing changed), "hang-after" (changes and
	// never ends).
	Recfgct string `json:"recfgct,omitempty"`
	// MCP is the hypervisor's management control point.
	MCPNodeID  string `json:"mcp_node_id"`
	MCPAddress string `json:"mcp_address"`
	// Registered tells that an MCP connected once (lsrsrc IBM.MCP).
	Registered bool `json:"registered,omitempty"`
	// ConnectDelay is how long the causes hold before RMC is connected.
	ConnectDelay Duration `json:"connect_delay"`
	// HeldSince is since when they do; zero when they don't.
	HeldSince time.Time `json:"held_since,omitzero"`
}

// Cluster is the answer of the cluster commands. The ODM rows are in State.ODM.
type Cluster struct {
	CAA        string   `json:"caa,omitempty"`         // cluster name of a CAA cluster
	Stopped    bool     `json:"stopped,omitempty"`     // its services were stopped on this node
	Nodes      []string `json:"nodes,omitempty"`       // its nodes
	PeerDomain string   `json:"peer_domain,omitempty"` // name of an online RSCT peer domain
	PowerHA    string   `json:"powerha,omitempty"`     // ST_STABLE, ...
	Groups     []string `json:"groups,omitempty"`      // rows of clRGinfo -s
}

// Disk is a row of lspv.
type Disk struct {
	Name   string `json:"name"`
	PVID   string `json:"pvid"`
	VG     string `json:"vg"`
	Active bool   `json:"active"`
}

// FileSystem is a row of df -k.
type FileSystem struct {
	Device string `json:"device"`
	Mount  string `json:"mount"`
	SizeKB int64  `json:"size_kb"`
	FreeKB int64  `json:"free_kb"`
}

// ErrorEntry is an entry of the error log.
type ErrorEntry struct {
	Label    string    `json:"label"`
	ID       string    `json:"id"`
	Resource string    `json:"resource"`
	Time     time.Time `json:"time"`
	Text     string    `json:"text"`
}

// Behaviour is how a command misbehaves.
type Behaviour struct {
	Hang    bool     `json:"hang,omitempty"`    // never ends
	Stuck   bool     `json:"stuck,omitempty"`   // does it and never ends
	Delay   Duration `json:"delay,omitempty"`   // waits before it does anything
	Linger  Duration `json:"linger,omitempty"`  // waits after it did it
	Missing bool     `json:"missing,omitempty"` // is not installed
	Exit    int      `json:"exit,omitempty"`    // fails with this status and does nothing
	Stderr  string   `json:"stderr,omitempty"`  // says this first
	Flood   int      `json:"flood,omitempty"`   // prints so many bytes of noise on stdout first
	Times   int      `json:"times,omitempty"`   // wears off after so many runs; 0 never does
}

// Duration is a time.Duration that JSON shows as text ("60s").
type Duration time.Duration

// MarshalText writes the duration as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the output of MarshalText.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("aixsim: duration %q: %w", b, err)
	}
	*d = Duration(v)
	return nil
}

// Clone returns a deep copy.
func (s *State) Clone() *State {
	b, err := json.Marshal(s)
	if err != nil {
		panic("aixsim: a state that is not JSON: " + err.Error()) // a bug: plain data only
	}
	c := new(State)
	if err := json.Unmarshal(b, c); err != nil {
		panic("aixsim: a state that is not JSON: " + err.Error())
	}
	return c
}
