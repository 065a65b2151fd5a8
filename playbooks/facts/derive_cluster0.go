package facts

import (
	"errors"
	"slices"
	"strings"
)

// Cluster0Input holds the facts that DeriveCluster0 reads.
type Cluster0Input struct {
	CuAt *ODM `fact:"cuat"`
}

// DeriveCluster0 lists the attributes of the pseudo device cluster0 (procedure D11).
// The device and its attribute node_uuid are on plain hosts too (C). A node_uuid
// that is not all zeros brings the old node id back when recfgct runs (I); zeros
// bring nothing back (C). Another attribute with a value, such as clvdisk, is a
// leftover of a cluster where no cluster lives (I).
func DeriveCluster0(in Cluster0Input) (Cluster0, error) {
	if in.CuAt == nil || !in.CuAt.Known {
		return Cluster0{}, errors.New("the attributes of cluster0 could not be read")
	}
	found := Cluster0{Leftovers: leftovers(*in.CuAt)}
	for _, s := range in.CuAt.Stanzas {
		if value := s.Fields["value"]; s.Fields["attribute"] == nodeUUID && !nothing(value) && found.NodeUUID == "" {
			found.NodeUUID = clean(value, maxText)
		}
	}
	found.Restores = found.NodeUUID != "" || len(found.Leftovers) > 0
	return found, nil
}

const nodeUUID = "node_uuid"

// leftovers are the attributes of cluster0 other than node_uuid that have a
// value, as NAME=VALUE, sorted.
func leftovers(odm ODM) []string {
	list := []string{}
	for _, s := range odm.Stanzas {
		name, value := s.Fields["attribute"], s.Fields["value"]
		if name == nodeUUID || nothing(value) {
			continue
		}
		list = append(list, clean(name+"="+value, maxText))
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), maxShown)]
}

// nothing reports whether an ODM value is none: empty, or zeros as a uuid and a
// number write them.
func nothing(value string) bool {
	return strings.Trim(strings.TrimPrefix(value, "0x"), "0- ") == "" || strings.EqualFold(value, "none")
}
