package help

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// groups are the verbs below aixmend by the part of the work that they do.
var groups = []struct {
	title string
	verbs []string
}{
	{"Prepare", []string{"init", "inventory", "hostkeys", "playbook"}},
	{"Work on hosts", []string{"audit", "capture", "plan", "approve", "recover", "resume"}},
	{"Read results", []string{"runs", "report", "explain", "diff", "runbook", "serve", "mcp"}},
	{"Recordings", []string{"record", "replay"}},
	{"Many sites", []string{"hub", "worker"}},
}

// examples are the examples of the verbs that need some, by their path.
var examples = map[string][][2]string{
	"audit": {
		{"aixmend audit", "the hosts of ./inventory.yaml"},
		{"aixmend audit -l 'prod,!db1' --html audit.html", "a group without one host, with a page to send"},
		{"aixmend audit -l @latest:unreachable", "those that the latest run could not reach"},
		{"aixmend audit --since last -q", "from cron: prints only what is new"},
	},
	"capture": {
		{"aixmend capture --label before-migration", "captures to find by a label"},
		{"aixmend capture list db1", "the captures of a host"},
		{"aixmend capture compare db1 before-migration latest", "the files that differ"},
	},
	"plan": {
		{"aixmend plan -l db1", "the commands for one host, each with its undo"},
		{"aixmend plan --out change.json", "a plan for approval: recover --plan applies exactly that"},
		{"aixmend plan show change.json", "print it again"},
	},
	"recover": {
		{"aixmend recover -l db1", "show the plan for one host, ask, then repair it"},
		{"aixmend recover --plan change.json --yes", "apply a saved plan without a question"},
		{"aixmend recover --plan change.json --require-approval --allowed-signers signers", "only if somebody else has approved it"},
		{"aixmend recover --allow node-id", "with a rung that needs to be allowed"},
		{"aixmend recover --undo latest --dry-run", "the commands that would roll back the newest changes"},
	},
	"approve": {
		{"aixmend approve change.json", "show the plan, ask, and sign it with your own key"},
		{"aixmend approve change.json --key id.pub", "with a key of the agent, as a security key"},
		{"aixmend approve change.json --expires 72h --comment 'window CHG-4711'", "for a change window"},
	},
	"resume": {
		{"aixmend resume", "the newest run that was cut off"},
		{"aixmend resume 5f1c02 --yes", "a run by a part of its id, without a question"},
	},
	"serve": {
		{"aixmend serve", "pages over ./aixmend-state on http://127.0.0.1:8422/"},
		{"aixmend serve --listen mgmt1:8422 --token-file token --tls-cert cert.pem --tls-key key.pem", "for other machines, with a token"},
	},
	"plan show": {
		{"aixmend plan show change.json", "hosts with the same steps in one block"},
		{"aixmend plan show change.json -l db1", "every command for one host"},
	},
	"capture prune": {
		{"aixmend capture prune --keep 3 --dry-run", "the captures that pruning would remove"},
	},
	"capture list": {
		{"aixmend capture list db1", "those of one host"},
	},
	"replay": {
		{"aixmend replay aixmend-recordings", "all recordings of a folder"},
		{"aixmend replay db1.recording.json --html db1.html", "one of them, with a page to send"},
	},
	"inventory": {
		{"aixmend inventory check", "every problem of ./inventory.yaml"},
		{"aixmend inventory list -l prod", "how the hosts of a group are reached"},
	},
	"inventory list": {
		{"aixmend inventory list -l 'prod,!db1'", "how the hosts of a group are reached, without one"},
	},
	"inventory check": {
		{"aixmend inventory check -i site/hosts.yaml", "one file"},
	},
	"inventory import": {
		{"aixmend inventory import -i hosts.yaml", "an Ansible inventory as one of aixmend's own"},
		{"aixmend inventory import --from powervs", "the AIX VMs of Power Virtual Server"},
	},
	"playbook": {
		{"aixmend playbook list", "the embedded playbooks"},
		{"aixmend playbook show rmc-restore", "every command of one, and its parameters"},
	},
	"playbook check": {
		{"aixmend playbook check ./site.yaml", "a playbook of your own"},
	},
	"playbook sudoers": {
		{"aixmend playbook sudoers rmc-restore --user ops --recover", "for a login that may also recover"},
	},
	"demo": {
		{"aixmend demo", "the main job on 24 hosts"},
		{"aixmend demo --serve", "a fleet to try each verb on"},
	},
	"record": {
		{"aixmend record -l db1", "one file per host, to read before it is sent"},
		{"aixmend replay aixmend-recordings", "judge the recordings without a network"},
	},
	"runs": {
		{"aixmend runs", "all runs of ./aixmend-state"},
		{"aixmend runs prune --keep 50 --dry-run", "the runs that pruning would remove"},
	},
	"runs prune": {
		{"aixmend runs prune --older-than 30d --dry-run", "the runs and captures that would go"},
		{"aixmend runs prune --keep 50", "keep the newest 50 runs"},
	},
	"report": {
		{"aixmend report", "the newest run"},
		{"aixmend report --host db1", "the newest report of a host"},
		{"aixmend report latest --html audit.html", "write a report file again"},
	},
	"explain": {
		{"aixmend explain db1", "from the newest run that saw the host"},
		{"aixmend explain latest db1", "from the newest finished run"},
	},
	"diff": {
		{"aixmend diff", "the newest run and the one before it"},
		{"aixmend diff --detailed-exitcode", "exit code 5 where something changed"},
	},
	"runbook": {
		{"aixmend runbook rmc-daemon-down", "one section; without a finding, the list"},
	},
	"mcp": {
		{"aixmend mcp --state /var/lib/aixmend", "in the configuration of an assistant"},
		{"aixmend mcp --allow audit,plan -i site.yaml", "it may also have hosts read"},
	},
	"hub": {
		{"aixmend hub init --name hub1.example.com", "once, on the machine of the hub"},
		{"aixmend hub site add fra", "the join file of a site"},
		{"aixmend hub operator add ops", "the join file of those who ask"},
		{"aixmend hub run", "run it"},
	},
	"worker": {
		{"aixmend worker --join fra.join -i site.yaml", "at the site, until it is stopped"},
	},
	"hostkeys": {
		{"aixmend hostkeys", "show the keys, and ask before they are stored"},
		{"aixmend hostkeys --yes --only-new", "without a terminal: store those of new hosts"},
	},
}

