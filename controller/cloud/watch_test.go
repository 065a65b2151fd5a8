package cloud

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks/facts"
)

// asked is a cloud that takes a while for each answer, and numbers them.
type asked struct {
	takes []time.Duration // the last one stays
	times []time.Time     // of the questions
}

func (a *asked) ask(context.Context) Sights {
	n := len(a.times)
	a.times = append(a.times, time.Now())
	at := time.Now()
	time.Sleep(a.takes[min(n, len(a.takes)-1)])
	s := Sight{Instance: fmt.Sprint("vm-", n)}
	return Sights{Of: func(inventory.Host, []string) Sight { return s }, At: at}
}

// shown is the sight that a host gets, and how long it waited for it.
func shown(t *testing.T, w *Watch, renew bool) (string, time.Duration) {
	t.Helper()
	began := time.Now()
	s := w.Sights(t.Context(), renew).Of(inventory.Host{}, nil)
	return s.Instance + s.Silence, time.Since(began)
}

// No host waits for a late cloud longer than its patience, and an answer that comes later
// counts from then on.
func TestHostsDoNotWaitForALateCloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := Begin(t.Context(), (&asked{takes: []time.Duration{time.Minute}}).ask)
		const late = "it has not answered within 20s"
		time.Sleep(5 * time.Second)
		for _, want := range []time.Duration{Patience - 5*time.Second, 0} {
			if got, took := shown(t, w, want > 0); got != late || took != want {
				t.Errorf("%q after %s, want %s", got, took, want)
			}
		}
		if got := w.Wait().Of(inventory.Host{}, nil).Instance; got != "vm-0" {
			t.Error(got)
		}
		if got, took := shown(t, w, false); got != "vm-0" || took != 0 {
			t.Errorf("%q after %s", got, took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := Begin(t.Context(), (&asked{takes: []time.Duration{time.Minute}}).ask)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if s := w.Sights(ctx, false).Of(inventory.Host{}, nil); s.Silence == "" || time.Since(began) != time.Second {
			t.Errorf("%+v after %s", s, time.Since(began))
		}
		w.Wait()
	})
	if Begin(t.Context(), nil) != nil {
		t.Error("nobody is asked")
	}
}

// A decision that rests on the list has one of the last minute, by one question for all
// hosts; the others take the list that is there, without a wait.
func TestTheListIsRenewedForADecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asked{takes: []time.Duration{time.Second, 2 * time.Second, time.Hour}}
		w := Begin(t.Context(), a.ask)
		for _, c := range []struct {
			after time.Duration
			renew bool
			want  string
			took  time.Duration
		}{
			{0, false, "vm-0", time.Second}, {Fresh - 2*time.Second, true, "vm-0", 0}, {time.Hour, false, "vm-0", 0},
			{0, true, "vm-1", 2 * time.Second}, {Fresh - 3*time.Second, true, "vm-1", 0},
			{time.Minute, true, "it has not answered within 20s", Patience}, {0, true, "it has not answered within 20s", 0}, {0, false, "vm-1", 0},
		} {
			time.Sleep(c.after)
			if got, took := shown(t, w, c.renew); got != c.want || took != c.took {
				t.Errorf("after %s, renewed %t: %q after %s, want %q after %s", c.after, c.renew, got, took, c.want, c.took)
			}
		}
		w.Wait()
		time.Sleep(time.Hour)
		began := time.Now()
		done := make(chan struct{})
		for range 10 {
			go func() { w.Sights(t.Context(), true); done <- struct{}{} }()
		}
		for range 10 {
			<-done
		}
		took := time.Since(began)
		w.Wait()
		if len(a.times) != 4 || took != Patience {
			t.Errorf("%d questions, %s", len(a.times), took)
		}
	})
}

// The changes of this run count as those of earlier ones do.
func TestHistory(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 5, 6, hour, 0, 0, 0, time.UTC) }
	h := History{Since: at(1), Last: map[string]time.Time{"a": at(2)}}
	for host, c := range map[string]struct {
		changes []outcome.Change
		want    string
	}{
		"a": {nil, "2026-05-06T02:00:00Z"}, "b": {nil, ""}, "c": {[]outcome.Change{{At: at(5)}, {At: at(4)}}, "2026-05-06T05:00:00Z"},
	} {
		s := facts.Storage{Known: true}
		h.Date(&s, &outcome.Host{Host: host, Changes: c.changes})
		if s.Changed != c.want || s.Since != "2026-05-06T01:00:00Z" {
			t.Errorf("%s: %q since %q", host, s.Changed, s.Since)
		}
	}
	s := facts.Storage{}
	if h.Date(&s, &outcome.Host{Host: "a"}); s.Changed != "" || s.Since != "" {
		t.Errorf("nothing is known of the storage: %+v", s)
	}
}
