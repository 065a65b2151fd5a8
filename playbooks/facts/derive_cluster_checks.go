package facts

import "strings"

// hacmpCheck is positive when PowerHA's configuration names a cluster. A stanza
// without a name (output cut short) does not answer.
func hacmpCheck(name string, odm *ODM) clusterCheck {
	check := clusterCheck{name: name, answered: odm != nil}
	if odm == nil {
		return check
	}
	for _, stanza := range odm.Stanzas {
		cluster, told := stanza.Fields["name"]
		check.answered = check.answered && (told || check.evidence != "")
		if cluster != "" {
			check.answered = true
			check.evidence = "names the cluster " + cluster
		}
	}
	return check
}

func groupsCheck(name string, rows *Rows) clusterCheck {
	check := clusterCheck{name: name, answered: rows != nil}
	if rows != nil && len(rows.List) > 0 {
		check.evidence = rows.List[0]
	}
	return check
}

func peerDomainsCheck(name string, domains *PeerDomains) clusterCheck {
	check := clusterCheck{name: name, answered: domains != nil}
	if domains != nil && len(domains.Names) > 0 {
		check.evidence = "peer domain " + some(domains.Names)
	}
	return check
}

func domainCheck(name string, domain *Domain) clusterCheck {
	check := clusterCheck{name: name, answered: domain != nil}
	if domain != nil && domain.PeerDomain {
		check.evidence = "shows a peer domain"
	}
	return check
}

// currentCheck: IW is an independent workstation (K). A file that is there and
// says nothing does not answer.
func currentCheck(name string, current *CurrentCluster) clusterCheck {
	check := clusterCheck{name: name, answered: current != nil}
	if current == nil || !current.Present {
		return check
	}
	switch current.Name {
	case "":
		check.answered = false
	case "IW":
	default:
		check.evidence = "the current cluster is " + current.Name
	}
	return check
}

// dirsCheck: a folder in /var/ct other than cfg and IW belongs to a cluster (K).
func dirsCheck(name string, dirs *Directories) clusterCheck {
	check := clusterCheck{name: name, answered: dirs != nil}
	if dirs == nil {
		return check
	}
	var found []string
	for _, dir := range dirs.Names {
		if dir != "cfg" && dir != "IW" && !strings.HasPrefix(dir, "IW.") {
			found = append(found, dir)
		}
	}
	if len(found) > 0 {
		check.evidence = "unknown folder " + some(found)
	}
	return check
}

// toolsCheck: TSAMP and GPFS run on a peer domain too (C).
func toolsCheck(name string, tools *Existing) clusterCheck {
	check := clusterCheck{name: name, answered: tools != nil}
	if tools != nil && len(tools.Paths) > 0 {
		check.evidence = some(tools.Paths) + " is installed"
	}
	return check
}
