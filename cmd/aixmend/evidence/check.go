package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report/formats"
)

// Check checks before a run that its report files can be written after it. taken are the
// other files that the run reads or writes, by the flag that names them: a report may
// replace none of them.
func Check(files map[string]string, taken []Named) error {
	seen := map[string]string{}
	for _, file := range taken {
		if file.Path != "" {
			seen[place(file.Path)] = file.Flag
		}
	}
	for _, format := range formats.All() {
		path := files[format.Name]
		if path == "" {
			continue
		}
		if path == "-" {
			return exit.Usagef("use /dev/stdout", "--%s -: expected the name of a file", format.Name)
		}
		if other := seen[place(path)]; other != "" {
			return exit.Usagef("", "--%s and --%s name the same file: %s", other, format.Name, path)
		}
		seen[place(path)] = format.Name
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return exit.Usagef("name a file in it", "--%s %s: it is a folder", format.Name, path)
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return exit.Usagef("create it first", "--%s %s: there is no folder %s", format.Name, path, filepath.Dir(path))
		}
		if err := canWrite(path); err != nil {
			return exit.Usagef("", "--%s: %w", format.Name, err)
		}
	}
	return nil
}

// Named is a file and the flag that names it.
type Named struct{ Flag, Path string }

// canWrite checks that a file can be replaced, which takes a new file in its folder. A
// pipe or a device is written to in place.
func canWrite(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil
	}
	probe, err := os.CreateTemp(filepath.Dir(place(path)), ".tmp-")
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", path, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// place is one name of a file for all that it has.
func place(path string) string {
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
