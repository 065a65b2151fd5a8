package facts

import (
	"errors"
	"fmt"
)

// CausesInput holds the facts that DeriveCauses reads; a nil fact is no evidence.
type CausesInput struct {
	Boot     *Word     `fact:"bootinfo"`
	Disks    *Disks    `fact:"lspv"`
	Captured *Captured `fact:"captured"`
	Injected *Injected `fact:"injected"`
	Install  *Lines    `fact:"install_log"`
	Smit     *Lines    `fact:"smit_log"`
}

// DeriveCauses collects the signs of how the RMC address was lost (procedure
// D12; aix-facts section 3: each is weak, they add up). It fails when nothing
// that could tell was read.
func DeriveCauses(in CausesInput) (Causes, error) {
	if in.Boot == nil && in.Disks == nil && in.Install == nil && in.Smit == nil {
		return Causes{}, errors.New("nothing was read that could tell how the address was lost")
	}
	c := Causes{BootVolume: bootVolumeSigns(in), Mksysb: mksysbSigns(in), Smit: []string{}, Names: []string{}}
	if in.Smit != nil {
		for _, line := range in.Smit.List {
			c.Smit = append(c.Smit, "smit: "+line)
		}
	}
	for _, cause := range []struct {
		signs []string
		name  string
	}{{c.BootVolume, "boot volume changed"}, {c.Mksysb, "mksysb restore"}, {c.Smit, "removed with smitty"}} {
		if len(cause.signs) > 0 {
			c.Names = append(c.Names, cause.name)
		}
	}
	if len(c.Names) == 0 {
		c.Names = append(c.Names, "unknown")
	}
	return c, nil
}

// bootVolumeSigns: the VM runs from another volume than when it was captured,
// or from another than rootvg's.
func bootVolumeSigns(in CausesInput) []string {
	signs := []string{}
	if in.Boot == nil || in.Disks == nil {
		return signs
	}
	var boot *Disk
	rootvg := ""
	for i, d := range in.Disks.List {
		if d.Name == in.Boot.Text {
			boot = &in.Disks.List[i]
		}
		if d.VG == "rootvg" {
			rootvg = d.Name
		}
	}
	if boot == nil {
		return signs
	}
	if c := in.Captured; c != nil && c.Known && c.BootPVID != "" && boot.PVID != "" && c.BootPVID != boot.PVID {
		signs = append(signs, fmt.Sprintf("bootinfo -b, lspv: started from %s, PVID %s; capture %s of %s has %s, PVID %s",
			boot.Name, boot.PVID, c.ID, c.Date, c.BootDisk, c.BootPVID))
	}
	if rootvg != "" && boot.VG != "rootvg" {
		signs = append(signs, fmt.Sprintf("bootinfo -b: last started from %s, rootvg is on %s", boot.Name, rootvg))
	}
	return signs
}

// mksysbSigns: volume groups that a restore leaves behind, the install log, a
// cloud-init log that came with the image.
func mksysbSigns(in CausesInput) []string {
	signs := []string{}
	if in.Disks != nil {
		for _, d := range in.Disks.List {
			if d.VG == "old_rootvg" || d.VG == "altinst_rootvg" {
				signs = append(signs, fmt.Sprintf("lspv: %s holds %s", d.Name, d.VG))
			}
		}
	}
	if in.Install != nil {
		for _, line := range in.Install.List {
			signs = append(signs, "install log: "+line)
		}
	}
	if len(signs) > 0 && in.Injected != nil && in.Injected.State == "foreign" {
		signs = append(signs, "cloud-init log: it belongs to another VM ("+in.Injected.Address+")")
	}
	return signs
}
