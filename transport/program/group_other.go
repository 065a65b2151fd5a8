//go:build !unix

package program

import "os/exec"

const shell = "sh" // from the search path

// setGroup does nothing: there are no process groups here.
func setGroup(*exec.Cmd, Group) {}

// killGroup does nothing: see setGroup.
func killGroup(*exec.Cmd) {}