// plain puts the texts of the library's own commands into the words of the others.
func plain(root *cobra.Command) {
	if cmd, _, err := root.Find([]string{"help"}); err == nil && cmd != root {
		cmd.Use, cmd.Short = "help [VERB...]", "Print the help of a verb, or the table of exit-codes"
		cmd.Long = "Prints the help of a verb, as its --help does. exit-codes stands for the table of exit codes."
	}
	shells, _, err := root.Find([]string{"completion"})
	if err != nil || shells == root {
		return
	}
	shells.Short = "Print a script that completes verbs, flags, hosts and runs in a shell"
	shells.Long = shells.Short + ". The help of each\nshell says where the script goes."
	for _, cmd := range shells.Commands() {
		cmd.Short = "Print the script for " + cmd.Name()
	}
}

// Topic is a text that help shows beside the verbs.
type Topic struct{ Name, Short, Text string }

// Install gives a command and all below it this help: written to out, for the width of the
// terminal. The help of the command itself holds the whole text of the topics, that of the
// others their names.
func Install(root *cobra.Command, out io.Writer, width func() int, topics ...Topic) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(out, Text(cmd, width())) })
	for _, t := range topics {
		root.AddCommand(&cobra.Command{Use: t.Name, Short: t.Short, Long: t.Text})
	}
	plain(root)
	sayLatest(root)
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, name := range g.verbs {
			if verb, _, err := root.Find([]string{name}); err == nil {
				verb.GroupID = g.title
			}
		}
	}
	for path, rows := range examples {
		if verb, _, err := root.Find(strings.Fields(path)); err == nil {
			_, list, _ := strings.Cut(table("", rows)[0], "\n")
			verb.Example = list
		}
	}
}
