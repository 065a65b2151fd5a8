package aixsim

import (
	"fmt"
	"slices"
	"strings"
)

// wish is one argument of an installation: a name or glob, perhaps a level.
type wish struct{ name, level string }

// wishes reads FILESET [LEVEL]...
func wishes(words []string) []wish {
	var list []wish
	for _, w := range words {
		if len(list) > 0 && w != "" && strings.Trim(w, "0123456789.") == "" {
			list[len(list)-1].level = w
			continue
		}
		list = append(list, wish{name: w})
	}
	return list
}

func (w wish) wants(x image) bool {
	return (w.name == "all" || globMatch(w.name, x.Name)) && (w.level == "" || compareLevels(w.level, x.Level) == 0)
}

// selection is the result of pre-installation verification.
type selection struct {
	e        *Env
	images   []image
	requires bool // -g
	todo     []Fileset
	failures []string
}

// add takes the newest image of each fileset that a wish names.
func (s *selection) add(w wish) {
	newest := map[string]Fileset{}
	var names []string
	found := false
	for _, x := range s.images {
		if x.Damaged && (w.wants(x) || w.name == "all") {
			s.failures = append(s.failures, fmt.Sprintf("  Damaged Images\n  --------------\n  %s  # %s", x.file, x.Name))
			found = true
		}
		if x.Damaged || !w.wants(x) {
			continue
		}
		found = true
		newest[x.Name] = x.Fileset // they come with rising levels
		names = append(names, x.Name)
	}
	if !found {
		s.failures = append(s.failures, fmt.Sprintf("  Not Found on the Installation Media\n  -----------------------------------\n  %s %s", w.name, w.level))
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		s.take(newest[name])
	}
}

// take adds an image that is newer than the installed level, after those it
// needs.
func (s *selection) take(x Fileset) {
	old := s.e.State.fileset(x.Name)
	if old != nil && compareLevels(old.Level, x.Level) >= 0 && old.State != "B" || s.has(x.Name) {
		return
	}
	if r := x.Requires; r != "" && s.e.State.fileset(r) == nil && !s.has(r) {
		i := slices.IndexFunc(s.images, func(y image) bool { return y.Name == r && !y.Damaged })
		if !s.requires || i < 0 {
			s.miss(r, x.Name)
			return
		}
		s.take(s.images[i].Fileset)
	}
	if old == nil && imageType(x) == "S" {
		s.miss(x.Name, x.Name+" "+x.Level+", whose base level is not installed,")
		return
	}
	s.todo = append(s.todo, x)
}

func (s *selection) has(name string) bool {
	return slices.ContainsFunc(s.todo, func(x Fileset) bool { return x.Name == name })
}

func (s *selection) miss(requisite, by string) {
	s.failures = append(s.failures, fmt.Sprintf("  Missing Requisites\n  ------------------\n  %s  # %s needs it", requisite, by))
}

const installpBanner = "*******************************************************************************\n"

// install is -a, and with -p its preview.
func (e *Env) install(f flagSet) int {
	images, ok := e.source(f)
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return e.usage(f, "installp -a [-p] -d Device { FilesetName [Level] ... | all }")
	}
	preview := f.has('p')
	if preview {
		e.out("%sinstallp PREVIEW:  installation will not actually occur.\n%s\n", installpBanner, installpBanner)
	}
	s := selection{e: e, images: images, requires: f.has('g')}
	for _, w := range wishes(f.rest) {
		s.add(w)
	}
	e.out("Verifying selections...done\nVerifying requisites...done\nResults...\n\n")
	switch {
	case len(s.failures) > 0:
		e.out("FAILURES\n--------\n  Filesets listed in this section failed pre-installation verification\n  and will not be installed.\n\n%s\n\n  << End of Failure Section >>\n\n",
			strings.Join(s.failures, "\n\n"))
		return 1
	case len(s.todo) == 0:
		e.out("Pre-installation Verification...done\nAll of the selected filesets are already installed at the same or a newer level.\n")
		return 0
	}
	e.out("SUCCESSES\n---------\n  Filesets listed in this section passed pre-installation verification\n  and will be installed.\n\n  Selected Filesets\n  -----------------\n")
	for _, x := range s.todo {
		e.out("  %-43s # %s\n", x.Name+" "+x.Level, x.Description)
	}
	e.out("\n  << End of Success Section >>\n\n")
	if preview {
		e.out("%sEnd of installp PREVIEW.  No apply operation has actually occurred.\n%s", installpBanner, installpBanner)
		return 0
	}
	return e.applyAll(s.todo, f)
}

