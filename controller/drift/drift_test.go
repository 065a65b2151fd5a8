package drift

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

var night = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// kept is a history in memory.
type kept struct {
	runs  []outcome.Run // the oldest first
	hosts map[string]*outcome.Host
	lost  map[string]bool // runs whose run.json is not there
}

func (k *kept) RunIDs() ([]string, error) {
	var ids []string
	for _, r := range slices.Backward(k.runs) {
		ids = append(ids, r.ID)
	}
	return ids, nil
}

func (k *kept) LoadHead(id string) (*outcome.Run, error) {
	run, err := k.LoadRun(id)
	if err != nil {
		return nil, err
	}
	head := run.Head()
	return &head, nil
}

func (k *kept) LoadRun(id string) (*outcome.Run, error) {
	for i := range k.runs {
		if k.runs[i].ID == id && !k.lost[id] {
			return &k.runs[i], nil
		}
	}
	return nil, fs.ErrNotExist
}

func (k *kept) LoadFacts(run, host string) (map[string]any, error) {
	if h := k.hosts[run+"/"+host]; h != nil {
		return h.Facts, nil
	}
	return nil, fs.ErrNotExist
}

// add appends an audit, a night after the one before, of hosts as words say: NAME=WORD.
func (k *kept) add(hosts string) *outcome.Run {
	n := len(k.runs)
	run := outcome.Run{ID: fmt.Sprint(n), Command: "audit", Playbook: outcome.Playbook{Name: "p"}, Started: night.AddDate(0, 0, n)}
	for word := range strings.FieldsSeq(hosts) {
		name, as, _ := strings.Cut(word, "=")
		run.Hosts = append(run.Hosts, summary(name, as))
	}
	k.runs = append(k.runs, run)
	return &k.runs[n]
}

// summary reads a word: the outcome's letter, then a letter for each finding.
func summary(name, word string) outcome.HostSummary {
	outcomes := map[byte]outcome.Outcome{'H': outcome.Healthy, 'D': outcome.Degraded, 'N': outcome.NeedsAction, 'R': outcome.Recovered,
		'U': outcome.Unreachable, 'S': outcome.Skipped, 'I': outcome.Skipped, 'F': outcome.Failed}
	h := outcome.HostSummary{Name: name, Outcome: outcomes[word[0]], Interrupted: word[0] == 'I', Open: []string{}}
	for _, letter := range word[1:] {
		if letter >= 'A' && letter <= 'Z' {
			h.Waived = append(h.Waived, strings.ToLower(string(letter)))
			continue
		}
		h.Open = append(h.Open, string(letter))
	}
	return h
}

// told is the news of a drift in one line.
func told(d *Drift) string {
	if d == nil {
		return "no earlier run"
	}
	var words []string
	for _, h := range d.Hosts {
		word := fmt.Sprintf("%s:%s", h.From, h.To)
		for _, list := range []struct {
			sign string
			ids  []string
		}{{"+", h.Appeared}, {"-", h.Gone}, {"~", h.Waived}} {
			if len(list.ids) > 0 {
				word += " " + list.sign + strings.Join(list.ids, "")
			}
		}
		if !h.Since.IsZero() {
			word += fmt.Sprintf(" @%d", int(h.Since.Sub(night).Hours())/24)
		}
		words = append(words, word)
	}
	if d.Same > 0 {
		words = append(words, "same")
	}
	if len(d.Once) > 0 {
		words = append(words, "once")
	}
	if len(d.NotJudged) > 0 {
		words = append(words, "not judged")
	}
	return strings.Join(words, ", ")
}

