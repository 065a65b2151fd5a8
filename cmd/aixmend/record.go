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

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/recording"
	"aixmend/controller/recording/anonymize"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/retry"
	"aixmend/transport/wrap"
)

// recordFlags are the flags that only record has.
type recordFlags struct {
	out       string
	anonymize bool
	playbook  string
	timeout   time.Duration
}

func (a *app) record() *cobra.Command {
	var f recordFlags
	c := &cobra.Command{
		Use: "record", Short: "Keep what the read-only probes of hosts answer, one file a host; never changes a host",
		Long: `Asks each host every read-only probe of all playbooks and what settles the open
questions about AIX, and writes the answers to one file a host, for aixmend
replay. A person can read the file before sending it on.

What looks like a secret is taken out, always. --anonymize also replaces names,
addresses and ids, the same one by the same everywhere, so that the recording
still judges as before. Look at the file all the same before you send it.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.recordAll(c.Context(), f) },
	}
	a.flags.selection(c)
	a.flags.stateDir(c)
	a.flags.reaching(c)
	a.flags.loudness(c)
	c.Flags().StringVar(&f.out, "out", "aixmend-recordings", "folder `DIR` for the recordings, HOST.recording.json each")
	c.Flags().BoolVar(&f.anonymize, "anonymize", false, "replace host names, addresses, MACs, node ids, serial numbers and the like, consistently over all files of this call")
	c.Flags().StringVar(&f.playbook, "playbook", "", "also ask the probes of the playbook in `FILE`")
	c.Flags().DurationVar(&f.timeout, "probe-timeout", 30*time.Second, "how long a command may take that does not say it itself, before it is called hung")
	return c
}

// recordAll records the selected hosts, from the flags to the exit code.
func (a *app) recordAll(ctx context.Context, f recordFlags) error {
	if err := a.flags.check(); err != nil {
		return err
	}
	if f.timeout <= 0 {
		return usagef("", "--probe-timeout must be more than 0, found %s", f.timeout)
	}
	inv, hosts, err := a.flags.selected()
	if err != nil {
		return err
	}
	r := &recorder{app: a, want: f, hosts: hosts, counts: map[string]int{}}
	if r.catalogue, r.own, err = catalogue(f.playbook, f.timeout); err != nil {
		return err
	}
	if err := r.room(); err != nil {
		return err
	}
	j := &job{
		verb: controller.Audit, flags: a.flags, window: a.flags.Concurrency,
		scope: scope{Hosts: hosts, Groups: inv.Groups, Names: names(inv.Hosts), Bastions: inv.Bastions},
	}
	defer a.equip(ctx, j)()
	if err := a.fit(j, openFiles()); err != nil {
		return err
	}
	if !a.flags.quiet {
		a.say("recording %s: %d read-only commands each", report.Hosts(len(hosts)), len(r.catalogue.Asked))
	}
	a.interrupts.announce(a.say)
	dialer := wrap.Gated(wrap.Limited(wrap.Retried(j.reach.dialer(), retry.Dial), wrap.NewSlots(j.windows())), wrap.Shut)
	r.run(a.within(ctx, a.flags.Deadline), dialer)
	return r.ended(inv)
}

// catalogue returns the commands that hosts are asked; own is the playbook of one's own, nil for none.
func catalogue(file string, timeout time.Duration) (c *recording.Catalogue, own *playbooks.Playbook, err error) {
	var books []*playbooks.Playbook
	for _, name := range playbooks.Names() {
		book, err := playbooks.Load(name)
		if err != nil {
			return nil, nil, err
		}
		if name == "rmc-restore" { // the usual one comes first
			books = slices.Insert(books, 0, book)
			continue
		}
		books = append(books, book)
	}
	if file != "" {
		if own, err = playbooks.Load(file); err != nil {
			return nil, nil, usage(err)
		}
		if slices.ContainsFunc(books, func(b *playbooks.Playbook) bool { return b.SHA256 == own.SHA256 }) {
			own = nil // one of those that are asked anyway
		} else {
			books = append(books, own)
		}
	}
	c, err = recording.NewCatalogue(timeout, books...)
	return c, own, usage(err)
}

// recorder is one call of record.
type recorder struct {
	*app
	want      recordFlags
	hosts     []inventory.Host
	catalogue *recording.Catalogue
	own       *playbooks.Playbook

	mu      sync.Mutex
	done    []*recording.Recording // those that are written at the end
	reasons []string               // of hosts that have no recording, or not the whole
	counts  map[string]int         // by outcome
	written []string
	broken  error // the first that the product itself could not do
	cut     bool  // by the deadline
}

// room finds out before anything is asked whether the files can be written.
func (r *recorder) room() error {
	if info, err := os.Stat(r.want.out); err == nil && !info.IsDir() {
		return usagef("name a folder", "--out %s: it is a file", r.want.out)
	}
	if r.want.anonymize {
		return nil // their names are new ones
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
	return usagef("move it away, or name another folder with --out", "%s is there already%s: a recording is never written over another", there[0], more)
}

// path is where the recording of a host is written.
func (r *recorder) path(host string) string {
	return filepath.Join(r.want.out, host+recording.Suffix)
}

// run records all hosts. Those that have not begun when the run is stopped are not
// begun.
func (r *recorder) run(ctx context.Context, dialer transport.Dialer) {
	starting, over := context.WithCancelCause(ctx)
	defer over(nil)
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-r.interrupts.stop:
			over(errInterrupted)
		case <-ended:
		}
	}()
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
	r.cut = errors.Is(context.Cause(ctx), errDeadline)
}

// took takes the result of a host.
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
	if r.want.anonymize { // a host may name another, which is known when all have been read
		r.done = append(r.done, taken)
		return
	}
	r.write(taken)
}

// judged is how a host would be counted, and why it is not well.
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
	if !r.quiet() && (len(r.hosts) <= 20 || r.app.flags.verbose > 0) {
		r.say("%s", holds(taken))
	}
}

func (r *recorder) quiet() bool { return r.app.flags.quiet }

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

// ended writes the recordings that waited for others, summarises the call, and decides
// its exit code.
func (r *recorder) ended(inv *inventory.Inventory) error {
	if len(r.done) > 0 {
		r.anonymized(inv)
	}
	slices.Sort(r.written)
	for _, path := range r.written {
		fmt.Fprintln(r.out, report.Clean(path, false))
	}
	slices.Sort(r.reasons)
	for i, reason := range r.reasons {
		if i == 20 && r.app.flags.verbose == 0 {
			r.say("warning: and %d more; -v names them", len(r.reasons)-i)
			break
		}
		r.say("warning: %s", reason)
	}
	if !r.quiet() {
		r.tellLeftOut()
		r.say("%s recorded of %s in %s; look at a file before you send it", report.Hosts(len(r.written)), report.Hosts(len(r.hosts)), r.want.out)
	}
	if r.broken != nil {
		return r.broken
	}
	if code, ok := r.interrupts.code(); ok {
		return verdict{code}
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
	return verdict{code}
}

// anonymized replaces names, addresses and ids over all recordings, and writes them.
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

// tellLeftOut says which probes were not asked.
func (r *recorder) tellLeftOut() {
	var ids []string
	for _, l := range r.catalogue.LeftOut {
		if !slices.Contains(ids, l.Probe) {
			ids = append(ids, l.Probe)
		}
	}
	if len(ids) > 0 {
		r.say("not asked, because they need parameters or another verb: %s", strings.Join(ids, ", "))
	}
}
