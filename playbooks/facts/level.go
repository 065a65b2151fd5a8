package facts

import (
	"cmp"
	"fmt"
	"strings"
)

// Level is a fileset level V.R.M.F (procedure D1). It is compared as four
// integers: parts may have four digits ("8.1.102.2102"), so text order is wrong.
type Level [4]int

// ParseLevel reads one to four parts with dots between them; missing parts are
// 0, so "3.2.1" is 3.2.1.0. Anything else is an error.
func ParseLevel(s string) (Level, error) {
	var level Level
	parts := strings.SplitN(strings.TrimSpace(s), ".", len(level)+1)
	if len(parts) > len(level) {
		return Level{}, fmt.Errorf("not a level: %s", quoted(s))
	}
	for i, part := range parts {
		number, ok := parseNumber(part, 9)
		if !ok {
			return Level{}, fmt.Errorf("not a level: %s", quoted(s))
		}
		level[i] = int(number)
	}
	return level, nil
}

// Compare returns -1 when l is older than other, 0 when equal, +1 when newer.
func (l Level) Compare(other Level) int {
	for i := range l {
		if c := cmp.Compare(l[i], other[i]); c != 0 {
			return c
		}
	}
	return 0
}

// String writes all four parts.
func (l Level) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", l[0], l[1], l[2], l[3])
}

// OlderLevel reports whether level a is older than level b.
func OlderLevel(a, b string) (bool, error) {
	left, err := ParseLevel(a)
	if err != nil {
		return false, err
	}
	right, err := ParseLevel(b)
	if err != nil {
		return false, err
	}
	return left.Compare(right) < 0, nil
}
