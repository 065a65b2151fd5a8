package evidence

import (
	"errors"
	"os"
	"path/filepath"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/report/formats"
	"aixmend/transport/ownership"
	"aixmend/transport/place"
)

// Check checks before a run that its report files can be written after it, and the written
// ones of taken. taken are the other files that the run reads or writes, by the flag that
// names them: a report may replace none of them.
func Check(files map[string]string, taken []Named) error {
	seen := map[string]string{}
	for _, file := range taken {
		if file.Path == "" {
			continue
		}
		if file.Written {
			if err := CheckFile(file.Flag, file.Path); err != nil {
				return err
			}
		}
		seen[oneName(file.Path)] = file.Flag
	}
	for _, format := range formats.All() {
		path := files[format.Name]
		if path == "" {
			continue
		}
		if path == "-" {
			return exit.Usagef("use /dev/stdout", "--%s -: expected the name of a file", format.Name)
		}
		if other := seen[oneName(path)]; other != "" && path != os.DevNull { // which keeps nothing of either
			return exit.Usagef("", "--%s and --%s name the same file: %s", other, format.Name, path)
		}
		seen[oneName(path)] = format.Name
		if err := CheckFile(format.Name, path); err != nil {
			return err
		}
	}
	return nil
}

// CheckFile checks before a run that a file can be written after it, and that no link of
// another user leads to it. flag names it.
func CheckFile(flag, path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return exit.Usagef("name a file in it", "--%s %s: it is a folder", flag, path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return exit.Usagef("create it first", "--%s %s: there is no folder %s", flag, path, filepath.Dir(path))
	}
	err := canWrite(path)
	var fault *ownership.Fault
	switch {
	case errors.As(err, &fault):
		return exit.Usagef("remove it, or name another file", "--%s: %w", flag, err)
	case err != nil:
		return exit.Usagef("", "--%s: %s can't be written: %w", flag, path, err)
	}
	return nil
}

// Named is a file and the flag that names it.
type Named struct {
	Flag, Path string
	// Written: it is written after the run.
	Written bool
}

// NamedBy returns the files that a request reads or writes beside its reports.
func NamedBy(a request.Asked) []Named {
	var files []Named
	for _, file := range a.Inventories {
		files = append(files, Named{Flag: "inventory", Path: file})
	}
	return append(files,
		Named{Flag: "out", Path: a.Out, Written: true}, Named{Flag: "playbook", Path: a.Playbook}, Named{Flag: "identity", Path: a.Identity},
		Named{Flag: "known-hosts", Path: a.KnownHosts}, Named{Flag: "ssh-config", Path: a.SSHConfig})
}

// canWrite checks that a file can be replaced, which takes a new file in its folder. A
// pipe or a device is written to in place.
func canWrite(path string) error {
	to, err := place.Find(path)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := to.Check(); err != nil || !to.Replaces() {
		return err
	}
	return to.Probe()
}

// oneName is one name of a file for all that it has.
func oneName(path string) string {
	if there, err := filepath.EvalSymlinks(path); err == nil {
		path = there
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return path
}
