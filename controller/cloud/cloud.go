// Package cloud compares the verdict about RMC in the guest with the health that Power
// Virtual Server shows (row D15). It decides from values and asks nobody.
//
// The cloud's health is a second witness, late and from outside: it is shown beside the
// guest's verdict, and is never a reason to change a host.
package cloud

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks/facts"
)

// Lag is how long after a change the cloud is not yet held to it: it is known to take 20
// minutes and more until it shows a recovery.
const Lag = 30 * time.Minute

// Guest is the verdict in the guest.
type Guest int

// The verdicts in a guest.
const (
	Unseen       Guest = iota // no verdict: unreachable, not AIX, or the probe failed
	Connected                 // RMC is connected
	Disconnected              // it is not
)

// Sight is a VM as the cloud shows it.
type Sight struct {
	// Silence is why there is no answer, or no such VM; "" where the VM is there.
	Silence string
	// Absent: every list is there, and no VM in them has anything of the host.
	Absent bool
	// Stranger: there is no such VM, and nothing says that the host is one.
	Stranger bool
	// Status is the API's word for the VM, such as ACTIVE; Health its word for the health,
	// "" for none, with its Reason and the time of the sweep that found it.
	Status, Health, Reason, LastUpdate string
	// Instance is its id, Name its name, NICs those in the customer's networks.
	Instance, Name string
	// Workspace is the CRN of its workspace.
	Workspace string
	NICs      []NIC
	// Sure: a NIC of the VM is in the guest, or the inventory names its id. A name or an
	// address alone may be that of another VM.
	Sure bool
}

// NIC is a NIC of a VM, as the cloud lists it.
type NIC struct{ MAC, Network string }

// Off is the status of a VM that does not run; the API has many words for one that may.
const Off = "SHUTOFF"

// The words for a health that are understood.
const (
	ok      = "OK"
	warning = "WARNING"
)

// Class is the relation of both verdicts.
type Class string

// The classes of row D15.
const (
	BothGood  Class = "both-good"
	BothBad   Class = "both-bad"
	CloudLags Class = "cloud-lags" // the guest is good, the cloud says WARNING
	GuestBad  Class = "guest-bad"  // the guest is bad, the cloud says OK
	// Pending is CloudLags after a change, within Lag: the cloud will follow.
	Pending Class = "pending"
	// Unknown: no answer, no such VM, no health or another word for it.
	Unknown Class = "unknown"
	// NoGuest: there is no verdict in the guest to compare with.
	NoGuest Class = "no-guest"
)

// The findings.
const (
	Disagrees = "health-disagrees"
	Warning   = "cloud-warning"
	Silent    = "cloud-unknown"
)

// Findings lists the ids.
func Findings() []string { return []string{Disagrees, Warning, Silent} }

// source is the source of all findings.
const source = "aixmend: it compares the health that Power Virtual Server shows with the guest's verdict"

// Case is one host.
type Case struct {
	Guest Guest
	Sight Sight
	// Changed is when aixmend last changed the host, zero where it did not; Now is the time
	// of the list.
	Changed, Now time.Time
}

// Judge returns the class of a case and its finding, nil for none.
func Judge(c Case) (Class, *outcome.Finding) {
	s := c.Sight
	switch {
	case s.Silence != "":
		return Unknown, finding(Silent, outcome.Info, "Power Virtual Server does not tell the health of the VM: "+s.Silence, nil,
			"the verdict of the guest counts; docs/powervs.md lists the errors")
	case s.Status == Off && c.Guest != Unseen:
		return Unknown, finding(Silent, outcome.Info, "Power Virtual Server says that this VM is off, but the guest answers", evidence(s),
			"the verdict of the guest counts; the list may be some minutes old, or the guest is another VM: compare their MACs")
	case s.Health != ok && s.Health != warning:
		said := "it shows none"
		if s.Health != "" {
			said = fmt.Sprintf("%q is not a health that is known", s.Health)
		}
		return Unknown, finding(Silent, outcome.Info, "Power Virtual Server does not tell the health of the VM: "+said, evidence(s),
			"the verdict of the guest counts; a VM that is off, or is being built, has no health")
	case c.Guest == Unseen:
		return NoGuest, nil
	case c.Guest == Connected && s.Health == ok:
		return BothGood, nil
	case c.Guest == Disconnected && s.Health == warning:
		return BothBad, finding(Warning, outcome.Info, "Power Virtual Server shows WARNING, and RMC is not connected in the guest either", evidence(s),
			"heal RMC in the guest; the cloud follows, after 20 minutes or more")
	case c.Guest == Disconnected:
		return GuestBad, finding(Disagrees, outcome.Warning, "Power Virtual Server shows OK, but RMC is not connected in the guest", evidence(s),
			"the guest counts: heal RMC there; the cloud may show an older state")
	case !c.Changed.IsZero() && c.Now.Sub(c.Changed) < Lag:
		return Pending, nil
	}
	return CloudLags, finding(Disagrees, outcome.Warning, "RMC is connected in the guest, but Power Virtual Server shows WARNING: the cloud lags", evidence(s),
		"wait: the cloud is known to take 20 minutes and more. If it still shows WARNING after some hours, open a support case for the VM")
}

