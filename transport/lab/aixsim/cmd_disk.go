package aixsim

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
)

// diskCommands tell of disks and booting.
func diskCommands() []Command {
	both := append(bin(), sbin()...)
	return []Command{
		{Name: "lspv", Dirs: both, Run: cmdLspv},
		{Name: "lsvg", Dirs: both, Run: cmdLsvg},
		{Name: "bootinfo", Dirs: sbin(), Run: cmdBootinfo, Root: true},
		{Name: "bootlist", Dirs: both, Run: cmdBootlist},
	}
}

// WWN is the name that the storage gives to the volume of a disk.
func WWN(d Disk) string {
	id := fnv.New64a()
	_, _ = id.Write([]byte(d.PVID)) // never fails
	if d.PVID == "none" {
		_, _ = id.Write([]byte(d.Name))
	}
	return fmt.Sprintf("60050768%016X00000000", id.Sum64())
}

func cmdLspv(_ context.Context, e *Env) int {
	f := getopt(e.Args, "uLM")
	for _, i := range e.State.Variant.order(len(e.State.Disks), "lspv") {
		d := e.State.Disks[i]
		active := ""
		if d.Active {
			active = "active"
		}
		if column := e.State.Variant.LspvColumn; column != "" {
			active = fmt.Sprintf("%-12s%s", active, column)
		}
		if f.has('u') {
			active = fmt.Sprintf("%-12s33213%s04214503IBMfcp  %08x-51c3-4bb5-8e00-00000000%04x", active, WWN(d), i, i)
		}
		e.out("%-16s%-32s%-16s%s\n", d.Name, d.PVID, d.VG, active)
	}
	return 0
}

// cmdLsvg is lsvg, and lsvg -o for those that are varied on.
func cmdLsvg(_ context.Context, e *Env) int {
	f := getopt(e.Args, "oLilMpn:")
	if f.bad != 0 || len(f.rest) > 0 {
		return e.usage(f, "lsvg [-L] [-o]")
	}
	var seen []string
	for _, d := range e.State.Disks {
		if d.VG == "None" || slices.Contains(seen, d.VG) || f.has('o') && !d.Active {
			continue
		}
		seen = append(seen, d.VG)
		e.out("%s\n", d.VG)
	}
	return 0
}

func cmdBootinfo(_ context.Context, e *Env) int {
	f := getopt(e.Args, "brKyTpms:")
	switch {
	case f.has('b'):
		e.out("%s\n", e.State.BootDisk)
	case f.has('r'):
		e.out("8388608\n")
	case f.has('K'), f.has('y'):
		e.out("64\n")
	default:
		return e.usage(f, "bootinfo -b | -r | -K | -y")
	}
	return 0
}

func cmdBootlist(_ context.Context, e *Env) int {
	f := getopt(e.Args, "m:orf:")
	if !f.has('o') {
		if e.UID != 0 {
			return e.fail(1, "bootlist: you must be root")
		}
		if len(f.rest) > 0 {
			e.State.BootList = f.rest
			e.effect("bootlist %v", f.rest)
		}
		return 0
	}
	for _, d := range e.State.BootList {
		e.out("%s\n", d)
	}
	return 0
}
