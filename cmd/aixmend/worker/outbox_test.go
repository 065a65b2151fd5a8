package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
)

// Steps travel in their order, many in one message, which stays small; a message that the hub did
// not take is sent again as a whole, and an end that the hub has is not.
func TestStepsTravelTogether(t *testing.T) {
	t.Parallel()
	var steps, got []string
	messages := 0
	b := newOutbox(&Worker{}, "run")
	step := func(n int, kind gather.Kind, size int) {
		h := outcome.Host{Host: fmt.Sprint("aix", n), Reason: strings.Repeat("x", size)}
		steps = append(steps, h.Host+" "+string(kind))
		b.tell(toldOf(h, kind))
	}
	for n := range 3 * maxSteps {
		size := 0
		switch n {
		case 5, 6:
			size = maxBytes / 2 // they can't share a message
		case 9:
			size = 2 * maxBytes
		}
		step(n, gather.Wants, 0)
		step(n, gather.Ended, size)
	}
	refused := errors.New("refused")
	b.post = func(_ context.Context, events ...fleet.Event) error {
		messages++
		if messages%3 == 0 {
			return refused
		}
		bytes := 0
		for _, e := range events {
			text, err := json.Marshal(e.Host)
			if err != nil {
				t.Fatal(err)
			}
			bytes += len(text)
			got = append(got, e.Host.Host+" "+string(e.Step))
		}
		if len(events) == 0 || len(events) > maxSteps || bytes > maxBytes && len(events) > 1 {
			t.Errorf("a message of %d steps, %d bytes", len(events), bytes)
		}
		return nil
	}
	list := b.list
	for rounds := 0; len(list) > 0 && rounds < len(steps); rounds++ {
		sent, err := b.deliver(t.Context(), list)
		if err != nil && !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if err == nil {
			sent = len(list)
		}
		list = list[sent:]
	}
	if !slices.Equal(got, steps) {
		t.Errorf("%d steps came:\n%s\nof %d:\n%s", len(got), got, len(steps), steps)
	}
	if messages > len(steps)/8 {
		t.Errorf("%d messages for %d steps", messages, len(steps))
	}
	b.post = func(_ context.Context, events ...fleet.Event) error {
		t.Errorf("%d events came twice", len(events))
		return nil
	}
	if _, err := b.deliver(t.Context(), []told{toldOf(outcome.Host{Host: "aix1"}, gather.Ended)}); err != nil {
		t.Fatal(err)
	}
}

// A report that no message holds travels without what makes it long: it would be sent again for
// ever, and keep those behind it from the hub.
func TestLongReport(t *testing.T) {
	t.Parallel()
	b := newOutbox(&Worker{}, "run")
	b.most = 100_000
	long := outcome.Host{
		Host: "aix1", Outcome: outcome.NeedsAction, Reason: strings.Repeat("ä", b.most), Facts: map[string]any{"own": strings.Repeat("x", b.most)},
		Changes: []outcome.Change{{Step: "set-address"}},
	}
	for range 5000 {
		long.Findings = append(long.Findings, outcome.Finding{ID: "probe-failed", Title: strings.Repeat("x", 1000)})
	}
	var got []outcome.Host
	b.post = func(_ context.Context, events ...fleet.Event) error {
		for _, e := range events {
			if text, err := json.Marshal(e.Host); err != nil || len(text) > b.most {
				t.Errorf("%d bytes: %v", len(text), err)
			}
			got = append(got, *e.Host)
		}
		return nil
	}
	if _, err := b.deliver(t.Context(), []told{toldOf(long, gather.Ended), toldOf(outcome.Host{Host: "aix2"}, gather.Ended)}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[1].Host != "aix2" {
		t.Fatalf("%d reports", len(got))
	}
	if h := got[0]; h.Outcome != outcome.NeedsAction || len(h.Changes) != 1 || len(h.Findings) != 50 || !strings.Contains(h.Reason, "bytes is too long for a message to the hub: the rest is at the site") {
		t.Errorf("%s: %s, %d findings, %d changes", h.Outcome, h.Reason, len(h.Findings), len(h.Changes))
	}
}

// toldOf is a step with its report.
func toldOf(h outcome.Host, kind gather.Kind) told { return told{host: h.Host, step: kind, public: &h} }
