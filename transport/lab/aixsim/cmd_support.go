package aixsim

import (
	"context"
	"path"
	"strings"
)

// supportCommands collect data for a support case.
func supportCommands() []Command {
	return []Command{
		{Name: "ctsnap", Dirs: rsctDirs(), Run: cmdCtsnap, Root: true, Fileset: rmcFileset},
		{Name: "snap", Dirs: sbin(), Run: cmdSnap, Filter: true},
	}
}

// cmdCtsnap writes ctsnap.HOST.STAMP.tar.gz and its log.
func cmdCtsnap(_ context.Context, e *Env) int {
	f := getopt(e.Args, "ad:Dhk:nN:p:P:s:tx:z:")
	if f.bad != 0 || f.has('h') {
		return e.usage(f, "ctsnap [-a] [-D] [-d output_dir] [-k stackdump] [-x runrpttr] [-h]")
	}
	dir := "/tmp/ctsupt"
	if f.has('d') {
		dir = e.abs(f.last('d'))
	}
	name := path.Join(dir, "ctsnap."+e.State.Hostname+"."+e.Now().UTC().Format("01021504"))
	data := tarball(e.State.Hostname, e.State.CtsnapBytes)
	e.mkdirParents(dir)
	log := "ctsnap: collecting RSCT data of " + e.State.Hostname + "\n"
	err := e.collect(name+".tar.gz", data)
	if err != nil {
		log += "ctsnap: " + plainError(err).Error() + "\n"
	}
	_ = e.Files.WriteFile(name+".log", []byte(log), 0o600)
	if err != nil {
		return e.fail(1, "ctsnap: 2611-014 %s.tar.gz: %v", name, plainError(err))
	}
	e.out("Data collected in %s.tar.gz\n", name)
	return 0
}

// collect writes support data where there is room for it.
func (e *Env) collect(name string, data []byte) error {
	if fs := e.State.mountOf(name); fs != nil && fs.FreeKB*1024 < int64(len(data)) {
		return ErrNoSpace
	}
	return e.Files.WriteFile(name, data, 0o600)
}

const defaultSnap = "/tmp/ibmsupt"

// cmdSnap is snap -g -t -k -c [-d DIR], and snap -r. Where something has been
// collected before, it asks whether to remove it: without an answer it waits.
func cmdSnap(ctx context.Context, e *Env) int {
	f := getopt(e.Args, "aAbcCd:DefFgGhikKlLnNo:pP:rRsStT:u:v:wXYz:")
	if f.bad != 0 || len(f.values) == 0 {
		return e.usage(f, "snap [-a] [-c] [-d Dir] [-g] [-k] [-r] [-t] ...")
	}
	if e.UID != 0 {
		return e.notRoot()
	}
	dir := defaultSnap
	if f.has('d') {
		dir = e.abs(f.last('d'))
	}
	held := func(run func(*Env) int) int {
		return e.Hold(ctx, &Command{Name: "snap", Run: func(_ context.Context, e *Env) int { return run(e) }})
	}
	if f.has('r') {
		return held(func(e *Env) int { return e.snapRemove(dir) })
	}
	parts := snapParts(f)
	if len(parts) > 0 && e.collected(dir) {
		e.out("Directory %s holds data that was collected before.\nDo you want to remove it? (y/n) ", dir)
		answer, _ := readLine(e.Stdin, true)
		if !strings.HasPrefix(strings.ToLower(answer), "y") {
			return e.fail(1, "snap: %s is left as it is, nothing was collected.", dir)
		}
		if exit := held(func(e *Env) int { return e.snapRemove(dir) }); exit != 0 {
			return exit
		}
	}
	return held(func(e *Env) int { return e.snapCollect(dir, parts, f.has('c')) })
}

// snapParts are the folders that the flags ask for.
func snapParts(f flagSet) []string {
	var parts []string
	for _, p := range []struct {
		flag byte
		name string
	}{{'g', "general"}, {'t', "tcpip"}, {'k', "kernel"}, {'L', "lvm"}} {
		if f.has(p.flag) || f.has('a') {
			parts = append(parts, p.name)
		}
	}
	return parts
}

func (e *Env) collected(dir string) bool {
	list, err := e.Files.ReadDir(dir)
	return err == nil && len(list) > 0
}

func (e *Env) snapRemove(dir string) int {
	if !e.collected(dir) {
		e.out("Nothing to clean up\n")
		return 0
	}
	if err := e.Files.RemoveAll(dir); err != nil {
		return e.fail(1, "snap: %s: %v", dir, plainError(err))
	}
	return 0
}

// snapCollect writes DIR/PART/PART.snap, and with -c all of it as
// DIR/snap.pax.Z.
func (e *Env) snapCollect(dir string, parts []string, pack bool) int {
	e.out("********Checking and initializing directory structure\n********Finished setting up directory %s\n", dir)
	for _, part := range parts {
		e.mkdirParents(path.Join(dir, part))
		text := ".....\n.....    " + part + " information of " + e.State.Hostname + "\n.....\n"
		if err := e.collect(path.Join(dir, part, part+".snap"), []byte(text)); err != nil {
			return e.fail(1, "snap: %s: %v", dir, plainError(err))
		}
	}
	if !pack {
		return 0
	}
	if !e.collected(dir) {
		return e.fail(1, "snap: there is nothing in %s to compress.", dir)
	}
	data := append([]byte("\x1f\x9d\x90simulated support data of "+e.State.Hostname+"\n"), noise(e.State.Hostname, e.State.SnapBytes)...)
	if err := e.collect(path.Join(dir, "snap.pax.Z"), data); err != nil {
		return e.fail(1, "snap: %s/snap.pax.Z: %v", dir, plainError(err))
	}
	e.out("Creating compressed pax file...\nFinished creating compressed pax file: %s/snap.pax.Z\n", dir)
	return 0
}
