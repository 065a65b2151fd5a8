package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What man pages and docs/reference.md say beside the help texts.

// named is a name and what it means.
type named struct{ name, means string }

// environment are the variables that count, beside those of the flags.
func environment() []named {
	return []named{
		{"AIXMEND_FLAG", "the value of a flag that is not given: its name in capitals, - as _. AIXMEND_MAX_FAIL=5 is --max-fail 5. A flag wins"},
		{tokenVariable, "the bearer token for the web hooks of --notify"},
		{"GITHUB_ACTIONS", "true: the worst hosts are said as workflow commands, too"},
		{"HOME", "the home folder of the user: for ~ in inventories, for the user's keys, known_hosts and ssh_config"},
		{"NO_COLOR", "if it is not empty, nothing is coloured"},
		{"SSH_AUTH_SOCK", "the socket of the SSH agent that holds keys"},
		{"TERM", "dumb or empty: no colour, and no line that moves"},
		{"USER", "the login where nothing else says one"},
	}
}

// filesOnDisk are the files that are read and written. RUN is a run's id, and STATE
// the folder of --state.
func filesOnDisk() []named {
	return []named{
		{"./inventory.yaml", "the inventory, unless -i names others"},
		{"~/.ssh/known_hosts, ~/.ssh/config, ~/.ssh/id_*", "host keys, ways and keys, where neither flags nor the inventory say others"},
		{"STATE/runs/RUN/run.json", "a run: its hosts with their outcomes, its exit code"},
		{"STATE/runs/RUN/hosts/HOST.json, HOST.md", "a host: what was read, judged and changed; for programs and for people"},
		{"STATE/runs/RUN/report.html", "the run as one page that opens offline"},
		{"STATE/runs/RUN/journal.jsonl", "what was about to be done, and what came of it, line by line"},
		{"STATE/runs/RUN/request.json", "what was asked for; resume goes on by it"},
		{"STATE/runs/RUN/support/HOST", "the support data that a hand-over has fetched"},
		{"STATE/runs/latest", "a link to the newest run that wrote its reports"},
		{"STATE/captures/HOST/ID/", "a capture: capture.json, the files, manifest.sha256 (sha256sum -c reads it)"},
		{"aixmend-recordings/HOST.recording.json", "a recording: what a host answered, for replay"},
		{"STATE/plans/ID.jsonl", "the hosts to which a plan was applied"},
		{"STATE/lock", "held by a run that changes hosts"},
		{"/etc/aixmend.lease", "on a host: who may change it; a link that a changing run takes and gives back"},
		{"/etc/aixmend.undo.STEP", "on a host: an undo is armed; a link that says by which run and until when"},
		{"/etc/aixmend.plan.ID", "on a host: a plan was applied to it; a link to the name of the run"},
	}
}

// verbs are the verbs below a command that a person can use, in the order of the
// help. What a shell completes is one page.
func verbs(c *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	if c.Name() == "completion" {
		return nil
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() && sub.Name() != "help" {
			list = append(list, sub)
		}
	}
	return list
}

// option is a flag as it is documented.
type option struct {
	flag     *pflag.Flag
	value    string // what its value is called; "": it takes none
	usage    string
	fallback string // what holds without it; "": the usage says it, or nothing does
	variable string
}

// options are the flags of a verb.
func options(c *cobra.Command) []option {
	var list []option
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		o := option{flag: f, variable: variableOf(f)}
		o.value, o.usage = pflag.UnquoteUsage(f)
		if f.NoOptDefVal != "" {
			o.value = ""
		}
		switch f.DefValue {
		case "", "false", "[]", "<nil>":
		case "0", "0s":
			if f.NoOptDefVal == "" && !strings.Contains(o.usage, "0: ") {
				o.fallback = f.DefValue
			}
		default:
			o.fallback = strings.Trim(f.DefValue, "[]")
		}
		list = append(list, o)
	})
	return list
}

// variableOf is the environment variable of a flag.
func variableOf(f *pflag.Flag) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// described is what a verb's page says first.
func described(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short + "."
}
