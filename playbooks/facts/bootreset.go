package facts

import (
	"fmt"
	"strings"
)

// ParseBootReset reads the lines clouddev=VALUE and ghostdev=VALUE that the probe
// makes of `lsattr -El sys0` (procedure D18; the attributes and their effects D). An
// attribute that a level does not have is empty.
func ParseBootReset(o Output) (BootReset, error) {
	if o.Exit != 0 {
		return BootReset{}, failed("lsattr", o)
	}
	all, err := lines(o)
	if err != nil {
		return BootReset{}, err
	}
	var found BootReset
	seen := map[string]bool{}
	for line := range all {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		into := map[string]*string{"clouddev": &found.CloudDev, "ghostdev": &found.GhostDev}[key]
		if !ok || into == nil {
			continue // a banner
		}
		if seen[key] {
			return BootReset{}, fmt.Errorf("%s twice", quoted(key))
		}
		seen[key] = true
		*into = clean(value, maxName)
	}
	if len(seen) != 2 {
		return BootReset{}, notUnderstood("lsattr", firstText(o.Stdout))
	}
	return found, nil
}
