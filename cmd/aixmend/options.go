package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/cloud"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/notices"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/usage"
	"aixmend/controller/outcome"
	"aixmend/controller/report/formats"
	"aixmend/playbooks"
	"aixmend/transport/retry"
)

// The groups of flags that verbs share. Each verb embeds those it has.

// stateFolder is --state.
type stateFolder struct{ state string }

func (o *stateFolder) flags(fs *pflag.FlagSet) {
	fs.StringVar(&o.state, "state", guide.DefaultState, "folder `DIR` for runs, captures and locks")
}

// format is --format.
type format struct{ format string }

func (o *format) flags(fs *pflag.FlagSet) {
	fs.StringVar(&o.format, "format", "text", "`FORMAT` of the output on stdout: text or json")
}

// runFlags are flags of the verbs that end with a run, which have the plugin format too.
func (o *format) runFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.format, "format", "text", "`FORMAT` of the output on stdout: text, json, or nagios, which also sets the exit code of a plugin")
}

// check checks the format; more are those that a verb has beside text and json.
func (o *format) check(more ...string) error {
	if known := append([]string{"text", "json"}, more...); !slices.Contains(known, o.format) {
		return usage.Word("format", o.format, known)
	}
	return nil
}

// loudness are -q and -v.
type loudness struct {
	quiet   bool
	verbose int
}

func (o *loudness) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.quiet, "quiet", "q", false, "print only hosts with trouble, and nothing when there is none")
	fs.CountVarP(&o.verbose, "verbose", "v", "print every stage of every host")
}

// detail is --detailed-exitcode.
type detail struct{ detailed bool }

func (o *detail) flags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.detailed, "detailed-exitcode", false, "exit 5 when all is well, but changes would be made or there is drift")
}

// reports are the flags of report files.
type reports struct{ files map[string]string }

func (o *reports) flags(fs *pflag.FlagSet) {
	o.files = map[string]string{}
	for _, format := range formats.All() {
		fs.Var(fileFlag{o.files, format.Name}, format.Name, "write `FILE`: "+format.About)
	}
}

// fileFlag is the value of a flag that names the file of a format.
type fileFlag struct {
	files  map[string]string
	format string
}

func (v fileFlag) String() string { return v.files[v.format] }
func (v fileFlag) Type() string   { return "string" }

// Set implements pflag.Value. An empty name asks for nothing.
func (v fileFlag) Set(path string) error {
	v.files[v.format] = path
	return nil
}

// annotated is --annotations. Its default is set in newRoot.
type annotated struct{ annotations bool }

func (o *annotated) flags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.annotations, "annotations", false, "also print the worst hosts as GitHub workflow commands (default true where GITHUB_ACTIONS is true)")
}

// defaultPlaybook is the playbook where none is named.
const defaultPlaybook = guide.DefaultPlaybook

// judging are the flags that say how hosts are judged.
type judging struct {
	playbook    string
	set, failOn []string
}

func (o *judging) flags(fs *pflag.FlagSet) {
	fs.StringVar(&o.playbook, "playbook", defaultPlaybook, "playbook to run: a `NAME` or a file")
	fs.StringArrayVar(&o.set, "set", nil, "playbook parameter, `KEY=VALUE`; playbook show lists all parameters; may repeat")
	if o.failOn == nil { // the verb has no default of its own
		o.failOn = outcome.Words(outcome.DefaultFailOn())
	}
	fs.StringSliceVar(&o.failOn, "fail-on", o.failOn, "outcomes that count as trouble")
}

// reaching are the flags that say how hosts are reached.
type reaching struct {
	concurrency                     int
	connectTimeout, deadline        time.Duration
	knownHosts, identity, sshConfig string
}

func (o *reaching) flags(fs *pflag.FlagSet) {
	fs.IntVarP(&o.concurrency, "concurrency", "c", 200, "hosts worked on over SSH at the same time")
	fs.DurationVar(&o.connectTimeout, "connect-timeout", 15*time.Second, "time limit for each connection: connect, handshake and login")
	fs.DurationVar(&o.deadline, "deadline", 0, "time limit for the whole run; 0: none")
	fs.StringVar(&o.knownHosts, "known-hosts", "", "known_hosts `FILE`; host keys are always checked (default the inventory's, then the user's own)")
	sshConfigFlag(fs, &o.sshConfig)
	fs.StringVar(&o.identity, "identity", "", "private key `FILE` (default the inventory's, then the user's own, then the agent's)")
}

func sshConfigFlag(fs *pflag.FlagSet, value *string) {
	fs.StringVar(value, "ssh-config", "", "ssh_config `FILE` for everything the inventory leaves open; none for no file (default the user's own, then the system's)")
}

func (o *reaching) check() error {
	switch {
	case o.concurrency < 1:
		return exit.Usagef("", "--concurrency must be 1 or more, found %d", o.concurrency)
	case o.connectTimeout <= 0:
		return exit.Usagef("", "--connect-timeout must be more than 0, found %s", o.connectTimeout)
	case o.deadline < 0:
		return exit.Usagef("", "--deadline must not be negative, found %s", o.deadline)
	}
	return nil
}

