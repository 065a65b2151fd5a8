package aixsim

import (
	"context"
	"slices"
	"strings"
	"time"
)

func sbin() []string { return []string{"/usr/sbin", "/etc", "/sbin"} }

// systemCommands identify the host: its name, system and versions.
func systemCommands() []Command {
	unix := func(name string, f func(context.Context, *Env) int) Command {
		return Command{Name: name, Dirs: bin(), Run: f, Unix: true}
	}
	both := append(bin(), sbin()...)
	return []Command{
		{Name: "uname", Dirs: bin(), Run: cmdUname, Unix: true},
		{Name: "oslevel", Dirs: bin(), Run: cmdOslevel},
		unix("id", cmdID), unix("hostname", func(_ context.Context, e *Env) int {
			e.out("%s\n", e.State.Hostname)
			return 0
		}),
		unix("whoami", func(_ context.Context, e *Env) int {
			e.out("%s\n", e.user())
			return 0
		}),
		unix("date", cmdDate), unix("df", cmdDf), unix("who", cmdWho), unix("uptime", cmdUptime),
		{Name: "lparstat", Dirs: bin(), Run: cmdLparstat},
		{Name: "prtconf", Dirs: both, Run: cmdPrtconf},
		{Name: "errpt", Dirs: bin(), Run: cmdErrpt},
		{Name: "lsitab", Dirs: sbin(), Run: cmdLsitab},
		{Name: "getconf", Dirs: bin(), Run: cmdGetconf, Unix: true},
	}
}

func (e *Env) user() string {
	if e.UID == 0 {
		return "root"
	}
	if u := e.Getenv("LOGNAME"); u != "" {
		return u
	}
	return "ops"
}

// machineID is the output of `uname -m`.
func (s *State) machineID() string {
	if s.MachineID == "" {
		return "00FA00014C00"
	}
	return s.MachineID
}

func cmdUname(_ context.Context, e *Env) int {
	f := getopt(e.Args, "snrvmpaLMuxfFl")
	s := e.State
	if f.has('L') {
		e.out("%d %s\n", s.LPAR.Number, s.LPAR.Name)
		return 0
	}
	version, _, _ := strings.Cut(s.OSLevel, "-")
	if len(version) < 4 {
		version = "7200"
	}
	fields := []struct {
		flag byte
		text string
	}{{'s', s.system()}, {'n', s.Hostname}, {'r', version[1:2]}, {'v', version[:1]}, {'m', s.machineID()}, {'p', "powerpc"}}
	var out []string
	for _, x := range fields {
		if f.has(x.flag) || f.has('a') && x.flag != 'p' || len(f.values) == 0 && x.flag == 's' {
			out = append(out, x.text)
		}
	}
	e.out("%s\n", strings.Join(out, " "))
	return 0
}

func cmdOslevel(_ context.Context, e *Env) int {
	f := getopt(e.Args, "srql:fg")
	level := e.State.OSLevel
	parts := strings.SplitN(level, "-", 3)
	switch {
	case f.has('s'):
		e.out("%s\n", level)
	case f.has('r') && len(parts) > 1:
		e.out("%s-%s\n", parts[0], parts[1])
	default:
		e.out("%s.%s.%s.0\n", parts[0][:1], parts[0][1:2], parts[0][2:3])
	}
	return 0
}

func cmdID(_ context.Context, e *Env) int {
	f := getopt(e.Args, "ugGnrl")
	switch {
	case f.has('u') && f.has('n'):
		e.out("%s\n", e.user())
	case f.has('u'):
		e.out("%d\n", e.UID)
	case f.has('g') && f.has('n'):
		e.out("system\n")
	case f.has('g'):
		e.out("0\n")
	case e.UID == 0:
		e.out("uid=0(root) gid=0(system) groups=2(bin),3(sys),7(security),8(cron),10(audit),11(lp)\n")
	default:
		e.out("uid=%d(%s) gid=1(staff)\n", e.UID, e.user())
	}
	return 0
}

