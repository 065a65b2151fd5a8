package manual

import (
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/environment"
)

// Entry is a name and its meaning.
type Entry struct{ Name, Means string }

// Variables lists the variables that are read beside those of the flags.
func Variables() []Entry {
	return []Entry{
		{"AIXMEND_FLAG", "the value of a flag that is not on the command line: its name in capitals, - as _. AIXMEND_MAX_FAIL=5 is --max-fail 5; it wins over the config file"},
		{"AIXMEND_PAGER, PAGER", "the program, with plain arguments, that shows long text on a terminal; the first that is set counts. Empty or cat: none (default less)"},
		{environment.Token, "the bearer token for the web hooks of --notify"},
		{"GITHUB_ACTIONS", "true: the worst hosts are printed as workflow commands, too"},
		{"HOME", "the home folder of the user: for ~ in inventories, for the user's keys, known_hosts and ssh_config"},
		{"LESS", "the options of less (default FRX); LESSSECURE=1 and LESSHISTFILE=- are always set"},
		{"NO_COLOR", "not empty: no colour"},
		{"SSH_AUTH_SOCK", "the socket of the SSH agent that holds keys"},
		{"TERM", "dumb or empty: no colour, no live view, no pager"},
		{"USER", "the default login"},
	}
}

// Files lists the files that are read and written. RUN is the id of a run, STATE
// the folder of --state.
func Files() []Entry {
	return []Entry{
		{"./inventory.yaml", "the inventory, unless -i names others"},
		{"./aixmend.yaml, ~/.config/aixmend/config.yaml", "the config file: flags that are not on the command line; only the first that exists is read, and --config names another. With -i the first is in the folder of the inventory"},
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
		{"/etc/aixmend.lease, /etc/aixmend.lease.next", "on a host: its lease; a link that names the run that may change it"},
		{"/etc/aixmend.plan.ID", "on a host: a plan was applied to it; a link to the name of the run"},
		{"/etc/aixmend.undo.STEP, /etc/aixmend.undo.STEP.next, /etc/aixmend.undo.STEP.fired, /etc/aixmend.undo.STEP.disarmed", "on a host: a timed undo, armed, run or ended; a link that names its run and its time"},
		{"/etc/aixmend.RUN.COPY", "on a host: the node-id files and cluster0 before the rung node-id; the undo needs it"},
		{"/etc/rc.tcpip.aixmend.RUN, /etc/rc.tcpip.aixmend.RUN.new, /etc/rc.tcpip.aixmend.RUN.lines, /etc/rc.tcpip.aixmend.RUN.lines.new", "on a host: /etc/rc.tcpip before the rung address and the lines that it replaces; the undo needs them"},
		{"/var/aixmend/", "on a host: uploaded images and support data of a run, until they are removed, and logs of installp"},
	}
}

// Verbs returns the visible verbs below a command, in the order of the help. completion
// has one page for all shells.
func Verbs(c *cobra.Command) []*cobra.Command {
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

// described returns the description of a verb.
func described(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short + "."
}
