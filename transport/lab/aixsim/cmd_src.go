package aixsim

import (
	"context"
	"strings"
)

// srcCommands are the system resource controller.
func srcCommands() []Command {
	both := append(bin(), sbin()...)
	return []Command{
		{Name: "lssrc", Dirs: both, Run: cmdLssrc},
		{Name: "startsrc", Dirs: both, Run: cmdStartsrc, Root: true},
		{Name: "stopsrc", Dirs: both, Run: cmdStopsrc, Root: true},
		{Name: "refresh", Dirs: both, Run: cmdRefresh, Root: true},
	}
}

func (e *Env) srcHead() {
	e.out("%s\n", e.say(tongues{"Subsystem         Group            PID          Status ", "Subsystem         Gruppe           PID          Status "}))
}

func (e *Env) srcRow(s *Subsystem) {
	status := s.Status
	if e.German {
		status = strings.NewReplacer("inoperative", "inaktiv", "active", "aktiv").Replace(status)
	}
	group := s.Group
	if e.State.Variant.NoGroups {
		group = ""
	}
	if s.PID != 0 {
		e.out(" %-16s %-16s %-12d %s\n", s.Name, group, s.PID, status)
		return
	}
	e.out(" %-16s %-29s %s\n", s.Name, group, status)
}

// notOnFile is the answer for a subsystem that nobody knows: on standard
// output, with exit status 1 (C).
func (e *Env) notOnFile(name string) int {
	if a := e.State.Variant.NotOnFile; a != nil {
		return e.answer(a, name)
	}
	e.out("%s\n", e.say(tongues{"0513-085 The %s Subsystem is not on file.",
		"0513-085 Das Subsystem %s ist nicht vorhanden."}, name))
	return 1
}

func cmdLssrc(_ context.Context, e *Env) int {
	f := getopt(e.Args, "as:g:lh:tp:S")
	name := f.last('s')
	switch {
	case f.has('a'):
		e.srcHead()
		for i := range e.State.Subsystems {
			e.srcRow(&e.State.Subsystems[i])
		}
		return 0
	case f.has('g'):
		e.srcHead()
		for i := range e.State.Subsystems {
			if s := &e.State.Subsystems[i]; s.Group == f.last('g') {
				e.srcRow(s)
			}
		}
		return 0
	case name == "":
		return e.usage(f, "lssrc [-h Host] -a")
	}
	s := e.State.subsystem(name)
	if s == nil {
		return e.notOnFile(name)
	}
	if !f.has('l') {
		e.srcHead()
		e.srcRow(s)
		return 0
	}
	if !s.Active() {
		return e.failIn(1, tongues{"0513-036 The request could not be passed to the %s subsystem.\nStart the subsystem and try your command again.",
			"0513-036 Die Anforderung konnte nicht an das Subsystem %s übergeben werden.\nStarten Sie das Subsystem, und wiederholen Sie den Befehl."}, name)
	}
	e.lssrcLong(s)
	return 0
}

func (e *Env) lssrcLong(s *Subsystem) {
	switch s.Name {
	case "clstrmgrES":
		e.out("Current state: %s\nsccsid = \"@(#)36\"\nbuild = \"Jan 01 2024\"\nCLversion: 22\n", e.State.Cluster.PowerHA)
	case ctrmc:
		e.srcHead()
		e.srcRow(s)
		e.out("\nTrace flags set: NONE\n\nConfiguration Data Base version from local copy of CDB:\n  Pathname: /var/ct/IW/run/mc/RMCFile\n\n"+
			"Daemon started on %s\nMessage policy: Enabled\nPort 657\n", e.Now().UTC().Format("Monday 01/02/06 15:04:05"))
	default:
		e.srcHead()
		e.srcRow(s)
	}
}

// start gives a subsystem a process.
func (e *Env) start(s *Subsystem) {
	e.State.NextPID += 2
	s.PID, s.Status = e.State.NextPID, "active"
	e.effect("%s started", s.Name)
}

func (e *Env) stop(s *Subsystem) {
	if s.Active() {
		s.PID, s.Status = 0, "inoperative"
		e.effect("%s stopped", s.Name)
	}
}

func cmdStartsrc(_ context.Context, e *Env) int {
	name := getopt(e.Args, "s:g:a:e:t:h:").last('s')
	s := e.State.subsystem(name)
	switch {
	case s == nil:
		return e.notOnFile(name)
	case s.Active():
		return e.failIn(1, tongues{"0513-029 The %s Subsystem is already active.\nMultiple instances are not supported.",
			"0513-029 Das Subsystem %s ist bereits aktiv."}, name)
	case name == ctrmc:
		e.startRMC()
	default:
		e.start(s)
	}
	e.out("0513-059 The %s Subsystem has been started. Subsystem PID is %d.\n", name, s.PID)
	return 0
}

func cmdStopsrc(_ context.Context, e *Env) int {
	name := getopt(e.Args, "s:g:fcp:h:a").last('s')
	s := e.State.subsystem(name)
	if s == nil {
		return e.notOnFile(name)
	}
	if !s.Active() {
		return e.failIn(1, tongues{"0513-004 The Subsystem or Group, %s, is currently inoperative.",
			"0513-004 Das Subsystem oder die Gruppe %s ist zurzeit nicht aktiv."}, name)
	}
	if name == ctrmc {
		e.State.restartRMC()
	}
	e.stop(s)
	e.out("0513-044 The %s Subsystem was requested to stop.\n", name)
	return 0
}

// cmdRefresh: ctrmc does not know the request (aix-facts 1).
func cmdRefresh(_ context.Context, e *Env) int {
	name := getopt(e.Args, "s:g:h:").last('s')
	if e.State.subsystem(name) == nil {
		return e.notOnFile(name)
	}
	if a := e.State.Variant.Refreshed; a != nil {
		return e.answer(a, name)
	}
	return e.fail(1, "0513-005 The Subsystem, %s, only supports signal communication.", name)
}
