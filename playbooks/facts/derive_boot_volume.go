package facts

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// States of BootVolume: of the volume, of the snapshot, and of the swap.
const (
	volumeSame     = "same"
	volumeOther    = "other"
	snapshotFresh  = "fresh"
	snapshotOlder  = "older"
	snapshotNone   = "none"
	swapTook       = "took"
	swapNotTaken   = "not-taken"
	storageUnknown = "unknown"
)

// BootVolumeInput holds the facts that DeriveBootVolume reads.
type BootVolumeInput struct {
	Storage *Storage    `fact:"storage"`
	IDs     *DiskIDs    `fact:"disk_ids,optional"`
	Boot    *Word       `fact:"bootinfo,optional"`
	Disks   *Disks      `fact:"lspv"`
	Own     *OwnCapture `fact:"own,optional"`
}

// DeriveBootVolume compares the boot volume that Power Virtual Server shows with the disk
// that AIX started from (own image). They are one where the unique id of the disk holds
// the WWN of the volume (I); where it holds that of another volume of the VM, AIX runs
// from that one. Anything else is not known, and said as such.
func DeriveBootVolume(in BootVolumeInput) (BootVolume, error) {
	if in.Storage == nil {
		return BootVolume{}, errors.New("the storage is not known")
	}
	b := BootVolume{State: storageUnknown, Snapshot: storageUnknown, Swap: storageUnknown, Candidates: []string{}}
	boot := b.volume(*in.Storage, in)
	b.snapshot(*in.Storage, boot)
	b.swap(*in.Storage, boot, in.Own)
	return b, nil
}

// volume compares the boot volume with the disk, and returns it; nil: it is not known.
func (b *BootVolume) volume(s Storage, in BootVolumeInput) *Volume {
	if s.VolumesWhy != "" || !s.Known {
		b.Why = clean("not known which boot volume Power Virtual Server has: "+s.silence(s.VolumesWhy), maxValue)
		return nil
	}
	var boots []Volume
	for _, v := range s.Volumes {
		if v.Boot {
			boots = append(boots, v)
		}
	}
	if len(boots) != 1 {
		b.Why = fmt.Sprintf("not known which boot volume Power Virtual Server has: it shows %d", len(boots))
		return nil
	}
	boot := boots[0]
	b.ID, b.Name = boot.ID, boot.Name
	disks := bootDisks(in.Boot, in.Disks)
	of := func(v Volume) string { return heldBy(v, disks, in.IDs) }
	other := slices.IndexFunc(s.Volumes, func(v Volume) bool { return !v.Boot && of(v) != "" })
	switch disk := of(boot); {
	case disk != "":
		b.State, b.Why = volumeSame, fmt.Sprintf("the boot volume %s is %s, which AIX started from", volumeText(boot), disk)
		b.candidates(s.Volumes, in)
	case other >= 0:
		b.State = volumeOther
		b.Why = fmt.Sprintf("the boot volume is %s, but AIX started from %s, which is the volume %s", volumeText(boot), of(s.Volumes[other]), volumeText(s.Volumes[other]))
	case in.IDs == nil:
		b.Why = fmt.Sprintf("not known whether AIX started from the boot volume %s: lspv -u gave no ids of disks", volumeText(boot))
	default:
		b.Why = fmt.Sprintf("not known whether AIX started from the boot volume %s: the id of %s names no volume of the VM", volumeText(boot), orElse(some(disks), "its disk"))
	}
	b.Why = clean(b.Why, maxValue)
	return &boot
}

// candidates are the other volumes that can be started from, without those of rootvg: a
// mirror of it is no image of one's own.
func (b *BootVolume) candidates(list []Volume, in BootVolumeInput) {
	root := bootDisks(nil, in.Disks)
	for _, v := range list {
		if !v.Boot && v.Bootable && volumeID.MatchString(v.ID) && heldBy(v, root, in.IDs) == "" {
			b.Candidates = append(b.Candidates, v.ID)
		}
	}
}

// silence says why a list is not known.
func (s Storage) silence(why string) string {
	return orElse(why, orElse(s.Why, "it was not asked"))
}

// volumeID matches ids that may stand in a command for a person.
var volumeID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)

func volumeText(v Volume) string {
	if v.Name == "" {
		return v.ID
	}
	return fmt.Sprintf("%s (%s)", quoted(v.Name), v.ID)
}

