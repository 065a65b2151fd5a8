package report

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/drift"
	"aixmend/controller/outcome"
	"aixmend/transport/cause"
)

// Bounds of the changed facts that are shown to people; the JSON has all of them.
const (
	maxFacts     = 20 // lines of a group of hosts
	maxNewsFacts = 4
)

// DriftText renders what changed between two runs: hosts with the same changes are
// grouped. why says why these two runs are compared, "" for nothing to say.
func DriftText(d drift.Drift, why string, o TextOptions) string {
	var b strings.Builder
	first := fmt.Sprintf("%s, compared with %s", whichRun(d.To, d.ToKind, d.ToStarted), whichRun(d.From, d.FromKind, d.FromStarted))
	if why != "" {
		first += ": " + why
	}
	hang(&b, first, o)
	b.WriteByte('\n')
	tellFolds(&b, d, maxFacts, o)
	if d.News() {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "unchanged: %s\n", Hosts(d.Same))
	tellQuiet(&b, d, o)
	if n := len(d.NotSelected); n > 0 {
		hang(&b, fmt.Sprintf("not selected in the later run: %s (limit %s)", Hosts(n), Clean(d.Limit, false)), o)
	}
	return b.String()
}

// whichRun names a run, with its kind where that is known.
func whichRun(id, kind string, started time.Time) string {
	return Clean(strings.TrimLeft(kind+" run "+id+" of "+Stamp(started), " "), false)
}

// News renders the changes since the baseline in short, for a mail.
func News(d drift.Drift, run outcome.Run, o TextOptions) string {
	var b strings.Builder
	d.Hosts = slices.Clone(d.Hosts)
	for i, h := range d.Hosts {
		if !h.Since.IsZero() {
			d.Hosts[i].Facts = nil // its findings explain it
		}
	}
	if d.News() {
		hang(&b, fmt.Sprintf("changes on %d of %s since run %s of %s:", len(d.Hosts), Hosts(len(run.Hosts)), Clean(d.From, false), Stamp(d.FromStarted)), o)
	}
	tellFolds(&b, d, maxNewsFacts, o)
	tellQuiet(&b, d, o)
	return b.String()
}

// tellQuiet lists hosts that are not reported as changed and yet deserve a line.
func tellQuiet(b *strings.Builder, d drift.Drift, o TextOptions) {
	for _, about := range []struct {
		what  string
		hosts []string
	}{{"unreachable once, not reported yet", d.Once}, {"not judged, the run was interrupted", d.NotJudged}} {
		if len(about.hosts) > 0 {
			hang(b, fmt.Sprintf("%s: %d: %s", about.what, len(about.hosts), Clean(Compact(about.hosts), false)), o)
		}
	}
}

// driftFold is a group of hosts with the same changes.
type driftFold struct {
	drift.Host // the first of them
	hosts      []string
	// reasons and others report that the reason, or the values of a fact, differ
	// between the hosts.
	reasons bool
	others  []bool // by fact
}

// foldDrift groups hosts, the worst outcome first, the larger group first.
func foldDrift(hosts []drift.Host) []*driftFold {
	index := map[string]*driftFold{}
	var folds []*driftFold
	for _, h := range hosts {
		words := []string{string(h.From), string(h.To), Stamp(h.Since), strings.Join(h.Appeared, ","), strings.Join(h.Gone, ","), strings.Join(h.Waived, ",")}
		for _, f := range h.Facts {
			words = append(words, f.Path)
		}
		if h.To == outcome.Unreachable {
			words = append(words, cause.Head(h.Reason))
		}
		key := strings.Join(words, "|")
		fold := index[key]
		if fold == nil {
			fold = &driftFold{Host: h, others: make([]bool, len(h.Facts))}
			index[key] = fold
			folds = append(folds, fold)
		}
		fold.hosts = append(fold.hosts, h.Name)
		fold.reasons = fold.reasons || h.Reason != fold.Reason
		for i, f := range h.Facts {
			fold.others[i] = fold.others[i] || !reflect.DeepEqual(f.From, fold.Facts[i].From) || !reflect.DeepEqual(f.To, fold.Facts[i].To)
		}
	}
	order := append(outcome.Outcomes(), "") // hosts that are not in the later run come last
	slices.SortStableFunc(folds, func(a, b *driftFold) int {
		if d := slices.Index(order, a.To) - slices.Index(order, b.To); d != 0 {
			return d
		}
		return len(b.hosts) - len(a.hosts)
	})
	return folds
}

