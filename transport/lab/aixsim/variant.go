package aixsim

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// Variant is how one AIX words things that nobody knows for sure: texts, numbers, exit
// statuses, the order of rows, further columns (K and I in aix-facts.md). Nothing
// in it bears on the true state of the host. The zero value is one way of many.
type Variant struct {
	// Seed is the seed that [Vary] drew it from; 0: nothing was drawn.
	Seed uint64 `json:"seed,omitempty"`
	// Shuffle puts the rows of lsdev, lspv, lslpp and ifconfig in another order; 0
	// leaves them as they are.
	Shuffle uint64 `json:"shuffle,omitempty"`

	// Answers of commands that have nothing to show; nil is the simulator's own way.
	NoCluster     *Answer `json:"no_cluster,omitempty"`     // lscluster without a CAA cluster
	Stopped       *Answer `json:"stopped,omitempty"`        // lscluster where CAA was stopped: stream and exit status, the text is C
	NoClass       *Answer `json:"no_class,omitempty"`       // the ODM commands for a class that does not exist
	NotOnFile     *Answer `json:"not_on_file,omitempty"`    // the SRC commands for an unknown subsystem
	NotInstalled  *Answer `json:"not_installed,omitempty"`  // lslpp where no fileset matches
	DaemonDown    *Answer `json:"daemon_down,omitempty"`    // rmcdomainstatus without a daemon
	NoPeerDomain  *Answer `json:"no_peer_domain,omitempty"` // lsrpdomain without a peer domain
	NoSession     *Answer `json:"no_session,omitempty"`     // lsrpdomain without a daemon
	NoNodeID      *Answer `json:"no_node_id,omitempty"`     // lsnodeid without an id
	EntstatFailed *Answer `json:"entstat_failed,omitempty"` // entstat of an adapter that can't be asked
	AlreadyActive *Answer `json:"already_active,omitempty"` // rmcctrl -A where the daemon runs
	Refreshed     *Answer `json:"refreshed,omitempty"`      // refresh -s ctrmc
	RefreshMD     *Answer `json:"refresh_md,omitempty"`     // rmcrefreshMD that has done its work
	Recfgct       string  `json:"recfgct,omitempty"`        // output of a good recfgct

	NoMatch      int      `json:"no_match,omitempty"`       // exit status of odmget where no object matches
	NoGroups     bool     `json:"no_groups,omitempty"`      // lssrc leaves the column Group blank
	UpperNodeID  bool     `json:"upper_node_id,omitempty"`  // lsnodeid prints upper case
	NodeIDPrefix string   `json:"node_id_prefix,omitempty"` // and this before it
	UTC          string   `json:"utc,omitempty"`            // the zone of date -u: "" is UTC
	ZoneID       string   `json:"zone_id,omitempty"`        // netstat -in has the column ZoneID: ipv6 (blank but for IPv6), all
	LspvColumn   string   `json:"lspv_column,omitempty"`    // a further column of lspv
	Interfaces   []string `json:"interfaces,omitempty"`     // further rows of lsdev -Cc if: "et0 Defined"
	LslppHeader  bool     `json:"lslpp_header,omitempty"`   // lslpp -Lcq prints a header all the same
	BuildDate    string   `json:"build_date,omitempty"`     // the last field of lslpp -Lc
	DomainRow    string   `json:"domain_row,omitempty"`     // a row of rmcdomainstatus: {1} {2} tokens, {id}, {mcp}
	Entstat      uint64   `json:"entstat,omitempty"`        // the lines of entstat -d come in another order
	EntstatBegin string   `json:"entstat_begin,omitempty"`  // blanks before them
	Zone6        bool     `json:"zone6,omitempty"`          // ifconfig shows fe80::1%2/64
	Metric       bool     `json:"metric,omitempty"`         // ifconfig adds a metric to the first line
	Loopback6    string   `json:"loopback6,omitempty"`      // the IPv6 address of lo0: "" is ::1%1/0
}

// Answer is an answer of which only the gist is known.
type Answer struct {
	// Text is printed as it is, but for %s, which is the name asked for. "" is
	// silent.
	Text string `json:"text,omitempty"`
	// Stdout: the text is on standard output, else on standard error.
	Stdout bool `json:"stdout,omitempty"`
	Exit   int  `json:"exit,omitempty"`
}

// answer prints an answer and returns its exit status.
func (e *Env) answer(a *Answer, name string) int {
	w := e.Stderr
	if a.Stdout {
		w = e.Stdout
	}
	_, _ = strings.NewReplacer("%s", name).WriteString(w, a.Text)
	return a.Exit
}

// order is the order in which n rows are printed.
func (v Variant) order(n int, salt string) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	if v.Shuffle != 0 {
		newRand(v.Shuffle, salt).Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return list
}

// newRand draws the same for the same seed and name.
func newRand(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
