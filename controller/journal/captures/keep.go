// Package captures stores captures (the files and settings of one host at one time) as
// plain files below the state folder, and hashes them: captures/HOST/ID/manifest.sha256.
package captures

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
	"aixmend/transport/ownership"
)

const manifest = "manifest.sha256"

// pending is the manifest of a capture whose files may not be on the disk yet.
const pending = ".pending.sha256"

// ErrNoManifest: a capture is being written, or its run was killed before the end of that.
var ErrNoManifest = errors.New("it has no manifest")

// Folder is the captures of a state folder.
type Folder struct {
	root     string
	printing bool // captures that others can change are read, too
	disk     durable.Disk
	group    *durable.Group
	folder   *durable.Once
}

// In returns the captures of a state folder. Nothing is opened or created. A capture that
// anybody but this user and root can change counts as damaged.
func In(state string) Folder { return On(durable.Disk{}, state) }

// On is In on another disk than that of the operating system.
func On(disk durable.Disk, state string) Folder {
	return Folder{root: state, disk: disk, group: disk.NewGroup(filepath.Join(state, "captures")), folder: new(durable.Once)}
}

// ToPrint is In for verbs that only print captures: their owner does not matter.
func ToPrint(state string) Folder {
	f := In(state)
	f.printing = true
	return f
}

// trusted returns an error if others can change a capture or something in it.
func (f Folder) trusted(dir string) error {
	if f.printing {
		return nil
	}
	return ownership.Tree(dir)
}

// Keep writes a capture. All its files, and the list of their hashes, are on the disk before
// that list gets its name, which makes them a capture; then that is on the disk, too, and the
// capture is read back. Captures that are kept at one time share their syncs. After an error
// nothing is left of it. The returned path is relative to the state folder.
func (f Folder) Keep(c outcome.Capture, files []outcome.CaptureFile) (string, error) {
	if err := errors.Join(naming.CheckFile("host", c.Host), naming.CheckFile("capture", c.ID)); err != nil {
		return "", err
	}
	document, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	files = append(slices.Clone(files), outcome.CaptureFile{Name: "capture.json", Data: append(document, '\n')})
	slices.SortFunc(files, func(a, b outcome.CaptureFile) int { return strings.Compare(a.Name, b.Name) })
	if err := checkNames(files); err != nil {
		return "", err
	}
	where := filepath.Join("captures", c.Host, c.ID)
	dir := filepath.Join(f.root, where)
	if err := f.folder.Make(f.disk, filepath.Join(f.root, "captures")); err != nil {
		return "", err
	}
	begun := f.group.Begin()
	if err := f.disk.MkdirAll(filepath.Dir(dir)); err != nil {
		return "", err
	}
	if err := f.disk.Mkdir(dir); err != nil {
		return "", err // never write into an existing capture
	}
	err = f.write(dir, files, begun)
	if err == nil {
		err = f.Check(filepath.ToSlash(where))
	}
	if err != nil {
		return "", errors.Join(err, f.discard(dir))
	}
	return filepath.ToSlash(where), nil
}

// checkNames checks the names of files, which are sorted: each is in the folder of the capture,
// and another one's.
func checkNames(files []outcome.CaptureFile) error {
	for i, file := range files {
		switch {
		case !filepath.IsLocal(filepath.FromSlash(file.Name)) || strings.ContainsAny(file.Name, "\n\\"):
			return fmt.Errorf("file %q would be outside the capture's folder", file.Name)
		case file.Name == manifest || file.Name == pending || i > 0 && file.Name == files[i-1].Name:
			return fmt.Errorf("file %q of a capture is there already", file.Name)
		}
	}
	return nil
}

