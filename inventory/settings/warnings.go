package settings

import (
	"fmt"

	"aixmend/inventory/strictyaml"
)

// warnings are the warnings about an inventory that loads. One that holds at many
// places is given once, with the first place and the number of the others.
type warnings struct {
	byKey map[string]int // index in said
	said  strictyaml.Problems
	count []int
	at    map[warned]bool
}

// warned is one place of a warning.
type warned struct {
	index int
	pos   strictyaml.Pos
}

// Add adds a warning. Warnings with the same key are one.
func (w *warnings) Add(key string, at strictyaml.Pos, hint, format string, args ...any) {
	if w.byKey == nil {
		w.byKey, w.at = map[string]int{}, map[warned]bool{}
	}
	i, known := w.byKey[key]
	if !known {
		i = len(w.said)
		w.byKey[key] = i
		w.said.Add(at, hint, format, args...)
		w.count = append(w.count, 0)
	}
	if place := (warned{i, at}); !w.at[place] {
		w.at[place] = true
		w.count[i]++
	}
	if at.Compare(w.said[i].Pos) < 0 {
		w.said[i].Pos = at
	}
}

// List returns the warnings in the order of their places.
func (w *warnings) List() strictyaml.Problems {
	if len(w.said) == 0 {
		return nil
	}
	list := make(strictyaml.Problems, len(w.said))
	for i, p := range w.said {
		if n := w.count[i]; n > 1 {
			p.Message += fmt.Sprintf(" (and at %d more places)", n-1)
		}
		list[i] = p
	}
	return list.Sorted()
}