func finding(id string, severity outcome.Severity, title string, evidence []string, remedy string) *outcome.Finding {
	return &outcome.Finding{ID: id, Severity: severity, Title: title, Evidence: evidence, Remedy: remedy, Source: source}
}

// evidence is a sight in lines. The time is that of a sweep: it does not say since when.
func evidence(s Sight) []string {
	lines := []string{fmt.Sprintf("cloud: status %s, health %s", or(s.Status, "none"), or(s.Health, "none"))}
	if s.Reason != "" {
		lines = append(lines, "reason: "+s.Reason)
	}
	if s.LastUpdate != "" {
		lines = append(lines, "updated by the cloud at "+s.LastUpdate)
	}
	return lines
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// API is the fact about a VM, for the evidence in the guest; it is not known where the
// cloud lists no NIC of it.
func (s Sight) API() facts.API {
	if s.Silence != "" || len(s.NICs) == 0 {
		return facts.API{}
	}
	vm := facts.API{Known: true, Instance: s.Instance, Workspace: s.Workspace}
	for _, n := range s.NICs {
		vm.NICs = append(vm.NICs, facts.APINIC{MAC: n.MAC, Network: n.Network})
	}
	return vm
}

// Copied reports whether nothing of a guest is of the machine of its capture: it may run a
// copy of its disks. macs are those in the guest, then those in the capture.
func Copied(macs, then []string) bool {
	return len(macs) > 0 && len(then) > 0 && !slices.ContainsFunc(then, func(mac string) bool { return slices.Contains(macs, mac) })
}

// Original is the VM of a capture, in a fact, where it is another one than that of the host
// and not known to be off; "" otherwise. For a guest that is Copied, why says why it is not
// known whether there is such a VM. then are the MACs in the capture.
func (s Sight) Original(captured Sight, macs, then []string) (vm, why string) {
	other := s.Instance != captured.Instance
	if s.Silence != "" {
		var theirs []string
		for _, n := range captured.NICs {
			theirs = append(theirs, n.MAC)
		}
		other = Copied(macs, theirs)
	}
	switch {
	case captured.Silence != "" && !captured.Absent && Copied(macs, then):
		return "", captured.Silence
	case captured.Silence != "" || captured.Status == Off || !other:
		return "", ""
	}
	return captured.Name + " (" + captured.Instance + ") " + or(captured.Status, "without a status"), ""
}

// Report is a sight in the report of its host.
func (s Sight) Report(class Class) *outcome.Cloud {
	return &outcome.Cloud{
		Instance: s.Instance, Workspace: s.Workspace, Status: s.Status, Health: s.Health, Reason: s.Reason,
		LastUpdate: s.LastUpdate, Class: string(class), Silence: s.Silence,
	}
}

// GuestOf is the verdict about RMC in the guest, of the newest look in a report.
func GuestOf(h *outcome.Host) Guest {
	text, err := json.Marshal(h.Facts["domain"])
	var domain facts.Domain
	if err != nil || json.Unmarshal(text, &domain) != nil || domain.State == "" || h.Outcome == outcome.Unreachable {
		return Unseen
	}
	if domain.State == "connected" {
		return Connected
	}
	return Disconnected
}
