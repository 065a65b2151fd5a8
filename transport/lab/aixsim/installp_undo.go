package aixsim

import (
	"context"
	"slices"
	"strings"
)

// save keeps the level that a reject or a clean-up restores.
func (s *State) save(old Fileset) {
	s.forget(old.Name)
	s.Saved = append(s.Saved, old)
}

// forget drops the saved level of a fileset and returns it, nil when nothing
// was.
func (s *State) forget(name string) *Fileset {
	i := slices.IndexFunc(s.Saved, func(f Fileset) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	old := s.Saved[i]
	s.Saved = dropAt(s.Saved, i)
	return &old
}

// giveBack makes the room free that a fileset had.
func (s *State) giveBack(x Fileset) {
	if usr := s.mountOf("/usr"); usr != nil {
		usr.FreeKB = min(usr.SizeKB, usr.FreeKB+x.SizeKB)
	}
}

// reject is -r: the saved levels come back; with -p it only says so.
func (e *Env) reject(f flagSet) int {
	exit := 0
	var done []Fileset
	for _, w := range wishes(f.rest) {
		x := e.State.fileset(w.name)
		i := slices.IndexFunc(e.State.Saved, func(s Fileset) bool { return s.Name == w.name })
		if x == nil || x.State != "A" || i < 0 || w.level != "" && compareLevels(w.level, x.Level) != 0 {
			exit = e.fail(1, "installp: 0503-424 %s is not applied and can not be rejected.", w.name)
			continue
		}
		done = append(done, *x)
		if f.has('p') {
			continue
		}
		e.State.giveBack(*x)
		*x = *e.State.forget(w.name)
		e.effect("installp: %s back to %s", w.name, x.Level)
		if w.name == rmcFileset {
			e.startRMC()
		}
	}
	if len(done) > 0 {
		e.summary("Reject", "REJECT", done, slices.Repeat([]string{"SUCCESS"}, len(done)))
	}
	return exit
}

// cleanUp is -C: a broken fileset goes back to its saved level, or goes
// altogether.
func (e *Env) cleanUp() int {
	var done []Fileset
	for _, x := range slices.Clone(e.State.Filesets) {
		if x.State != "B" {
			continue
		}
		done = append(done, x)
		if old := e.State.forget(x.Name); old != nil {
			*e.State.fileset(x.Name) = *old
			e.effect("installp: %s back to %s", x.Name, old.Level)
		} else {
			e.State.Filesets = slices.DeleteFunc(slices.Clone(e.State.Filesets), func(y Fileset) bool { return y.Name == x.Name })
			e.effect("installp: %s removed", x.Name)
		}
		if x.Name == rmcFileset && e.State.fileset(rmcFileset) != nil && e.State.subsystem(ctrmc) != nil {
			e.startRMC()
		}
	}
	if len(done) == 0 {
		e.out("installp:  No filesets were found in the Software Vital Product\n\tDatabase that could be cleaned up.\n")
		return 0
	}
	e.summary("Cleanup", "CLEANUP", done, slices.Repeat([]string{"SUCCESS"}, len(done)))
	return 0
}

// commit is -c without -a: saved levels are given up.
func (e *Env) commit(f flagSet) int {
	exit := 0
	var done []Fileset
	for _, w := range wishes(f.rest) {
		found := false
		for i := range e.State.Filesets {
			x := &e.State.Filesets[i]
			if x.State != "A" || w.name != "all" && !globMatch(w.name, x.Name) {
				continue
			}
			found = true
			done = append(done, *x)
			if !f.has('p') {
				x.State = "C"
				e.State.forget(x.Name)
				e.effect("installp: %s committed", x.Name)
			}
		}
		if !found {
			exit = e.fail(1, "installp: 0503-423 %s is not applied and can not be committed.", w.name)
		}
	}
	if len(done) > 0 {
		e.summary("Commit", "COMMIT", done, slices.Repeat([]string{"SUCCESS"}, len(done)))
	}
	return exit
}

// cmdLppchk is lppchk -v [FILESET...]: silent, or 3 and the filesets that are not as they
// should be.
func cmdLppchk(_ context.Context, e *Env) int {
	f := getopt(e.Args, "cflvunr:m:O:")
	if f.bad != 0 || len(f.values) == 0 {
		return e.usage(f, "lppchk {-c|-f|-l|-u|-v} [-n] [-m 1|2|3] [-O {[r][s][u]}] [FilesetName...]")
	}
	var rows []string
	found := false
	for _, x := range e.State.Filesets {
		if !named(f.rest, x.Name) {
			continue
		}
		found = true
		if x.State == "B" || x.State == "?" {
			rows = append(rows, "  "+x.Name+" "+x.Level+"  (usr: "+stateWord(x.State)+")")
		}
		if x.Lacks != "" {
			rows = append(rows, "  "+x.Lacks+"  (not installed; requisite fileset)")
		}
	}
	switch {
	case !found:
		return e.failIn(1, tongues{"lppchk: 0504-206  No filesets match the name %s.",
			"lppchk: 0504-206  Keine Dateigruppe entspricht dem Namen %s."}, strings.Join(f.rest, " "))
	case len(rows) > 0:
		return e.fail(3, "lppchk:  The following filesets need to be installed or corrected to bring\n\t the system to a consistent state:\n\n%s", strings.Join(rows, "\n"))
	}
	return 0
}
