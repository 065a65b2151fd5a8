package facts

import "strings"

// ParseLines reads what `grep` found: exit status 1 with nothing said is no
// line, anything above is a failure (POSIX). Files that are not there are for
// the probe to leave out.
func ParseLines(o Output) (Lines, error) {
	found := Lines{List: []string{}}
	if o.Exit > 1 || (o.Exit == 1 && !blank(o.Stderr)) {
		return Lines{}, failed("grep", o)
	}
	all, err := lines(o)
	if err != nil {
		return Lines{}, err
	}
	for line := range all {
		if line = strings.TrimSpace(line); line != "" && len(found.List) < maxShown {
			found.List = append(found.List, clean(line, maxText))
		}
	}
	return found, nil
}
