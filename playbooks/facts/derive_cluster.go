package facts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ClusterInput holds the facts that DeriveCluster reads: every check of the cluster guard. The
// names of the checks are those by which an inventory accepts an unclear answer.
type ClusterInput struct {
	CuAt           *ODM            `fact:"cuat"`
	CuDv           *ODM            `fact:"cudv"`
	LsclusterC     *CAA            `fact:"lscluster_c"`
	LsclusterM     *CAA            `fact:"lscluster_m"`
	Disks          *Disks          `fact:"lspv"`
	Clconfd        *Subsystem      `fact:"clconfd"`
	PowerHA        *Filesets       `fact:"powerha"`
	ClusterManager *ClusterManager `fact:"clstrmgr"`
	HACMP          *ODM            `fact:"hacmp"`
	Groups         *Rows           `fact:"clrginfo"`
	PeerDomains    *PeerDomains    `fact:"lsrpdomain"`
	Domain         *Domain         `fact:"domain"`
	Cthags         *Subsystem      `fact:"cthags"`
	Cthats         *Subsystem      `fact:"cthats"`
	Current        *CurrentCluster `fact:"current_cluster"`
	Dirs           *Directories    `fact:"var_ct"`
	Tools          *Existing       `fact:"cluster_tools"`
	Inventory      *Inventory      `fact:"inventory,optional"`
	// Problems say why an answer could not be had or understood, by check.
	Problems map[string]string `fact:"-"`
}

// guardCheck is the answer of one check of the cluster guard. At most one of its
// texts is set; none is a clear no.
type guardCheck struct {
	name     string
	positive string // a sign of a cluster
	unclear  string // an answer that is not understood, or none
	note     string // a sign that decides nothing by itself
}

// DeriveCluster is the cluster guard (procedure D10, aix-facts section 4): a
// positive answer makes a cluster; an answer that is not understood, or none,
// keeps it from being ruled out until the inventory accepts it. It never fails.
//
// Checks whose reading nobody has seen (K) don't decide alone: where lscluster
// lists nothing and says so in words of its own, the repository disk and clconfd
// decide; the folders of /var/ct, and a current_cluster that is empty, count only
// where lsrpdomain has not answered.
func DeriveCluster(in ClusterInput) (Cluster, error) {
	verdict := Cluster{Evidence: []string{}, Unclear: []GuardCheck{}, Accepted: []string{}, Notes: []string{}}
	unread := false
	for _, check := range in.checks() {
		said := func(text string) string { return clean(check.name+": "+text, maxText) }
		switch {
		case check.positive != "":
			verdict.Evidence = append(verdict.Evidence, said(check.positive))
		case check.note != "":
			verdict.Notes = append(verdict.Notes, said(check.note))
		case check.unclear == "":
		case check.unclear == NotRead: // no news: most of the host was not read
			unread = true
		case in.accepted(check.name):
			verdict.Accepted = append(verdict.Accepted, said(check.unclear))
		default:
			verdict.Unclear = append(verdict.Unclear, GuardCheck{Check: check.name, Said: clean(check.unclear, maxText)})
		}
	}
	verdict.Live = len(verdict.Evidence) > 0
	verdict.Clear = !verdict.Live && !unread && len(verdict.Unclear) == 0
	return verdict, nil
}

// checks are the answers of all checks.
func (in ClusterInput) checks() []guardCheck {
	return []guardCheck{
		in.odmCheck("cuat", in.CuAt),
		in.odmCheck("cudv", in.CuDv),
		in.caaCheck("lscluster_c", in.LsclusterC),
		in.caaCheck("lscluster_m", in.LsclusterM),
		in.diskCheck(),
		in.subsystemCheck("clconfd", in.Clconfd),
		in.powerHACheck(),
		in.managerCheck(),
		in.hacmpCheck(),
		in.groupsCheck(),
		in.peerDomainsCheck(),
		in.domainCheck(),
		in.subsystemCheck("cthags", in.Cthags),
		in.subsystemCheck("cthats", in.Cthats),
		in.currentCheck(),
		in.dirsCheck(),
		in.toolsCheck(),
	}
}

