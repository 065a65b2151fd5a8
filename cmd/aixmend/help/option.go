package help

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Option is a documented flag.
type Option struct {
	Flag *pflag.Flag
	// Value names its value, "" where it takes none.
	Value string
	Usage string
	// Default is "" where there is none, and where Usage names it.
	Default string
}

// Options returns the visible flags of a verb, without --help.
func Options(c *cobra.Command) []Option {
	var list []Option
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			list = append(list, optionOf(f))
		}
	})
	return list
}

// words are the names of values whose usage names none.
var words = map[string]string{"int": "N", "uint": "N", "duration": "DURATION", "strings": "LIST", "string": "TEXT"}

func optionOf(f *pflag.Flag) Option {
	o := Option{Flag: f}
	o.Value, o.Usage = pflag.UnquoteUsage(f)
	if word, ok := words[o.Value]; ok {
		o.Value = word
	}
	if f.NoOptDefVal != "" {
		o.Value = ""
	}
	switch f.DefValue {
	case "", "false", "[]", "<nil>":
	case "0", "0s":
		if f.NoOptDefVal == "" && !strings.Contains(o.Usage, "0: ") {
			o.Default = f.DefValue
		}
	default:
		o.Default = strings.Trim(f.DefValue, "[]")
	}
	return o
}

// Name is the flag with its short form and its value, as in "-l, --limit PATTERN".
func (o Option) Name() string {
	name := "--" + o.Flag.Name
	if o.Flag.Shorthand != "" {
		name = "-" + o.Flag.Shorthand + ", " + name
	}
	return strings.TrimRight(name+" "+o.Value, " ")
}

// Means is the usage with the default.
func (o Option) Means() string {
	if o.Default == "" {
		return o.Usage
	}
	return o.Usage + " (default " + o.Default + ")"
}
