package cloud

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/controller/cloud"
	"aixmend/inventory"
	"aixmend/inventory/powervs"
	"aixmend/playbooks/facts"
)

// The values of --cloud.
const (
	On  = "on"
	Off = "off"
)

// Asking returns the question of a job to the cloud, by the value of --cloud: nil where it
// is not asked. until ends a question when the run is stopped; silent is told once why a list
// is missing, unless the run was stopped.
func (c *Clouds) Asking(until func(context.Context) (context.Context, func()), silent func(why string)) func(flag string) func(context.Context) cloud.Sights {
	return func(flag string) func(context.Context) cloud.Sights {
		if !c.Asks(flag) {
			return nil
		}
		var said sync.Once // the cloud is asked again and again
		return func(ctx context.Context) cloud.Sights {
			ctx, release := until(ctx)
			defer release()
			return c.Sights(ctx, func(why string) {
				if ctx.Err() == nil {
					said.Do(func() { silent(why) })
				}
			})
		}
	}
}

// Sights asks for the VMs of a run: those of the workspaces of the inventory's sources, or
// else all that the key of the environment may see. silent is told why a list is missing.
func (c *Clouds) Sights(ctx context.Context, silent func(why string)) cloud.Sights {
	c.mu.Lock()
	sources := append([]powervs.Source(nil), c.asked...)
	c.mu.Unlock()
	if len(sources) == 0 {
		sources = []powervs.Source{{}}
	}
	all := newMachines()
	at := time.Now()
	for _, s := range sources {
		client, err := c.Client(s.Account)
		var l powervs.Listing
		if err == nil {
			l, err = client.List(ctx, powervs.Query{Workspaces: s.Workspaces, OS: powervs.AnyOS})
		}
		if err != nil {
			all.silence = err.Error()
			silent(all.silence)
		}
		if !l.At.IsZero() && l.At.Before(at) {
			at = l.At
		}
		all.add(l.Machines)
		for _, m := range l.Machines {
			all.clients[m.ID] = client
		}
	}
	return cloud.Sights{Of: all.sight, Storage: all.storage, At: at}
}

// storage asks for the volumes and snapshots of a VM.
func (all *machines) storage(ctx context.Context, s cloud.Sight) facts.Storage {
	at := slices.IndexFunc(all.byID[s.Instance], func(m powervs.Machine) bool { return m.Workspace.CRN == s.Workspace })
	if at < 0 {
		return facts.Storage{Why: s.Silence}
	}
	if !s.Sure {
		return facts.Storage{Why: fmt.Sprintf("VM %s (%s) may be another: no MAC of it is known in the guest", s.Name, s.Instance)}
	}
	m, client := all.byID[s.Instance][at], all.clients[s.Instance]
	found := facts.Storage{Known: true, Status: s.Status, Volumes: []facts.Volume{}, Snapshots: []facts.Snapshot{}}
	volumes, err := client.Volumes(ctx, m.Workspace, m.ID)
	if err != nil {
		found.VolumesWhy = err.Error()
	}
	for _, v := range volumes {
		found.Volumes = append(found.Volumes, facts.Volume(v))
	}
	snapshots, err := client.Snapshots(ctx, m.Workspace, m.ID)
	if err != nil {
		found.SnapshotsWhy = err.Error()
	}
	for _, one := range snapshots {
		found.Snapshots = append(found.Snapshots, facts.Snapshot(one))
	}
	return found
}

// Asks reports whether a run asks the cloud: with --cloud on, and without --cloud where
// there is a key or a source.
func (c *Clouds) Asks(flag string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return flag == On || flag == "" && (len(c.asked) > 0 || c.keyOf("") != "")
}

// Unasked says at the end of a run, by the value of --cloud, that the cloud was not asked and how
// it is; "" where it was, or where the caller wanted that.
func (c *Clouds) Unasked(flag string) string {
	if flag == Off || c.Asks(flag) {
		return ""
	}
	return "cloud:   not asked: " + KeyVariable + " is not set (docs/powervs.md), so the dashboard may show another health; --cloud off leaves this line out\n"
}

// machines are the VMs of a run.
type machines struct {
	byID, byName, byAddress, byMAC map[string][]powervs.Machine
	clients                        map[string]*powervs.Client // by id of a VM
	silence                        string                     // why a list is missing, "" for none
}

func newMachines() *machines {
	return &machines{byID: map[string][]powervs.Machine{}, byName: map[string][]powervs.Machine{}, byAddress: map[string][]powervs.Machine{}, byMAC: map[string][]powervs.Machine{}, clients: map[string]*powervs.Client{}}
}

