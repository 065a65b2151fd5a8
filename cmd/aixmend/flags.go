package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/strictyaml"
	"aixmend/playbooks"
	"aixmend/transport/retry"
)

// flags are the values of all flags; each verb declares those it knows.
type flags struct {
	asked
	noticeFlags
	state string
	// entered is the working folder of an earlier run where it is another than that
	// of this process was, which works there now; "": it works where it began.
	entered string
	yes     bool
	dryRun  bool   // of recover: print what would be sent, and send nothing
	plan    string // of recover: the plan that was approved
	undo    string // of recover: the run that is to be taken back
	format  string
	quiet   bool
	// since is the run that --since names, and brief tells that quiet was asked for
	// beside it.
	since    string
	brief    bool
	detailed bool // of --detailed-exitcode
	// annotations are wanted for the log of a pipeline.
	annotations bool
	verbose     int
	host        string
	serve       bool
	hosts       int
	keep        int
	onlyNew     bool // of hostkeys
	replace     bool // of hostkeys
	// run runs programs that inventories name, and warn says what is not
	// understood in one; they are the app's.
	run  load.Runner
	warn func(strictyaml.Problem)
}

func (f *flags) selection(c *cobra.Command) {
	c.Flags().StringArrayVarP(&f.Inventories, "inventory", "i", []string{"inventory.yaml"}, "inventory `FILE`, ours or Ansible's, or a folder of them; may repeat")
	c.Flags().StringArrayVarP(&f.Limit, "limit", "l", nil, "hosts, groups, globs, @RUN:OUTCOME, !to leave out, comma between: `PATTERN`")
}

func (f *flags) stateDir(c *cobra.Command) {
	c.Flags().StringVar(&f.state, "state", "aixmend-state", "folder `DIR` of runs, captures, locks")
}

func (f *flags) formats(c *cobra.Command) {
	c.Flags().StringVar(&f.format, "format", "text", "what goes to stdout: text or json")
}

// formatsOfRun declares those of the verbs that end with a run.
func (f *flags) formatsOfRun(c *cobra.Command) {
	c.Flags().StringVar(&f.format, "format", "text", "what goes to stdout, and with nagios the exit code of a plugin: text, json or nagios")
}

// walking declares the flags of the verbs that walk hosts.
func (f *flags) walking(c *cobra.Command) {
	f.selection(c)
	f.stateDir(c)
	f.formatsOfRun(c)
	f.files(c)
	f.annotated(c)
	f.news(c)
	f.notices(c)
	f.judging(c)
	f.reaching(c)
	c.Flags().StringVar(&f.Ticket, "ticket", "", "kept with the run: the change or incident that it belongs to, `TEXT` on one line")
	f.loudness(c)
}

// judging declares the flags that say how hosts are judged.
func (f *flags) judging(c *cobra.Command) {
	c.Flags().StringVar(&f.Playbook, "playbook", "rmc-restore", "what to do: the `NAME` of a playbook or a file")
	c.Flags().StringArrayVar(&f.Set, "set", nil, "a playbook parameter, `KEY=VALUE`; may repeat")
	c.Flags().StringSliceVar(&f.FailOn, "fail-on", defaultFailOn(), "outcomes that count as trouble")
}

// reaching declares the flags that say how hosts are connected to.
func (f *flags) reaching(c *cobra.Command) {
	fs := c.Flags()
	fs.IntVarP(&f.Concurrency, "concurrency", "c", 200, "hosts being worked on over SSH at one time")
	fs.DurationVar(&f.ConnectTimeout, "connect-timeout", 15*time.Second, "per connection: connect, handshake and login")
	fs.DurationVar(&f.Deadline, "deadline", 0, "for the whole run; 0: none")
	fs.StringVar(&f.KnownHosts, "known-hosts", "", "known_hosts `FILE`; host keys are always checked (default the inventory's, then the user's own)")
	f.sshConfig(c)
	fs.StringVar(&f.Identity, "identity", "", "private key `FILE` (default the inventory's, then the user's own, then the agent's)")
}

func (f *flags) loudness(c *cobra.Command) {
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "less: only hosts with trouble, and nothing when there is none")
	c.Flags().CountVarP(&f.verbose, "verbose", "v", "more: each move of each host")
}

// changing declares the flags that say what may be changed.
func (f *flags) changing(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.Allow, "allow", nil, allowUsage())
	c.Flags().BoolVar(&f.MendWarnings, "mend-warnings", false, "mend warnings too")
	c.Flags().IntVar(&f.Attempts, "attempts", retry.Rung.Attempts, "how often the same rung may be begun on the same host within 24 hours; 0: any number")
}

func defaultFailOn() []string {
	var names []string
	for _, o := range outcome.DefaultFailOn() {
		names = append(names, string(o))
	}
	return names
}

// allowUsage is the help of --allow: the words of the embedded playbooks.
func allowUsage() string {
	var words []string
	for _, w := range playbooks.EmbeddedAllowWords() {
		words = append(words, fmt.Sprintf("%s (%s)", w.Word, w.About))
	}
	return "opt in to invasive rungs: " + strings.Join(words, ", ")
}

// wordsOf are the words of --allow that a playbook takes.
func wordsOf(p *playbooks.Playbook) []string {
	var words []string
	for _, w := range p.AllowWords() {
		words = append(words, w.Word)
	}
	return words
}

// maxTicket is how many characters --ticket may have.
const maxTicket = 200

