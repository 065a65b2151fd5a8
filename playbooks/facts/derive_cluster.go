package facts

import (
	"fmt"
	"strings"
)

// ClusterInput is what DeriveCluster reads: every check of the cluster guard.
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
}

// clusterCheck is one check: whether it answered, and what it found.
type clusterCheck struct {
	name     string
	answered bool
	evidence string // "" when negative
}

// DeriveCluster is the cluster guard (procedure D10, aix-facts section 4): one
// positive check makes a cluster, one that did not answer keeps it from being
// ruled out. It never fails: what could not be had stands in Silent. Rows of
// cluster0 in CuAt and CuDv are counted and are not by themselves live (D11).
func DeriveCluster(in ClusterInput) (Cluster, error) {
	verdict := Cluster{Evidence: []string{}, Silent: []string{}}
	checks := []clusterCheck{
		leftoverCheck("odmget CuAt", in.CuAt, &verdict.LeftoverRows),
		leftoverCheck("odmget CuDv", in.CuDv, &verdict.LeftoverRows),
		caaCheck("lscluster -c", in.LsclusterC),
		caaCheck("lscluster -m", in.LsclusterM),
		diskCheck("lspv", in.Disks),
		subsystemCheck("lssrc -s clconfd", in.Clconfd),
		powerHACheck("lslpp cluster.es.server.rte", in.PowerHA),
		managerCheck("lssrc -ls clstrmgrES", in.ClusterManager),
		hacmpCheck("odmget HACMPcluster", in.HACMP),
		groupsCheck("clRGinfo -s", in.Groups),
		peerDomainsCheck("lsrpdomain", in.PeerDomains),
		domainCheck("rmcdomainstatus", in.Domain),
		subsystemCheck("lssrc -s cthags", in.Cthags),
		subsystemCheck("lssrc -s cthats", in.Cthats),
		currentCheck("current_cluster", in.Current),
		dirsCheck("ls /var/ct", in.Dirs),
		toolsCheck("lssam, mmgetstate", in.Tools),
	}
	for _, check := range checks {
		switch {
		case !check.answered:
			verdict.Silent = append(verdict.Silent, check.name)
		case check.evidence != "":
			verdict.Evidence = append(verdict.Evidence, clean(check.name+": "+check.evidence, maxText))
		}
	}
	verdict.Live = len(verdict.Evidence) > 0
	verdict.Clear = !verdict.Live && len(verdict.Silent) == 0
	return verdict, nil
}

// leftoverCheck counts the rows of cluster0. CuAt and CuDv are in every AIX:
// a class that is not there did not answer.
func leftoverCheck(name string, odm *ODM, rows *int) clusterCheck {
	if odm == nil || !odm.Known {
		return clusterCheck{name: name}
	}
	*rows += len(odm.Stanzas)
	return clusterCheck{name: name, answered: true}
}

func caaCheck(name string, caa *CAA) clusterCheck {
	check := clusterCheck{name: name, answered: caa != nil}
	if caa != nil && caa.Live {
		check.evidence = "live: " + caa.Evidence
	}
	return check
}

// diskCheck looks for the volume group of CAA's repository disk.
func diskCheck(name string, disks *Disks) clusterCheck {
	check := clusterCheck{name: name, answered: disks != nil}
	if disks == nil {
		return check
	}
	var found []string
	for _, d := range disks.List {
		if strings.HasPrefix(d.VG, "caavg_private") {
			found = append(found, d.Name+" is in "+d.VG)
		}
	}
	check.evidence = some(found)
	return check
}

// subsystemCheck is positive for anything that is not certainly stopped.
func subsystemCheck(name string, s *Subsystem) clusterCheck {
	check := clusterCheck{name: name, answered: s != nil}
	if s != nil && s.Status != "inoperative" && s.Status != statusNotOnFile {
		check.evidence = "status " + s.Status
	}
	return check
}

func powerHACheck(name string, filesets *Filesets) clusterCheck {
	check := clusterCheck{name: name, answered: filesets != nil}
	if filesets != nil && len(filesets.List) > 0 {
		check.evidence = fmt.Sprintf("PowerHA is installed: %s %s", filesets.List[0].Name, filesets.List[0].Level)
	}
	return check
}

func managerCheck(name string, m *ClusterManager) clusterCheck {
	check := clusterCheck{name: name, answered: m != nil}
	if m != nil && m.Live {
		check.evidence = "state " + m.State
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
