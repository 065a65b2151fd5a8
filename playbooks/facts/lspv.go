package facts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	diskName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)
	diskPVID = regexp.MustCompile(`^(none|[0-9a-fA-F]{16}|[0-9a-fA-F]{32})$`)
)

// ParseDisks reads `lspv` (procedure D10, D12): name, PVID or "none", volume
// group or "None", and behind it "active" where it is varied on, among words of
// which nothing is asked. A machine that runs has
// a disk, so no row answers nothing.
func ParseDisks(o Output) (Disks, error) {
	if o.Exit != 0 {
		return Disks{}, failed("lspv", o)
	}
	all, err := lines(o)
	if err != nil {
		return Disks{}, err
	}
	found := Disks{List: []Disk{}}
	for line := range all {
		words := strings.Fields(line)
		if len(words) < 2 || !diskName.MatchString(words[0]) || !diskPVID.MatchString(words[1]) {
			if len(words) > 0 && (strings.HasPrefix(words[0], "hdisk") || strings.Contains(line, "caavg_")) {
				return Disks{}, notUnderstood("lspv", line)
			}
			continue // a banner
		}
		if len(words) < 3 {
			return Disks{}, fmt.Errorf("lspv row has no volume group: %s", quoted(line))
		}
		if len(found.List) == maxRows {
			return Disks{}, errTooMany
		}
		disk := Disk{Name: words[0], PVID: strings.ToLower(words[1]), VG: clean(words[2], 64)}
		if disk.PVID == "none" {
			disk.PVID = ""
		}
		if disk.VG == "None" {
			disk.VG = ""
		}
		disk.Active = slices.Contains(words[3:], "active")
		found.List = append(found.List, disk)
	}
	if len(found.List) == 0 {
		return Disks{}, notUnderstood("lspv", firstText(o.Stdout))
	}
	return found, nil
}
