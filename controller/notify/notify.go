// Package notify tells others how a run has ended: a program, or a web hook. It
// tries again, within a bound, and what goes wrong with it is a warning: a run is
// never held up or spoiled by it.
package notify
