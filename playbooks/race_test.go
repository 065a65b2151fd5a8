//go:build race

package playbooks

// underRace tells that the race detector is at work: everything takes several times
// as long. What repeats itself takes fewer rounds; make suites takes them all.
const underRace = true
