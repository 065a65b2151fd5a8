// Package hints completes the commands that a text for a person names, so that they work
// when they are pasted: with the state folder, the inventory and so on of the call.
package hints

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/environment"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

// Flag is a flag as a person types it: its name, and its value if it takes one.
type Flag []string

// Program is the name of the command in texts.
const Program = "aixmend"

// names matches a command in a text: aixmend, a verb, and perhaps a verb below it.
var names = regexp.MustCompile(`\baixmend ([a-z]+(?:-[a-z]+)*)( [a-z]+)?\b`)

// Complete puts flags behind the verb of each command in a text, and program, the words that
// call this one, in the place of its plain name; "" keeps that. flags returns those of a
// verb such as "runs prune", and whether there is such a verb. A flag that the command has
// already is left out.
func Complete(text, program string, flags func(verb string) ([]Flag, bool)) string {
	var b strings.Builder
	for {
		at := names.FindStringSubmatchIndex(text)
		if at == nil {
			return b.String() + text
		}
		end, verb := at[3], text[at[2]:at[3]]
		list, known := flags(verb)
		if at[4] >= 0 {
			if more, both := flags(verb + text[at[4]:at[5]]); both {
				end, list, known = at[5], more, true
			}
		}
		begin := text[:at[0]]
		if known && program != "" && !strings.HasSuffix(begin, "/") {
			b.WriteString(begin + report.Clean(program, false) + text[at[0]+len(Program):end])
		} else {
			b.WriteString(text[:end])
		}
		text = text[end:]
		if !known {
			continue
		}
		for _, f := range list {
			text = filled(text, f)
			has := strings.Fields(restOf(text))
			if contains(has, f) || f[0] != "--state" && slices.Contains(has, "--undo") { // a rollback takes the rest from its run
				continue
			}
			for _, word := range f {
				b.WriteString(" " + report.Clean(shell.Word(word), false))
			}
		}
	}
}

// contains reports whether a command has a flag already, by its long or its short name. Of
// --allow and --set, which may repeat, only the same word or parameter counts.
func contains(words []string, f Flag) bool {
	for i, word := range words {
		name, value, given := strings.Cut(word, "=")
		if name != f[0] && !slices.Contains(long[f[0]], name) {
			continue
		}
		if !given && i+1 < len(words) {
			value = words[i+1]
		}
		if f[0] != "--allow" && f[0] != "--set" || keyOf(strings.Trim(value, `,'`)) == keyOf(f[1]) {
			return true
		}
	}
	return false
}

// long are the long names of flags that are typed by their short ones.
var long = map[string][]string{"-i": {"--inventory"}, "-l": {"--limit"}}

// keyOf is the parameter of a value of --set, and a word of --allow as it is.
func keyOf(value string) string {
	key, _, _ := strings.Cut(value, "=")
	return key
}

// open matches a value that a person would have to fill in.
var open = regexp.MustCompile(`^[A-Z]+\b`)

// filled is a text with the value of a parameter in the command at its beginning, where that
// leaves it open: --set upload=FOLDER.
func filled(text string, f Flag) string {
	if f[0] != "--set" {
		return text
	}
	before, after, found := strings.Cut(restOf(text), f[0]+" "+keyOf(f[1])+"=")
	if !found || !open.MatchString(after) {
		return text
	}
	rest := open.ReplaceAllLiteralString(after, "")
	return before + f[0] + " " + report.Clean(shell.Word(f[1]), false) + rest + strings.TrimPrefix(text, restOf(text))
}

// restOf is the rest of a command at the beginning of a text.
func restOf(text string) string {
	if end := strings.IndexAny(text, ";)`\n"); end >= 0 {
		text = text[:end]
	}
	rest, _, _ := strings.Cut(text, " aixmend ")
	return rest
}

// carried are the flags that a command of a message takes over from the call: those that
// say where things are.
var carried = []string{"inventory", "state", "hub", "known-hosts", "identity", "ssh-config", "config", "profile"}

// defining are the flags of the call that a command which plans or recovers takes over, too:
// those that select hosts, and those that allow changes.
var defining = []string{"limit", "playbook", "set", "allow", "mend-warnings"}

// demanding are the flags of the call that recover takes over, too: a hint that is pasted must
// not change hosts without the approval that the call demanded.
var demanding = []string{"require-approval", "allowed-signers", "revoked-signers"}

// noRuns matches the verbs that look into the state folder only where -l names a run.
var noRuns = regexp.MustCompile(`^(?:record|hostkeys|inventory)\b`)

// flagOf is a flag with a value. usual is the value of one that needs none typed.
func flagOf(name, value, usual string) Flag {
	switch {
	case usual == "":
		return Flag{name, value}
	case value == usual:
		return Flag{name}
	}
	return Flag{name + "=" + value}
}

// Given returns the flags for Complete of a call: those in carried, and for some verbs in
// defining and demanding, that stood on its command line and that the verb has. A value of the environment or of a config file needs no flag.
func Given(call *cobra.Command) func(verb string) ([]Flag, bool) {
	return func(verb string) ([]Flag, bool) {
		to, rest, err := call.Root().Find(strings.Fields(verb))
		if err != nil || len(rest) > 0 || to == call.Root() {
			return nil, false
		}
		names := carried
		if verb == "plan" || verb == "recover" {
			names = slices.Concat(carried, defining)
		}
		if verb == "recover" {
			names = slices.Concat(names, demanding)
		}
		var list []Flag
		for _, name := range names {
			f := call.Flag(name)
			if f == nil || to.Flag(name) == nil && to.InheritedFlags().Lookup(name) == nil || environment.OnCommandLine(call, []string{name}) == "" {
				continue
			}
			if places := to.Flag("inventory") != nil || to.Flag("state") != nil; !places && (name == "config" || name == "profile") {
				continue // a verb that needs neither
			}
			if name == "state" && noRuns.MatchString(verb) {
				continue
			}
			typed := "--" + name
			if f.Shorthand != "" {
				typed = "-" + f.Shorthand
			}
			values := []string{f.Value.String()}
			if several, ok := f.Value.(interface{ GetSlice() []string }); ok {
				values = several.GetSlice()
			}
			for _, value := range values {
				list = append(list, flagOf(typed, value, f.NoOptDefVal))
			}
		}
		return list, true
	}
}
