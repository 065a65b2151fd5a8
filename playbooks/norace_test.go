//go:build !race

package playbooks

const underRace = false
