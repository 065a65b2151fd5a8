package facts

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var oslevelForm = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:-([0-9]{4}))?$`)

// ParseOSLevel reads `oslevel -s` (procedure D14): 7200-05-08-2420.
func ParseOSLevel(o Output) (OSLevel, error) {
	if o.Exit != 0 {
		return OSLevel{}, failed("oslevel", o)
	}
	all, err := lines(o)
	if err != nil {
		return OSLevel{}, err
	}
	var found []string
	for line := range all {
		line = strings.TrimSpace(line)
		parts := oslevelForm.FindStringSubmatch(line)
		if parts == nil {
			continue
		}
		if found != nil && found[0] != line {
			return OSLevel{}, fmt.Errorf("two levels: %s and %s", quoted(found[0]), quoted(line))
		}
		found = parts
	}
	if found == nil {
		return OSLevel{}, notUnderstood("oslevel", firstText(o.Stdout))
	}
	level := OSLevel{Text: found[0], ReleaseStamp: found[4]}
	level.Version, _ = strconv.Atoi(found[1]) // digits only, so these can't fail
	level.TechLevel, _ = strconv.Atoi(found[2])
	level.ServicePack, _ = strconv.Atoi(found[3])
	return level, nil
}
