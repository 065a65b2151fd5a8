//go:build !linux

package main

import (
	"os"
	"testing"
)

// TestOpenSSH says why it is not run here.
func TestOpenSSH(t *testing.T) {
	const why = "the OpenSSH test needs Linux (chroot, device files): run it on Debian with openssh-server and ksh93"
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}
