package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The parts of the man pages and of docs/reference.md that are not help texts.

// entry is a name and its meaning.
type entry struct{ name, means string }

// environment lists the variables that are read beside those of the flags.
func environment() []entry {
	return []entry{
		{"AIXMEND_FLAG", "the value of a flag that is not on the command line: its name in capitals, - as _. AIXMEND_MAX_FAIL=5 is --max-fail 5"},
		{tokenVariable, "the bearer token for the web hooks of --notify"},
		{"GITHUB_ACTIONS", "true: the worst hosts are printed as workflow commands, too"},
		{"HOME", "the home folder of the user: for ~ in inventories, for the user's keys, known_hosts and ssh_config"},
		{"NO_COLOR", "not empty: no colour"},
		{"SSH_AUTH_SOCK", "the socket of the SSH agent that holds keys"},
		{"TERM", "dumb or empty: no colour, no live view"},
		{"USER", "the default login"},
	}
}

// filesOnDisk lists the files that are read and written. RUN is the id of a run, STATE
// the folder of --state.
func filesOnDisk() []entry {
	return []entry{
		{"./inventory.yaml", "the inventory, unless -i names others"},
		{"~/.ssh/known_hosts, ~/.ssh/config, ~/.ssh/id_*", "host keys, ssh_config and keys, where neither flags nor the inventory name others"},
		{"STATE/runs/RUN/run.json", "a run: its hosts with their outcomes, its exit code"},
		{"STATE/runs/RUN/hosts/HOST.json, HOST.md", "a host: its facts, findings and changes; for programs and for people"},
		{"STATE/runs/RUN/report.html", "the run as one page that opens offline"},
		{"STATE/runs/RUN/journal.jsonl", "each change before it is sent, and its result, line by line"},
		{"STATE/runs/RUN/request.json", "the request of the run; resume reads it"},
		{"STATE/runs/RUN/support/HOST", "support data fetched from the host"},
		{"STATE/runs/latest", "a link to the newest run that wrote its reports"},
		{"STATE/captures/HOST/ID/", "a capture: capture.json, the files, manifest.sha256 (sha256sum -c reads it)"},
		{"aixmend-recordings/HOST.recording.json", "a recording: the answers of a host, for replay"},
		{"STATE/plans/ID.jsonl", "the hosts to which a plan was applied"},
		{"STATE/lock", "held by a run that changes hosts"},
		{"/etc/aixmend.lease", "on a host: its lease; a link that names the run that may change it"},
		{"/etc/aixmend.undo.STEP", "on a host: an armed timed undo; a link that names its run and its time"},
		{"/etc/aixmend.plan.ID", "on a host: a plan was applied to it; a link to the name of the run"},
	}
}

// verbs are the visible verbs below a command, in the order of the help. completion has
// one page for all shells.
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

// option is a documented flag.
type option struct {
	flag     *pflag.Flag
	value    string // name of its value; "": it takes none
	usage    string
	fallback string // default; "": none, or the usage names it
	variable string
}

// options are the visible flags of a verb.
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

// described is the description of a verb.
func described(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short + "."
}
