package facts

import (
	"fmt"
	"regexp"
	"strings"
)

var deviceStatus = regexp.MustCompile(`^[A-Za-z][A-Za-z ]{0,31}$`)

// ParseDevices reads `lsdev -Cc if -F name:status` (procedure D4): "en1:Available"
// or "en1:Defined". The form is K, the status words are seen. lo0 is always
// listed, so no row at all answers nothing.
func ParseDevices(o Output) (Devices, error) {
	if o.Exit != 0 {
		return Devices{}, failed("lsdev", o)
	}
	all, err := lines(o)
	if err != nil {
		return Devices{}, err
	}
	found := Devices{List: []Device{}}
	seen := map[string]bool{}
	for line := range all {
		name, status, _ := strings.Cut(strings.TrimSpace(line), ":")
		if !interfaceName.MatchString(name) {
			continue // a banner
		}
		status = strings.TrimSpace(status)
		if !deviceStatus.MatchString(status) {
			return Devices{}, fmt.Errorf("%s has no status: %s", name, quoted(line))
		}
		if seen[name] || len(found.List) == maxRows {
			return Devices{}, fmt.Errorf("lsdev lists %s twice, or too many", name)
		}
		seen[name] = true
		found.List = append(found.List, Device{Name: name, Status: status})
	}
	if len(found.List) == 0 {
		return Devices{}, notUnderstood("lsdev", firstText(o.Stdout))
	}
	return found, nil
}