// The nights of one host, the oldest first, and what is news after the last.
func TestNewsOfAHost(t *testing.T) {
	for _, c := range []struct{ name, nights, want string }{
		{"the first run", "H", "no earlier run"},
		{"well", "H H", "same"},
		{"old trouble", "Na Na Na", "same"},
		{"falls ill", "H Na", "healthy:needs_action +a @1"},
		{"is ill in another way", "Na Nb", "needs_action:needs_action +b -a @1"},
		{"is well again", "Na H", "needs_action:healthy -a @1"},
		{"what was and went is no news", "H Na H H", "same"},
		{"recovered and healthy are alike", "R H", "same"},
		{"recovered and then ill", "R Na", "recovered:needs_action +a @1"},
		{"recovered but for a warning", "Ra Da", "same"},
		{"a finding that was waived has not gone", "Nab NAb", "needs_action:needs_action ~a @1"},
		{"a waiver that is over", "HA Na", "healthy:needs_action +a @1"},
		{"not AIX any more", "H S", "healthy:skipped @1"},

		{"unreachable once", "H U", "same, once"},
		{"unreachable twice in a row", "H U U", "healthy:unreachable @1"},
		{"and on", "H U U U", "same"},
		{"back after once", "H U H", "same"},
		{"back after once, and ill", "H U Na", "healthy:needs_action +a @2"},
		{"back after once, as ill as before", "Na U Na", "same"},
		{"back after twice", "H U U H", "unreachable:healthy @3"},
		{"back after twice, and ill", "H U U Na", "unreachable:needs_action +a @3"},
		{"now and then", "H U H U", "same, once"},
		{"unreachable from the first run on is what was told first", "U U", "same"},
		{"and is back", "U H", "unreachable:healthy @1"},
		{"unreachable once, then twice, then back", "H U H U U H", "unreachable:healthy @5"},
		{"ill, unreachable once", "Na U", "same, once"},
		{"what is not read has not gone", "Na U U", "needs_action:unreachable @1"},

		{"cut off before its turn", "H I", "not judged"},
		{"a run that was cut off saw nothing", "H I H", "same"},
		{"it is compared with the last that saw it", "Na I H", "needs_action:healthy -a @2"},
		{"unreachable around a night that was cut off", "H U I U", "healthy:unreachable @1"},

		{"new and well", "- H", "no earlier run"},
		{"another --limit between", "Na - Na", "same"},
		{"another --limit between, and worse", "H - Na", "healthy:needs_action +a @2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &kept{}
			for word := range strings.FieldsSeq(c.nights) {
				if word == "-" {
					k.add("")
					continue
				}
				k.add("a=" + word)
			}
			d, err := Comparer{History: k}.Since(k.runs[len(k.runs)-1], nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(d); got != c.want {
				t.Errorf("%s: %s, want %s", c.nights, got, c.want)
			}
		})
	}
}

// Two runs that somebody names: all between them says since when, and the one
// before the earlier whether a host was unreachable for the first time.
func TestBetween(t *testing.T) {
	for _, c := range []struct {
		name, nights string
		from, to     int
		want         string
	}{
		{"nothing between: unreachable is once", "H U", 0, 1, "same, once"},
		{"unreachable twice between", "H U U", 0, 2, "healthy:unreachable @1"},
		{"since when", "H H Na Na Na", 0, 4, "healthy:needs_action +a @2"},
		{"since the last time that it began", "H Na H Na Na", 0, 4, "healthy:needs_action +a @3"},
		{"once between does not end it", "H Na U Na", 0, 3, "healthy:needs_action +a @1"},
		{"unreachable now, known from the night before", "H Na U", 0, 2, "healthy:needs_action +a @1, once"},
		{"from a night when it was unreachable once", "Na U Na", 1, 2, "same"},
		{"from a night when it was unreachable the second time", "H U U H", 2, 3, "unreachable:healthy @3"},
		{"the same run", "H Na", 1, 1, "same"},
		{"only in the later", "- Na", 0, 1, ":needs_action +a @1"},
		{"only in the earlier", "Na -", 0, 1, "needs_action:"},
		{"cut off in the earlier", "H I Na", 1, 2, "healthy:needs_action +a @2"},
		{"cut off in the earlier, and never seen", "I Na", 0, 1, ":needs_action +a @1"},
		{"cut off in both", "I I", 0, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &kept{}
			for word := range strings.FieldsSeq(c.nights) {
				k.add(strings.TrimSuffix("a="+word, "a=-"))
			}
			d, err := Comparer{History: k}.Between(k.runs[c.from], k.runs[c.to])
			if err != nil {
				t.Fatal(err)
			}
			if got := told(d); got != c.want {
				t.Errorf("%s, %d to %d: %q, want %q", c.nights, c.from, c.to, got, c.want)
			}
		})
	}
}

// Hosts that the --limit of the later run left out are not gone.
func TestNotSelected(t *testing.T) {
	for limit, want := range map[string]string{"": "", "other": "a"} {
		k := &kept{}
		k.add("a=Na")
		k.add("")
		later := k.runs[1]
		later.Limit = limit
		d, err := Comparer{History: k}.Between(k.runs[0], later)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(d.NotSelected, ","); got != want || d.News() != (want == "") || d.Limit != limit {
			t.Errorf("limit %q: %q, news %t", limit, got, d.News())
		}
	}
}

