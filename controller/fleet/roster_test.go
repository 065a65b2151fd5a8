package fleet_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"aixmend/controller/fleet"
)

// The first worker of a site that is heard is the active one. The second one stands by, and
// takes over when the first was silent for longer than StandbyAfter or has said that it stops.
func TestOneWorkerIsActive(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return began.Add(d) }
	beat := func(instance string) fleet.Beat { return fleet.Beat{Version: "v1", Instance: instance} }
	leaving := beat("a")
	leaving.Leaving = true
	type step struct {
		at   time.Duration
		beat fleet.Beat
		want string
	}
	for name, steps := range map[string][]step{
		"one":                             {{0, beat("a"), "a"}, {time.Hour, beat("a"), "a"}},
		"the second one stands by":        {{0, beat("a"), "a"}, {1, beat("b"), "a"}, {fleet.StandbyAfter, beat("b"), "a"}},
		"the first one was silent":        {{0, beat("a"), "a"}, {fleet.StandbyAfter + 1, beat("b"), "b"}},
		"the first one wakes up too late": {{0, beat("a"), "a"}, {fleet.StandbyAfter + 1, beat("b"), "b"}, {fleet.StandbyAfter + 2, beat("a"), "b"}},
		"and takes over again":            {{0, beat("a"), "a"}, {fleet.StandbyAfter + 1, beat("b"), "b"}, {3 * fleet.StandbyAfter, beat("a"), "a"}},
		"it wakes up in time":             {{0, beat("a"), "a"}, {fleet.StandbyAfter, beat("a"), "a"}, {fleet.StandbyAfter + 1, beat("b"), "a"}},
		"the first one was stopped":       {{0, beat("a"), "a"}, {1, leaving, ""}, {2, beat("b"), "b"}},
		"stopped, and heard late":         {{0, beat("a"), "a"}, {1, leaving, ""}, {2, beat("b"), "b"}, {3, leaving, "b"}},
		"the hub began again":             {{0, known("b", "a", began), "a"}, {1, known("b", "a", began), "a"}, {2, known("a", "a", began), "a"}},
		"the hub began without the first": {{0, known("b", "a", began), "a"}, {fleet.StandbyAfter + 1, known("b", "a", began), "b"}},
		"only a hub that begins is told":  {{0, beat("a"), "a"}, {1, known("b", "b", began), "a"}, {2, known("b", "c", began), "a"}},
	} {
		var r fleet.Roster
		for i, s := range steps {
			if got := r.Beat(s.beat, at(s.at)); got.Instance != s.want {
				t.Errorf("%s, step %d: %q is active, want %q", name, i, got.Instance, s.want)
			}
		}
	}
}

func known(instance, active string, since time.Time) fleet.Beat {
	return fleet.Beat{Instance: instance, Known: fleet.Active{Instance: active, Since: since}}
}

// Whatever the workers of a site send, and whenever: two that were told of the same time that
// they are active are one, and none loses its turn while it is heard.
func TestNoTwoAreActive(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		dice := rand.New(rand.NewPCG(seed, 1))
		now := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
		var r fleet.Roster
		heard := map[string]time.Time{}
		active := ""
		for range 200 {
			now = now.Add(time.Duration(dice.Int64N(int64(fleet.StandbyAfter))))
			b := fleet.Beat{Instance: string("abc"[dice.IntN(3)]), Leaving: dice.IntN(20) == 0}
			got := r.Beat(b, now).Instance
			taken := active != "" && got != active && now.Sub(heard[active]) <= fleet.StandbyAfter
			if taken && !(b.Leaving && b.Instance == active) {
				t.Fatalf("seed %d: %s took the place of %s, which was heard %s ago", seed, got, active, now.Sub(heard[active]))
			}
			heard[b.Instance], active = now, got
			state := r.State()
			for _, s := range state.Standbys {
				if s.Instance == active {
					t.Fatalf("seed %d: %s is active and stands by", seed, active)
				}
			}
		}
	}
}

// The hub remembers the standbys that live, and no more than some.
func TestStandbys(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	var r fleet.Roster
	r.Beat(fleet.Beat{Instance: "a", Version: "v1", Runs: []string{run}}, now)
	r.Beat(fleet.Beat{Instance: "b", Version: "v2"}, now.Add(1))
	if s := r.State(); s.Instance != "a" || !s.Last.Equal(now) || len(s.Standbys) != 1 || s.Standbys[0].Instance != "b" || s.Standbys[0].Version != "v2" {
		t.Errorf("%+v", s)
	}
	r.Beat(fleet.Beat{Instance: "a", Version: "v1"}, now.Add(fleet.StandbyAfter+2))
	if s := r.State(); len(s.Standbys) != 0 {
		t.Errorf("a standby that is gone is still there: %+v", s)
	}
	for i := range 1000 {
		r.Beat(fleet.Beat{Instance: string([]byte{"0123456789"[i%10], "0123456789"[i/10%10], "0123456789"[i/100]})}, now.Add(fleet.StandbyAfter+3))
	}
	if s := r.State(); s.Instance != "a" || len(s.Standbys) > 16 {
		t.Errorf("%d standbys are remembered", len(s.Standbys))
	}
}

// Over the wire: a second worker with the same join file is told that it stands by, and the hub
// names both; when the first one says that it stops, the second one has its place.
func TestSecondWorkerStandsBy(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	p := y.pass(fleet.RoleSite, "fra")
	first, second := y.join(p), y.join(p)
	tell := func(w *fleet.Worker, b fleet.Beat, want string) {
		t.Helper()
		if a, err := w.Beat(within(t), b); err != nil || a.Instance != want {
			t.Errorf("%q is active (%v), want %q", a.Instance, err, want)
		}
	}
	tell(first, fleet.Beat{}, first.Instance())
	tell(second, fleet.Beat{}, first.Instance())
	y.end()
	y.begin()
	await := func(w *fleet.Worker) {
		for {
			if _, err := w.Beat(within(t), fleet.Beat{}); err == nil || within(t).Err() != nil {
				return
			}
		}
	}
	await(second) // the hub has forgotten, and hears the standby first
	tell(second, fleet.Beat{}, first.Instance())
	await(first)
	if h := y.Heard("fra"); h.Instance != first.Instance() || len(h.Standbys) != 1 || h.Standbys[0].Instance != second.Instance() {
		t.Errorf("%+v", h)
	}
	tell(first, fleet.Beat{Leaving: true}, "")
	if h := y.Heard("fra"); !h.Left {
		t.Errorf("%+v", h)
	}
	tell(second, fleet.Beat{}, second.Instance())
}
