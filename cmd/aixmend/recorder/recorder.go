// Package recorder records the answers of hosts to all read-only probes, one file per host.
package recorder

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

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/live"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/recording"
	"aixmend/controller/recording/anonymize"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/ownership"
	"aixmend/transport/place"
)

// catalogue returns the commands to run; own is the playbook in file, nil for none.
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

// Options select the recorded hosts and the place of the files.
type Options struct {
	// Out is the folder for the recordings.
	Out string
	// Anonymize replaces names, addresses and ids.
	Anonymize bool
	// Playbook is a file whose probes are run too, "" for none.
	Playbook string
	// Timeout bounds commands that set no time limit themselves.
	Timeout time.Duration
	// Version is the version of this program.
	Version string
	// Quiet prints warnings only; Verbose prints all of them.
	Quiet, Verbose bool
}

// Recorder records hosts.
type Recorder struct {
	console   *console.Console
	want      Options
	known     []inventory.Host // of the whole inventory
	hosts     []inventory.Host
	catalogue *recording.Catalogue
	own       *playbooks.Playbook
	results   results
}

// results are the results of all hosts so far.
type results struct {
	mu      sync.Mutex
	done    []*recording.Recording // to be anonymized together
	reasons []string               // why hosts have no recording, or a partial one
	counts  map[outcome.Outcome]int
	written []string
	broken  error // files that could not be written
	cut     bool  // by the deadline
}

// New returns a recorder of hosts, once it is clear that their files can be written. known
// are the hosts of the whole inventory, whose names are anonymized.
func New(c *console.Console, o Options, known, hosts []inventory.Host) (*Recorder, error) {
	r := &Recorder{console: c, want: o, known: known, hosts: hosts, results: results{counts: map[outcome.Outcome]int{}}}
	var err error
	if r.catalogue, r.own, err = catalogue(o.Playbook, o.Timeout); err != nil {
		return nil, err
	}
	return r, r.room()
}

// Record records all hosts and prints a summary. ctx ends with job.ErrDeadline at the
// deadline. The error is the exit code of the verb.
func (r *Recorder) Record(ctx context.Context, dialer transport.Dialer) error {
	if !r.want.Quiet {
		r.console.Say("recording %s: %d read-only commands each", report.Hosts(len(r.hosts)), len(r.catalogue.Asked))
	}
	r.console.Interrupts.Announce(r.console.Say)
	r.run(ctx, dialer)
	return r.ended()
}