// cmdDate knows -u and the formats that AIX's date knows: no %N, no -d, no %s
// before 7.2 TL?; %s is there.
func cmdDate(_ context.Context, e *Env) int {
	f := getopt(e.Args, "un")
	if f.bad != 0 {
		return e.usage(f, "date [-u] [+\"Field Descriptors\"]")
	}
	now := e.Now().UTC()
	if len(f.rest) == 0 {
		e.out("%s\n", now.Format("Mon Jan _2 15:04:05 "+orElse(e.State.Variant.UTC, "UTC")+" 2006"))
		return 0
	}
	format, ok := strings.CutPrefix(f.rest[0], "+")
	if !ok {
		return e.fail(1, "date: 0551-402 Bad conversion.")
	}
	e.out("%s\n", strftime(now, format))
	return 0
}

func strftime(t time.Time, format string) string {
	layouts := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'j': "002", 'T': "15:04:05",
		'D': "01/02/06", 'a': "Mon", 'b': "Jan", 'h': "Jan", 'e': "_2", 'Z': "MST", 'z': "-0700", 'p': "PM", 'I': "03", 'R': "15:04"}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch layout, ok := layouts[format[i]]; {
		case ok:
			b.WriteString(t.Format(layout))
		case format[i] == 's':
			b.WriteString(itoa(t.Unix()))
		case format[i] == 'n':
			b.WriteByte('\n')
		case format[i] == '%':
			b.WriteByte('%')
		default:
			b.WriteByte(format[i]) // as AIX prints unknown conversions
		}
	}
	return b.String()
}

func cmdDf(_ context.Context, e *Env) int {
	f := getopt(e.Args, "kmgtivPI")
	unit, head := int64(1), "1024-blocks"
	switch {
	case f.has('m'):
		unit, head = 1024, "MB blocks"
	case f.has('g'):
		unit, head = 1024*1024, "GB blocks"
	}
	if f.has('P') {
		e.out("%-15s %12s %10s %10s Capacity Mounted on\n", "Filesystem", head, "Used", "Available")
	} else {
		e.out("%-15s %12s %10s %5s %8s %6s Mounted on\n", "Filesystem", head, "Free", "%Used", "Iused", "%Iused")
	}
	exit := 0
	rows := e.State.fileSystems()
	if len(f.rest) > 0 {
		rows = nil
		for _, name := range f.rest {
			if m := e.State.mounted(e.abs(name)); m != nil {
				rows = append(rows, m.fileSystem())
			} else if fs := e.State.mountOf(e.abs(name)); fs != nil {
				rows = append(rows, *fs)
			} else {
				exit = e.fail(1, "df: 0500-073 Cannot find or access the file %s.", name)
			}
		}
	}
	for _, r := range rows {
		used := 0
		if r.SizeKB > 0 {
			used = int((r.SizeKB - r.FreeKB) * 100 / r.SizeKB)
		}
		if f.has('P') {
			e.out("%-15s %12d %10d %10d %7d%% %s\n", r.Device, r.SizeKB/unit, (r.SizeKB-r.FreeKB)/unit, r.FreeKB/unit, used, r.Mount)
			continue
		}
		e.out("%-15s %12d %10d %4d%% %8d %5d%% %s\n", r.Device, r.SizeKB/unit, r.FreeKB/unit, used, 4321, 7, r.Mount)
	}
	return exit
}

// fileSystems are the rows of df, NFS last.
func (s *State) fileSystems() []FileSystem {
	rows := slices.Clone(s.FileSystems)
	for _, m := range s.Mounts {
		rows = append(rows, m.fileSystem())
	}
	return rows
}

// fileSystem is the mount as df sees it.
func (m Mount) fileSystem() FileSystem {
	return FileSystem{Device: m.Server + ":" + m.Export, Mount: m.Point, SizeKB: 64 << 20, FreeKB: 20 << 20}
}

