// Command licences prints the licence texts of Go and of every module that is linked
// into the command on any of the platforms that are its arguments; it fails on a module
// whose licence is missing, unknown or not allowed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// run writes the texts for platforms such as "linux/amd64". The working folder is the
// module's.
func run(ctx context.Context, platforms []string, w io.Writer) error {
	if len(platforms) == 0 {
		return errors.New("no platform: name those that are released, such as linux/amd64")
	}
	modules, err := linked(ctx, ".", "./cmd/aixmend", platforms)
	if err != nil {
		return err
	}
	var faults []error
	for i := range modules {
		if err := modules[i].read(); err != nil {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return write(w, modules)
}

// write prints a list of the modules, then the texts of each.
func write(w io.Writer, modules []module) error {
	var out strings.Builder
	out.WriteString("aixmend contains code of the following projects. Get the source code of a module\n" +
		"with `go mod download MODULE@VERSION`, and that of Go from https://go.dev/dl/.\n\n")
	for _, m := range modules {
		fmt.Fprintf(&out, "%s %s: %s\n", m.path, m.version, strings.Join(m.licences, ", "))
	}
	rule := strings.Repeat("=", 79)
	for _, m := range modules {
		for _, t := range m.texts {
			fmt.Fprintf(&out, "\n%[1]s\n%[2]s %[3]s: %[4]s\n%[1]s\n\n%[5]s\n", rule, m.path, m.version, t.name, strings.TrimSpace(t.text))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}
