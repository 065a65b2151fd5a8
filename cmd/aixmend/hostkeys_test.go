package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/transport/lab/sshtest"
)

// otherKeys copies a known_hosts with another key in some of its lines, as if
// the hosts had been redeployed since: otherkeys IN OUT LINE... The fingerprint
// of the first of them is $OTHER1, the key itself $OTHER1KEY.
func otherKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: otherkeys IN OUT LINE...")
	}
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n")
	for i, at := range args[2:] {
		n, err := strconv.Atoi(at)
		ts.Check(err)
		key, err := sshtest.NewKey()
		ts.Check(err)
		name, _, _ := strings.Cut(lines[n-1], " ")
		lines[n-1] = name + " " + strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key.PublicKey())))
		ts.Setenv(fmt.Sprintf("OTHER%d", i+1), gossh.FingerprintSHA256(key.PublicKey()))
		ts.Setenv(fmt.Sprintf("OTHER%dKEY", i+1), strings.ReplaceAll(strings.Fields(lines[n-1])[2], "+", `\+`))
	}
	lines = slices.Concat(lines, []string{""})
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(lines, "\n")), 0o600))
}
