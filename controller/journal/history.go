package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// CaptureIDs returns the ids of a host's captures, the oldest first, good or
// not.
func (s *Store) CaptureIDs(host string) ([]string, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(s.root, "captures", host))
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

// LoadCapture reads a capture that is good: every file is what was written.
func (s *Store) LoadCapture(host, id string) (*outcome.Capture, error) {
	if err := errors.Join(naming.CheckFile("host", host), naming.CheckFile("capture", id)); err != nil {
		return nil, err
	}
	where := filepath.Join("captures", host, id)
	if err := s.Check(filepath.ToSlash(where)); err != nil {
		return nil, err
	}
	var c outcome.Capture
	if err := readJSON(filepath.Join(s.root, where, "capture.json"), &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// Load returns a good capture by its path, relative to the state folder.
func (s *Store) Load(where string) (*outcome.Capture, error) {
	parts := strings.Split(where, "/")
	if len(parts) != 3 || parts[0] != "captures" {
		return nil, fmt.Errorf("%q is not the path of a capture", where)
	}
	return s.LoadCapture(parts[1], parts[2])
}

// Newest returns a host's newest good capture that was not taken by the run
// besides, nil when there is none. Damaged ones are passed over.
func (s *Store) Newest(host, besides string) (*outcome.Capture, error) {
	ids, err := s.CaptureIDs(host)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Backward(ids) {
		if c, err := s.LoadCapture(host, id); err == nil && (besides == "" || c.RunID != besides) {
			return c, nil
		}
	}
	return nil, nil
}

// Taken returns the good captures that the capture verb took of a host, the
// newest first. Where one is asked for, by its id, its label or HOST/ID of
// another name in the inventory, it is that one alone, or an error.
func (s *Store) Taken(host, asked string) ([]outcome.Capture, error) {
	if asked != "" {
		if of, id, both := strings.Cut(asked, "/"); both {
			host, asked = of, id
		}
		c, err := s.Find(host, asked)
		if err != nil {
			return nil, err
		}
		if c.Purpose != outcome.PurposeCapture {
			return nil, fmt.Errorf("capture %s was taken before a change, not by the capture verb", asked)
		}
		return []outcome.Capture{*c}, nil
	}
	kept, err := s.Kept(host)
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

// Values finds the values that must be unique in the facts of a capture, by name.
type Values = func(facts map[string]any) map[string]string

// Held returns the values that a host went by when its good captures were taken, the
// oldest first. Damaged captures are left out.
func (s *Store) Held(host string, values Values) ([]outcome.CapturedID, error) {
	ids, err := s.CaptureIDs(host)
	if err != nil {
		return nil, err
	}
	var list []outcome.CapturedID
	for _, id := range ids {
		if c, err := s.LoadCapture(host, id); err == nil {
			list = append(list, held(c, host, values)...)
		}
	}
	return list, nil
}

// NewestHeld is Held of the newest capture of each host that has one. The captures are not hashed for it: an inventory may be large, and what
// rests on it only warns or refuses.
func (s *Store) NewestHeld(hosts []string, values Values) []outcome.CapturedID {
	var list []outcome.CapturedID
	for _, host := range hosts {
		ids, err := s.CaptureIDs(host)
		if err != nil || len(ids) == 0 {
			continue
		}
		var c outcome.Capture
		if readJSON(filepath.Join(s.root, "captures", host, ids[len(ids)-1], "capture.json"), &c) != nil {
			continue
		}
		list = append(list, held(&c, host, values)...)
	}
	return list
}

// held are the values that a capture's host went by, sorted by name.
func held(c *outcome.Capture, host string, values Values) []outcome.CapturedID {
	went := values(c.Facts)
	var list []outcome.CapturedID
	for _, name := range slices.Sorted(maps.Keys(went)) {
		list = append(list, outcome.CapturedID{Host: host, Name: name, Value: went[name], Created: c.Created, Identity: identity(c)})
	}
	return list
}

// identity is the fact about the machine that was captured, as JSON.
func identity(c *outcome.Capture) string {
	fact, there := c.Facts["identity"]
	if !there {
		return ""
	}
	text, err := json.Marshal(fact)
	if err != nil {
		return ""
	}
	return string(text)
}