// unanswered is the check of which there is no fact.
func (in ClusterInput) unanswered(name string) guardCheck {
	why := in.Problems[name]
	if why == "" {
		why = "no answer"
	}
	return guardCheck{name: name, unclear: why}
}

// odmCheck: the rows of cluster0 are ordinary, the classes are in every AIX.
func (in ClusterInput) odmCheck(name string, odm *ODM) guardCheck {
	switch {
	case odm == nil:
		return in.unanswered(name)
	case !odm.Known:
		return guardCheck{name: name, unclear: "the object class is not there"}
	}
	return guardCheck{name: name}
}

// caaCheck: a refusal in lscluster's own words is a no where the signs that do not
// rest on words say so too.
func (in ClusterInput) caaCheck(name string, caa *CAA) guardCheck {
	switch {
	case caa == nil:
		return in.unanswered(name)
	case caa.Live:
		return guardCheck{name: name, positive: caa.Evidence}
	case caa.Refused && !in.noCAA():
		return guardCheck{name: name, unclear: "it lists nothing (" + caa.Evidence + "), and lspv and clconfd do not both say that there is no cluster"}
	}
	return guardCheck{name: name}
}

// noCAA reports whether the signs of CAA that do not rest on lscluster's words were
// read and are absent, or are accepted: the repository disk (C) and the daemon
// clconfd (C).
func (in ClusterInput) noCAA() bool {
	no := func(check guardCheck) bool {
		return check.positive == "" && (check.unclear == "" || in.accepted(check.name))
	}
	return no(in.diskCheck()) && no(in.subsystemCheck("clconfd", in.Clconfd))
}

// accepted reports whether the inventory takes the unclear answer of a check for
// "no cluster".
func (in ClusterInput) accepted(name string) bool {
	return in.Inventory != nil && slices.Contains(in.Inventory.Accepted, name)
}

// diskCheck looks for the volume group of CAA's repository disk (C).
func (in ClusterInput) diskCheck() guardCheck {
	if in.Disks == nil {
		return in.unanswered("lspv")
	}
	var found []string
	for _, d := range in.Disks.List {
		if strings.HasPrefix(d.VG, "caavg_private") {
			found = append(found, d.Name+" is in "+d.VG)
		}
	}
	return guardCheck{name: "lspv", positive: some(found)}
}

// subsystemCheck is positive for anything that is not certainly stopped.
func (in ClusterInput) subsystemCheck(name string, s *Subsystem) guardCheck {
	switch {
	case s == nil:
		return in.unanswered(name)
	case s.Status != "inoperative" && s.Status != statusNotOnFile:
		return guardCheck{name: name, positive: "the subsystem is " + s.Status}
	}
	return guardCheck{name: name}
}

func (in ClusterInput) powerHACheck() guardCheck {
	check := guardCheck{name: "powerha"}
	if in.PowerHA == nil {
		return in.unanswered(check.name)
	}
	if list := in.PowerHA.List; len(list) > 0 {
		check.positive = fmt.Sprintf("PowerHA is installed: %s %s", list[0].Name, list[0].Level)
	}
	return check
}

func (in ClusterInput) managerCheck() guardCheck {
	check := guardCheck{name: "clstrmgr"}
	if in.ClusterManager == nil {
		return in.unanswered(check.name)
	}
	if in.ClusterManager.Live {
		check.positive = "the cluster manager is in state " + in.ClusterManager.State
	}
	return check
}

