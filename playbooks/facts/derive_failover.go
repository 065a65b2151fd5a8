package facts

import (
	"fmt"
	"slices"
	"strings"
)

// States of Failover.
const (
	failoverCopy    = "copy"
	failoverSame    = "same"
	failoverOther   = "other"
	failoverUnknown = "unknown"
)

// FailoverInput holds the facts that DeriveFailover reads. A nil fact could not be
// read now.
type FailoverInput struct {
	Baseline     *Past         `fact:"baseline"`
	Captures     *Captures     `fact:"captures"`
	Identity     *Identity     `fact:"identity"`
	NodeIDs      *NodeIDs      `fact:"node_ids"`
	Disks        *Disks        `fact:"lspv"`
	NICs         *NICs         `fact:"nics"`
	Routes       *Routes       `fact:"routes"`
	StaticRoutes *StaticRoutes `fact:"static_routes"`
	Nameservers  *Nameservers  `fact:"nameservers"`
	TimeServers  *TimeServers  `fact:"time_servers"`
	HostsTable   *HostsTable   `fact:"hosts_table"`
	API          *API          `fact:"api"`
}

// DeriveFailover compares the host with an earlier state: the baseline where one is
// asked for, else the newest capture that the capture verb took under this name. The
// machine id, the LPAR, the VM in the cloud and the MACs belong to the machine, the node id
// and the PVID of rootvg to its disks (I): other ones of the first kind and the same of the second make
// a copy. Where they contradict each other, or nothing can be compared, the state is
// unknown.
func DeriveFailover(in FailoverInput) (Failover, error) {
	f := Failover{State: failoverUnknown, Evidence: []string{}, Left: []SiteSetting{}, Unknown: []string{}}
	then, why := in.then()
	if then == nil {
		f.Why = clean(why, maxText)
		return f, nil
	}
	f.From = clean(then.From, maxText)
	machine := f.machine(then, in.Identity, in.API)
	system := f.system(then, in.NodeIDs, in.Disks)
	switch {
	case machine == agrees:
		f.State = failoverSame
	case machine == differs && system == agrees:
		f.State = failoverCopy
		f.settings(then, in)
	case machine == differs && system == differs:
		f.State, f.Why = failoverOther, "it is another machine, and neither its node id nor its rootvg is known to "+f.From
	case machine == differs:
		f.Why = "it is another machine, but no node id and no rootvg is known on both sides"
	case machine == contradicts:
		f.Why = "what identifies the machine contradicts itself: it may have been moved, or given other adapters"
	default:
		f.Why = "too little is known on both sides to tell the machines apart"
	}
	return f, nil
}

// then is the state that the host is compared with; nil: there is none, and why.
func (in FailoverInput) then() (*Past, string) {
	if in.Baseline != nil && in.Baseline.From != "" {
		if !in.Baseline.Known {
			return nil, in.Baseline.From
		}
		return in.Baseline, ""
	}
	if in.Captures == nil || len(in.Captures.List) == 0 {
		return nil, "the capture verb never took a good capture under this name, and no baseline is named"
	}
	return &in.Captures.List[0], ""
}

// agreement is how two sides compare.
type agreement int

const (
	notKnown agreement = iota
	agrees
	differs
	contradicts
)

// machine compares the things that belong to the machine. MACs are unique, so a common
// one beside the same machine and LPAR is the same machine; another machine has none in
// common and differs in at least one of the two.
func (f *Failover) machine(then *Past, now *Identity, api *API) agreement {
	if now == nil {
		return notKnown
	}
	serial := f.compare("machine id (uname -m)", known(then.has("machine_id"), then.MachineID.Text), now.Machine)
	lpar := f.compare("LPAR (uname -L)", lparOf(then.LPAR), lparOf(now.LPAR))
	vm := notKnown
	if api != nil && api.Known && then.API.Known {
		vm = f.compare("VM in Power Virtual Server", then.API.Instance, api.Instance)
		f.compare("workspace", then.API.Workspace, api.Workspace)
	}
	thenMACs := macs(then.NICs.List)
	addresses := notKnown
	switch common := intersection(thenMACs, now.MACs); {
	case len(thenMACs) == 0 || len(now.MACs) == 0:
	case len(common) > 0:
		addresses = agrees
		f.note("MAC " + common[0] + ": the same")
	default:
		addresses = differs
		f.note(fmt.Sprintf("MACs: %s then, %s now", strings.Join(thenMACs, " "), strings.Join(now.MACs, " ")))
	}
	switch differ := serial == differs || lpar == differs || vm == differs; {
	case addresses == notKnown || serial == notKnown && lpar == notKnown && vm == notKnown:
		return notKnown
	case addresses == agrees && !differ:
		return agrees
	case addresses == differs && differ:
		return differs
	}
	return contradicts
}

// system compares the things that go with the disks. One that agrees is enough: a copy
// may have got a new node id, and a restored system has another disk.
func (f *Failover) system(then *Past, ids *NodeIDs, disks *Disks) agreement {
	id, volume := notKnown, notKnown
	if ids != nil {
		was, is := heldNodeIDs(then.NodeIDs), heldNodeIDs(*ids)
		switch common := intersection(was, is); {
		case len(was) == 0 || len(is) == 0:
		case len(common) > 0:
			id = agrees
			f.note("RSCT node id " + common[0] + ": the same")
		default:
			id = differs
			f.note(fmt.Sprintf("RSCT node id: %s then, %s now", was[0], is[0]))
		}
	}
	volume = f.compare("PVID of rootvg (lspv)", bootVolume(&then.Disks), bootVolume(disks))
	switch {
	case id == agrees || volume == agrees:
		return agrees
	case id == differs || volume == differs:
		return differs
	}
	return notKnown
}

// compare notes how two values compare; "" is one that is not known.
func (f *Failover) compare(what, then, now string) agreement {
	switch {
	case then == "" || now == "":
		return notKnown
	case then == now:
		f.note(what + " " + now + ": the same")
		return agrees
	}
	f.note(fmt.Sprintf("%s: %s then, %s now", what, then, now))
	return differs
}

func (f *Failover) note(line string) { f.Evidence = append(f.Evidence, clean(line, maxValue)) }

// heldNodeIDs are the valid ids of the three places, each once.
func heldNodeIDs(ids NodeIDs) []string {
	var list []string
	for _, id := range []string{ids.Command, ids.Etc, ids.Var} {
		if id = clean(id, maxName); id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

func intersection(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return !slices.Contains(b, x) })
}

func known(is bool, text string) string {
	if !is {
		return ""
	}
	return clean(text, maxName)
}

func lparOf(l LPAR) string {
	if !knownLPAR(l) {
		return ""
	}
	return lparText(l)
}
