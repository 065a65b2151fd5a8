package facts

import (
	"strings"
	"testing"
)

// The own image's half that the cloud knows: each thing that is not known is said as such,
// and is never taken for the same.
func TestDeriveBootVolume(t *testing.T) {
	const own, ibm = "6005076810ab00010000000000000001", "6005076810ab00010000000000000002"
	volumes := func(boot string) []Volume {
		return []Volume{
			{ID: "vol-ibm", Name: "ibm", WWN: ibm, Boot: boot == "vol-ibm", Bootable: true}, {ID: "vol-own", Name: "own", WWN: own, Boot: boot == "vol-own", Bootable: true},
			{ID: "vol; reboot", Bootable: true}, {ID: "vol-data", Name: "data"},
		}
	}
	snapshot := func(name, created, status string, of ...string) Snapshot {
		return Snapshot{Name: name, Created: created, Status: status, Volumes: of}
	}
	on := func(disk string) *Disks {
		d := &Disks{List: []Disk{{Name: "hdisk0"}, {Name: "hdisk1"}}}
		for i := range d.List {
			if d.List[i].Name == disk {
				d.List[i].VG = "rootvg"
			}
		}
		return d
	}
	ids := &DiskIDs{List: []DiskID{{"hdisk0", "33213" + ibm + "04214503ibmfcp51c3"}, {"hdisk1", "3e33213" + own + "04214503ibmfcp05vdasd03aixvscsi"}}}
	then := &OwnCapture{State: "found", Past: Past{From: "capture c1", Has: []string{"storage"}, Storage: Storage{Volumes: volumes("vol-ibm")}}}
	for name, c := range map[string]struct {
		in                    BootVolumeInput
		state, snapshot, swap string
		says                  string
	}{
		"the same, and a fresh snapshot": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-ibm"), Changed: "2026-11-01T00:00:00Z", Since: "2026-10-01T00:00:00Z",
			Snapshots: []Snapshot{snapshot("old", "2026-10-01T00:00:00Z", "available"), snapshot("new", "2026-11-02T00:00:00.000Z", "available", "vol-ibm")}}, IDs: ids, Boot: &Word{Text: "hdisk0"}, Disks: on("hdisk0")},
			"same", "fresh", "unknown", `the boot volume "ibm" (vol-ibm) is hdisk0, which AIX started from`},
		"an older snapshot": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-ibm"), Changed: "2026-11-03T00:00:00Z",
			Snapshots: []Snapshot{snapshot("new", "2026-11-02T00:00:00Z", "available")}}, IDs: ids, Disks: on("hdisk0")},
			"same", "older", "unknown", `before the last change by aixmend on 2026-11-03T00:00:00Z`},
		"no change is known": {BootVolumeInput{Storage: &Storage{Known: true, Snapshots: []Snapshot{snapshot("s", "2026-11-02T00:00:00Z", "available")}}, Disks: on("hdisk0")},
			"unknown", "unknown", "unknown", "not known whether aixmend has changed the host since"},
		"no change since the history begins": {BootVolumeInput{Storage: &Storage{Known: true, Since: "2026-11-01T23:59:59Z", Snapshots: []Snapshot{snapshot("s", "2026-11-02T00:00:00Z", "available")}}, Disks: on("hdisk0")},
			"unknown", "fresh", "unknown", "aixmend has changed nothing since"},
		"a snapshot from before the history": {BootVolumeInput{Storage: &Storage{Known: true, Since: "2026-11-02T00:00:00Z", Snapshots: []Snapshot{snapshot("s", "2026-11-02T00:00:00Z", "available")}}, Disks: on("hdisk0")},
			"unknown", "unknown", "unknown", "knows of changes from 2026-11-02T00:00:00Z on"},
		"a change before the history": {BootVolumeInput{Storage: &Storage{Known: true, Since: "2026-11-03T00:00:00Z", Changed: "2026-11-01T00:00:00Z", Snapshots: []Snapshot{snapshot("s", "2026-11-02T00:00:00Z", "available")}}, Disks: on("hdisk0")},
			"unknown", "unknown", "unknown", "from 2026-11-03T00:00:00Z on"},
		"snapshots that don't count": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-ibm"),
			Snapshots: []Snapshot{snapshot("half", "2026-11-02T00:00:00Z", "creating"), snapshot("data", "2026-11-02T00:00:00Z", "available", "vol-data")}}, IDs: ids, Disks: on("hdisk0")},
			"same", "none", "unknown", "no complete snapshot of the VM with its boot volume"},
		"a snapshot without a date": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-ibm"), Snapshots: []Snapshot{snapshot("s", "yesterday", "available")}}, IDs: ids, Disks: on("hdisk0")},
			"same", "unknown", "unknown", `not known how old the snapshot "s" is`},
		"another volume": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-own")}, IDs: ids, Boot: &Word{Text: "hdisk0"}, Disks: on("hdisk0"), Own: then},
			"other", "none", "not-taken", `the boot volume is "own" (vol-own), but AIX started from hdisk0, which is the volume "ibm" (vol-ibm)`},
		"the swap took": {BootVolumeInput{Storage: &Storage{Known: true, Status: "ACTIVE", Volumes: volumes("vol-own")}, IDs: ids, Boot: &Word{Text: "hdisk1"}, Disks: on("hdisk1"), Own: then},
			"same", "none", "took", `in capture c1 it was "ibm" (vol-ibm); the VM is ACTIVE`},
		"not swapped": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-ibm")}, IDs: ids, Disks: on("hdisk0"), Own: then},
			"same", "none", "not-taken", "still \"ibm\" (vol-ibm), as in capture c1"},
		"a disk that no volume is": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-ibm")}, IDs: &DiskIDs{List: []DiskID{{"hdisk0", "2a1135000c5005474b9c30bst9146853ss03ibmsas"}}}, Disks: on("hdisk0"), Own: then},
			"unknown", "none", "not-taken", "the id of hdisk0 names no volume of the VM"},
		"a volume without its WWN": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: []Volume{{ID: "v", Boot: true}}}, IDs: ids, Disks: on("hdisk0")},
			"unknown", "none", "unknown", "names no volume of the VM"},
		"no ids of disks":         {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-own")}, Disks: on("hdisk0"), Own: then}, "unknown", "none", "unknown", "lspv -u gave no ids"},
		"two boot volumes":        {BootVolumeInput{Storage: &Storage{Known: true, Volumes: append(volumes("vol-own"), volumes("vol-ibm")...)}, IDs: ids, Disks: on("hdisk0")}, "unknown", "none", "unknown", "it shows 2"},
		"volumes are forbidden":   {BootVolumeInput{Storage: &Storage{Known: true, VolumesWhy: "403 Forbidden"}, IDs: ids, Disks: on("hdisk0")}, "unknown", "none", "unknown", "403 Forbidden"},
		"snapshots are forbidden": {BootVolumeInput{Storage: &Storage{Known: true, Volumes: volumes("vol-ibm"), SnapshotsWhy: "403"}, IDs: ids, Disks: on("hdisk0")}, "same", "unknown", "unknown", "whether there is a snapshot: 403"},
		"no such VM":              {BootVolumeInput{Storage: &Storage{Why: "no VM has its name"}, IDs: ids, Disks: on("hdisk0")}, "unknown", "unknown", "unknown", "no VM has its name"},
		"not asked":               {BootVolumeInput{Storage: &Storage{}}, "unknown", "unknown", "unknown", "it was not asked"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := DeriveBootVolume(c.in)
			said := got.Why + "\n" + got.SnapshotWhy + "\n" + got.SwapWhy
			if err != nil || got.State != c.state || got.Snapshot != c.snapshot || got.Swap != c.swap || !strings.Contains(said, c.says) {
				t.Errorf("%v: %s %s %s\n%s", err, got.State, got.Snapshot, got.Swap, said)
			}
			if got.Why == "" || got.SnapshotWhy == "" || got.SwapWhy == "" || strings.Contains(strings.Join(got.Candidates, " "), "reboot") {
				t.Errorf("%+v", got)
			}
		})
	}
	if _, err := DeriveBootVolume(BootVolumeInput{}); err == nil {
		t.Error("no error without the storage")
	}
}