// hacmpCheck is positive when PowerHA's configuration names a cluster. A stanza
// without a name (output cut short) does not answer.
func (in ClusterInput) hacmpCheck() guardCheck {
	check := guardCheck{name: "hacmp"}
	if in.HACMP == nil {
		return in.unanswered(check.name)
	}
	for _, stanza := range in.HACMP.Stanzas {
		switch cluster, told := stanza.Fields["name"]; {
		case !told:
			check.unclear = "a stanza without a name"
		case cluster != "":
			check.positive = "HACMPcluster names the cluster " + cluster
		}
	}
	return check
}

func (in ClusterInput) groupsCheck() guardCheck {
	check := guardCheck{name: "clrginfo"}
	if in.Groups == nil {
		return in.unanswered(check.name)
	}
	if len(in.Groups.List) > 0 {
		check.positive = "a resource group: " + in.Groups.List[0]
	}
	return check
}

func (in ClusterInput) peerDomainsCheck() guardCheck {
	check := guardCheck{name: "lsrpdomain"}
	if in.PeerDomains == nil {
		return in.unanswered(check.name)
	}
	if len(in.PeerDomains.Names) > 0 {
		check.positive = "peer domain " + some(in.PeerDomains.Names)
	}
	return check
}

func (in ClusterInput) domainCheck() guardCheck {
	check := guardCheck{name: "domain"}
	if in.Domain == nil {
		return in.unanswered(check.name)
	}
	if in.Domain.PeerDomain {
		check.positive = "rmcdomainstatus shows a peer domain"
	}
	return check
}

// noPeerDomain reports whether lsrpdomain says that there is no peer domain, or is
// missing, together with everything a peer domain needs (C).
func (in ClusterInput) noPeerDomain() bool {
	return in.PeerDomains != nil && len(in.PeerDomains.Names) == 0
}

// workstation is the name that stands for no cluster: an independent workstation (K).
var workstation = regexp.MustCompile(`(?i)^IW\b`)

// currentCheck: the file names the current cluster (D). That IW is none is assumed
// (K); an empty file decides nothing where lsrpdomain has answered.
func (in ClusterInput) currentCheck() guardCheck {
	check := guardCheck{name: "current_cluster"}
	switch c := in.Current; {
	case c == nil:
		return in.unanswered(check.name)
	case c.Present && c.Name == "":
		return in.weigh(check, "the file is there and says nothing")
	case c.Present && !workstation.MatchString(c.Name):
		check.positive = "the current cluster is " + c.Name
	}
	return check
}

// dirsCheck: which folders an ordinary host has in /var/ct is not known (K), so one
// more decides nothing where lsrpdomain has answered.
func (in ClusterInput) dirsCheck() guardCheck {
	check := guardCheck{name: "var_ct"}
	if in.Dirs == nil {
		return in.weigh(check, in.unanswered(check.name).unclear)
	}
	var found []string
	for _, dir := range in.Dirs.Names {
		if dir != "cfg" && dir != "IW" && !strings.HasPrefix(dir, "IW.") {
			found = append(found, dir)
		}
	}
	if len(found) == 0 {
		return check
	}
	return in.weigh(check, "/var/ct has a folder "+some(found))
}

// weigh makes a sign in the files of RSCT evidence where lsrpdomain has answered,
// and an open question where it has not.
func (in ClusterInput) weigh(check guardCheck, sign string) guardCheck {
	switch {
	case sign == "" || sign == NotRead:
		check.unclear = sign
	case in.noPeerDomain():
		check.note = sign
	default:
		check.unclear = sign
	}
	return check
}

// toolsCheck: TSAMP and GPFS run on a peer domain too (C).
func (in ClusterInput) toolsCheck() guardCheck {
	check := guardCheck{name: "cluster_tools"}
	if in.Tools == nil {
		return in.unanswered(check.name)
	}
	if len(in.Tools.Paths) > 0 {
		check.positive = some(in.Tools.Paths) + " is installed"
	}
	return check
}

// some lists the first few of many.
func some(list []string) string {
	const few = 5
	if len(list) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
	}
	return strings.Join(list, ", ")
}