func tellFolds(b *strings.Builder, d drift.Drift, most int, o TextOptions) {
	for _, f := range foldDrift(d.Hosts) {
		head := Clean(Compact(f.hosts), false) + ": "
		if len(f.hosts) > 1 {
			head = fmt.Sprintf("%s: %s: ", Hosts(len(f.hosts)), Clean(Compact(f.hosts), false))
		}
		head += f.became(o.Color) + f.why()
		var lists []string
		for _, list := range []struct {
			what string
			ids  []string
		}{{"appeared", f.Appeared}, {"gone", f.Gone}, {"now waived", f.Waived}} {
			if len(list.ids) > 0 {
				lists = append(lists, list.what+" "+Clean(strings.Join(list.ids, ", "), false))
			}
		}
		hang(b, strings.Join(append([]string{head}, lists...), "; "), o)
		for i, fact := range f.Facts {
			if i == most && len(f.Facts) > most+1 {
				hang(b, fmt.Sprintf("  and %d more facts", len(f.Facts)-i), o)
				break
			}
			hang(b, "  "+tellFact(fact, f.others[i], f.Since), o)
		}
	}
}

// became renders how the outcome changed, and since when.
func (f *driftFold) became(color bool) string {
	since := ""
	if !f.Since.IsZero() {
		since = ", since " + Stamp(f.Since)
	}
	switch {
	case f.To == "":
		return "only in the earlier run (" + string(f.From) + ")"
	case f.From == "":
		return "not in the earlier run: " + paint(f.To, color)
	case f.From == f.To:
		return "still " + paint(f.To, color) + since
	}
	return string(f.From) + " -> " + paint(f.To, color) + since
}

// why renders the reason of an outcome that no finding explains.
func (f *driftFold) why() string {
	switch f.To {
	case outcome.Failed, outcome.Unknown, outcome.Skipped, outcome.Unreachable:
	default:
		return ""
	}
	reason := f.Reason
	if f.reasons {
		reason = cause.Head(reason)
		reason += " (see explain)"
	}
	if reason == "" {
		return ""
	}
	return ": " + Clean(reason, false)
}

// tellFact renders how a fact changed, with the time if it is not that of the
// outcome.
func tellFact(f drift.Fact, others bool, since time.Time) string {
	line := Clean(f.Path, false) + ": " + change(f.From, f.To)
	if others {
		line = Clean(f.Path, false) + ": changed, values differ between hosts"
	}
	if !f.Since.IsZero() && !f.Since.Equal(since) {
		line += ", since " + Stamp(f.Since)
	}
	return line
}

func change(from, to any) string {
	before, list := from.([]any)
	after, both := to.([]any)
	switch {
	case from == nil:
		return "new: " + Value(to)
	case to == nil:
		return "gone: " + Value(from)
	case list && both:
		var words []string
		for _, v := range after {
			if !contains(before, v) {
				words = append(words, "+ "+Value(v))
			}
		}
		for _, v := range before {
			if !contains(after, v) {
				words = append(words, "- "+Value(v))
			}
		}
		if len(words) > 0 {
			return Shorten(strings.Join(words, ", "), 3*MaxValue)
		}
	}
	return Value(from) + " -> " + Value(to)
}

func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(other any) bool { return reflect.DeepEqual(other, v) })
}

// hang appends a line, wrapped at the width with its rest indented.
func hang(b *strings.Builder, line string, o TextOptions) {
	if body := strings.TrimLeft(line, " "); o.Width > 0 && ansi.StringWidth(line) > o.Width {
		indent := line[:len(line)-len(body)]
		line = flow(indent, body, o.Width, len(indent)+4, "")
	}
	b.WriteString(line + "\n")
}
