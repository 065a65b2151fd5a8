package facts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// States of OwnCapture.
const (
	ownFound   = "found"
	ownNone    = "none"
	ownOther   = "other"
	ownUnclear = "unclear"
)

// MachineInput holds the facts that DeriveMachine reads; without captures it says nothing.
type MachineInput struct {
	Captures *Captures `fact:"captures"`
	LPAR     *LPAR     `fact:"lpar"`
	NICs     *NICs     `fact:"nics"`
	Disks    *Disks    `fact:"lspv"`
}

// DeriveMachine finds the capture of this very machine (own image, step 3).
// Identity is everything that survives a change of the disk: the LPAR's number and
// name, and the MACs (I). All must agree, one common MAC is enough. A live
// partition mobility may give the LPAR another number (K): that is believed only
// of a capture that was asked for by name.
func DeriveMachine(in MachineInput) (OwnCapture, error) {
	if in.Captures == nil {
		return OwnCapture{}, errors.New("the captures are not known")
	}
	verdict := OwnCapture{State: ownNone, Past: noPast(), Others: []string{}}
	asked, all := in.Captures.Asked, in.Captures.List
	switch {
	case asked != "" && in.Captures.Problem != "":
		verdict.Why = clean(in.Captures.Problem, maxText)
		return verdict, nil
	case asked != "" && len(all) == 0:
		verdict.Why = "there is no good capture " + quoted(asked) + " of this host"
		return verdict, nil
	case len(all) == 0:
		verdict.Why = "the capture verb never took a good capture of this host"
		return verdict, nil
	}
	now, unclear := identity(in)
	if unclear != "" {
		verdict.State, verdict.Why = ownUnclear, unclear
		return verdict, nil
	}
	now.judge(all, asked != "", &verdict)
	if verdict.State == ownFound && asked == "" {
		now.hidden(all, in.Disks, &verdict)
	}
	return verdict, nil
}

// hidden refuses a capture that was taken from the boot volume that the machine
// runs from now where an older one, of this machine and another volume, holds
// another node id: whoever captures the own image every night must not lose the
// one that matters.
func (m machine) hidden(all []Past, now *Disks, verdict *OwnCapture) {
	newest := verdict.Past
	volume := bootVolume(now)
	if volume == "" || bootVolume(&newest.Disks) != volume {
		return
	}
	for _, past := range all {
		same, _ := m.compare(past, false)
		then := bootVolume(&past.Disks)
		if !same || then == "" || then == volume || past.NodeIDs.State != "agree" || past.NodeIDs.ID == newest.NodeIDs.ID {
			continue
		}
		verdict.State, verdict.Past = ownUnclear, noPast()
		verdict.Why = clean(fmt.Sprintf("capture %s was taken from the boot volume that runs now, and holds node id %s; capture %s, from another volume, holds %s: name one with --set capture=ID",
			captureName(newest), orNone(newest.NodeIDs.ID), captureName(past), past.NodeIDs.ID), maxValue)
		return
	}
}

// bootVolume is the PVID of rootvg's disk, "" when it is not known.
func bootVolume(disks *Disks) string {
	if disks == nil {
		return ""
	}
	for _, d := range disks.List {
		if d.VG == "rootvg" {
			return d.PVID
		}
	}
	return ""
}

// machine holds the facts that identify a machine.
type machine struct {
	lpar LPAR
	macs []string // canonical
}

// identity is this machine's, or why it can't be told.
func identity(in MachineInput) (m machine, unclear string) {
	switch {
	case in.LPAR == nil:
		return machine{}, "the LPAR's number and name could not be read, so no capture can be told to be of this machine"
	case !knownLPAR(*in.LPAR):
		return machine{}, fmt.Sprintf("uname -L names no LPAR (%s), so no capture can be told to be of this machine", lparText(*in.LPAR))
	case in.NICs == nil:
		return machine{}, "the MACs could not be read, so no capture can be told to be of this machine"
	}
	now := machine{lpar: *in.LPAR, macs: macs(in.NICs.List)}
	if len(now.macs) == 0 {
		return machine{}, "no NIC has told its MAC, so no capture can be told to be of this machine"
	}
	return now, ""
}

// judge takes the first capture that is of this machine.
func (m machine) judge(all []Past, asked bool, verdict *OwnCapture) {
	moved := ""
	for _, past := range all {
		same, why := m.compare(past, asked)
		if same {
			verdict.State, verdict.Past = ownFound, past
			verdict.Why = clean(captureName(past)+": "+why, maxValue)
			return
		}
		other := clean(captureName(past)+": "+why, maxText*2)
		if moved == "" && m.moved(past) {
			moved = other
		}
		if len(verdict.Others) < maxShown {
			verdict.Others = append(verdict.Others, other)
		}
	}
	verdict.State = ownOther
	if moved == "" {
		moved = verdict.Others[0]
	}
	verdict.Why = clean(fmt.Sprintf("none of %d captures is of this machine, %s; %s", len(all), lparText(m.lpar), moved), maxValue)
}

// compare says whether a capture is of this machine, and why.
func (m machine) compare(past Past, asked bool) (bool, string) {
	common := m.common(past)
	lpars := fmt.Sprintf("LPAR %s then, %s now", lparText(past.LPAR), lparText(m.lpar))
	switch {
	case m.moved(past) && asked:
		return true, fmt.Sprintf("%s; the name and MAC %s are the same, and a live partition mobility may change the number", lpars, common)
	case m.moved(past):
		return false, fmt.Sprintf("%s; the name and MAC %s are the same, so it may have been moved: name it with --set capture=%s to use it", lpars, common, clean(past.ID, maxName))
	case common != "" && past.LPAR == m.lpar:
		return true, fmt.Sprintf("LPAR %s and MAC %s are those of this machine", lparText(m.lpar), common)
	}
	var differs []string
	switch {
	case !knownLPAR(past.LPAR):
		differs = append(differs, "its LPAR was not read")
	case past.LPAR != m.lpar:
		differs = append(differs, lpars)
	}
	switch {
	case len(macs(past.NICs.List)) == 0:
		differs = append(differs, "its MACs were not read")
	case common == "":
		differs = append(differs, "no MAC in common")
	}
	return false, strings.Join(differs, "; ")
}

// moved reports whether the number alone differs.
func (m machine) moved(past Past) bool {
	return m.common(past) != "" && knownLPAR(past.LPAR) && past.LPAR.Name == m.lpar.Name && past.LPAR.Number != m.lpar.Number
}

// common is the first MAC that the capture knows too, "" when there is none.
func (m machine) common(past Past) string {
	then := macs(past.NICs.List)
	for _, mac := range m.macs {
		if slices.Contains(then, mac) {
			return mac
		}
	}
	return ""
}

// macs are the known MACs, canonical, sorted, each once.
func macs(nics []NIC) []string {
	var found []string
	for _, n := range nics {
		if mac := canonicalMAC(n.MAC); mac != "" {
			found = append(found, mac)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// knownLPAR reports whether uname named a partition: a machine without any says "-1
// NULL" (K), which identifies nothing.
func knownLPAR(l LPAR) bool {
	return l.Number > 0 && l.Name != "" && l.Name != "NULL"
}

func lparText(l LPAR) string {
	return fmt.Sprintf("%d %s", l.Number, clean(l.Name, maxName))
}

// captureName is "ID of DATE".
func captureName(past Past) string {
	return clean(past.ID, maxName) + " of " + clean(past.Date, maxName)
}
