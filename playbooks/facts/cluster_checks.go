package facts

import (
	"regexp"
	"strings"
)

// The small checks of the cluster guard (procedure D10).

const maxShown = 100 // rows kept where only "any row" counts

var managerState = regexp.MustCompile(`^\s*Current state:\s*([A-Za-z][A-Za-z0-9_]{0,63})\s*$`)

// ParseRows reads a command of which any row counts, `clRGinfo -s` (K). Exit 44
// is the probe's word for a tool that is not there; one that is there and can't
// be run answers nothing. A header and rules of dashes are no rows. A failure with
// a message and without rows answers nothing.
func ParseRows(o Output) (Rows, error) {
	found := Rows{List: []string{}}
	if o.Exit == exitAbsent && blank(o.Stdout) {
		return found, nil
	}
	if notThere(o) {
		return Rows{}, failed("the command", o)
	}
	found.Installed = true
	all, err := lines(o)
	if err != nil {
		return Rows{}, err
	}
	for line := range all {
		row := strings.TrimSpace(line)
		if strings.Trim(row, "-=+ ") == "" || strings.HasPrefix(row, "Group Name") {
			continue
		}
		if len(found.List) < maxShown {
			found.List = append(found.List, clean(row, maxText))
		}
	}
	if o.Exit != 0 && len(found.List) == 0 && !blank(o.Stderr) {
		return Rows{}, failed("the command", o)
	}
	return found, nil
}

// ParsePeerDomains reads `lsrpdomain` (C): a header "Name OpState ..." and one
// row for each peer domain. It needs rsct.basic, so it may not be there: exit 44
// is the probe's word for that. One that is there and can't be run answers nothing.
func ParsePeerDomains(o Output) (PeerDomains, error) {
	found := PeerDomains{Names: []string{}}
	if o.Exit == exitAbsent && blank(o.Stdout) {
		return found, nil
	}
	if o.Exit != 0 {
		return PeerDomains{}, failed("lsrpdomain", o)
	}
	found.Installed = true
	all, err := lines(o)
	if err != nil {
		return PeerDomains{}, err
	}
	header := false
	for line := range all {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case !header:
			header = len(words) > 1 && words[0] == "Name" && words[1] == "OpState"
		case len(found.Names) == maxRows:
			return PeerDomains{}, errTooMany
		default:
			found.Names = append(found.Names, clean(words[0], maxName))
		}
	}
	if text := firstText(o.Stdout) + firstText(o.Stderr); !header && text != "" {
		return PeerDomains{}, notUnderstood("lsrpdomain", text)
	}
	return found, nil
}

// ParseClusterManager reads `lssrc -ls clstrmgrES` (K: seen in hand-made samples
// only). Exit 44 is the probe's word for a host on which neither the file system
// nor the SRC has anything of PowerHA; message 0513-085 (C) says that the SRC does
// not know the subsystem. Without a state that can be read it answers nothing.
func ParseClusterManager(o Output) (ClusterManager, error) {
	if notThere(o) {
		return ClusterManager{}, failed("lssrc", o)
	}
	all, err := lines(o)
	if err != nil {
		return ClusterManager{}, err
	}
	for line := range all {
		if parts := managerState.FindStringSubmatch(line); parts != nil {
			live := parts[1] != "ST_INIT" && parts[1] != "NOT_CONFIGURED"
			return ClusterManager{Installed: true, State: parts[1], Live: live}, nil
		}
	}
	switch {
	case o.Exit == exitAbsent, hasMessage(o, "0513-085"):
		return ClusterManager{}, nil
	case o.Exit != 0:
		return ClusterManager{}, failed("lssrc", o)
	}
	return ClusterManager{}, notUnderstood("lssrc", firstText(o.Stdout))
}

// ParseCurrentCluster reads /var/ct/cfg/current_cluster (file D, the meaning of
// its text K). Exit 44 is the probe's word for a file that does not exist.
func ParseCurrentCluster(o Output) (CurrentCluster, error) {
	if o.Exit == exitAbsent {
		return CurrentCluster{}, nil
	}
	if o.Exit != 0 {
		return CurrentCluster{}, failed("reading current_cluster", o)
	}
	if _, err := lines(o); err != nil {
		return CurrentCluster{}, err
	}
	return CurrentCluster{Present: true, Name: clean(firstText(o.Stdout), maxText)}, nil
}

// ParseDirectories reads `ls -p /var/ct` (K): names that end in "/" are folders.
// Exit 44 is the probe's word for a folder that does not exist.
func ParseDirectories(o Output) (Directories, error) {
	found := Directories{Names: []string{}}
	if o.Exit == exitAbsent {
		return found, nil
	}
	if o.Exit != 0 {
		return Directories{}, failed("ls", o)
	}
	all, err := lines(o)
	if err != nil {
		return Directories{}, err
	}
	for line := range all {
		name, isFolder := strings.CutSuffix(strings.TrimSpace(line), "/")
		if !isFolder || name == "" {
			continue
		}
		if len(found.Names) == maxRows {
			return Directories{}, errTooMany
		}
		found.Names = append(found.Names, clean(name, maxText))
	}
	return found, nil
}

// ParseExisting reads the paths that a probe found, one a line. A line that is
// no absolute path answers nothing.
func ParseExisting(o Output) (Existing, error) {
	if o.Exit != 0 {
		return Existing{}, failed("looking for files", o)
	}
	all, err := lines(o)
	if err != nil {
		return Existing{}, err
	}
	found := Existing{Paths: []string{}}
	for line := range all {
		path := strings.TrimSpace(line)
		switch {
		case path == "":
		case !strings.HasPrefix(path, "/") || clean(path, maxText) != path:
			return Existing{}, notUnderstood("the probe", line)
		case len(found.Paths) == maxRows:
			return Existing{}, errTooMany
		default:
			found.Paths = append(found.Paths, path)
		}
	}
	return found, nil
}