// mountOf is the local file system that holds a path.
func (s *State) mountOf(name string) *FileSystem {
	var best *FileSystem
	for i := range s.FileSystems {
		if m := &s.FileSystems[i]; under(name, m.Mount) && (best == nil || len(m.Mount) > len(best.Mount)) {
			best = m
		}
	}
	return best
}

func cmdLparstat(_ context.Context, e *Env) int {
	s := e.State
	if !getopt(e.Args, "i").has('i') {
		e.out("\nSystem configuration: type=Shared mode=Uncapped smt=8 lcpu=8 mem=8192MB psize=16 ent=0.50\n")
		return 0
	}
	for _, row := range [][2]string{{"Node Name", s.Hostname}, {"Partition Name", s.LPAR.Name},
		{"Partition Number", itoa(int64(s.LPAR.Number))}, {"Type", "Shared-SMT-8"}, {"Mode", "Uncapped"},
		{"Entitled Capacity", "0.50"}, {"Online Memory", "8192 MB"}} {
		e.out("%-43s: %s\n", row[0], row[1])
	}
	return 0
}

func cmdPrtconf(_ context.Context, e *Env) int {
	s := e.State
	e.out("System Model: IBM,9009-22A\nMachine Serial Number: 78ABCD0\nLPAR Info: %d %s\nHost Name: %s\n", s.LPAR.Number, s.LPAR.Name, s.Hostname)
	return 0
}

func cmdErrpt(_ context.Context, e *Env) int {
	f := getopt(e.Args, "aN:J:j:s:e:tdc")
	if !f.has('a') && len(e.State.Errpt) > 0 {
		e.out("IDENTIFIER TIMESTAMP  T C RESOURCE_NAME  DESCRIPTION\n")
	}
	for _, r := range e.State.Errpt {
		if n := f.last('N'); n != "" && n != r.Resource || f.has('J') && f.last('J') != r.Label {
			continue
		}
		if !f.has('a') {
			e.out("%-10s %s I S %-14s %s\n", r.ID, r.Time.UTC().Format("0102150406"), r.Resource, r.Text)
			continue
		}
		e.out("---------------------------------------------------------------------------\nLABEL:\t\t%s\nIDENTIFIER:\t%s\n\n"+
			"Date/Time:       %s\nResource Name:   %s\n\nDescription\n%s\n", r.Label, r.ID,
			r.Time.UTC().Format("Mon Jan _2 15:04:05 UTC 2006"), r.Resource, r.Text)
	}
	return 0
}

func cmdWho(_ context.Context, e *Env) int {
	if getopt(e.Args, "bmrqH").has('b') {
		e.out("   .        system boot %s\n", e.State.bootTime().UTC().Format("Jan 02 15:04"))
	}
	return 0
}

func cmdUptime(_ context.Context, e *Env) int {
	e.out("  %s   %s,  1 user,  load average: 0.42, 0.51, 0.60\n", e.Now().UTC().Format("03:04PM"), e.upFor())
	return 0
}

func cmdLsitab(_ context.Context, e *Env) int {
	data, err := e.Files.ReadFile("/etc/inittab")
	exit := 1
	if err != nil {
		return exit
	}
	f := getopt(e.Args, "a")
	for _, l := range lines(data) {
		id, _, _ := strings.Cut(string(l), ":")
		if f.has('a') || len(f.rest) > 0 && f.rest[0] == id {
			e.out("%s", l)
			exit = 0
		}
	}
	return exit
}

func cmdGetconf(_ context.Context, e *Env) int {
	values := map[string]string{"BOOT_DEVICE": e.State.BootDisk, "LINE_MAX": "2048", "ARG_MAX": "1048576", "KERNEL_BITMODE": "64"}
	if len(e.Args) == 0 || values[e.Args[0]] == "" {
		return e.fail(1, "getconf: Invalid argument")
	}
	e.out("%s\n", values[e.Args[0]])
	return 0
}