// bootDisks are the disks that AIX may have started from: the one that bootinfo -b names
// where rootvg is on it, else those of rootvg.
func bootDisks(boot *Word, disks *Disks) []string {
	var names []string
	if disks != nil {
		for _, d := range disks.List {
			if d.VG == "rootvg" {
				names = append(names, d.Name)
			}
		}
	}
	if boot != nil && slices.Contains(names, boot.Text) {
		return []string{boot.Text}
	}
	return names
}

// heldBy is the first of some disks whose unique id holds the WWN of a volume, "" for none.
func heldBy(v Volume, disks []string, ids *DiskIDs) string {
	if ids == nil || v.WWN == "" {
		return ""
	}
	for _, id := range ids.List {
		if slices.Contains(disks, id.Name) && strings.Contains(id.ID, v.WWN) {
			return id.Name
		}
	}
	return ""
}

// snapshot looks for one that was taken after the last change. One that is not complete,
// or that is known to leave the boot volume out, is none.
func (b *BootVolume) snapshot(s Storage, boot *Volume) {
	if s.SnapshotsWhy != "" || !s.Known {
		b.SnapshotWhy = clean("not known whether there is a snapshot: "+s.silence(s.SnapshotsWhy), maxValue)
		return
	}
	var newest Snapshot
	var taken time.Time
	undated := ""
	for _, one := range s.Snapshots {
		if one.Status != "available" || boot != nil && len(one.Volumes) > 0 && !slices.Contains(one.Volumes, boot.ID) {
			continue
		}
		at, err := time.Parse(time.RFC3339, one.Created)
		switch {
		case err != nil:
			undated = one.Name
		case at.After(taken):
			newest, taken = one, at
		}
	}
	if taken.IsZero() && undated != "" {
		b.SnapshotWhy = fmt.Sprintf("not known how old the snapshot %s is", quoted(undated))
		return
	}
	if taken.IsZero() {
		b.Snapshot, b.SnapshotWhy = snapshotNone, "there is no complete snapshot of the VM with its boot volume"
		return
	}
	var why string
	b.Snapshot, why = s.age(taken)
	b.SnapshotWhy = clean(fmt.Sprintf("the newest snapshot %s is of %s%s", quoted(newest.Name), dated(taken), why), maxValue)
}

// age says whether aixmend is known to have changed the host after a snapshot. Nobody knows
// of changes before its history begins.
func (s Storage) age(taken time.Time) (age, why string) {
	changed, err := time.Parse(time.RFC3339, s.Changed)
	if err == nil && !taken.After(changed) {
		return snapshotOlder, ", before the last change by aixmend on " + dated(changed)
	}
	since, err := time.Parse(time.RFC3339, s.Since)
	switch {
	case err != nil:
		return storageUnknown, "; not known whether aixmend has changed the host since"
	case !taken.After(since):
		return storageUnknown, "; not known whether aixmend has changed the host since: the state folder knows of changes from " + dated(since) + " on"
	}
	return snapshotFresh, "; aixmend has changed nothing since"
}

func dated(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// swap says whether another volume is the boot volume now than in the capture, and AIX
// started from it.
func (b *BootVolume) swap(s Storage, boot *Volume, own *OwnCapture) {
	if own == nil || own.State != "found" || !own.Past.has("storage") {
		b.SwapWhy = "not known whether the boot volume was changed: no capture of this machine has the boot volume of then"
		return
	}
	was := slices.IndexFunc(own.Past.Storage.Volumes, func(v Volume) bool { return v.Boot })
	switch {
	case boot == nil || was < 0:
		b.SwapWhy = "not known whether the boot volume was changed: " + orElse(b.Why, "the capture has none")
	case own.Past.Storage.Volumes[was].ID == boot.ID:
		b.Swap, b.SwapWhy = swapNotTaken, fmt.Sprintf("the boot volume is still %s, as in %s", volumeText(*boot), own.Past.From)
	case b.State == volumeOther:
		b.Swap, b.SwapWhy = swapNotTaken, b.Why
	case b.State == volumeSame:
		b.Swap = swapTook
		b.SwapWhy = fmt.Sprintf("%s; in %s it was %s; the VM is %s", b.Why, own.Past.From, volumeText(own.Past.Storage.Volumes[was]), orElse(s.Status, "in no known state"))
	default:
		b.SwapWhy = "not known whether the swap took: " + b.Why
	}
	b.SwapWhy = clean(b.SwapWhy, maxValue)
}
