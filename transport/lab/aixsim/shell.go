package aixsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// shellCall is how a shell is started.
type shellCall struct {
	name           string
	env            []string
	vars           expand.Environ // instead of env: a copy of a shell, with what it did not export
	dir            string
	params         []string
	arg0           string
	stdin          io.Reader // an *os.File, or nil for what the session sends
	stdout, stderr io.Writer
}

// environ answers ~user without a look at the machine's users, and hides the
// machine's temporary folder, in which the interpreter would open files.
type environ struct {
	expand.Environ
	zero   string // $0
	sealed bool   // the interpreter has asked where to put its own files
}

func (e *environ) Get(name string) expand.Variable {
	if user, ok := strings.CutPrefix(name, "HOME "); ok {
		home := "/home/" + user
		if user == "root" {
			home = "/"
		}
		return text(home)
	}
	switch {
	case name == varZero:
		return text(e.zero)
	case name == "TMPDIR" && !e.sealed:
		return text("/nowhere/aixsim")
	}
	return e.Environ.Get(name)
}

func text(s string) expand.Variable {
	return expand.Variable{Set: true, Kind: expand.String, Str: s}
}

// newRunner is an interpreter of which every door leads to the host. The
// default handlers, which reach the real machine, are never asked.
func (h *Host) newRunner(p *proc, call shellCall) (*interp.Runner, error) {
	vars := call.vars
	if vars == nil {
		vars = expand.ListEnviron(append([]string{"UID=" + strconv.Itoa(p.uid), "EUID=" + strconv.Itoa(p.uid), "GID=0"}, call.env...)...)
	}
	env := &environ{Environ: vars, zero: call.zero()}
	r, err := interp.New(
		interp.Env(env),
		interp.Params(append([]string{"--"}, call.params...)...),
		interp.StdIO(call.stdin, call.stdout, call.stderr),
		interp.CallHandler(h.callHandler),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return h.execHandler }),
		interp.OpenHandler(h.openHandler),
		interp.ReadDirHandler2(h.readDirHandler),
		interp.StatHandler(h.statHandler),
		interp.AccessHandler(h.accessHandler),
	)
	if err != nil {
		return nil, err
	}
	r.Dir = call.dir // not interp.Dir, which looks at the real disk
	r.Reset()
	env.sealed = true
	return r, nil
}

func (c shellCall) zero() string {
	if c.arg0 != "" {
		return c.arg0
	}
	return c.name
}

// runScript runs a script that was read as a whole: `ksh -c`.
func (h *Host) runScript(ctx context.Context, p *proc, text string, call shellCall) int {
	prog, err := parse(text)
	if err != nil {
		_, _ = io.WriteString(call.stderr, syntaxError(call.name, err))
		return 2
	}
	p, ctx = p.withProgram(ctx, prog)
	r, err := h.newRunner(p, call)
	if err != nil {
		fmt.Fprintf(call.stderr, "%s: %v\n", call.name, err)
		return 2
	}
	return exitOf(r.Run(ctx, prog.file))
}

// runStdin runs a script as it comes on standard input: `ksh -s`.
func (h *Host) runStdin(ctx context.Context, p *proc, in io.Reader, call shellCall) int {
	src, ok := in.(io.ByteReader)
	if !ok {
		src = newByteReader(in)
	}
	prog := &program{}
	p, ctx = p.withProgram(ctx, prog)
	r, err := h.newRunner(p, call)
	if err != nil {
		fmt.Fprintf(call.stderr, "%s: %v\n", call.name, err)
		return 2
	}
	exit := 0
	for st, err := range newParser().StmtsSeq(oneByte{src}) {
		if err != nil {
			_, _ = io.WriteString(call.stderr, syntaxError(call.name, err))
			return 2
		}
		prog.add(st)
		exit = exitOf(r.Run(ctx, st))
		if r.Exited() || ctx.Err() != nil {
			return exit
		}
	}
	if err := r.Run(ctx, &syntax.File{}); err != nil { // lets an EXIT trap run
		return exitOf(err)
	}
	return exit
}

func exitOf(err error) int {
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[interp.ExitStatus](err); ok {
		return int(status)
	}
	return exitKilled
}

// execHandler runs a simple command that is neither function nor builtin.
func (h *Host) execHandler(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	p := procOf(ctx)
	e := &Env{Stdin: stdinOf(ctx, hc), Stdout: hc.Stdout, Stderr: hc.Stderr, Dir: hc.Dir, UID: p.uid, PID: p.pid,
		Now: h.now, Shared: h.shared, proc: p, host: h,
		Getenv: func(name string) string {
			if v := hc.Env.Get(name); v.Exported {
				return v.String()
			}
			return ""
		}}
	e.environ = func() []string { return exported(hc.Env) }
	exit := h.exec(ctx, e, args, p.uid)
	if err := ctx.Err(); err != nil {
		return err
	}
	if exit != 0 {
		return interp.ExitStatus(exit)
	}
	return nil
}

