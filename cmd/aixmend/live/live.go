// Package live shows a run on a terminal while it goes on: how many hosts have
// ended and how, what runs now and since when, and the last failures.
package live
