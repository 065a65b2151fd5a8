package captures

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// CapturedHosts returns the hosts that have captures, sorted.
func (f Folder) CapturedHosts() ([]string, error) {
	entries, err := durable.ReadDir(filepath.Join(f.root, "captures"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, e := range entries {
		if e.IsDir() && naming.IsFile(e.Name()) {
			hosts = append(hosts, e.Name())
		}
	}
	return hosts, nil
}

// CaptureIDs returns the ids of a host's captures, oldest first, damaged ones included.
func (f Folder) CaptureIDs(host string) ([]string, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	entries, err := durable.ReadDir(filepath.Join(f.root, "captures", host))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") { // hidden ones are being removed
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// LoadCapture reads and verifies a capture.
func (f Folder) LoadCapture(host, id string) (*outcome.Capture, error) {
	if err := errors.Join(naming.CheckFile("host", host), naming.CheckFile("capture", id)); err != nil {
		return nil, err
	}
	where := filepath.Join("captures", host, id)
	if err := f.Check(filepath.ToSlash(where)); err != nil {
		return nil, err
	}
	var c outcome.Capture
	if err := durable.ReadJSON(filepath.Join(f.root, where, "capture.json"), &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// Load is LoadCapture by the path relative to the state folder: captures/HOST/ID.
func (f Folder) Load(where string) (*outcome.Capture, error) {
	parts := strings.Split(where, "/")
	if len(parts) != 3 || parts[0] != "captures" {
		return nil, fmt.Errorf("%q is not the path of a capture", where)
	}
	return f.LoadCapture(parts[1], parts[2])
}

// Kept is a capture on disk.
type Kept struct {
	Host, ID string
	// Capture is nil if the capture is damaged: see Err.
	Capture *outcome.Capture
	Err     error
}

// Kept returns a host's captures, newest first, damaged ones included.
func (f Folder) Kept(host string) ([]Kept, error) {
	ids, err := f.CaptureIDs(host)
	if err != nil {
		return nil, err
	}
	slices.Reverse(ids)
	list := make([]Kept, 0, len(ids))
	for _, id := range ids {
		c, err := f.LoadCapture(host, id)
		list = append(list, Kept{Host: host, ID: id, Capture: c, Err: err})
	}
	return list, nil
}

// Find returns a host's good capture by its id, its label (the newest capture with that
// label) or "latest" (the newest good one).
func (f Folder) Find(host, ref string) (*outcome.Capture, error) {
	kept, err := f.Kept(host)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		switch {
		case k.ID == ref && k.Err != nil:
			return nil, k.Err
		case k.Err == nil && (k.ID == ref || ref == "latest" || (ref != "" && k.Capture.Label == ref)):
			return k.Capture, nil
		}
	}
	if len(kept) > 0 && kept[0].Err != nil { // the newest, which the person may mean
		return nil, fmt.Errorf("host %s has no good capture %q: %w", host, ref, kept[0].Err)
	}
	return nil, fmt.Errorf("host %s has no good capture %q", host, ref)
}

// Newest returns a host's newest good capture that the run except did not take; nil:
// there is none.
func (f Folder) Newest(host, except string) (*outcome.Capture, error) {
	ids, err := f.CaptureIDs(host)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Backward(ids) {
		if c, err := f.LoadCapture(host, id); err == nil && (except == "" || c.RunID != except) {
			return c, nil
		}
	}
	return nil, nil
}

// Taken returns the good captures of a host that the capture verb took, newest first.
// If asked is set, it returns that capture only, or an error. asked is an id, a label, or
// HOST/ID under another inventory name of the host.
func (f Folder) Taken(host, asked string) ([]outcome.Capture, error) {
	if asked != "" {
		if of, id, both := strings.Cut(asked, "/"); both {
			host, asked = of, id
		}
		c, err := f.Find(host, asked)
		if err != nil {
			return nil, err
		}
		if c.Purpose != outcome.PurposeCapture {
			return nil, fmt.Errorf("capture %s was taken before a change, not by the capture verb", asked)
		}
		return []outcome.Capture{*c}, nil
	}
	kept, err := f.Kept(host)
	if err != nil {
		return nil, err
	}
	var list []outcome.Capture
	for _, k := range kept {
		if k.Err == nil && k.Capture.Purpose == outcome.PurposeCapture {
			list = append(list, *k.Capture)
		}
	}
	return list, nil
}

// Surplus returns the captures of a host that pruning removes unless a run needs them:
// damaged ones, and all but the newest keep good ones, the newest good one that the capture
// verb took (the own-image playbook restores from no other) and those with a label.
func (f Folder) Surplus(host string, keep int) ([]Kept, error) {
	kept, err := f.Kept(host)
	if err != nil {
		return nil, err
	}
	var surplus []Kept
	good, taken := 0, 0
	for _, k := range kept {
		if k.Err == nil {
			good++
			if k.Capture.Purpose == outcome.PurposeCapture {
				taken++
			}
			if good <= keep || k.Capture.Label != "" || taken == 1 && k.Capture.Purpose == outcome.PurposeCapture {
				continue
			}
		}
		if errors.Is(k.Err, fs.ErrPermission) {
			return nil, fmt.Errorf("capture %s of %s can't be read, so it can't be told whether it is damaged: %w", k.ID, host, k.Err)
		}
		surplus = append(surplus, k)
	}
	return surplus, nil
}

// Size returns the bytes of the files of a capture.
func (f Folder) Size(k Kept) int64 {
	var sum int64
	_ = filepath.WalkDir(f.dir(k), func(_ string, e fs.DirEntry, err error) error {
		if err == nil { // otherwise another process is removing it
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}

// Remove removes a capture.
func (f Folder) Remove(k Kept) error { return f.disk.RemoveAll(f.dir(k)) }

func (f Folder) dir(k Kept) string { return filepath.Join(f.root, "captures", k.Host, k.ID) }