// asked is the part of a request that says how hosts are reached.
func (o *reaching) asked() request.Asked {
	return request.Asked{
		Concurrency: o.concurrency, ConnectTimeout: o.connectTimeout, Deadline: o.deadline,
		KnownHosts: o.knownHosts, Identity: o.identity, SSHConfig: o.sshConfig,
	}
}

// changing are the flags that limit changes.
type changing struct {
	allow        []string
	mendWarnings bool
	attempts     uint
}

func (o *changing) flags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&o.allow, "allow", nil, allowUsage())
	fs.BoolVar(&o.mendWarnings, "mend-warnings", false, "also fix warnings; without it a host that has no critical finding is left alone")
	fs.UintVar(&o.attempts, "attempts", uint(retry.Rung.Attempts), "maximum number `N` of attempts at a rung on a host within 24 hours; 0: no limit")
}

// allowUsage is the help of --allow: the words of the embedded playbooks.
func allowUsage() string {
	var words []string
	for _, w := range playbooks.EmbeddedAllowWords() {
		words = append(words, fmt.Sprintf("%s (%s)", w.Word, w.About))
	}
	return "opt in to invasive rungs: " + strings.Join(words, ", ")
}

// braking are the flags of the waves of recover and of its brake.
type braking struct {
	waves, maxFail   string
	brakeUnreachable bool
	pause            bool
}

func (o *braking) flags(fs *pflag.FlagSet) {
	fs.StringVar(&o.waves, "wave", "1,10%,50%,100%", "change hosts in waves: `LIST` of running totals, each a number or a percentage")
	fs.StringVar(&o.maxFail, "max-fail", "10%", "start no further host once more than `N|P%` ended failed or unknown")
	fs.BoolVar(&o.brakeUnreachable, "brake-unreachable", false, "--max-fail counts unreachable hosts too")
	fs.BoolVar(&o.pause, "pause", false, "ask before each wave after the first")
}

// walking are the flags of the verbs that visit hosts.
type walking struct {
	selection
	stateFolder
	format
	reports
	annotated
	notices.Notices
	judging
	reaching
	loudness
	ticket, cloud, hub string
}

func (o *walking) flags(fs *pflag.FlagSet) {
	o.selection.flags(fs)
	o.stateFolder.flags(fs)
	o.runFlags(fs)
	o.reports.flags(fs)
	o.annotated.flags(fs)
	o.Notices.Flags(fs)
	o.judging.flags(fs)
	o.reaching.flags(fs)
	fs.StringVar(&o.ticket, "ticket", "", "change or incident to record with the run, `TEXT` on one line")
	fs.StringVar(&o.cloud, "cloud", "", "compare the verdict with the health in Power Virtual Server, `on|off` (default on where IBMCLOUD_API_KEY or a source powervs is there)")
	hub.Flag(fs, &o.hub, "join `FILE` of an operator: the hub has its sites do it on their hosts")
	o.loudness.flags(fs)
}

// maxTicket is the longest --ticket, in characters.
const maxTicket = 200

// check checks everything that the types of the flags don't. more are files beside those
// of the group that reports must not replace.
func (o *walking) check(more ...evidence.Named) error {
	if err := o.reaching.check(); err != nil {
		return err
	}
	if utf8.RuneCountInString(o.ticket) > maxTicket || strings.ContainsFunc(o.ticket, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return exit.Usagef("", "--ticket: one line of at most %d characters", maxTicket)
	}
	if !slices.Contains([]string{"", cloud.On, cloud.Off}, o.cloud) {
		return exit.Usagef("", "--cloud %q: it is on or off", o.cloud)
	}
	asked := o.asked()
	if _, err := asked.Failures(); err != nil {
		return err
	}
	if err := evidence.Check(o.files, append(evidence.NamedBy(asked), more...)); err != nil {
		return err
	}
	if err := o.Notices.Check(); err != nil {
		return err
	}
	return o.format.check(outcome.ConventionNagios)
}

// asked are the flags that define a run.
func (o *walking) asked() request.Asked {
	a := o.reaching.asked()
	a.Inventories, a.Limit = o.inventories, o.limit
	a.Playbook, a.Set, a.FailOn = o.playbook, o.set, o.failOn
	a.Ticket, a.Files, a.Cloud = o.ticket, o.files, o.cloud
	return a
}

// settings are the settings of a job of this call.
func (c *cli) settings(state string, l loudness) job.Settings {
	silent := func(why string) {
		if !l.quiet {
			c.Say("cloud: %s; no host waits for it", strings.TrimSuffix(why, "."))
		}
	}
	complete := guide.Bare(outcome.Run{}, state).From(c.usual()).Complete
	return job.Settings{Complete: complete, Cloud: c.clouds().Asking(c.Interrupts.UntilStop, silent), State: state, Version: currentVersion(), Home: home(), Plugin: c.plugin, Quiet: l.quiet, Verbose: l.verbose > 0}
}