// What a run is compared with where nobody names one.
func TestLast(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*kept)
		want   string // the run, and the news
	}{
		{"the newest earlier", func(*kept) {}, "1 same"},
		{"not of another verb", func(k *kept) { k.runs[1].Command = "plan" }, "0 same"},
		{"not of another playbook", func(k *kept) { k.runs[1].Playbook.Name = "q" }, "0 same"},
		{"not one that was interrupted", func(k *kept) { k.runs[1].ExitCode = 130 }, "0 same"},
		{"not one that broke", func(k *kept) { k.runs[1].ExitCode = 1 }, "0 same"},
		{"not one that was cut off and is a plugin", func(k *kept) { k.runs[1].ExitCode, k.runs[1].Convention, k.runs[1].Unfinished = 2, "nagios", 1 }, "0 same"},
		{"not one that was killed", func(k *kept) { k.lost = map[string]bool{"1": true} }, "0 same"},
		{"one that found trouble", func(k *kept) { k.runs[1].ExitCode = 3 }, "1 same"},
		{"none", func(k *kept) { k.runs = k.runs[2:] }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &kept{}
			for range 3 {
				k.add("a=H")
			}
			c.change(k)
			d, err := Comparer{History: k}.Since(k.runs[len(k.runs)-1], nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if d != nil {
				got = d.From + " " + told(d)
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A run with another --limit counts for the hosts that both have, and hides nothing
// of the others: each host is compared with the last run that saw it.
func TestOtherLimits(t *testing.T) {
	k := &kept{}
	k.add("a=H b=H c=H")
	k.add("b=Nx")
	last := *k.add("a=Nx b=Nx d=H e=Nx")
	d, err := Comparer{History: k}.Since(last, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a healthy needs_action 0", "e  needs_action "} // not b, which was told; not c, which was not asked for; not d, which is new and well
	var got []string
	for _, h := range d.Hosts {
		got = append(got, fmt.Sprintf("%s %s %s %s", h.Name, h.From, h.To, h.FromRun))
	}
	if diff := cmp.Diff(want, got); diff != "" || d.From != "1" {
		t.Errorf("from %s (-want +got):\n%s", d.From, diff)
	}
	// With a run that is named it is that one, whatever came after.
	if d, err = (Comparer{History: k}).Since(last, &k.runs[0]); err != nil || d.From != "0" || len(d.Hosts) != 3 {
		t.Errorf("%+v, %v", d, err)
	}
}

// Runs of other verbs of the playbook say since when, and whether a host was there.
func TestOtherVerbs(t *testing.T) {
	k := &kept{}
	k.add("a=Nx b=H")
	k.add("a=R b=U").Command = "recover"
	k.add("a=Ny b=H").Playbook.Name = "q" // finds other things
	k.add("a=H b=U")
	d, err := Comparer{History: k}.Since(k.runs[3], nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(d), "needs_action:healthy -x @1, healthy:unreachable @1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A run that was resumed after a question saw its hosts later than the plan for that question,
// although it began before it.
func TestResumedRun(t *testing.T) {
	for name, c := range map[string]struct {
		finished int // the night in which the recovery ended
		want     string
	}{
		"resumed after the question":         {3, "needs_action:healthy -x @1"},
		"the question was about another run": {1, "needs_action:healthy -x @3"},
	} {
		k := &kept{}
		k.add("a=Nx")
		recovery := k.add("a=R")
		recovery.Command, recovery.Finished = "recover", night.AddDate(0, 0, c.finished)
		shown := k.add("a=Nx")
		shown.Command, shown.ForQuestion, shown.Finished = "plan", true, night.AddDate(0, 0, 2)
		k.add("a=H")
		d, err := Comparer{History: k}.Since(k.runs[3], &k.runs[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := told(d); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// However many checks of one host there were since, each of the others is compared with
// the last run that saw it.
func TestManyRunsBetween(t *testing.T) {
	k := &kept{}
	k.add("a=H b=H")
	for range 1000 {
		k.add("b=H")
	}
	k.add("a=Nx b=H")
	d, err := Comparer{History: k}.Since(k.runs[len(k.runs)-1], nil)
	if err != nil || len(d.Hosts) != 1 || d.Hosts[0].FromRun != "0" || d.Same != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

// What can't be read of the past is an error, what is not there any more is not.
func TestDocumentsThatAreGone(t *testing.T) {
	k := &kept{}
	k.add("a=H")
	k.add("a=Nx")
	d, err := Comparer{History: k}.Since(k.runs[1], nil)
	if err != nil || len(d.Hosts) != 1 || len(d.Hosts[0].Facts) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := (Comparer{History: damaged{k}}).Since(k.runs[1], nil); !errors.Is(err, errDamaged) {
		t.Errorf("%v", err)
	}
}

var errDamaged = errors.New("damaged")

// damaged is a history whose documents can't be read.
type damaged struct{ *kept }

func (damaged) LoadFacts(string, string) (map[string]any, error) { return nil, errDamaged }
