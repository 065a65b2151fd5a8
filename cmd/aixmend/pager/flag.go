package pager

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/console"
)

// Flag is --no-pager.
type Flag struct{ off bool }

// Add adds the flag to those of a verb.
func (f *Flag) Add(fs *pflag.FlagSet) {
	fs.BoolVar(&f.off, "no-pager", false, "print long text at once (default a pager on a terminal: AIXMEND_PAGER, PAGER, else less)")
}

// Print prints text for a person to read.
func (f *Flag) Print(c *console.Console, text string) error {
	if f.off {
		_, err := fmt.Fprint(c.Out, text)
		return err
	}
	return Show(c, text, os.Environ())
}
