package hub

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// house is a hub with one site, whose worker the test plays.
type house struct {
	t       testing.TB
	folder  Folder
	site    *fleet.Worker
	ops     *fleet.Operator
	end     func() // stops the hub, as a kill does
	stopped chan struct{}
	id      string
	asks    fleet.Asks
}

func newHouse(t testing.TB) *house {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := free.Addr().String()
	must(t, free.Close())
	h := &house{t: t, id: journal.NewRunID(time.Now()), stopped: make(chan struct{}, 99)}
	h.folder, err = Init(t.TempDir(), address, []string{"127.0.0.1"})
	must(t, err)
	site, err := h.folder.Add(fleet.RoleSite, "fra")
	must(t, err)
	operator, err := h.folder.Add(fleet.RoleOperator, "ops")
	must(t, err)
	h.begin()
	t.Cleanup(func() { h.end() })
	h.site, err = fleet.Join(t.Context(), site, nil)
	must(t, err)
	t.Cleanup(h.site.Close)
	must(t, h.site.Stopped(func(string) { h.stopped <- struct{}{} }))
	h.ops, err = fleet.Dial(t.Context(), operator)
	must(t, err)
	t.Cleanup(h.ops.Close)
	h.asks.Run = h.id
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// begin begins the hub, or begins it again.
func (h *house) begin() {
	h.t.Helper()
	// Not the context of the test: it is cancelled before the cleanup that ends the hub as a signal does.
	ctx, end := context.WithCancelCause(context.Background())
	over, ready := make(chan error, 1), make(chan struct{})
	go func() {
		over <- Run(ctx, h.folder, Options{Version: "v1", Say: func(string, ...any) {}}, func(string) { close(ready) })
	}()
	select {
	case <-ready:
	case err := <-over:
		h.t.Fatal(err)
	}
	h.end = func() {
		end(exit.ErrInterrupted)
		<-over
		over <- nil
	}
}

// restore begins the hub again from a copy of its folder: in this process the runs of the first
// one still hold theirs.
func (h *house) restore() {
	h.t.Helper()
	from, to := h.folder.path, h.t.TempDir()
	must(h.t, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(target, info.Mode().Perm())
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, info.Mode().Perm())
	}))
	h.folder = Folder{to}
	h.begin()
}

// ask asks until the hub answers.
func (h *house) ask(verb string, question, into any) {
	h.t.Helper()
	for {
		err := h.ops.Ask(h.t.Context(), verb, question, into)
		var no *fleet.Refusal
		switch {
		case err == nil:
			return
		case errors.As(err, &no), h.t.Context().Err() != nil:
			h.t.Fatal(err)
		}
	}
}

func (h *house) send(e fleet.Event) {
	h.t.Helper()
	if e.Host != nil {
		e.Host.Schema, e.Host.RunID = outcome.HostSchema, h.id
		e.Process = "f1.x"
	}
	for h.site.Send(h.t.Context(), h.id, e) != nil { // the hub may be away
		if h.t.Context().Err() != nil {
			h.t.Fatal("it can't be sent")
		}
	}
}

func (h *house) wants(host string) {
	h.send(fleet.Event{Host: &outcome.Host{Host: host}, Step: gather.Wants})
}

func (h *house) ends(host string, o outcome.Outcome, interrupted bool) {
	h.send(fleet.Event{Host: &outcome.Host{Host: host, Outcome: o, Interrupted: interrupted}, Step: gather.Ended})
}

// word waits until the hub says that a host may begin, asks the site to stop, or has enough of
// the part.
func (h *house) word(host string) string {
	for h.t.Context().Err() == nil {
		select {
		case <-h.stopped:
			return "stop"
		default:
		}
		words, err := h.site.Words(h.t.Context(), h.asks)
		if err != nil {
			continue
		}
		if words.Over {
			return "over"
		}
		h.asks.Session, h.asks.Known = words.Session, words.First+len(words.List)
		if slices.ContainsFunc(words.List, func(w fleet.Word) bool { return w.Turn != nil && w.Turn.Host == host && w.Turn.Refused == "" }) {
			return "begin"
		}
	}
	return "nothing"
}

// A run that was stopped stays so when the hub is killed right after and begins again: no host
// begins, until somebody resumes it. Then reports that came too late for the first part do not
// end the rest.
func TestStoppedRunStaysStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must(t, h.site.Announce(t.Context(), fleet.Hosts{Names: []string{"a", "b"}}))
	h.ask(askRun, Call{Run: h.id, Verb: controller.Recover, Playbook: "rmc-restore", FailOn: []string{"failed"}, Waves: "1,100%", MaxFail: "9"}, &begun{})
	order, err := h.site.Next(t.Context())
	must(t, err)
	h.wants("a")
	h.wants("b")
	if got := h.word("a"); got != "begin" {
		t.Fatal(got)
	}
	h.ask(askStop, named{h.id}, &named{})
	h.end()
	for len(h.stopped) > 0 {
		<-h.stopped
	}
	h.restore()
	h.ends("a", outcome.Recovered, false)
	if got := h.word("b"); got != "stop" {
		t.Fatalf("%s although the operator has stopped the run", got)
	}
	h.ends("b", outcome.Skipped, true)
	part := fleet.Event{Ended: &fleet.Ended{Stopped: true, Streams: order.Streams}}
	h.send(part)
	var p progress
	for !p.Over {
		h.ask(askFollow, following{Run: h.id, Known: 9}, &p)
	}
	end, err := joined(h.id, func(f fetching, p *piece) error { h.ask(askResult, f, p); return nil })
	must(t, err)
	if end.Run.Unfinished != 1 || end.Run.ExitCode != int(outcome.ExitInterrupted) {
		t.Errorf("%d left, exit code %d: %s", end.Run.Unfinished, end.Run.ExitCode, end.Run.ExitReason)
	}
	_ = order.Done(t.Context())

	h.ends("b", outcome.Skipped, true) // late
	h.send(part)
	h.ask(askResume, resuming{Run: h.id}, &begun{})
	if _, err = h.site.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.wants("b")
	for len(h.stopped) > 0 {
		<-h.stopped
	}
	if got := h.word("b"); got != "begin" {
		t.Errorf("%s: the rest was ended by a late report", got)
	}
	h.ends("b", outcome.Recovered, false)
	h.send(fleet.Event{Ended: &fleet.Ended{}})
}
