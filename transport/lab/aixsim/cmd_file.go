package aixsim

import (
	"cmp"
	"context"
	"crypto/md5"  //nolint:gosec // csum offers it
	"crypto/sha1" //nolint:gosec // csum offers it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// fileCommands work on files and folders.
func fileCommands() []Command {
	run := map[string]func(context.Context, *Env) int{
		"ls": cmdLs, "cp": cmdCp, "mv": cmdMv, "rm": cmdRm, "rmdir": cmdRm, "mkdir": cmdMkdir, "chmod": cmdChmod,
		"chown": cmdNothing, "chgrp": cmdNothing, "touch": cmdTouch, "cksum": cmdCksum, "csum": cmdCsum,
		"basename": cmdBasename, "dirname": cmdDirname, "cmp": cmdCmp, "ln": cmdLn,
	}
	var list []Command
	for name, f := range run {
		list = append(list, Command{Name: name, Dirs: bin(), Run: f, Filter: true, Unix: name != "csum"})
	}
	return list
}

// plainError is the reason without operation and path, as AIX says it.
func plainError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("A file or directory in the path name does not exist.") //nolint:staticcheck // AIX's words
	case errors.Is(err, fs.ErrPermission):
		return errors.New("The file access permissions do not allow the specified action.") //nolint:staticcheck // AIX's words
	}
	return err
}

// denied tells that an ordinary user may not change a path, and says so.
func (e *Env) denied(name string) bool {
	if e.UID == 0 || userMayWrite(e.abs(name)) {
		return false
	}
	e.fail(1, "%s: %s: The file access permissions do not allow the specified action.", e.name(), name)
	return true
}

func cmdLs(_ context.Context, e *Env) int {
	f := getopt(e.Args, "lapdA1inrtFRs")
	names := f.rest
	if len(names) == 0 {
		names = []string{"."}
	}
	exit := 0
	for _, name := range names {
		info, err := e.Files.Lstat(e.abs(name))
		if err == nil && info.Mode()&fs.ModeSymlink != 0 && !f.has('l') && !f.has('d') {
			info, err = e.Files.Stat(e.abs(name))
		}
		if err != nil {
			exit = e.failIn(2, tongues{"ls: 0653-341 The file %s does not exist.",
				"ls: 0653-341 Die Datei %s ist nicht vorhanden."}, name)
			continue
		}
		if !info.IsDir() || f.has('d') {
			e.lsRow(f, info, name)
			continue
		}
		list, err := e.Files.ReadDir(e.abs(name))
		if err != nil {
			exit = e.fileError(name, err)
			continue
		}
		if len(names) > 1 {
			e.out("\n%s:\n", name)
		}
		if f.has('l') {
			e.out("total %d\n", len(list)*8)
		}
		for _, child := range list {
			if !strings.HasPrefix(child.Name(), ".") || f.has('a') || f.has('A') {
				e.lsRow(f, child, child.Name())
			}
		}
	}
	return exit
}

func (e *Env) lsRow(f flagSet, info fs.FileInfo, name string) {
	if info.IsDir() && (f.has('p') || f.has('F')) {
		name += "/"
	}
	if !f.has('l') {
		e.out("%s\n", name)
		return
	}
	mode := info.Mode().String()
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err := e.Files.Readlink(e.abs(name)); err == nil {
			mode, name = "lrwxrwxrwx", name+" -> "+target
		}
	}
	owner, _ := info.Sys().(File) // the stand-in's files belong to root
	e.out("%s    1 %-8s %-8s %10d %s %s\n", mode, cmp.Or(owner.Owner, "root"), cmp.Or(owner.Group, "system"), info.Size(), info.ModTime().UTC().Format("Jan 02 15:04"), name)
}

func cmdCp(_ context.Context, e *Env) int {
	f := getopt(e.Args, "pfirRhe:")
	if len(f.rest) < 2 {
		return e.usage(f, "cp [-fhipHILPU] [--] src target")
	}
	to := e.abs(f.rest[len(f.rest)-1])
	for _, from := range f.rest[:len(f.rest)-1] {
		if e.denied(to) {
			return 1
		}
		if exit := e.copyFile(from, e.target(to, from), f.has('p')); exit != 0 {
			return exit
		}
	}
	return 0
}

// target is where a file goes: into a folder it keeps its name.
func (e *Env) target(to, from string) string {
	if info, err := e.Files.Stat(to); err == nil && info.IsDir() {
		return path.Join(to, path.Base(from))
	}
	return to
}

