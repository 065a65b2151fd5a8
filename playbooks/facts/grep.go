package facts

import "strings"

// ParseLines reads the output of `grep`: exit status 1 without a message means no
// line, a higher one is a failure (POSIX). The probe leaves out files that are not
// there.
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
