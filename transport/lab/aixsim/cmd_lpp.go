package aixsim

import (
	"context"
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
		{Name: "inutoc", Dirs: sbin(), Run: cmdInutoc, Root: true},
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
	if (!f.has('q') || e.State.Variant.LslppHeader && f.has('c')) && len(list) > 0 {
		e.lslppHead(f)
	}
	for _, i := range e.State.Variant.order(len(list), "lslpp") {
		x := list[i]
		switch {
		case long && f.has('c'):
			e.out("%s:%s:%s: : :%s:%s:%s: : : : : : :0:0:/:%s\n", packageOf(x.Name), x.Name, x.Level, x.State, x.Type, x.Description, e.State.Variant.BuildDate)
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
		if a := e.State.Variant.NotInstalled; a != nil {
			return e.answer(a, p)
		}
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
