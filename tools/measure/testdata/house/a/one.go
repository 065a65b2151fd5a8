// Package a is measured by a test. It says
// what it is.
package a

// Room reports whether it is one, and tells
// nothing else.
type Room struct {
	door, window int

	inner
	plain
}

type inner struct{ x, y int }

func (i *inner) move() { i.x++ }

// Open opens it.
func (r *Room) Open(by, how int) {
	r.door++
	text := `two
lines`
	_ = text + two()
}

type plain struct{ a, b, c, d, e, f int }

func Bare() string { return r.name() }
