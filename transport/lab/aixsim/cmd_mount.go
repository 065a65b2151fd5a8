package aixsim

import (
	"context"
	"path"
	"slices"
	"strings"
)

// mountCommands mount the exports of NFS servers.
func mountCommands() []Command {
	return []Command{
		{Name: "mount", Dirs: sbin(), Run: cmdMount},
		{Name: "umount", Dirs: sbin(), Run: cmdUmount, Root: true},
		{Name: "unmount", Dirs: sbin(), Run: cmdUmount, Root: true},
	}
}

// mounted is the NFS mount that holds a path, nil when it is local.
func (s *State) mounted(name string) *Mount {
	var best *Mount
	for i := range s.Mounts { // the newest of several over one another
		if m := &s.Mounts[i]; under(name, m.Point) && (best == nil || len(m.Point) >= len(best.Point)) {
			best = m
		}
	}
	return best
}

// remote is server:/path of a path below the mount.
func (m Mount) remote(name string) string {
	return m.Server + ":" + path.Join(m.Export, strings.TrimPrefix(name, m.Point))
}

// cmdMount lists the mounts, or mounts SERVER:/EXPORT over a folder.
func cmdMount(_ context.Context, e *Env) int {
	f := getoptAll(e.Args, "afipro:n:v:t:V:")
	if len(f.rest) == 0 && !f.has('o') && !f.has('n') {
		e.listMounts()
		return 0
	}
	if node := f.last('n'); node != "" && len(f.rest) > 0 {
		f.rest[0] = node + ":" + f.rest[0]
	}
	if f.bad != 0 || len(f.rest) != 2 {
		return e.usage(f, "mount [-fipr] [-n Node] [-o Options] [-v VfsName] [Node:Directory Directory]")
	}
	if e.UID != 0 {
		return e.fail(1, "mount: 0506-327 You must have root authority to mount %s.", f.rest[0])
	}
	return e.mountNFS(f.rest[0], e.abs(f.rest[1]), f)
}

// mountNFS mounts source, SERVER:/EXPORT, over a folder.
func (e *Env) mountNFS(source, point string, f flagSet) int {
	server, export, ok := strings.Cut(source, ":")
	if !ok || !path.IsAbs(export) {
		return e.fail(1, "mount: 0506-334 %s is not a known file system.", source)
	}
	info, err := e.Files.Stat(point)
	if err != nil || !info.IsDir() {
		return e.fail(1, "mount: 0506-324 Cannot mount %s on %s: A file or directory in the path name does not exist.", source, point)
	}
	export = path.Clean(export)
	if _, ok := e.State.Exports[server+":"+export]; !ok {
		return e.notExported(server, export)
	}
	if slices.ContainsFunc(e.State.Mounts, func(m Mount) bool { return m.Point == point }) {
		return e.fail(1, "mount: 0506-324 Cannot mount %s on %s: The requested resource is busy.", source, point)
	}
	options := f.last('o')
	if f.has('r') && !readOnly(options) {
		options = strings.Trim("ro,"+options, ",")
	}
	e.State.Mounts = append(e.State.Mounts, Mount{Server: server, Export: export, Point: point, Options: options, Time: e.Now().UTC()})
	e.effect("mount %s %s", source, point)
	return 0
}

// notExported is mount's message for a server that does not export a path, and
// of one that nobody knows (K).
func (e *Env) notExported(server, export string) int {
	for known := range e.State.Exports {
		if strings.HasPrefix(known, server+":") {
			return e.fail(1, "mount: 1831-011 access denied for %s:%s\nmount: 1831-008 giving up on:\n%s:%s\nThe file access permissions do not allow the specified action.",
				server, export, server, export)
		}
	}
	return e.fail(1, "mount: 1831-010 server %s not responding: RPC: 1832-019 Program not registered\nmount: 1831-008 giving up on:\n%s:%s\nA system call received a parameter that is not valid.",
		server, server, export)
}

func readOnly(options string) bool { return slices.Contains(strings.Split(options, ","), "ro") }

func (e *Env) listMounts() {
	e.out("  node       mounted        mounted over    vfs       date        options      \n" +
		"-------- ---------------  ---------------  ------ ------------ --------------- \n")
	for _, fs := range e.State.FileSystems {
		e.out("%-8s %-16s %-16s %-6s %s %s\n", "", fs.Device, fs.Mount, "jfs2", e.State.bootTime().UTC().Format("Jan 02 15:04"), "rw,log=/dev/hd8")
	}
	for _, m := range e.State.Mounts {
		e.out("%-8s %-16s %-16s %-6s %s %s\n", m.Server, m.Export, m.Point, "nfs3", m.Time.UTC().Format("Jan 02 15:04"), m.Options)
	}
}

// cmdUmount is umount DIRECTORY or SERVER:/EXPORT.
func cmdUmount(_ context.Context, e *Env) int {
	f := getopt(e.Args, "afsn:t:")
	if f.bad != 0 || len(f.rest) != 1 {
		return e.usage(f, "unmount [-fs] {-a | all | Directory | Node:Directory}")
	}
	name := f.rest[0]
	for i := len(e.State.Mounts) - 1; i >= 0; i-- {
		if m := e.State.Mounts[i]; m.Point == e.abs(name) || m.Server+":"+m.Export == name {
			e.State.Mounts = dropAt(e.State.Mounts, i)
			e.effect("umount %s", m.Point)
			return 0
		}
	}
	if slices.ContainsFunc(e.State.FileSystems, func(fs FileSystem) bool { return fs.Mount == name }) {
		return e.fail(1, "umount: 0506-349 Cannot unmount %s: The requested resource is busy.", name)
	}
	return e.fail(1, "umount: 0506-347 Cannot find anything to unmount.")
}
