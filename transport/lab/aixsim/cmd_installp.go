package aixsim

import (
	"bytes"
	"context"
	"io"
	"path"
	"slices"
	"strings"
)

// cmdInstallp is -L and -l (list), -a (apply, with -p a preview), -c (commit),
// -r (reject), -C (clean up) and -s (list applied filesets).
func cmdInstallp(_ context.Context, e *Env) int {
	f := getopt(e.Args, "aAbBcCd:De:EFf:gGiIlLM:NO:pqQrsSt:uvV:wXYz:")
	if f.bad != 0 || len(f.values) == 0 {
		return e.usage(f, "installp [-R Path] [-a | -ac [-N]] [-e LogFile] -d Device ...")
	}
	var said bytes.Buffer
	out := e.Stdout
	e.Stdout = io.MultiWriter(out, &said)
	defer func() {
		e.Stdout = out
		e.installLog(f.last('e'), said.Bytes())
	}()
	switch {
	case f.has('L'), f.has('l'):
		return e.listImages(f)
	case f.has('C'):
		return e.cleanUp()
	case f.has('r'):
		return e.reject(f)
	case f.has('s'):
		return e.listApplied(f)
	case f.has('a'):
		return e.install(f)
	case f.has('c'):
		return e.commit(f)
	}
	return e.usage(f, "installp [-R Path] [-a | -ac [-N]] [-e LogFile] -d Device ...")
}

// installLog appends the output to the log of -e. One that can't be written
// keeps nobody from installing (K).
func (e *Env) installLog(name string, said []byte) {
	if name == "" {
		return
	}
	old, _ := e.Files.ReadFile(e.abs(name))
	_ = e.Files.WriteFile(e.abs(name), append(append(old, "installp "+strings.Join(e.Args, " ")+"\n"...), said...), 0o644)
}

// source returns the images of -d.
func (e *Env) source(f flagSet) ([]image, bool) {
	dir := f.last('d')
	if dir == "" {
		dir = "/dev/rmt0"
	}
	list, ok := e.images(e.abs(dir))
	if !ok {
		e.failIn(1, tongues{"installp: 0503-105 The device or directory: %s does not exist.",
			"installp: 0503-105 Die Einheit oder das Verzeichnis %s ist nicht vorhanden."}, dir)
	}
	return list, ok
}

// listImages is -L, with colons between, and -l. An image that can't be read
// is named on standard error; that is no reason to fail (K).
func (e *Env) listImages(f flagSet) int {
	list, ok := e.source(f)
	if !ok {
		return 1
	}
	if len(list) == 0 {
		return e.fail(1, "0503-020 installp:  There is no installable software in %s.", f.last('d'))
	}
	if !f.has('L') {
		e.out("  Fileset Name                Level                     I/U Q Content\n  %s\n", strings.Repeat("=", 68))
	}
	for _, x := range list {
		switch {
		case x.Damaged:
			e.damaged(f.last('d'), x)
		case f.has('L'):
			e.out("%s:%s:%s::%s:C:::::N:%s::::0::\n", packageOf(x.Name), x.Name, x.Level, imageType(x.Fileset), x.Description)
		default:
			kind := map[string]string{"S": "U", "I": "I"}[imageType(x.Fileset)]
			e.out("  %-27s %-26s %s  N usr,root\n#   %s\n\n", x.Name, x.Level, kind, x.Description)
		}
	}
	return 0
}

func (e *Env) damaged(dir string, x image) {
	e.err("0503-007 installp:  The table of contents of %s can't be read:\n\tthe image is not complete or not in backup format.\n", path.Join(dir, x.file))
}

// listApplied is -s.
func (e *Env) listApplied(f flagSet) int {
	var rows []string
	for _, x := range e.State.Filesets {
		if x.State == "A" && named(f.rest, x.Name) {
			rows = append(rows, "  "+x.Name+" "+x.Level)
		}
	}
	if len(rows) == 0 {
		return e.fail(0, "0503-459 installp:  There are no installed software products that can be\n\tcommitted or rejected.")
	}
	e.out("The following software is applied and not committed:\n\n%s\n", strings.Join(rows, "\n"))
	return 0
}

// named reports whether a fileset was asked for; asking for none asks for all.
func named(patterns []string, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return p == "all" || globMatch(p, name) })
}

// cmdInutoc writes the table of contents of a folder, which installp here does
// without.
func cmdInutoc(_ context.Context, e *Env) int {
	dir := "/usr/sys/inst.images"
	if len(e.Args) > 0 {
		dir = e.abs(e.Args[0])
	}
	list, ok := e.images(dir)
	if !ok {
		return e.fail(1, "inutoc: 0503-301 %s is not a directory.", dir)
	}
	var toc strings.Builder
	toc.WriteString("0 0000000000 2\n")
	for _, x := range list {
		if x.Damaged {
			e.damaged(dir, x)
			continue
		}
		toc.WriteString(x.file + " " + x.Name + " " + x.Level + "\n")
	}
	if err := e.Files.WriteFile(path.Join(dir, ".toc"), []byte(toc.String()), 0o644); err != nil {
		return e.fail(1, "inutoc: 0503-302 %s/.toc: %v", dir, plainError(err))
	}
	return 0
}