func (all *machines) add(list []powervs.Machine) {
	for _, m := range list {
		if known := all.byID[m.ID]; len(known) > 0 && known[0].Workspace.ID == m.Workspace.ID {
			continue // two sources name its workspace
		}
		all.byID[m.ID] = append(all.byID[m.ID], m)
		name := strings.ToLower(m.Name)
		all.byName[name] = append(all.byName[name], m)
		for _, n := range m.Networks {
			if ip, err := netip.ParseAddr(n.Address); err == nil {
				all.byAddress[ip.String()] = append(all.byAddress[ip.String()], m)
			}
			if n.MAC != "" {
				all.byMAC[n.MAC] = append(all.byMAC[n.MAC], m)
			}
		}
	}
}

// sign is something of a host that VMs have.
type sign struct {
	by  string // completes "VM x has ..."
	vms []powervs.Machine
}

// signs are those of a host that some VM has. An id in the inventory stands for name and
// address, and the MACs in the guest are beside it: the address may lead to another VM.
func (all *machines) signs(h inventory.Host, macs []string) []sign {
	var list []sign
	see := func(by string, vms ...powervs.Machine) {
		var kept []powervs.Machine
		for _, m := range vms {
			within := h.Cloud.Workspace == "" || powervs.SameCRN(h.Cloud.Workspace, m.Workspace.CRN)
			if within && !has(kept, m) {
				kept = append(kept, m)
			}
		}
		if len(kept) > 0 {
			list = append(list, sign{by, kept})
		}
	}
	if h.Cloud.Instance != "" {
		if see("the id "+h.Cloud.Instance, all.byID[h.Cloud.Instance]...); len(list) == 0 {
			return nil
		}
	} else {
		see("its name", all.byName[strings.ToLower(h.Name)]...)
		if ip, err := netip.ParseAddr(h.Address); err == nil {
			see("its address", all.byAddress[ip.Unmap().String()]...)
		}
	}
	var owners []powervs.Machine
	for _, mac := range macs {
		owners = append(owners, all.byMAC[mac]...)
	}
	see("its MAC", owners...)
	return list
}

// has reports whether a list has a VM.
func has(list []powervs.Machine, m powervs.Machine) bool {
	return slices.ContainsFunc(list, func(o powervs.Machine) bool { return o.ID == m.ID && o.Workspace.ID == m.Workspace.ID })
}

// sight is the VM of a host: the one on which all signs agree. macs are those in the guest.
func (all *machines) sight(h inventory.Host, macs []string) cloud.Sight {
	signs := all.signs(h, macs)
	if len(signs) == 0 {
		silence := "no VM has its name, address or MAC"
		switch {
		case all.silence != "":
			silence = all.silence
		case h.Cloud.Instance != "":
			silence = "no VM has the id " + h.Cloud.Instance
		}
		return cloud.Sight{Silence: silence, Absent: all.silence == "", Stranger: h.Cloud == inventory.Cloud{}}
	}
	agreed, by := signs[0].vms, signs[0].by
	for _, s := range signs[1:] {
		both := slices.DeleteFunc(slices.Clone(agreed), func(m powervs.Machine) bool { return !has(s.vms, m) })
		if len(both) == 0 {
			return cloud.Sight{Silence: contradiction(signs)}
		}
		agreed, by = both, by+" and "+strings.TrimPrefix(s.by, "its ")
	}
	if len(agreed) > 1 {
		return cloud.Sight{Silence: fmt.Sprintf("%d VMs have %s: name one with cloud: {instance: ID}", len(agreed), by)}
	}
	m := agreed[0]
	found := cloud.Sight{Status: m.Status, Health: m.Health.Status, Reason: m.Health.Reason, LastUpdate: m.Health.LastUpdate, Instance: m.ID, Name: m.Name, Workspace: m.Workspace.CRN}
	var theirs []string
	for _, n := range m.Networks {
		if n.MAC != "" {
			found.NICs = append(found.NICs, cloud.NIC{MAC: n.MAC, Network: n.Name})
			theirs = append(theirs, n.MAC)
		}
	}
	shared := slices.ContainsFunc(theirs, func(mac string) bool { return slices.Contains(macs, mac) })
	found.Sure = shared || h.Cloud.Instance != ""
	switch is := fmt.Sprintf("VM %s (%s) has %s", m.Name, m.ID, by); {
	case len(macs) > 0 && len(theirs) > 0 && !shared:
		return cloud.Sight{Silence: fmt.Sprintf("%s, but not its MACs: %s there, %s in the guest: the guest is another VM, check the address", is, strings.Join(theirs, ", "), strings.Join(macs, ", "))}
	case all.silence != "" && !found.Sure:
		return cloud.Sight{Silence: is + ", but a list of VMs is missing: " + all.silence}
	}
	return found
}

// contradiction says which VMs the signs of a host speak for.
func contradiction(signs []sign) string {
	var parts []string
	for _, s := range signs {
		part := fmt.Sprintf("VM %s (%s) has %s", s.vms[0].Name, s.vms[0].ID, s.by)
		if more := len(s.vms) - 1; more > 0 {
			part = fmt.Sprintf("VM %s (%s) and %d more have %s", s.vms[0].Name, s.vms[0].ID, more, s.by)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ") + ": name the right one with cloud: {instance: ID}, or check the address"
}
