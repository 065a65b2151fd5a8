package aixsim

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Each part of the state counts in the fingerprint, however deep it lies.
func TestFingerprintSeesEveryChange(t *testing.T) {
	state := func() *State {
		s := Healthy("aixvm1", 1)
		s.Behaviours = map[string]Behaviour{"lsattr": {}}
		return s
	}
	plain := fingerprintOf(state())
	if again := fingerprintOf(state()); again != plain {
		t.Fatal("two equal states differ")
	}
	for name, change := range map[string]func(*State){
		"string":        func(s *State) { s.Hostname += "x" },
		"bool":          func(s *State) { s.RMC.Hung = true },
		"duration":      func(s *State) { s.ClockOffset = Duration(time.Second) },
		"time":          func(s *State) { s.BootTime = s.BootTime.Add(time.Nanosecond) },
		"struct":        func(s *State) { s.Cluster.CAA = "c" },
		"list element":  func(s *State) { s.NICs[0].Live.IPv4 = nil },
		"list order":    func(s *State) { slices.Reverse(s.NICs) },
		"list length":   func(s *State) { s.Filesets = s.Filesets[1:] },
		"map value":     func(s *State) { s.Files[workNodeID] = File{Content: "0\n"} },
		"map key":       func(s *State) { s.Files["/tmp/x"] = File{} },
		"map swap":      func(s *State) { swapFiles(s) },
		"map of struct": func(s *State) { s.Behaviours["lsattr"] = Behaviour{Hang: true} },
	} {
		s := state()
		change(s)
		if fingerprintOf(s) == plain {
			t.Errorf("%s: a change is not seen", name)
		}
	}
	s := state()
	s.RMC.HeldSince, s.RMC.Registered, s.Effects = time.Now(), !s.RMC.Registered, []string{"x"}
	if fingerprintOf(s) != plain {
		t.Error("RMC's connection and the log of effects count")
	}
	for field := range reflect.TypeFor[State]().Fields() {
		if !field.IsExported() {
			t.Errorf("State.%s is not exported: the fingerprint would not see it", field.Name)
		}
	}
}

func fingerprintOf(s *State) uint64 { return (&Host{s: s}).fingerprint() }

// swapFiles exchanges the content of two files.
func swapFiles(s *State) {
	paths := slices.Sorted(maps.Keys(s.Files))
	i := slices.IndexFunc(paths, func(p string) bool { return !reflect.DeepEqual(s.Files[p], s.Files[paths[0]]) })
	s.Files[paths[0]], s.Files[paths[i]] = s.Files[paths[i]], s.Files[paths[0]]
}
