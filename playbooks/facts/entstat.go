package facts

import (
	"regexp"
	"strings"
)

var entstatExit = regexp.MustCompile(`^exit [0-9]{1,3}$`)

const maxVLANTags = 64

// ParseAdapters reads the sections "=== en1" ... "=== exit N" of `entstat -d`
// (procedure D4). A section whose entstat failed gives an Adapter with MAC "".
// The first occurrence of each line wins: an aggregate lists its members after
// itself. A long list of VLAN ids goes on in the next lines (C). That the RMC NIC shows VLAN 4094 or switch MGMTSWITCH is inferred (I).
func ParseAdapters(o Output) (Adapters, error) {
	parts, err := sections("entstat", o, entstatExit.MatchString)
	if err != nil {
		return Adapters{}, err
	}
	found := Adapters{List: []Adapter{}}
	for _, part := range parts {
		adapter := Adapter{Interface: part.name, VLANTags: []int{}}
		if part.end == "exit 0" {
			adapter.read(part.body)
		}
		found.List = append(found.List, adapter)
	}
	return found, nil
}

// read takes the first line of each kind.
func (a *Adapter) read(body []string) {
	seen := map[string]bool{}
	tags := false // the line before lists our tags, and the list may go on
	for _, line := range body {
		if tags = tags && isVLANList(line); tags {
			a.VLANTags = addVLANTags(a.VLANTags, line)
			continue
		}
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || seen[key] {
			continue
		}
		seen[key] = true
		value = strings.TrimSpace(value)
		switch key {
		case "Hardware Address":
			a.MAC = canonicalMAC(value)
		case "Device Type":
			a.Device = clean(value, maxText)
		case "Port VLAN ID":
			a.VLAN = parseVLAN(value)
		case "VLAN Tag IDs":
			a.VLANTags = addVLANTags(a.VLANTags, value)
			tags = value != "None"
		case "Switch ID":
			a.Switch = clean(value, maxName)
		}
	}
}

// parseVLAN reads a VLAN id; 0 when it is none.
func parseVLAN(s string) int {
	if number, ok := parseNumber(s, 4); ok && number <= 4095 {
		return int(number)
	}
	return 0
}

// isVLANList reports whether a line is the rest of a list of VLAN ids: indented,
// and nothing but numbers.
func isVLANList(line string) bool {
	return line != "" && (line[0] == ' ' || line[0] == '\t') && strings.Trim(line, "0123456789, \t") == "" && !blank([]byte(line))
}

// addVLANTags adds "None", or numbers with blanks or commas between them.
func addVLANTags(tags []int, s string) []int {
	for word := range strings.FieldsSeq(strings.ReplaceAll(s, ",", " ")) {
		if id := parseVLAN(word); id != 0 && len(tags) < maxVLANTags {
			tags = append(tags, id)
		}
	}
	return tags
}
