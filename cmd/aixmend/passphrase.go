package main

import (
	"fmt"
	"os"

	"golang.org/x/term"
)

// passphrase returns how to ask for a key's passphrase, nil when nobody can be
// asked.
func (a *app) passphrase() func(path string) ([]byte, error) {
	file, ok := a.in.(*os.File)
	if !ok || !a.inTerminal || !a.errTerminal {
		return nil
	}
	return func(path string) ([]byte, error) {
		fmt.Fprintf(a.err, "passphrase of %s: ", path)
		secret, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(a.err)
		return secret, err
	}
}
