// Package usage puts wrong flags and arguments into plain words, with the nearest right one.
package usage

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/exit"
	"aixmend/inventory/strictyaml"
)

// FlagError is the usage error for an error in the flags of a command.
func FlagError(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		if near := strictyaml.Nearest(unknown.GetSpecifiedName(), names); near != "" && unknown.GetSpecifiedShortnames() == "" {
			hint = "did you mean --" + near + "? " + hint
		}
	}
	return exit.Usagef(hint, "%w", Plain(err))
}

// Plain puts an error of the flag library into plain words.
func Plain(err error) error {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var wrong *pflag.InvalidValueError
	var odd *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Errorf("there is no flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return fmt.Errorf("there is no flag --%s", unknown.GetSpecifiedName())
	case errors.As(err, &empty):
		return fmt.Errorf("--%s needs a value", empty.GetFlag().Name)
	case errors.As(err, &odd):
		return fmt.Errorf("%s is no flag: a flag is --NAME, or --NAME=VALUE", odd.GetSpecifiedFlag())
	case errors.As(err, &wrong):
		return wrongValue(wrong)
	}
	return err
}

// wrongValue puts a value that the type of its flag refuses into plain words.
func wrongValue(wrong *pflag.InvalidValueError) error {
	f := wrong.GetFlag()
	found := strings.ToValidUTF8(wrong.GetValue(), "?")
	wanted := map[string]string{
		"int": "a whole number", "uint": "a whole number, 0 or more", "count": "a whole number", "duration": "a duration such as 90s or 5m", "bool": "true or false",
		"stringSlice": "a list without quotes: a,b",
	}[f.Value.Type()]
	switch {
	case errors.Is(wrong, strconv.ErrRange):
		return fmt.Errorf("--%s must be a smaller number, found %q", f.Name, found)
	case wanted == "":
		return fmt.Errorf("--%s %s: %w", f.Name, found, wrong.Unwrap())
	}
	return fmt.Errorf("--%s must be %s, found %q", f.Name, wanted, found)
}

// Word is the usage error for a flag's value that is none of the known words.
func Word(flag, found string, known []string) error {
	return exit.Usagef(Near(found, known, ""), "--%s must be %s, found %q", flag, either(known), found)
}

// List joins words: a, b, c.
func List[W ~string](words []W) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return strings.Join(list, ", ")
}

// either joins words: a, b or c.
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Near is the hint for a word that is not known: the nearest known one, then the rest.
func Near(word string, known []string, rest string) string {
	near := strictyaml.DidYouMean(word, known)
	if near == "" || rest == "" {
		return near + rest
	}
	return near + " " + rest
}
