package aixsim

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// lppCommands are about software.
func lppCommands() []Command {
	return []Command{
		{Name: "lslpp", Dirs: append(bin(), "/usr/sbin"), Run: cmdLslpp},
		{Name: "lppchk", Dirs: append(bin(), "/usr/sbin"), Run: cmdLppchk},
		{Name: "installp", Dirs: sbin(), Run: cmdInstallp, Root: true},
	}
}

func globMatch(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// matching lists the filesets that any of the patterns names, and the
// patterns that name none.
func (s *State) matching(patterns []string) (list []*Fileset, none []string) {
	if len(patterns) == 0 || slices.Contains(patterns, "all") {
		patterns = []string{"*"}
	}
	for _, p := range patterns {
		found := false
		for i := range s.Filesets {
			if f := &s.Filesets[i]; globMatch(p, f.Name) {
				found = true
				if !slices.Contains(list, f) {
					list = append(list, f)
				}
			}
		}
		if !found {
			none = append(none, p)
		}
	}
	slices.SortFunc(list, func(a, b *Fileset) int { return strings.Compare(a.Name, b.Name) })
	return list, none
}

func cmdLslpp(_ context.Context, e *Env) int {
	f := getopt(e.Args, "LcqlhfwpdajJeS:O:I")
	list, none := e.State.matching(f.rest)
	long := f.has('L')
	if !f.has('q') && len(list) > 0 {
		e.lslppHead(f)
	}
	for _, x := range list {
		switch {
		case long && f.has('c'):
			e.out("%s:%s:%s: : :%s:%s:%s: : : : : : :0:0:/:\n", packageOf(x.Name), x.Name, x.Level, x.State, x.Type, x.Description)
		case long:
			e.out("  %-26s %10s    %s     %s    %s\n", x.Name, x.Level, x.State, x.Type, x.Description)
		case f.has('c'):
			e.out("/usr/lib/objrepos:%s:%s::%s:%s:%s: \n", x.Name, x.Level, stateWord(x.State), x.Type, x.Description)
		default:
			e.out("  %-26s %10s  %-10s %s\n", x.Name, x.Level, stateWord(x.State), x.Description)
		}
	}
	if long && !f.has('c') && len(list) > 0 && !f.has('q') {
		e.out("\n\nState codes: \n A -- Applied. \n B -- Broken. \n C -- Committed. \n E -- EFIX Locked. \n O -- Obsolete.  (partially migrated to newer version) \n" +
			" ? -- Inconsistent State...Run lppchk -v. \n\nType codes: \n F -- Installp Fileset \n P -- Product \n C -- Component \n T -- Feature \n R -- RPM Package \n E -- Interim Fix \n")
	}
	for _, p := range none {
		e.failIn(1, tongues{"lslpp: 0504-132 Fileset %s not installed.",
			"lslpp: 0504-132 Dateigruppe %s ist nicht installiert."}, p)
	}
	if len(none) > 0 {
		return 1
	}
	return 0
}

func (e *Env) lslppHead(f flagSet) {
	switch {
	case f.has('L') && f.has('c'):
		e.out("#Package Name:Fileset:Level:State:PTF Id:Fix State:Type:Description:Destination Dir.:Uninstaller:Message Catalog:Message Set:" +
			"Message Number:Parent:Automatic:EFIX Locked:Install Path:Build Date\n")
	case f.has('L'):
		e.out("  Fileset                      Level  State  Type  Description (Uninstaller)\n"+"%s\n", strings.Repeat("-", 76))
	case f.has('c'):
		e.out("#Source:Fileset:Level:PTF Id:State:Type:Description:EFIX Locked\n")
	default:
		e.out("  Fileset                      Level  State      Description         \n"+"%s\nPath: /usr/lib/objrepos\n", strings.Repeat("-", 76))
	}
}

// packageOf is the first two parts of a fileset's name.
func packageOf(name string) string {
	parts := strings.SplitN(name, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func stateWord(s string) string {
	switch s {
	case "A":
		return "APPLIED"
	case "B":
		return "BROKEN"
	case "C":
		return "COMMITTED"
	}
	return s
}

func cmdLppchk(_ context.Context, e *Env) int {
	exit := 0
	for _, f := range e.State.Filesets {
		if f.State == "B" || f.State == "?" {
			exit = e.fail(3, "lppchk:  The following filesets need to be installed or corrected to bring\n\t the system to a consistent state:\n\n  %s %s  (not installed; requisite fileset)", f.Name, f.Level)
		}
	}
	return exit
}

// cmdInstallp is -ap (preview), -a (apply), -r (reject) and -C (clean up).
func cmdInstallp(_ context.Context, e *Env) int {
	f := getopt(e.Args, "apgXYcCrsFNQIbvVd:e:f:l:")
	if f.bad != 0 || len(f.values) == 0 {
		return e.usage(f, "installp [-R Path] [-a | -ac [-N]] [-e LogFile] -d Device ...")
	}
	defer e.installLog(f)
	switch {
	case f.has('C'):
		e.out("installp:  No filesets were found in the Software Vital Product\n\tDatabase that could be cleaned up.\n")
		return 0
	case f.has('r'):
		return e.reject(f)
	case f.has('a'):
		return e.applyImages(f)
	}
	return 0
}

func (e *Env) installLog(f flagSet) {
	if log := f.last('e'); log != "" {
		_ = e.Files.WriteFile(e.abs(log), []byte("installp "+strings.Join(e.Args, " ")+"\n"), 0o644)
	}
}

// applyImages installs what is newer in a folder than on the host.
func (e *Env) applyImages(f flagSet) int {
	images, ok := e.State.Images[f.last('d')]
	if !ok {
		return e.fail(1, "installp: 0503-105 The device or directory: %s does not exist.", f.last('d'))
	}
	if f.has('p') {
		e.out("*******************************************************************************\ninstallp PREVIEW:  installation will not actually occur.\n" +
			"*******************************************************************************\n\n")
	}
	var todo []Fileset
	for _, image := range images {
		wanted := len(f.rest) == 0 || slices.ContainsFunc(f.rest, func(p string) bool { return p == "all" || globMatch(p, image.Name) })
		old := e.State.fileset(image.Name)
		if !wanted || old != nil && compareLevels(old.Level, image.Level) >= 0 && old.State != "B" {
			continue
		}
		if r := image.Requires; r != "" && e.State.fileset(r) == nil {
			e.out("FAILURES\n--------\n  Filesets listed in this section failed pre-installation verification\n  and will not be installed.\n\n"+
				"  Missing Requisites\n  ------------------\n  %s  # %s needs it\n\n", r, image.Name)
			return 1
		}
		todo = append(todo, image)
	}
	if len(todo) == 0 {
		e.out("Pre-installation Verification...done\nAll of the selected filesets are already installed at the same or a newer level.\n")
		return 0
	}
	e.out("SUCCESSES\n---------\n  Filesets listed in this section passed pre-installation verification\n  and will be installed.\n\n  Selected Filesets\n  -----------------\n")
	for _, image := range todo {
		e.out("  %s %s    # %s\n", image.Name, image.Level, image.Description)
	}
	if f.has('p') {
		return 0
	}
	e.installAll(todo, f.has('c'))
	e.out("\nInstallation Summary\n--------------------\nName                        Level           Part        Event       Result\n")
	for _, image := range todo {
		e.out("%-27s %-15s USR         APPLY       SUCCESS    \n", image.Name, image.Level)
	}
	return 0
}

// installAll puts filesets on the host; an RSCT update restarts RMC.
func (e *Env) installAll(todo []Fileset, commit bool) {
	for _, image := range todo {
		image.State, image.Requires = "A", ""
		if commit {
			image.State = "C"
		}
		if old := e.State.fileset(image.Name); old != nil {
			if !commit {
				e.State.rejected(old)
			}
			*old = image
		} else {
			e.State.Filesets = append(e.State.Filesets, image)
		}
		e.effect("installp: %s %s", image.Name, image.Level)
		if image.Name == rmcFileset && e.State.subsystem(ctrmc) != nil {
			e.startRMC()
		}
	}
}

// rejected keeps what a reject brings back.
func (s *State) rejected(old *Fileset) {
	if s.Images == nil {
		s.Images = map[string][]Fileset{}
	}
	const saved = "/usr/lpp/.saved"
	s.Images[saved] = append(slices.DeleteFunc(s.Images[saved], func(f Fileset) bool { return f.Name == old.Name }), *old)
}

func (e *Env) reject(f flagSet) int {
	exit := 0
	for _, name := range f.rest {
		x := e.State.fileset(name)
		i := slices.IndexFunc(e.State.Images["/usr/lpp/.saved"], func(s Fileset) bool { return s.Name == name })
		if x == nil || x.State != "A" || i < 0 {
			exit = e.fail(1, "installp: 0503-424 %s is not applied and can not be rejected.", name)
			continue
		}
		*x = e.State.Images["/usr/lpp/.saved"][i]
		e.effect("installp: %s back to %s", name, x.Level)
		e.out("%s\n", fmt.Sprintf("%-27s %-15s USR         REJECT      SUCCESS", name, x.Level))
		if name == rmcFileset {
			e.startRMC()
		}
	}
	return exit
}
