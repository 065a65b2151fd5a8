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

// Folder is the captures of a state folder.
type Folder struct {
	root     string
	printing bool // captures that others can change are read, too
}

// In returns the captures of a state folder. Nothing is opened or created. A capture that
// anybody but this user and root can change counts as damaged.
func In(state string) Folder { return Folder{root: state} }

// ToPrint is In for verbs that only print captures: their owner does not matter.
func ToPrint(state string) Folder { return Folder{root: state, printing: true} }

// trusted returns an error if others can change a capture or something in it.
func (f Folder) trusted(dir string) error {
	if f.printing {
		return nil
	}
	return ownership.Tree(dir)
}

// Keep writes a capture: every file is synced, a manifest of their hashes is written
// last, and the capture is read back from the disk. A folder without a manifest is not a
// capture. The returned path is relative to the state folder.
func (f Folder) Keep(c outcome.Capture, files []outcome.CaptureFile) (string, error) {
	if err := errors.Join(naming.CheckFile("host", c.Host), naming.CheckFile("capture", c.ID)); err != nil {
		return "", err
	}
	where := filepath.Join("captures", c.Host, c.ID)
	dir := filepath.Join(f.root, where)
	if err := os.MkdirAll(filepath.Dir(dir), durable.DirMode); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, durable.DirMode); err != nil {
		return "", err // never write into an existing capture
	}
	document, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	files = append(slices.Clone(files), outcome.CaptureFile{Name: "capture.json", Data: append(document, '\n')})
	slices.SortFunc(files, func(a, b outcome.CaptureFile) int { return strings.Compare(a.Name, b.Name) })
	var sums bytes.Buffer
	for _, file := range files {
		if !filepath.IsLocal(filepath.FromSlash(file.Name)) || strings.ContainsAny(file.Name, "\n\\") {
			return "", fmt.Errorf("file %q would be outside the capture's folder", file.Name)
		}
		path := filepath.Join(dir, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), durable.DirMode); err != nil {
			return "", err
		}
		if err := durable.Write(path, file.Data); err != nil {
			return "", err
		}
		sum := sha256.Sum256(file.Data)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), file.Name)
	}
	if err := durable.Write(filepath.Join(dir, manifest), sums.Bytes()); err != nil {
		return "", err
	}
	if err := durable.SyncDir(filepath.Dir(dir)); err != nil {
		return "", err
	}
	return filepath.ToSlash(where), f.Check(filepath.ToSlash(where))
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
		return nil, fmt.Errorf("it has no manifest: %w", err)
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