// write fills the new folder of a capture.
func (f Folder) write(dir string, files []outcome.CaptureFile, begun durable.Since) error {
	host := filepath.Dir(dir)
	w := writing{f.disk, dir, durable.Written{Since: begun, Folders: []string{dir, host, filepath.Dir(host)}}}
	var sums bytes.Buffer
	for _, file := range files {
		if err := w.file(file.Name, file.Data); err != nil {
			return err
		}
		sum := sha256.Sum256(file.Data)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), file.Name)
	}
	if err := w.file(pending, sums.Bytes()); err != nil {
		return err
	}
	if err := f.group.Sync(w.written); err != nil {
		return err
	}
	if err := f.disk.Rename(filepath.Join(dir, pending), filepath.Join(dir, manifest)); err != nil {
		return err
	}
	return f.group.Sync(durable.Written{Since: begun, Folders: []string{dir}})
}

// writing is a capture that is written into its folder.
type writing struct {
	disk    durable.Disk
	dir     string
	written durable.Written
}

// file writes a file, and makes the folders above it.
func (w *writing) file(name string, data []byte) error {
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := w.folder(filepath.Dir(path)); err != nil {
		return err
	}
	w.written.Files = append(w.written.Files, path)
	err := w.disk.New(path, data)
	if errors.Is(err, fs.ErrExist) { // upper and lower case may be one
		err = fmt.Errorf("%s: another file of the capture has this name here", path)
	}
	return err
}

// folder makes a folder, unless it is made already.
func (w *writing) folder(path string) error {
	if slices.Contains(w.written.Folders, path) {
		return nil
	}
	if err := w.folder(filepath.Dir(path)); err != nil {
		return err
	}
	w.written.Folders = append(w.written.Folders, path)
	if err := w.disk.Mkdir(path); !errors.Is(err, fs.ErrExist) { // upper and lower case may be one
		return err
	}
	return nil
}

// discard removes a capture that could not be kept; without its manifest it is none.
func (f Folder) discard(dir string) error {
	if err := f.disk.Remove(filepath.Join(dir, manifest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.disk.RemoveAll(dir)
}

// Check verifies a capture by its path, relative to the state folder: every file in its
// manifest exists with that hash, there are no other files, and others can't change them.
func (f Folder) Check(where string) error {
	if !filepath.IsLocal(filepath.FromSlash(where)) {
		return fmt.Errorf("capture %q is not in the state folder", where)
	}
	dir := filepath.Join(f.root, filepath.FromSlash(where))
	if _, err := os.Stat(dir); err == nil { // else it has no manifest
		if err := f.trusted(dir); err != nil {
			return fmt.Errorf("capture %s: %w", where, err)
		}
	}
	sums, err := readManifest(dir)
	if err != nil {
		return fmt.Errorf("capture %s: %w", where, err)
	}
	listed := map[string]bool{manifest: true}
	for name, sum := range sums {
		data, err := durable.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("capture %s: %w", where, err)
		}
		if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
			return fmt.Errorf("capture %s: %s has changed since it was written", where, name)
		}
		listed[name] = true
	}
	return checkNoOthers(dir, where, listed)
}

// checkNoOthers returns an error for a file that the manifest does not list.
func checkNoOthers(dir, where string, listed map[string]bool) error {
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil && !listed[filepath.ToSlash(name)] {
			err = fmt.Errorf("capture %s: %s is not in its manifest", where, name)
		}
		return err
	})
}

// readManifest reads the hashes of a capture's files, by name.
func readManifest(dir string) (map[string]string, error) {
	path := filepath.Join(dir, manifest)
	text, err := durable.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoManifest, err)
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		return nil, fmt.Errorf("%s: it breaks off in the middle of its last line", path)
	}
	sums := map[string]string{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		sum, name, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), "  ")
		if _, err := hex.DecodeString(sum); !ok || err != nil || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("%s: line %d is not a hash and a file name", path, number)
		}
		if _, twice := sums[name]; twice {
			return nil, fmt.Errorf("%s: line %d: %s is listed twice", path, number, name)
		}
		sums[name] = sum
	}
	if sums["capture.json"] == "" {
		return nil, fmt.Errorf("%s: it does not list capture.json", path)
	}
	return sums, nil
}
