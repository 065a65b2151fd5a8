package facts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// D12: each cause with its evidence lines, several at once, or unknown.
func TestDeriveCauses(t *testing.T) {
	disks := func(list ...Disk) *Disks { return &Disks{List: list} }
	rootvg := Disk{Name: "hdisk0", PVID: "aa", VG: "rootvg", Active: true}
	for _, c := range []struct {
		name  string
		in    CausesInput
		names []string
		says  []string // in the evidence
	}{
		{"nothing found", CausesInput{Smit: &Lines{}}, []string{"unknown"}, nil},
		{"the same volume", CausesInput{Boot: &Word{Text: "hdisk0"}, Disks: disks(rootvg), Captured: &Captured{Known: true, BootDisk: "hdisk0", BootPVID: "aa"}}, []string{"unknown"}, nil},
		{"another volume than captured", CausesInput{Boot: &Word{Text: "hdisk0"}, Disks: disks(rootvg), Captured: &Captured{Known: true, ID: "c1", Date: "2026-11-01", BootDisk: "hdisk0", BootPVID: "bb"}},
			[]string{"boot volume changed"}, []string{"PVID aa", "c1", "2026-11-01", "PVID bb"}},
		{"no capture", CausesInput{Boot: &Word{Text: "hdisk0"}, Disks: disks(rootvg), Captured: &Captured{}}, []string{"unknown"}, nil},
		{"started from elsewhere", CausesInput{Boot: &Word{Text: "hdisk1"}, Disks: disks(rootvg, Disk{Name: "hdisk1", PVID: "cc"})}, []string{"boot volume changed"}, []string{"started from hdisk1", "rootvg is on hdisk0"}},
		{"old_rootvg", CausesInput{Disks: disks(rootvg, Disk{Name: "hdisk1", VG: "old_rootvg"})}, []string{"mksysb restore"}, []string{"hdisk1 holds old_rootvg"}},
		{"a foreign log alone is no restore", CausesInput{Disks: disks(rootvg), Injected: &Injected{State: "foreign"}}, []string{"unknown"}, nil},
		{"all three", CausesInput{
			Boot: &Word{Text: "hdisk0"}, Disks: disks(rootvg, Disk{Name: "hdisk1", VG: "old_rootvg"}),
			Captured: &Captured{Known: true, BootDisk: "hdisk9", BootPVID: "bb"}, Injected: &Injected{State: "foreign", Address: "fe80::1"},
			Install: &Lines{List: []string{"mksysb"}}, Smit: &Lines{List: []string{"chdev -l en1 -a netaddr6="}},
		}, []string{"boot volume changed", "mksysb restore", "removed with smitty"}, []string{"fe80::1", "install log: mksysb", "smit: chdev"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DeriveCauses(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.names, got.Names); diff != "" {
				t.Errorf("names (-want +got)\n%s", diff)
			}
			evidence := strings.Join(append(append(got.BootVolume, got.Mksysb...), got.Smit...), "\n")
			for _, text := range c.says {
				if !strings.Contains(evidence, text) {
					t.Errorf("the evidence does not say %q:\n%s", text, evidence)
				}
			}
		})
	}
}

func TestParseLines(t *testing.T) {
	for _, c := range []struct {
		out  Output
		want int
		bad  bool
	}{
		{Output{Stdout: []byte("a\n\n b \x1b[31m\n")}, 2, false},
		{Output{Exit: 1}, 0, false},
		{Output{Exit: 1, Stderr: []byte("sudo: no")}, 0, true},
		{Output{Exit: 2, Stderr: []byte("can't open")}, 0, true},
		{Output{Stdout: []byte(strings.Repeat("x\n", 5000))}, maxShown, false},
	} {
		got, err := ParseLines(c.out)
		if (err != nil) != c.bad || len(got.List) != c.want && !c.bad {
			t.Errorf("%+v: %d lines, %v", c.out.Exit, len(got.List), err)
		}
		for _, line := range got.List {
			if strings.ContainsAny(line, "\x1b\n") {
				t.Errorf("line %q", line)
			}
		}
	}
}

func FuzzLines(f *testing.F) { fuzzParser(f, "lines") }
