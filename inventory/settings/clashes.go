package settings

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"aixmend/inventory/strictyaml"
)

// Clashes are the conflicts between two places: the words of the first one, and how
// many there are.
type Clashes map[clash]*struct {
	first string
	count int
}

// clash is the place of a problem and the place that it contradicts.
type clash struct{ at, other strictyaml.Pos }

// Add adds a conflict. The message is read before "at OTHER".
func (c Clashes) Add(at, other strictyaml.Pos, what string) {
	key := clash{at, other}
	if c[key] == nil {
		c[key] = &struct {
			first string
			count int
		}{first: what}
	}
	c[key].count++
}

// Report adds one problem for each two places.
func (c Clashes) Report(problems *strictyaml.Problems) {
	order := slices.SortedFunc(maps.Keys(c), func(x, y clash) int {
		return cmp.Or(x.at.Compare(y.at), x.other.Compare(y.other))
	})
	for _, key := range order {
		more := ""
		if n := c[key].count; n > 1 {
			more = fmt.Sprintf(" (and %d more)", n-1)
		}
		problems.Add(key.at, "", "%s at %s%s", c[key].first, key.other, more)
	}
}
