package captures

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// Values returns the values in a capture's facts that must be unique among hosts, by
// name.
type Values = func(facts map[string]any) map[string]string

// NewestHeld returns the unique values in the newest capture of each host that has one.
// The captures are not verified: an inventory may be large, and callers only warn or
// refuse because of the result.
func (f Folder) NewestHeld(hosts []string, values Values) []outcome.CapturedID {
	var list []outcome.CapturedID
	for _, host := range hosts {
		ids, err := f.CaptureIDs(host)
		if err != nil || len(ids) == 0 {
			continue
		}
		var c outcome.Capture
		dir := filepath.Join(f.root, "captures", host, ids[len(ids)-1])
		if f.trusted(dir) != nil || durable.ReadJSON(filepath.Join(dir, "capture.json"), &c) != nil {
			continue
		}
		list = append(list, held(&c, host, values)...)
	}
	return list
}

// held returns the unique values in a capture, sorted by name.
func held(c *outcome.Capture, host string, values Values) []outcome.CapturedID {
	unique := values(c.Facts)
	var list []outcome.CapturedID
	for _, name := range slices.Sorted(maps.Keys(unique)) {
		list = append(list, outcome.CapturedID{Host: host, Name: name, Value: unique[name], Created: c.Created, Identity: identity(c)})
	}
	return list
}

// identity returns the fact "identity" of a capture as JSON; "": it has none.
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

// Held returns the unique values in a host's good captures, oldest first. Damaged
// captures are skipped.
func (f Folder) Held(host string, values Values) ([]outcome.CapturedID, error) {
	ids, err := f.CaptureIDs(host)
	if err != nil {
		return nil, err
	}
	var list []outcome.CapturedID
	for _, id := range ids {
		if c, err := f.LoadCapture(host, id); err == nil {
			list = append(list, held(c, host, values)...)
		}
	}
	return list, nil
}
