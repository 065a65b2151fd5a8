package powervs

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// Volume is a volume that is attached to a machine.
type Volume struct {
	ID, Name string
	// WWN is the name of the volume in the storage, in lower case; "" where the API does
	// not have one that is 32 hexadecimal digits.
	WWN string
	// Boot: the machine starts from it. Bootable: it may.
	Boot, Bootable bool
}

// Snapshot is a snapshot of a machine.
type Snapshot struct {
	ID, Name string
	// Status is the API's word in lower case, such as available.
	Status string
	// Created is the time of its creation, as the API writes it.
	Created string
	// Volumes are the ids of the volumes in it.
	Volumes []string
}

type volumeAnswer struct {
	ID       string `json:"volumeID"`
	Name     string `json:"name"`
	WWN      string `json:"wwn"`
	Boot     bool   `json:"bootVolume"`
	Bootable bool   `json:"bootable"`
}

type snapshotAnswer struct {
	ID      string            `json:"snapshotID"`
	Name    string            `json:"name"`
	Status  string            `json:"status"`
	Created string            `json:"creationDate"`
	Volumes map[string]string `json:"volumeSnapshots"`
}

// Volumes lists the volumes of a machine.
func (c *Client) Volumes(ctx context.Context, w Workspace, id string) ([]Volume, error) {
	answers, err := below[volumeAnswer](ctx, c, w, id, "volumes")
	list := make([]Volume, 0, len(answers))
	for _, v := range answers {
		list = append(list, Volume{ID: line(v.ID, 200), Name: line(v.Name, 200), WWN: normalWWN(v.WWN), Boot: v.Boot, Bootable: v.Bootable})
	}
	return list, err
}

// Snapshots lists the snapshots of a machine.
func (c *Client) Snapshots(ctx context.Context, w Workspace, id string) ([]Snapshot, error) {
	answers, err := below[snapshotAnswer](ctx, c, w, id, "snapshots")
	list := make([]Snapshot, 0, len(answers))
	for _, s := range answers {
		one := Snapshot{ID: line(s.ID, 200), Name: line(s.Name, 200), Status: strings.ToLower(line(s.Status, 50)), Created: line(s.Created, 50)}
		for volume := range s.Volumes {
			one.Volumes = append(one.Volumes, line(volume, 200))
		}
		list = append(list, one)
	}
	return list, err
}

// below asks for one of the lists of a machine.
func below[T any](ctx context.Context, c *Client, w Workspace, id, list string) ([]T, error) {
	op := fmt.Sprintf("list the %s of a VM in workspace %q", list, w.Name)
	at, fault := c.instancesURL(w)
	if fault != nil {
		return nil, fault.of(op, 0)
	}
	return listed[T](ctx, c, list, request{op: op, url: at + "/" + url.PathEscape(id) + "/" + list, crn: w.CRN})
}

// normalWWN returns a WWN in lower case without separators, "" for another text.
func normalWWN(text string) string {
	text = strings.NewReplacer(":", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(text)))
	text = strings.TrimPrefix(text, "0x")
	if len(text) != 32 || strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}
