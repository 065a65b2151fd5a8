package facts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ParseRoom reads `df -k /var /tmp` (procedure D13). The column is found by its
// name, Free on AIX and Available elsewhere, and counted from the right, since
// the name of a device may hold blanks or stand on a line of its own. The first
// row is /var, the second /tmp; one row counts for both.
func ParseRoom(o Output) (Room, error) {
	if o.Exit != 0 {
		return Room{}, failed("df", o)
	}
	all, err := lines(o)
	if err != nil {
		return Room{}, err
	}
	var free []int64
	var row []string
	columns, fromRight := 0, 0
	for line := range all {
		words := strings.Fields(line)
		if columns == 0 {
			columns, fromRight = dfHeader(words)
			continue
		}
		row = append(row, words...)
		if len(row) < columns {
			continue // blank, or a wrapped row
		}
		number, ok := parseNumber(row[len(row)-fromRight], 18)
		if !ok {
			return Room{}, fmt.Errorf("free space not understood: %s", quoted(strings.Join(row, " ")))
		}
		free = append(free, number)
		row = nil
		if len(free) > 2 {
			return Room{}, errors.New("df shows more than two rows")
		}
	}
	if len(free) == 0 || len(row) != 0 {
		return Room{}, notUnderstood("df", firstText(o.Stdout))
	}
	return Room{VarFreeKB: free[0], TmpFreeKB: free[len(free)-1]}, nil
}

// dfHeader tells how many columns a row has ("Mounted on" is one) and where the
// free space stands, counted from the right; 0 when this is not the header.
func dfHeader(words []string) (columns, fromRight int) {
	mounted := slices.Index(words, "Mounted")
	if mounted < 2 || mounted+1 >= len(words) || words[0] != "Filesystem" || words[mounted+1] != "on" {
		return 0, 0
	}
	words = slices.Delete(slices.Clone(words), mounted+1, mounted+2)
	for _, name := range []string{"Free", "Available", "Avail"} {
		if at := slices.Index(words, name); at > 0 {
			return len(words), len(words) - at
		}
	}
	return 0, 0
}
