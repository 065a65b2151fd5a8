//go:build linux

// Command sudo is what aixmend needs of sudo: installed set-user-ID root in
// the chroot of the OpenSSH test, it lets one user run a program as root
// without a password, in a fresh environment.
package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// allowed is the user ops of the chroot.
const allowed = 1001

func main() {
	if err := sudo(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sudo: "+err.Error())
		os.Exit(1)
	}
}

// sudo becomes root and the program; it returns only with an error.
func sudo(args []string) error {
	switch {
	case len(args) < 2 || args[0] != "-n":
		return errors.New("a terminal is required to read the password")
	case os.Getuid() != allowed:
		return errors.New("a password is required")
	}
	if err := errors.Join(syscall.Setgroups([]int{0}), syscall.Setgid(0), syscall.Setuid(0)); err != nil {
		return err
	}
	return syscall.Exec(args[1], args[1:], []string{"PATH=/usr/bin:/usr/sbin", "HOME=/root", "LOGNAME=root", "USER=root"})
}