func (e *Env) copyFile(from, to string, preserve bool) int {
	info, err := e.Files.Stat(e.abs(from))
	if err != nil {
		return e.fail(1, "%s: %s: %v", e.name(), from, plainError(err))
	}
	data, err := e.Files.ReadFile(e.abs(from))
	if err != nil {
		return e.fail(1, "%s: 0653-437 %s is a directory.", e.name(), from)
	}
	if err := e.Files.WriteFile(to, data, info.Mode().Perm()); err != nil {
		return e.fail(1, "%s: %s: %v", e.name(), to, plainError(err))
	}
	if preserve {
		_ = e.Files.Chmod(to, info.Mode().Perm())
		_ = e.Files.Chtimes(to, info.ModTime())
	}
	return 0
}

func cmdMv(_ context.Context, e *Env) int {
	f := getopt(e.Args, "fi")
	if len(f.rest) < 2 {
		return e.usage(f, "mv [-i|-f] [-E{force|ignore|warn}] [--] src target")
	}
	to := e.abs(f.rest[len(f.rest)-1])
	for _, from := range f.rest[:len(f.rest)-1] {
		if e.denied(to) || e.denied(from) {
			return 1
		}
		if err := e.Files.Rename(e.abs(from), e.target(to, from)); err != nil {
			return e.fail(1, "mv: 0653-401 Cannot rename %s to %s: %v", from, to, plainError(err))
		}
	}
	return 0
}

func cmdRm(_ context.Context, e *Env) int {
	f := getopt(e.Args, "firRe")
	exit := 0
	for _, name := range f.rest {
		if e.denied(name) {
			exit = 2
			continue
		}
		full := e.abs(name)
		info, err := e.Files.Lstat(full)
		switch {
		case err != nil && f.has('f'):
			continue
		case err == nil && info.IsDir() && (f.has('r') || f.has('R')):
			err = e.Files.RemoveAll(full)
		case err == nil && info.IsDir() && e.name() == "rm":
			exit = e.fail(2, "rm: 0653-603 Cannot remove directory %s.", name)
			continue
		case err == nil:
			err = e.Files.Remove(full)
		}
		if err != nil {
			exit = e.fail(2, "%s: %s: %v", e.name(), name, plainError(err))
		}
	}
	return exit
}

// cmdLn makes links; a hard one is not to be had here.
func cmdLn(_ context.Context, e *Env) int {
	f := getopt(e.Args, "fsn")
	if len(f.rest) != 2 || !f.has('s') {
		return e.usage(f, "ln [-fns] src [target]")
	}
	if e.denied(f.rest[1]) {
		return 1
	}
	to := e.target(e.abs(f.rest[1]), f.rest[0])
	if _, err := e.Files.Lstat(to); err == nil {
		if !f.has('f') {
			return e.fail(1, "ln: 0653-421 %s exists.\n\tSpecify -f to remove.", f.rest[1])
		}
		_ = e.Files.Remove(to)
	}
	if err := e.Files.Symlink(f.rest[0], to); err != nil {
		return e.fail(1, "ln: 0653-423 %s: %v", f.rest[1], plainError(err))
	}
	return 0
}

func cmdMkdir(_ context.Context, e *Env) int {
	f := getopt(e.Args, "pm:")
	perm := fs.FileMode(0o755)
	if m, err := strconv.ParseUint(f.last('m'), 8, 32); err == nil {
		perm = fs.FileMode(m)
	}
	for _, name := range f.rest {
		if e.denied(name) {
			return 2
		}
		full := e.abs(name)
		if info, err := e.Files.Stat(full); err == nil && info.IsDir() && f.has('p') {
			continue
		}
		if f.has('p') {
			e.mkdirParents(path.Dir(full))
		}
		if err := e.Files.Mkdir(full, perm); err != nil {
			return e.fail(2, "mkdir: 0653-357 Cannot access directory %s.\n%v", name, plainError(err))
		}
	}
	return 0
}

func (e *Env) mkdirParents(dir string) {
	if _, err := e.Files.Stat(dir); err == nil || dir == "/" {
		return
	}
	e.mkdirParents(path.Dir(dir))
	_ = e.Files.Mkdir(dir, 0o755)
}

