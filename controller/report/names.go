package report

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Compact writes host names as ranges: aixprd[01-07,12] db1.
func Compact(names []string) string {
	type stem struct {
		prefix, suffix string
		width          int
	}
	numbers := map[stem][]int{}
	var stems []stem
	var plain []string
	for _, name := range names {
		prefix, digits, suffix := lastNumber(name)
		n, err := strconv.Atoi(digits)
		if err != nil {
			plain = append(plain, name)
			continue
		}
		s := stem{prefix, suffix, len(digits)}
		if _, ok := numbers[s]; !ok {
			stems = append(stems, s)
		}
		numbers[s] = append(numbers[s], n)
	}
	var words []string
	for _, s := range stems {
		words = append(words, s.prefix+ranges(numbers[s], s.width)+s.suffix)
	}
	words = append(words, plain...)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// clip is Compact within about columns columns; it counts the hosts that do not fit.
func clip(names []string, columns int) string {
	if whole := Compact(names); len(whole) <= columns {
		return whole
	}
	names = slices.Sorted(slices.Values(names))
	more := func(shown int) string { return fmt.Sprintf("%s and %d more", Compact(names[:shown]), len(names)-shown) }
	// The longest list that fits, at least one host.
	over := sort.Search(len(names), func(n int) bool { return n > 0 && len(more(n)) > columns })
	return more(max(over-1, 1))
}

// lastNumber splits a name around its last run of digits.
func lastNumber(name string) (prefix, digits, suffix string) {
	end := strings.LastIndexAny(name, "0123456789") + 1
	start := end
	for start > 0 && name[start-1] >= '0' && name[start-1] <= '9' {
		start--
	}
	return name[:start], name[start:end], name[end:]
}

func ranges(numbers []int, width int) string {
	slices.Sort(numbers)
	if len(numbers) == 1 {
		return fmt.Sprintf("%0*d", width, numbers[0])
	}
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := fmt.Sprintf("%0*d", width, numbers[i])
		if j > i {
			part += fmt.Sprintf("-%0*d", width, numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return "[" + strings.Join(parts, ",") + "]"
}
