package journal

import (
	"bufio"
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

	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

const manifest = "manifest.sha256"

// Keep writes a capture: every file synced, a manifest of their hashes last,
// then the whole read back from the disk. A folder without a manifest is none.
// The returned path is relative to the state folder.
func (s *Store) Keep(c outcome.Capture, files []outcome.CaptureFile) (string, error) {
	if err := errors.Join(naming.CheckFile("host", c.Host), naming.CheckFile("capture", c.ID)); err != nil {
		return "", err
	}
	where := filepath.Join("captures", c.Host, c.ID)
	dir := filepath.Join(s.root, where)
	if err := os.MkdirAll(filepath.Dir(dir), dirMode); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, dirMode); err != nil {
		return "", err // never into a capture that is there
	}
	document, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	files = append(slices.Clone(files), outcome.CaptureFile{Name: "capture.json", Data: append(document, '\n')})
	slices.SortFunc(files, func(a, b outcome.CaptureFile) int { return strings.Compare(a.Name, b.Name) })
	var sums bytes.Buffer
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) || strings.ContainsAny(f.Name, "\n\\") {
			return "", fmt.Errorf("file %q would leave the capture's folder", f.Name)
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
			return "", err
		}
		if err := writeSynced(path, f.Data); err != nil {
			return "", err
		}
		sum := sha256.Sum256(f.Data)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), f.Name)
	}
	if err := writeSynced(filepath.Join(dir, manifest), sums.Bytes()); err != nil {
		return "", err
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return "", err
	}
	return filepath.ToSlash(where), s.Check(filepath.ToSlash(where))
}

// Check verifies a capture: every file of its manifest is there with its hash,
// and no other.
func (s *Store) Check(where string) error {
	if !filepath.IsLocal(filepath.FromSlash(where)) {
		return fmt.Errorf("capture %q is not in the state folder", where)
	}
	dir := filepath.Join(s.root, filepath.FromSlash(where))
	sums, err := readManifest(dir)
	if err != nil {
		return fmt.Errorf("capture %s: %w", where, err)
	}
	listed := map[string]bool{manifest: true}
	for name, sum := range sums {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("capture %s: %w", where, err)
		}
		if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
			return fmt.Errorf("capture %s: %s is not what was written", where, name)
		}
		listed[name] = true
	}
	if !listed["capture.json"] {
		return fmt.Errorf("capture %s: its manifest is not complete", where)
	}
	return checkNoOthers(dir, where, listed)
}

// checkNoOthers finds files that the manifest does not list.
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
	text, err := os.ReadFile(filepath.Join(dir, manifest))
	if err != nil {
		return nil, fmt.Errorf("it has no manifest: %w", err)
	}
	sums := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, errors.New("bad line in its manifest")
		}
		if _, twice := sums[name]; twice {
			return nil, fmt.Errorf("%s stands twice in its manifest", name)
		}
		sums[name] = sum
	}
	return sums, lines.Err()
}