func cmdChmod(_ context.Context, e *Env) int {
	f := getopt(e.Args, "fhR")
	if len(f.rest) < 2 {
		return e.usage(f, "chmod [-fhR] mode file ...")
	}
	for _, name := range f.rest[1:] {
		info, err := e.Files.Stat(e.abs(name))
		if err != nil {
			return e.fail(1, "chmod: %s: %v", name, plainError(err))
		}
		if e.denied(name) {
			return 1
		}
		mode, ok := parseMode(f.rest[0], info.Mode().Perm())
		if !ok {
			return e.fail(1, "chmod: 0653-021 The mode %s is not valid.", f.rest[0])
		}
		if err := e.Files.Chmod(e.abs(name), mode); err != nil {
			return e.fail(1, "chmod: %s: %v", name, plainError(err))
		}
	}
	return 0
}

// parseMode reads 0644 or u+x,go-w.
func parseMode(text string, mode fs.FileMode) (fs.FileMode, bool) {
	if m, err := strconv.ParseUint(text, 8, 32); err == nil {
		return fs.FileMode(m), true
	}
	for part := range strings.SplitSeq(text, ",") {
		i := strings.IndexAny(part, "+-=")
		if i < 0 {
			return 0, false
		}
		var who, what fs.FileMode
		for c, bits := range map[string]fs.FileMode{"u": 0o700, "g": 0o070, "o": 0o007, "a": 0o777} {
			if strings.Contains(part[:i], c) || i == 0 && c == "a" {
				who |= bits
			}
		}
		for c, bits := range map[string]fs.FileMode{"r": 0o444, "w": 0o222, "x": 0o111} {
			if strings.Contains(part[i+1:], c) {
				what |= bits
			}
		}
		switch part[i] {
		case '+':
			mode |= who & what
		case '-':
			mode &^= who & what
		default:
			mode = mode&^who | who&what
		}
	}
	return mode, true
}

func cmdTouch(_ context.Context, e *Env) int {
	for _, name := range getopt(e.Args, "acmfr:t:").rest {
		if e.denied(name) {
			return 1
		}
		full := e.abs(name)
		if _, err := e.Files.Stat(full); err == nil {
			_ = e.Files.Chtimes(full, e.Now())
			continue
		}
		if err := e.Files.WriteFile(full, nil, 0o644); err != nil {
			return e.fail(1, "touch: 0652-046 Cannot create %s.", name)
		}
	}
	return 0
}

func cmdCksum(_ context.Context, e *Env) int {
	return e.eachInput(e.Args, func(name string, data []byte) {
		if name == "-" {
			e.out("%d %d\n", cksum(data), len(data))
			return
		}
		e.out("%d %d %s\n", cksum(data), len(data), name)
	})
}

// cksum is the CRC of POSIX.
func cksum(data []byte) uint32 {
	var crc uint32
	add := func(b byte) {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc&0x80000000 != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	for _, b := range data {
		add(b)
	}
	for n := len(data); n > 0; n >>= 8 {
		add(byte(n))
	}
	return ^crc
}

func cmdCsum(_ context.Context, e *Env) int {
	f := getopt(e.Args, "h:")
	return e.eachInput(f.rest, func(name string, data []byte) {
		var sum []byte
		switch strings.ToUpper(f.last('h')) {
		case "SHA256":
			s := sha256.Sum256(data)
			sum = s[:]
		case "SHA1":
			s := sha1.Sum(data) //nolint:gosec // csum offers it
			sum = s[:]
		default:
			s := md5.Sum(data) //nolint:gosec // csum offers it
			sum = s[:]
		}
		e.out("%s  %s\n", hex.EncodeToString(sum), name)
	})
}

func cmdBasename(_ context.Context, e *Env) int {
	if len(e.Args) == 0 {
		return e.usage(flagSet{}, "basename String [Suffix]")
	}
	base := path.Base(e.Args[0])
	if len(e.Args) > 1 && base != e.Args[1] {
		base = strings.TrimSuffix(base, e.Args[1])
	}
	e.out("%s\n", base)
	return 0
}

func cmdDirname(_ context.Context, e *Env) int {
	if len(e.Args) == 0 {
		return e.usage(flagSet{}, "dirname String")
	}
	e.out("%s\n", path.Dir(e.Args[0]))
	return 0
}

func cmdCmp(_ context.Context, e *Env) int {
	f := getopt(e.Args, "sl")
	if len(f.rest) != 2 {
		return e.usage(f, "cmp [-l|-s] File1 File2")
	}
	a, errA := e.readInput(f.rest[0])
	b, errB := e.readInput(f.rest[1])
	if errA != nil || errB != nil {
		return 2
	}
	if string(a) == string(b) {
		return 0
	}
	if !f.has('s') {
		e.out("%s %s differ\n", f.rest[0], f.rest[1])
	}
	return 1
}
