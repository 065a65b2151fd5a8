//go:build race

package controller_test

// underRace tells that the race detector is at work: everything takes several times
// as long, and the suites that repeat themselves take fewer rounds.
const underRace = true