// A candidate for the swap is another volume, and only where it is known which one AIX runs
// from: neither that one nor a mirror of it is ever named.
func TestBootVolumeCandidates(t *testing.T) {
	volume := func(id string, boot bool) Volume {
		return Volume{ID: id, WWN: "6005-" + id, Boot: boot, Bootable: true}
	}
	ids := &DiskIDs{List: []DiskID{{"hdisk0", "x6005-a"}, {"hdisk1", "x6005-b"}, {"hdisk2", "x6005-c"}}}
	root := &Disks{List: []Disk{{Name: "hdisk0", VG: "rootvg"}, {Name: "hdisk1", VG: "rootvg"}, {Name: "hdisk2"}}}
	for name, c := range map[string]struct {
		boot string
		ids  *DiskIDs
		want string
	}{
		"the same, with a mirror": {"a", ids, "c"},
		"AIX runs from another":   {"c", ids, ""},
		"it is not known":         {"a", nil, ""},
	} {
		s := &Storage{Known: true, Volumes: []Volume{volume("a", c.boot == "a"), volume("b", false), volume("c", c.boot == "c")}}
		b, err := DeriveBootVolume(BootVolumeInput{Storage: s, IDs: c.ids, Boot: &Word{Text: "hdisk0"}, Disks: root})
		if got := strings.Join(b.Candidates, " "); err != nil || got != c.want {
			t.Errorf("%s: %v %q, want %q", name, err, got, c.want)
		}
	}
}

// lspv -u, with ids that hold blanks and touch the next column.
func TestParseDiskIDs(t *testing.T) {
	got, err := ParseDiskIDs(Output{Stdout: []byte("hdisk0          00000000fb8a0572                    rootvg          active      533E3E2136005076810AB00010000000000000002F1746      FAStT03IBMfcp05VDASD03AIXvscsi8060a98a-0292\n" +
		"hdisk1          none                                None                        3321360050768\n")})
	if err != nil || len(got.List) != 2 || got.List[0] != (DiskID{"hdisk0", "533e3e2136005076810ab00010000000000000002f1746fastt03ibmfcp05vdasd03aixvscsi8060a98a-0292"}) || got.List[1].ID != "3321360050768" {
		t.Errorf("%v %+v", err, got)
	}
	for _, bad := range []Output{{Exit: 1}, {}, {Stdout: []byte("Usage: lspv\n")}, {Stdout: []byte("hdisk0 none None x"), Truncated: true}} {
		if got, err := ParseDiskIDs(bad); err == nil {
			t.Errorf("%+v", got)
		}
	}
}
