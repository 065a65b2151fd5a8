package facts

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// imageFields is how many of the fields must be there for a row to count.
const imageFields = 5

// noFolder is why nothing can be read where the probe says that there is no
// folder, or that none was asked for.
const noFolder = "no such folder"

// ParseImages reads `installp -Ld DIR` (procedure R5): colon rows of package,
// fileset, level, one empty, type, five more, description (C). Rows whose level
// is not V.R.M.F (rpms) are left out. Of other products than RSCT only as many
// are kept as there is room for: an lpp_source may hold more. Exit 44 is the
// probe's word for "no folder". installp's refusals, by status or by a message
// 0503-NNN, are an answer too: Readable is false and Why quotes it.
func ParseImages(o Output) (Images, error) {
	switch {
	case notThere(o):
		return Images{}, failed("installp", o)
	case o.Exit == exitAbsent:
		return unreadable(noFolder), nil
	case o.Exit != 0:
		return unreadable(saying(o)), nil
	case len(o.Stderr) > 0 && hasMessage(Output{Stderr: o.Stderr}, "0503-"):
		return unreadable(saying(o)), nil
	}
	all, err := lines(o)
	if err != nil {
		return Images{}, err
	}
	found := Images{Readable: true, List: []Image{}}
	others, odd, rows := []Image{}, "", 0
	for line := range all {
		line = strings.TrimSpace(line)
		image, ok := parseImage(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !lslppRow.MatchString(line):
			if strings.Contains(line, "0503-") {
				return unreadable(saying(o)), nil
			}
			odd = line
		case !ok:
			rows++
		case !isRSCT(image.Fileset):
			if rows++; len(others) < maxRows {
				others = append(others, image)
			}
		case len(found.List) == maxRows:
			return Images{}, errTooMany
		default:
			rows++
			found.List = append(found.List, image)
		}
	}
	if rows == 0 && (says(odd) || says(firstText(o.Stderr))) {
		return unreadable(saying(o)), nil
	}
	found.List = append(found.List, others[:min(len(others), maxRows-len(found.List))]...)
	slices.SortStableFunc(found.List, func(a, b Image) int { return strings.Compare(a.Fileset, b.Fileset) })
	return found, nil
}

// parseImage reads one row; false when it is cut or has no level.
func parseImage(line string) (Image, bool) {
	fields := strings.Split(line, ":")
	if len(fields) < imageFields {
		return Image{}, false
	}
	level, err := ParseLevel(fields[2])
	if err != nil {
		return Image{}, false
	}
	image := Image{
		Package: clean(fields[0], maxName),
		Fileset: clean(fields[1], maxName),
		Level:   level.String(),
		Type:    clean(fields[4], 8),
	}
	if len(fields) > 11 {
		image.Description = clean(fields[11], maxText)
	}
	return image, true
}

// isRSCT reports whether a fileset belongs to RSCT.
func isRSCT(fileset string) bool {
	return strings.HasPrefix(fileset, "rsct.")
}

func unreadable(why string) Images {
	return Images{Why: why, List: []Image{}}
}

// says reports whether a line holds more than rules and blanks.
func says(line string) bool {
	return strings.ContainsFunc(line, unicode.IsLetter)
}

// saying is the first line of a failed installp that says something, one with a
// message number before all others.
func saying(o Output) string {
	first := ""
	for _, stream := range [][]byte{o.Stderr, o.Stdout} {
		for line := range splitLines(stream[:min(len(stream), maxLine)]) {
			if strings.Contains(line, "0503-") {
				return clean(line, maxText)
			}
			if first == "" && says(line) {
				first = clean(line, maxText)
			}
		}
	}
	if first == "" {
		return fmt.Sprintf("installp ended with exit %d and said nothing", o.Exit)
	}
	return first
}