// check validates what the flags' types can't.
func (f *flags) check() error {
	if f.Concurrency < 1 {
		return usagef("", "--concurrency must be 1 or more, found %d", f.Concurrency)
	}
	if f.ConnectTimeout <= 0 {
		return usagef("", "--connect-timeout must be more than 0, found %s", f.ConnectTimeout)
	}
	if f.Deadline < 0 {
		return usagef("", "--deadline must not be negative, found %s", f.Deadline)
	}
	if utf8.RuneCountInString(f.Ticket) > maxTicket || strings.ContainsFunc(f.Ticket, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return usagef("", "--ticket: one line of at most %d characters", maxTicket)
	}
	if _, err := f.failures(); err != nil {
		return err
	}
	if err := f.checkFiles(); err != nil {
		return err
	}
	if err := f.checkNews(); err != nil {
		return err
	}
	if err := f.checkNotices(); err != nil {
		return err
	}
	return f.checkFormat(outcome.ConventionNagios)
}

// checkFormat checks --format: text and json are there everywhere, others where a
// verb has them.
func (f *flags) checkFormat(more ...string) error {
	if known := append([]string{"text", "json"}, more...); !slices.Contains(known, f.format) {
		return usagef("there are: "+strings.Join(known, ", "), "--format %q is not known", f.format)
	}
	return nil
}

// failures reads --fail-on.
func (f *flags) failures() ([]outcome.Outcome, error) {
	list := []outcome.Outcome{}
	for _, name := range f.FailOn {
		if !slices.Contains(outcome.Outcomes(), outcome.Outcome(name)) {
			return nil, usagef(fmt.Sprintf("there are: %v", outcome.Outcomes()), "--fail-on %q is no outcome", name)
		}
		list = append(list, outcome.Outcome(name))
	}
	return list, nil
}

// home is the user's home folder, "" when there is none (cron).
func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

// load loads the inventory files.
func (f *flags) load() (*inventory.Inventory, error) {
	options := load.Options{Home: home(), KnownFindings: sync.OnceValue(knownFindings), KnownChecks: playbooks.GuardChecks, Run: f.run}
	inv, err := options.Load(f.Inventories...)
	if err != nil {
		hint := ""
		if len(f.Inventories) == 1 && f.Inventories[0] == "inventory.yaml" {
			if _, missing := os.Stat("inventory.yaml"); missing != nil {
				hint = "name an inventory with -i, or try it out first: aixmend demo"
			}
		}
		return nil, usagef(hint, "%w", err)
	}
	f.tell(inv.Warnings)
	return inv, nil
}

// tell says warnings, as many as anybody reads.
func (f *flags) tell(warnings strictyaml.Problems) {
	if f.quiet || f.warn == nil {
		return
	}
	for i, w := range warnings {
		if i == strictyaml.MaxShown {
			f.warn(strictyaml.Problem{Message: fmt.Sprintf("%d more, which are not shown", len(warnings)-i)})
			return
		}
		f.warn(w)
	}
}

// choose returns the hosts of --limit.
func (f *flags) choose(inv *inventory.Inventory, hint string) ([]inventory.Host, error) {
	hosts, warnings, err := inv.SelectOf(f.past, f.Limit...)
	if err != nil {
		return nil, usagef(hint, "%w", err)
	}
	f.tell(warnings)
	return hosts, nil
}

// past returns the hosts that ended with an outcome in a run, for --limit.
func (f *flags) past(run, ended string) ([]string, error) {
	if !slices.Contains(outcome.Outcomes(), outcome.Outcome(ended)) {
		return nil, fmt.Errorf("%q is no outcome; there are %v", ended, outcome.Outcomes())
	}
	store, err := journal.OpenExisting(f.state)
	if err != nil {
		return nil, err
	}
	id, err := store.Resolve(run)
	if err != nil {
		return nil, err
	}
	done, err := store.LoadRun(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s has not finished: aixmend runs says how to go on", id)
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, h := range done.Hosts {
		if h.Outcome == outcome.Outcome(ended) {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no host of run %s ended %s", id, ended)
	}
	return names, nil
}

// selected loads the inventory and returns the hosts of --limit, the flags'
// identity and known_hosts in place.
func (f *flags) selected() (*inventory.Inventory, []inventory.Host, error) {
	if err := f.checkSSHConfig(); err != nil {
		return nil, nil, err
	}
	inv, err := f.load()
	if err != nil {
		return nil, nil, err
	}
	hosts, err := f.choose(inv, "aixmend inventory list shows hosts and groups")
	if err != nil {
		return nil, nil, err
	}
	return inv, f.reached(hosts), nil
}

// reached are hosts that are reached as the flags say.
func (a asked) reached(hosts []inventory.Host) []inventory.Host {
	hosts = slices.Clone(hosts)
	for i := range hosts {
		a.override(&hosts[i].SSH)
	}
	return hosts
}

// override puts the flags' identity and known_hosts in the place of those of the
// inventory. What goes with another key goes with it.
func (a asked) override(s *inventory.SSH) {
	if a.Identity != "" {
		if path := filepath.Clean(a.Identity); path != s.Identity {
			s.Identity, s.Certificate, s.Passphrase = path, "", ""
		}
	}
	if a.KnownHosts != "" {
		s.KnownHosts = filepath.Clean(a.KnownHosts)
	}
}

// knownFindings are the ids that a waiver can name. All playbooks are compiled for
// it, which takes longer than to audit ten hosts.
func knownFindings() []string {
	ids := []string{"probe-failed", controller.LeftBehind}
	for _, name := range playbooks.Names() {
		if p, err := playbooks.Load(name); err == nil {
			ids = append(ids, p.FindingIDs()...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