// room checks that the files can be written, before anything is run.
func (r *Recorder) room() error {
	if info, err := os.Stat(r.want.Out); err == nil && !info.IsDir() {
		return exit.Usagef("name a folder", "--out %s: it is a file", r.want.Out)
	}
	folder, err := place.Folder(r.want.Out, false)
	var fault *ownership.Fault
	switch {
	case errors.As(err, &fault):
		return exit.Usagef("remove it, or name another folder", "--out: %w", err)
	case err == nil:
		_ = folder.Close()
	}
	if r.want.Anonymize {
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
func (r *Recorder) path(host string) string {
	return filepath.Join(r.want.Out, host+recording.Suffix)
}

// run records all hosts. After a signal no further host begins.
func (r *Recorder) run(ctx context.Context, dialer transport.Dialer) {
	starting, over := r.console.Interrupts.UntilStop(ctx)
	defer over()
	beat, stop := live.BeatOn(r.console, live.Options{Verb: "record", Hosts: len(r.hosts)}, r.want.Quiet)
	defer stop()
	var walks sync.WaitGroup
	for _, h := range r.hosts {
		walks.Go(func() {
			taken, err := r.catalogue.Record(ctx, func(context.Context) (transport.Conn, error) {
				conn, err := dialer.Dial(starting, controller.TargetOf(h))
				beat.Moved(h.Name, "recording", "", time.Time{})
				return conn, err
			})
			r.took(h, taken, err)
			beat.Ended(outcome.HostSummary{Name: h.Name})
		})
	}
	walks.Wait()
	r.results.cut = errors.Is(context.Cause(ctx), job.ErrDeadline)
}

// took adds the recording of a host to the results.
func (r *Recorder) took(h inventory.Host, taken *recording.Recording, err error) {
	r.results.mu.Lock()
	defer r.results.mu.Unlock()
	ended, reason := judged(taken, err)
	r.results.counts[ended]++
	if reason != "" {
		r.results.reasons = append(r.results.reasons, h.Name+": "+reason)
	}
	if taken == nil || ended == outcome.Skipped {
		return
	}
	taken.Version = r.want.Version
	taken.Host = recording.Host{Name: h.Name, Address: h.Address, RMCNIC: h.RMCNIC, Accepted: h.Accepted(taken.Recorded)}
	for _, w := range h.Waivers {
		kept := recording.Waiver{Finding: w.Finding, Reason: w.Reason}
		if !w.Until.IsZero() {
			kept.Until = w.Until.Format(time.DateOnly)
		}
		taken.Host.Waivers = append(taken.Host.Waivers, kept)
	}
	if r.want.Anonymize { // a host may name others, so all must be read first
		r.results.done = append(r.results.done, taken)
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
		return outcome.Skipped, typed.Err.Error()
	case errors.As(err, &typed):
		return outcome.Unreachable, typed.Reason()
	case err != nil:
		return outcome.Unreachable, err.Error()
	case taken.Trouble == nil && taken.Complete():
		return outcome.Healthy, ""
	case taken.Trouble == nil:
		return outcome.NeedsAction, "not every command was run: the login is not root, or too many commands hung"
	case taken.Trouble.Kind == transport.KindCanceled:
		return outcome.Skipped, taken.Trouble.Text
	case taken.Trouble.Kind == transport.KindPrivilege:
		return outcome.NeedsAction, taken.Trouble.Text
	}
	return outcome.Unreachable, string(taken.Trouble.Kind) + ": " + taken.Trouble.Text
}

// write writes a recording and summarises it.
func (r *Recorder) write(taken *recording.Recording) {
	path, err := taken.Write(r.want.Out)
	if err != nil {
		r.results.broken = errors.Join(r.results.broken, err)
		return
	}
	r.results.written = append(r.results.written, path)
	if !r.want.Quiet && (len(r.hosts) <= 20 || r.want.Verbose) {
		r.console.Say("%s", holds(taken))
	}
}

// holds returns one line about a recording.
func holds(taken *recording.Recording) string {
	names := "names and addresses are not anonymized (--anonymize replaces them)"
	if taken.Anonymized {
		names = "names, addresses and ids are anonymized"
	}
	secrets := "found no likely secret"
	if taken.Redacted > 0 {
		secrets = "redacted likely secrets in " + report.Number(taken.Redacted, "place")
	}
	return fmt.Sprintf("%s: %s, %d without an answer, %d KiB; %s; %s",
		taken.Host.Name, report.Number(len(taken.Commands), "command"), taken.Unanswered(), (taken.Size()+1023)>>10, secrets, names)
}

// ended writes the anonymized recordings, prints the summary, and decides the exit code.
func (r *Recorder) ended() error {
	if len(r.results.done) > 0 {
		r.anonymized()
	}
	slices.Sort(r.results.written)
	for _, path := range r.results.written {
		fmt.Fprintln(r.console.Out, report.Clean(path, false))
	}
	slices.Sort(r.results.reasons)
	for i, reason := range r.results.reasons {
		if i == 20 && !r.want.Verbose {
			r.console.Say("warning: %d more not shown; -v names them", len(r.results.reasons)-i)
			break
		}
		r.console.Say("warning: %s", reason)
	}
	if !r.want.Quiet {
		r.sayLeftOut()
		r.console.Say("recorded %d of %s in %s; review each file before you send it", len(r.results.written), report.Hosts(len(r.hosts)), r.want.Out)
	}
	if r.results.broken != nil {
		return r.results.broken
	}
	if code := r.console.Interrupts.Code(); code != 0 {
		return exit.Verdict{Code: code}
	}
	code, _ := outcome.ExitFor(r.results.counts, outcome.DefaultFailOn())
	if r.results.cut && (code == outcome.ExitOK || code == outcome.ExitUnreachable) {
		code = outcome.ExitNeedsPerson
	}
	if code == outcome.ExitOK {
		return nil
	}
	return exit.Verdict{Code: code}
}

// anonymized replaces names, addresses and ids in all recordings and writes them.
func (r *Recorder) anonymized() {
	anon, err := anonymize.New(nil)
	if err != nil {
		r.results.broken = err
		return
	}
	for _, h := range r.known {
		anon.Learn(h.Name, h.Address)
	}
	if r.own != nil {
		anon.Own(r.own.Name)
	}
	slices.SortFunc(r.results.done, func(x, y *recording.Recording) int { return strings.Compare(x.Host.Name, y.Host.Name) })
	for _, taken := range anon.All(r.results.done) {
		r.write(taken)
	}
}

// sayLeftOut lists the probes that were not run.
func (r *Recorder) sayLeftOut() {
	var ids []string
	for _, l := range r.catalogue.LeftOut {
		if !slices.Contains(ids, l.Probe) {
			ids = append(ids, l.Probe)
		}
	}
	if len(ids) > 0 {
		r.console.Say("not run, because they need parameters or another verb: %s", strings.Join(ids, ", "))
	}
}