// exported lists the variables that a command inherits.
func exported(env expand.Environ) []string {
	all := map[string]string{}
	env.Each(func(name string, v expand.Variable) bool {
		delete(all, name)
		if v.Exported && v.IsSet() && !strings.HasPrefix(name, "__aixsim_") {
			all[name] = v.String()
		}
		return true
	})
	list := make([]string, 0, len(all))
	for name, v := range all {
		list = append(list, name+"="+v)
	}
	slices.Sort(list)
	return list
}

// now is the host's clock.
func (h *Host) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock()
}

// exec finds a command and runs it in the surroundings of e.
func (h *Host) exec(ctx context.Context, e *Env, argv []string, uid int) int {
	pathVar := e.Getenv("PATH")
	c := h.find(argv[0], e.Dir, pathVar)
	if internalCommand(argv[0]) {
		c = commandTable[argv[0]][0]
	}
	child := *e
	child.Path, child.Args, child.UID, child.effects = argv[0], slices.Clone(argv[1:]), uid, nil
	if uid != e.proc.uid {
		p := *e.proc
		p.uid = uid
		child.proc = &p
	}
	h.mu.Lock()
	child.German = german(h.s, e.Getenv)
	h.mu.Unlock()
	if c == nil {
		return h.execFile(ctx, &child)
	}
	return h.invoke(ctx, c, &child)
}

// execFile runs a script that lies on the host, or says that nothing is there.
func (h *Host) execFile(ctx context.Context, e *Env) int {
	files := lockedFS{h, e}
	if strings.Contains(e.Path, "/") {
		if info, err := files.Stat(e.abs(e.Path)); err == nil && !info.IsDir() {
			if info.Mode()&0o111 == 0 {
				e.err("ksh: %s: 0403-006 Execute permission denied.\n", e.Path)
				return 126
			}
			text, _ := files.ReadFile(e.abs(e.Path))
			return h.shell(ctx, e, string(text), e.Path, e.Args)
		}
	}
	exit := e.failIn(127, tongues{"ksh: %s:  not found.",
		"ksh: %s:  nicht gefunden."}, e.Path)
	h.note(LogEntry{Session: e.proc.session.id, Argv: append([]string{e.Path}, e.Args...), Exit: exit})
	return exit
}

func (h *Host) openHandler(ctx context.Context, name string, flag int, perm os.FileMode) (io.ReadWriteCloser, error) {
	if name == "/dev/null" {
		// The one real file: a pipe in its place would cost two descriptors
		// and a goroutine for each of a script's probes.
		return os.OpenFile(os.DevNull, os.O_RDWR, 0)
	}
	hc := interp.HandlerCtx(ctx)
	e := &Env{Path: ">", proc: procOf(ctx), Dir: hc.Dir, host: h}
	name = e.abs(name)
	e.Args = []string{name}
	files := lockedFS{h, e}
	if flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, shellPathError(name, err)
		}
		return contentPipe(data)
	}
	var data []byte
	if flag&os.O_APPEND != 0 {
		e.Path = ">>"
		data, _ = files.ReadFile(name)
	}
	if e.proc.uid != 0 && !userMayWrite(name) {
		return nil, &fs.PathError{Op: "ksh", Path: name, Err: errors.New("0403-005 Cannot create the specified file")}
	}
	if err := files.WriteFile(name, data, perm); err != nil {
		return nil, shellPathError(name, err)
	}
	return &outputFile{files: files, name: name}, nil
}

// userMayWrite is the little that an ordinary user may write.
func userMayWrite(name string) bool {
	return under(name, "/tmp") || under(name, "/var/tmp") || under(name, "/home")
}

// shellPathError is a file's error in ksh's words.
func shellPathError(name string, err error) error {
	word := err
	var p *fs.PathError
	if errors.As(err, &p) {
		word = p.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		word = errors.New("0403-016 Cannot find or open the file")
	}
	return &fs.PathError{Op: "ksh", Path: name, Err: word}
}

func (h *Host) readDirHandler(ctx context.Context, name string) ([]fs.DirEntry, error) {
	infos, err := lockedFS{h, &Env{proc: procOf(ctx)}}.ReadDir(path.Clean(name))
	if err != nil {
		return nil, err
	}
	list := make([]fs.DirEntry, len(infos))
	for i, info := range infos {
		list[i] = fs.FileInfoToDirEntry(info)
	}
	return list, nil
}

func (h *Host) statHandler(_ context.Context, name string, follow bool) (fs.FileInfo, error) {
	if name == "/dev/null" {
		return fileInfo{"null", File{Mode: 0o666}}, nil
	}
	if !follow {
		return lockedFS{h: h}.Lstat(path.Clean(name))
	}
	return lockedFS{h: h}.Stat(path.Clean(name))
}

func (h *Host) accessHandler(ctx context.Context, name string, mode interp.AccessMode) error {
	info, err := h.statHandler(ctx, name, true)
	if err != nil {
		return err
	}
	p := procOf(ctx)
	perm := info.Mode().Perm()
	denied := mode&interp.AccessExec != 0 && perm&0o111 == 0
	if p != nil && p.uid != 0 {
		denied = denied || mode&interp.AccessWrite != 0 && !userMayWrite(name) || mode&interp.AccessRead != 0 && perm&0o004 == 0
	}
	if denied {
		return &fs.PathError{Op: "access", Path: name, Err: fs.ErrPermission}
	}
	return nil
}
