// Package facts turns the output of AIX commands into typed facts.
//
// A *parser* reads the output of one probe. A *derivation* joins several facts
// into a judgement that needs more than one command (which NIC is the RMC NIC,
// whether three node ids agree). Both are pure: no I/O, no clock, no globals
// that change. Everything they read comes from a host and is untrusted; the
// facts they return are validated, bounded and free of control characters, so that
// they may be compared, printed and, after quoting, put into a command.
//
// A parser returns an error when the output does not answer the question. It
// never guesses: a fact that could not be had is missing, and whatever rests on
// it fails closed.
package facts

import (
	"fmt"
	"reflect"
	"sort"
	"time"
)

// Output is the result of one probe.
type Output struct {
	// Stdout and Stderr are the bytes kept of each stream (see Truncated).
	Stdout, Stderr []byte
	// Exit is the probe's exit status, 0 to 255.
	Exit int
	// Truncated reports whether the host sent more than was kept.
	Truncated bool
	// At is when the controller had read the last byte, by its own clock.
	At time.Time
}

// A Parser makes a fact of one probe's output.
type Parser struct {
	// Name is the parser's name in a playbook's `parse:`.
	Name string
	// Type is the type of the fact: a struct whose fields carry `json` and
	// `cel` tags with the same name.
	Type reflect.Type
	// Parse reads the output. Its value has the type Type.
	Parse func(Output) (any, error)
}

// A Derivation makes a fact of other facts.
type Derivation struct {
	// Name is the derivation's name in a playbook's `derive:`.
	Name string
	// Input is a struct type: one pointer field for each fact that is read,
	// named by its `fact` tag. A nil field is a fact that could not be had.
	Input reflect.Type
	// Type is the type of the derived fact.
	Type reflect.Type
	// Derive takes a value of type Input and returns one of type Type.
	Derive func(any) (any, error)
}

// parser wraps a typed function as a Parser.
func parser[T any](name string, parse func(Output) (T, error)) Parser {
	return Parser{
		Name:  name,
		Type:  reflect.TypeFor[T](),
		Parse: func(o Output) (any, error) { return parse(o) },
	}
}

// derivation wraps a typed function as a Derivation.
func derivation[I, T any](name string, derive func(I) (T, error)) Derivation {
	return Derivation{
		Name:  name,
		Input: reflect.TypeFor[I](),
		Type:  reflect.TypeFor[T](),
		Derive: func(in any) (any, error) {
			typed, ok := in.(I)
			if !ok {
				return nil, fmt.Errorf("derivation %s: input is %T", name, in)
			}
			return derive(typed)
		},
	}
}

// Parsers returns every parser, sorted by name.
func Parsers() []Parser {
	all := []Parser{
		parser("word", ParseWord),
		parser("oslevel", ParseOSLevel),
		parser("lslpp", ParseFilesets),
		parser("lssrc", ParseSubsystem),
		parser("rmcdomainstatus", ParseDomain),
		parser("ifconfig", ParseIfconfig),
		parser("lsdev", ParseDevices),
		parser("entstat", ParseAdapters),
		parser("netstat_in", ParseLinkAddresses),
		parser("lsattr", ParseAttributes),
		parser("rc_tcpip", ParseBootLines),
		parser("cloud_init", ParseCloudInit),
		parser("node_id", ParseNodeID),
		parser("odmget", ParseODM),
		parser("lscluster", ParseCAA),
		parser("lspv", ParseDisks),
		parser("lspv_u", ParseDiskIDs),
		parser("clrginfo", ParseRows),
		parser("lsrpdomain", ParsePeerDomains),
		parser("clstrmgr", ParseClusterManager),
		parser("current_cluster", ParseCurrentCluster),
		parser("directories", ParseDirectories),
		parser("existing", ParseExisting),
		parser("df", ParseRoom),
		parser("date", ParseClock),
		parser("ssh_connection", ParseSSHConnection),
		parser("rsct_paths", ParseRSCTPaths),
		parser("lpar", ParseLPAR),
		parser("lines", ParseLines),
		parser("netstat_rn", ParseRoutes),
		parser("inet0_routes", ParseStaticRoutes),
		parser("installp_list", ParseImages),
		parser("boot_reset", ParseBootReset),
		parser("resolv_conf", ParseNameservers),
		parser("ntp_conf", ParseTimeServers),
		parser("hosts_table", ParseHostsTable),
		parser("timed_undos", ParseTimedUndos),
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

// Derivations returns every derivation, sorted by name.
func Derivations() []Derivation {
	all := []Derivation{
		derivation("rsct", DeriveRSCT),
		derivation("nics", DeriveNICs),
		derivation("rmc_nic", DeriveRMCNIC),
		derivation("metadata_nic", DeriveMetadataNIC),
		derivation("rmc_address", DeriveRMCAddress),
		derivation("persistence", DerivePersistence),
		derivation("injected", DeriveInjected),
		derivation("node_ids", DeriveNodeIDs),
		derivation("cluster", DeriveCluster),
		derivation("cluster0", DeriveCluster0),
		derivation("causes", DeriveCauses),
		derivation("machine", DeriveMachine),
		derivation("identity", DeriveIdentity),
		derivation("network", DeriveNetwork),
		derivation("swap", DeriveSwap),
		derivation("boot_volume", DeriveBootVolume),
		derivation("lost", DeriveLost),
		derivation("rsct_update", DeriveUpdate),
		derivation("failover", DeriveFailover),
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}
