package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/recording"
	"aixmend/controller/recording/anonymize"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/transport"
)

// recordOptions are the flags of record.
type recordOptions struct {
	selection
	stateFolder
	reaching
	loudness
	out       string
	anonymize bool
	playbook  string
	timeout   time.Duration
}

func newRecord(c *cli) *cobra.Command {
	var o recordOptions
	cmd := &cobra.Command{
		Use: "record", Short: "Record the answers of hosts to all read-only probes, one file a host; never changes a host",
		Long: `Runs every read-only probe of all playbooks on each host, and the commands that
settle open questions about AIX, and writes the answers to one file a host, for
aixmend replay.

Anything that looks like a secret is always removed. --anonymize also replaces
names, addresses and ids, consistently, so that the recording gives the same
verdict. Read the file before you send it to anybody.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return record(cmd.Context(), c, &o) },
	}
	fs := cmd.Flags()
	o.selection.flags(fs)
	o.stateFolder.flags(fs)
	o.reaching.flags(fs)
	o.loudness.flags(fs)
	fs.StringVar(&o.out, "out", "aixmend-recordings", "folder `DIR` for the recordings, HOST.recording.json each")
	fs.BoolVar(&o.anonymize, "anonymize", false, "replace host names, addresses, MACs, node ids, serial numbers and the like, consistently over all files of this run")
	fs.StringVar(&o.playbook, "playbook", "", "also run the probes of the playbook in `FILE`")
	fs.DurationVar(&o.timeout, "probe-timeout", 30*time.Second, "time limit of commands that set none themselves")
	return cmd
}

// record records the selected hosts, from the flags to the exit code.
func record(ctx context.Context, c *cli, o *recordOptions) error {
	if err := o.reaching.check(); err != nil {
		return err
	}
	if o.timeout <= 0 {
		return exit.Usagef("", "--probe-timeout must be more than 0, found %s", o.timeout)
	}
	asked := o.reaching.asked()
	asked.Inventories, asked.Limit = o.inventories, o.limit
	inv, hosts, err := c.selected(ctx, asked, o.state, o.quiet)
	if err != nil {
		return err
	}
	r := &recorder{cli: c, want: o, hosts: hosts, counts: map[string]int{}}
	if r.catalogue, r.own, err = catalogue(o.playbook, o.timeout); err != nil {
		return err
	}
	if err := r.room(); err != nil {
		return err
	}
	j := &job.Job{
		Request:  request.Request{Verb: controller.Audit, Asked: asked, Scope: request.ScopeOf(inv, hosts)},
		Settings: c.settings(o.state, o.loudness),
	}
	done, err := j.Open(ctx, c.Console)
	if err != nil {
		return err
	}
	defer done()
	if !o.quiet {
		c.Say("recording %s: %d read-only commands each", report.Hosts(len(hosts)), len(r.catalogue.Asked))
	}
	c.Interrupts.Announce(c.Say)
	r.run(job.Within(ctx, o.deadline), j.ReadOnly())
	return r.ended(inv)
}

// catalogue returns the commands to run; own is the playbook of --playbook, nil for none.
func catalogue(file string, timeout time.Duration) (c *recording.Catalogue, own *playbooks.Playbook, err error) {
	var books []*playbooks.Playbook
	for _, name := range playbooks.Names() {
		book, err := playbooks.Load(name)
		if err != nil {
			return nil, nil, err
		}
		if name == "rmc-restore" { // the default comes first
			books = slices.Insert(books, 0, book)
			continue
		}
		books = append(books, book)
	}
	if file != "" {
		if own, err = playbooks.Load(file); err != nil {
			return nil, nil, exit.Usage(err)
		}
		if slices.ContainsFunc(books, func(b *playbooks.Playbook) bool { return b.SHA256 == own.SHA256 }) {
			own = nil // an embedded one
		} else {
			books = append(books, own)
		}
	}
	c, err = recording.NewCatalogue(timeout, books...)
	return c, own, exit.Usage(err)
}

// recorder records hosts.
type recorder struct {
	*cli
	want      *recordOptions
	hosts     []inventory.Host
	catalogue *recording.Catalogue
	own       *playbooks.Playbook

	mu      sync.Mutex
	done    []*recording.Recording // to be anonymized together
	reasons []string               // why hosts have no recording, or a partial one
	counts  map[string]int         // by outcome
	written []string
	broken  error // files that could not be written
	cut     bool  // by the deadline
}

// room checks before anything is run that the files can be written.
func (r *recorder) room() error {
	if info, err := os.Stat(r.want.out); err == nil && !info.IsDir() {
		return exit.Usagef("name a folder", "--out %s: it is a file", r.want.out)
	}
	if r.want.anonymize {
		return nil // the file names are new
	}
	var there []string
	for _, h := range r.hosts {
		if _, err := os.Lstat(r.path(h.Name)); err == nil {
			there = append(there, r.path(h.Name))
		}
	}
	if len(there) == 0 {
		return nil
	}
	more := ""
	if len(there) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(there)-1)
	}
	return exit.Usagef("move it, or name another folder with --out", "%s exists%s: a recording never replaces another", there[0], more)
}

// path is where the recording of a host is written.
func (r *recorder) path(host string) string {
	return filepath.Join(r.want.out, host+recording.Suffix)
}

// run records all hosts. After a signal no further host begins.
func (r *recorder) run(ctx context.Context, dialer transport.Dialer) {
	starting, over := r.Interrupts.UntilStop(ctx)
	defer over()
	var walks sync.WaitGroup
	for _, h := range r.hosts {
		walks.Go(func() {
			taken, err := r.catalogue.Record(ctx, func(context.Context) (transport.Conn, error) {
				return dialer.Dial(starting, controller.TargetOf(h))
			})
			r.took(h, taken, err)
		})
	}
	walks.Wait()
	r.cut = errors.Is(context.Cause(ctx), job.ErrDeadline)
}

// took takes the recording of a host.
func (r *recorder) took(h inventory.Host, taken *recording.Recording, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ended, reason := judged(taken, err)
	r.counts[string(ended)]++
	if reason != "" {
		r.reasons = append(r.reasons, h.Name+": "+reason)
	}
	if taken == nil || ended == outcome.Skipped {
		return
	}
	taken.Version = currentVersion()
	taken.Host = recording.Host{Name: h.Name, Address: h.Address, RMCNIC: h.RMCNIC, Accepted: h.Accepted(taken.Recorded)}
	for _, w := range h.Waivers {
		kept := recording.Waiver{Finding: w.Finding, Reason: w.Reason}
		if !w.Until.IsZero() {
			kept.Until = w.Until.Format(time.DateOnly)
		}
		taken.Host.Waivers = append(taken.Host.Waivers, kept)
	}
	if r.want.anonymize { // a host may name others, so all must be read first
		r.done = append(r.done, taken)
		return
	}
	r.write(taken)
}

// judged returns the outcome that a host counts as, and the reason.
func judged(taken *recording.Recording, err error) (outcome.Outcome, string) {
	var typed *transport.Error
	switch {
	case errors.Is(err, recording.ErrNotAIX):
		return outcome.Skipped, err.Error()
	case errors.As(err, &typed) && typed.Kind == transport.KindCanceled:
		return outcome.Skipped, "interrupted: " + typed.Err.Error()
	case errors.As(err, &typed):
		return outcome.Unreachable, typed.Reason()
	case err != nil:
		return outcome.Unreachable, err.Error()
	case taken.Trouble == nil && taken.Complete():
		return outcome.Healthy, ""
	case taken.Trouble == nil:
		return outcome.NeedsAction, "not every command was run: the login is not root, or too many commands hung"
	case taken.Trouble.Kind == transport.KindCanceled:
		return outcome.Skipped, "interrupted: " + taken.Trouble.Text
	case taken.Trouble.Kind == transport.KindPrivilege:
		return outcome.NeedsAction, taken.Trouble.Text
	}
	return outcome.Unreachable, string(taken.Trouble.Kind) + ": " + taken.Trouble.Text
}

// write writes a recording and summarises it.
func (r *recorder) write(taken *recording.Recording) {
	path, err := taken.Write(r.want.out)
	if err != nil {
		r.broken = errors.Join(r.broken, err)
		return
	}
	r.written = append(r.written, path)
	if !r.want.quiet && (len(r.hosts) <= 20 || r.want.verbose > 0) {
		r.Say("%s", holds(taken))
	}
}

// holds summarises a recording.
func holds(taken *recording.Recording) string {
	names := "names and addresses are in clear (--anonymize replaces them)"
	if taken.Anonymized {
		names = "names, addresses and ids are replaced"
	}
	secrets := "nothing looked like a secret"
	if taken.Redacted > 0 {
		secrets = fmt.Sprintf("redacted what looked like a secret in %d places", taken.Redacted)
		if taken.Redacted == 1 {
			secrets = "redacted what looked like a secret in 1 place"
		}
	}
	return fmt.Sprintf("%s: %d commands, %d without an answer, %d KiB; %s; %s",
		taken.Host.Name, len(taken.Commands), taken.Unanswered(), (taken.Size()+1023)>>10, secrets, names)
}

// ended writes the anonymized recordings, prints the summary, and decides the exit code.
func (r *recorder) ended(inv *inventory.Inventory) error {
	if len(r.done) > 0 {
		r.anonymized(inv)
	}
	slices.Sort(r.written)
	for _, path := range r.written {
		fmt.Fprintln(r.Out, clean(path))
	}
	slices.Sort(r.reasons)
	for i, reason := range r.reasons {
		if i == 20 && r.want.verbose == 0 {
			r.Say("warning: %d more not shown; -v names them", len(r.reasons)-i)
			break
		}
		r.Say("warning: %s", reason)
	}
	if !r.want.quiet {
		r.sayLeftOut()
		r.Say("recorded %s of %s in %s; read a file before you send it", report.Hosts(len(r.written)), report.Hosts(len(r.hosts)), r.want.out)
	}
	if r.broken != nil {
		return r.broken
	}
	if code := r.Interrupts.Code(); code != 0 {
		return exit.Verdict{Code: code}
	}
	counts := map[outcome.Outcome]int{}
	for name, n := range r.counts {
		counts[outcome.Outcome(name)] = n
	}
	code, _ := outcome.ExitFor(counts, outcome.DefaultFailOn())
	if r.cut && (code == outcome.ExitOK || code == outcome.ExitUnreachable) {
		code = outcome.ExitNeedsPerson
	}
	if code == outcome.ExitOK {
		return nil
	}
	return exit.Verdict{Code: code}
}

// anonymized replaces names, addresses and ids in all recordings and writes them.
func (r *recorder) anonymized(inv *inventory.Inventory) {
	anon, err := anonymize.New(nil)
	if err != nil {
		r.broken = err
		return
	}
	for _, h := range inv.Hosts {
		anon.Learn(h.Name, h.Address)
	}
	if r.own != nil {
		anon.Own(r.own.Name)
	}
	slices.SortFunc(r.done, func(x, y *recording.Recording) int { return strings.Compare(x.Host.Name, y.Host.Name) })
	for _, taken := range anon.All(r.done) {
		r.write(taken)
	}
}

// sayLeftOut lists the probes that were not run.
func (r *recorder) sayLeftOut() {
	var ids []string
	for _, l := range r.catalogue.LeftOut {
		if !slices.Contains(ids, l.Probe) {
			ids = append(ids, l.Probe)
		}
	}
	if len(ids) > 0 {
		r.Say("not run, because they need parameters or another verb: %s", strings.Join(ids, ", "))
	}
}