// applyAll puts filesets on the host, one after the other, and stops at the
// first that fails.
func (e *Env) applyAll(todo []Fileset, f flagSet) int {
	results := make([]string, len(todo))
	exit := 0
	for i, x := range todo {
		switch {
		case exit != 0:
			results[i] = "CANCELLED"
			continue
		case e.State.Installp == "noop":
		case e.State.Installp == "half" && i == len(todo)-1:
			e.err("0503-438 installp:  Failed while restoring files for %s %s.\n", x.Name, x.Level)
			exit = 1
		case !e.makeRoom(x, f.has('X')):
			e.err("0503-008 installp:  There is not enough free disk space in filesystem\n\t/usr (%d more 512-byte blocks are required).\n", 2*x.SizeKB)
			exit = 1
		default:
			e.put(x, f.has('c'))
		}
		if results[i] = "SUCCESS"; exit != 0 {
			results[i] = "FAILED"
			e.putHalf(x)
		}
	}
	e.summary("Installation", "APPLY", todo, results)
	return exit
}

// summary is the table at the end.
func (e *Env) summary(title, event string, filesets []Fileset, results []string) {
	e.out("\n%s Summary\n%s\nName                        Level           Part        Event       Result\n%s\n",
		title, strings.Repeat("-", len(title)+8), strings.Repeat("-", 79))
	for i, x := range filesets {
		e.out("%-27s %-15s USR         %-11s %-11s\n", x.Name, x.Level, event, results[i])
	}
}

// makeRoom reserves a fileset's space in /usr; with -X the file system grows
// while rootvg has room.
func (e *Env) makeRoom(x Fileset, expand bool) bool {
	usr := e.State.mountOf("/usr")
	if x.SizeKB == 0 || usr == nil {
		return true
	}
	if short := x.SizeKB - usr.FreeKB; short > 0 {
		if !expand || e.State.RootvgFreeKB < short {
			return false
		}
		usr.SizeKB, usr.FreeKB, e.State.RootvgFreeKB = usr.SizeKB+short, usr.FreeKB+short, e.State.RootvgFreeKB-short
		e.out("Filesystem size changed to %d\n", usr.SizeKB*2)
		e.effect("/usr grew by %d KB", short)
	}
	usr.FreeKB -= x.SizeKB
	return true
}

// put installs a fileset; an RSCT update restarts RMC.
func (e *Env) put(x Fileset, commit bool) {
	x.State, x.Requires = "A", ""
	if commit {
		x.State = "C"
	}
	if e.State.Installp == "inconsistent" {
		x.Lacks = "rsct.core.sec " + x.Level
	}
	e.replace(x, !commit)
	if x.Name == rmcFileset && e.State.subsystem(ctrmc) != nil {
		e.startRMC()
	}
}

// putHalf leaves a fileset broken. An RSCT update stops RMC before it begins.
func (e *Env) putHalf(x Fileset) {
	x.State, x.Requires = "B", ""
	e.replace(x, true)
	if x.Name == rmcFileset {
		e.stopRMC(true)
	}
}

// replace puts a fileset in the place of the old one, which it may save.
func (e *Env) replace(x Fileset, save bool) {
	if old := e.State.fileset(x.Name); old != nil {
		if save && old.State != "B" {
			e.State.save(*old)
		}
		*old = x
	} else {
		e.State.Filesets = append(e.State.Filesets, x)
	}
	e.effect("installp: %s %s %s", x.Name, x.Level, x.State)
}
