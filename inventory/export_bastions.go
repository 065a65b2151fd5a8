package inventory

import (
	"fmt"
	"slices"
	"strconv"
)

// bastionKeys are the settings of the defaults that hold for bastions too.
var bastionKeys = []string{"ssh.identity", "ssh.certificate", "ssh.passphrase", "ssh.known_hosts"}

// shareWithBastions takes out of the defaults each setting that bastions do not have
// from there, and puts in those that all bastions have. Hosts that differ have their own.
func (e *exporter) shareWithBastions(inv *Inventory, hosts []Host) {
	through := func(h Host) bool { return h.SSH.Jump != "" && h.SSH.Jump != "none" }
	for _, key := range bastionKeys {
		want := sharedByBastions(inv.Bastions, key)
		has := func(h Host) bool { return settingsText(h)[key] != "" }
		switch {
		case e.defaults[key] == want:
		case want == "" && (len(inv.Bastions) > 0 || slices.ContainsFunc(hosts, through)):
			delete(e.defaults, key)
		case want != "" && !slices.ContainsFunc(hosts, func(h Host) bool { return !has(h) }):
			e.defaults[key] = want
		}
	}
}

// sharedByBastions returns a setting that all bastions have from the defaults, "" where
// they differ.
func sharedByBastions(bastions []Bastion, key string) string {
	shared := ""
	for i, at := range bastions {
		one := settingsText(Host{SSH: at.Defaults})[key]
		if i > 0 && one != shared {
			return ""
		}
		shared = one
	}
	return shared
}

// writeBastions writes the bastions, with the defaults that they have and others have not.
func (e *exporter) writeBastions(bastions []Bastion) {
	bastions = slices.DeleteFunc(slices.Clone(bastions), func(at Bastion) bool { return at.Name == "" })
	if len(bastions) > 0 {
		e.out.WriteString("\nbastions:\n")
	}
	for _, at := range bastions {
		keys := settingsText(Host{SSH: at.SSH})
		for key, value := range settingsText(Host{SSH: at.Defaults}) {
			if keys[key] == "" && e.defaults[key] != value {
				keys[key] = value
			}
		}
		if at.Address != at.Name {
			keys["address"] = scalar(at.Address)
		}
		if at.DialRate > 0 {
			keys["dial_rate"] = strconv.Itoa(at.DialRate)
		}
		fmt.Fprintf(&e.out, "  %s: %s\n", scalar(at.Name), flow(keys))
	}
}
