package strictyaml

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// MaxShown is how many problems are printed; the rest is only counted, so that
// a file of another kind does not scroll the reason out of sight.
const MaxShown = 200

// A Pos is a place in a file. Line and Column count from 1, columns in
// characters. A zero Line is the file as a whole, and a zero Pos is nowhere.
type Pos struct {
	File         string
	Line, Column int
}

// String returns "file:line:column", or as much of it as is known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// A Problem is one thing that is wrong, and where.
type Problem struct {
	Pos
	// Message is the problem, in lower case and without a full stop.
	Message string
	// Hint is the remedy; it may be empty.
	Hint string
	// Err is the error behind the problem, if there is one; errors.Is and
	// errors.As see it.
	Err error
}

// Error returns "file:line:column: message" and, where there is one, the hint
// on a line of its own.
func (p Problem) Error() string {
	text := p.Message
	if p.Pos != (Pos{}) {
		text = p.Pos.String() + ": " + text
	}
	if p.Hint != "" {
		text += "\n  hint: " + p.Hint
	}
	return text
}

// Unwrap returns the error behind the problem, or nil.
func (p Problem) Unwrap() error { return p.Err }

// Problems is all that is wrong. It is an error itself; Err makes it the one
// that functions return.
type Problems []Problem

// Add adds a problem. hint may be empty.
func (ps *Problems) Add(pos Pos, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Sorted returns the problems in the order of their positions; those at one
// place keep their order, and a problem that is there twice is there once.
func (ps Problems) Sorted() Problems {
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Problem) int { return a.Compare(b.Pos) })
	return slices.CompactFunc(sorted, func(a, b Problem) bool {
		return a.Pos == b.Pos && a.Message == b.Message
	})
}

// Error returns one line for each problem, in the order of their positions,
// hints below. Past 200 problems the rest is counted.
func (ps Problems) Error() string {
	sorted := ps.Sorted()
	var text strings.Builder
	for i, p := range sorted {
		if i == MaxShown {
			fmt.Fprintf(&text, "\nand %d more problems", len(sorted)-MaxShown)
			break
		}
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(p.Error())
	}
	return text.String()
}

// Unwrap returns every problem, for errors.Is and errors.As.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// Err returns nil when there is no problem, else a *multierror.Error with one
// Problem for each, sorted; it prints as Problems does. ProblemsOf is the way
// back.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	aggregate := &multierror.Error{ErrorFormat: func(errs []error) string {
		return collect(errs).Error()
	}}
	return multierror.Append(aggregate, ps.Sorted().Unwrap()...)
}

// ProblemsOf returns the problems that err holds, none when it holds none.
func ProblemsOf(err error) Problems {
	var list Problems
	if errors.As(err, &list) {
		return list
	}
	var aggregate *multierror.Error
	if errors.As(err, &aggregate) {
		return collect(aggregate.Errors)
	}
	var one Problem
	if errors.As(err, &one) {
		return Problems{one}
	}
	return nil
}

// collect gathers the problems among errs; another error that somebody
// appended to the aggregate is kept as a problem without a place.
func collect(errs []error) Problems {
	var list Problems
	for _, err := range errs {
		found := ProblemsOf(err)
		if found == nil {
			found = Problems{{Message: err.Error(), Err: err}}
		}
		list = append(list, found...)
	}
	return list
}
