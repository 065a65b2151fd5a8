package inventory

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"aixmend/inventory/strictyaml"
)

// apiVersion is the only value of apiVersion that is read.
const apiVersion = "aixmend/v1"

// aliasHint says how to share settings without anchors.
const aliasHint = "put what hosts share under groups or defaults"

// Options are what Load and Parse take from their caller. The zero value is
// good.
type Options struct {
	// Home is what ~ stands for; os.UserHomeDir when empty.
	Home string
	// KnownFindings returns the ids that a waiver may name; nil: any. It is asked
	// at each waiver, and not where there is none.
	KnownFindings func() []string
	// KnownChecks returns the checks of the cluster guard that an acceptance may
	// name; nil: any. It is asked as KnownFindings is.
	KnownChecks func() []string
	// Run runs the programs that inventories name as sources of hosts; Programs
	// makes one. Where it is nil such a source is a problem.
	Run Runner
}

// Load is Options.Load without options.
func Load(paths ...string) (*Inventory, error) { return Options{}.Load(paths...) }

// Parse is Options.Parse without options.
func Parse(file string, data []byte) (*Inventory, error) { return Options{}.Parse(file, data) }

// Load reads one or more files, or folders of files, as one inventory. Groups
// are known in all of them; the defaults of a file hold for its own hosts. What
// two files say of one host or group must agree: no file wins over another.
//
// The error holds all problems of all files (strictyaml.ProblemsOf); it is an
// fs.ErrNotExist or fs.ErrPermission where that is the reason.
func (o Options) Load(paths ...string) (*Inventory, error) {
	b := newBuilder(o)
	if len(paths) == 0 {
		return nil, errors.New("no inventory file is named")
	}
	read := map[string]fs.FileInfo{}
	for _, path := range b.inFolders(paths) {
		data, info, problem := readFile(path)
		if problem != nil {
			b.problems = append(b.problems, *problem)
			continue
		}
		if twin := sameFile(info, read); twin != "" {
			b.problems.Add(strictyaml.Pos{File: path}, "name it once", "is the same file as %s", twin)
			continue
		}
		read[path] = info
		b.read(path, data, true)
	}
	return b.finish()
}

// Parse reads one inventory from data. file is its name in problems, and its
// folder is where relative paths start. The error is as for Load.
func (o Options) Parse(file string, data []byte) (*Inventory, error) {
	b := newBuilder(o)
	b.read(file, data, false)
	return b.finish()
}

// sameFile returns the path among files that is the file info, or "".
func sameFile(info fs.FileInfo, files map[string]fs.FileInfo) string {
	for path, other := range files {
		if os.SameFile(info, other) {
			return path
		}
	}
	return ""
}

// readFile reads a regular file of at most strictyaml.MaxBytes.
func readFile(path string) ([]byte, fs.FileInfo, *strictyaml.Problem) {
	problem := func(err error, hint, format string, args ...any) *strictyaml.Problem {
		return &strictyaml.Problem{
			Pos: strictyaml.Pos{File: path}, Message: fmt.Sprintf(format, args...), Hint: hint, Err: err,
		}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, problem(err, "name the inventory with --inventory FILE", "does not exist")
	case err != nil:
		return nil, nil, problem(err, "", "cannot be read: %v", cause(err))
	case info.IsDir():
		return nil, nil, problem(nil, "name a file in it", "is a folder, not a file")
	case !info.Mode().IsRegular():
		return nil, nil, problem(nil, "write its content to a file first", "is a pipe or a device, not a file")
	}
	file, err := os.Open(path)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrPermission) {
			hint = "make it readable for the user who runs this"
		}
		return nil, nil, problem(err, hint, "cannot be read: %v", cause(err))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, strictyaml.MaxBytes+1))
	if err != nil {
		return nil, nil, problem(err, "", "cannot be read: %v", cause(err))
	}
	return data, info, nil
}

// cause returns the reason in an error that names the file once more.
func cause(err error) error {
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		return inPath.Err
	}
	return err
}
