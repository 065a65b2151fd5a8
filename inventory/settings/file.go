package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// ReadFile reads a regular file of at most strictyaml.MaxBytes that nobody but this user
// and root can change.
func ReadFile(path string) ([]byte, fs.FileInfo, *strictyaml.Problem) {
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
		return nil, nil, problem(err, "", "cannot be read: %v", plain.Cause(err))
	case info.IsDir():
		return nil, nil, problem(nil, "name a file in it", "is a folder, not a file")
	case !info.Mode().IsRegular():
		return nil, nil, problem(nil, "write its content to a file first", "is a pipe or a device, not a file")
	}
	if p := Obeyed(strictyaml.Pos{File: path}, path, ownership.Check(path)); p != nil {
		return nil, nil, p
	}
	file, err := os.Open(path)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrPermission) {
			hint = "make it readable for the user who runs this"
		}
		return nil, nil, problem(err, hint, "cannot be read: %v", plain.Cause(err))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, strictyaml.MaxBytes+1))
	if err != nil {
		return nil, nil, problem(err, "", "cannot be read: %v", plain.Cause(err))
	}
	return data, info, nil
}

// Obeyed returns the problem of a file, folder or program at path that others can change,
// from its check; nil for none.
func Obeyed(at strictyaml.Pos, path string, checked error) *strictyaml.Problem {
	var fault *ownership.Fault
	switch {
	case checked == nil:
		return nil
	case !errors.As(checked, &fault):
		return &strictyaml.Problem{Pos: at, Message: fmt.Sprintf("%s cannot be checked: %v", path, plain.Cause(checked)), Err: checked}
	}
	who := fault.At + " " + fault.Why
	if fault.At == at.File {
		who = fault.Why // the place is the file itself
	}
	return &strictyaml.Problem{Pos: at, Message: who + ": whoever can write it decides what runs on the hosts", Hint: fault.Remedy, Err: checked}
}

// OfOthers reports whether a problem is that others can change a file.
func OfOthers(p *strictyaml.Problem) bool {
	var fault *ownership.Fault
	return p != nil && errors.As(p.Err, &fault)
}
