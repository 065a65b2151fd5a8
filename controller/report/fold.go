package report

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"aixmend/controller/outcome"
)

// Fold is hosts that ended alike: the same outcome with the same findings, and the
// same is to be done about them.
type Fold struct {
	Outcome  outcome.Outcome
	Findings []string // those that count
	Reason   string   // the first host's
	// Differ tells that the reasons of the others are others.
	Differ bool
	Hosts  []string
	// Guided tells that findings say to a person how to go on.
	Guided bool
	// Interrupted hosts are what resume goes on with.
	Interrupted bool
	// Planned tells that a step of the plan would run.
	Planned bool
	// Allow are the words of --allow without which no step of the plan would run.
	Allow []string
}

// foldOf is the fold of one host.
func foldOf(h outcome.HostSummary) Fold {
	f := Fold{
		Outcome: h.Outcome, Findings: h.Open, Reason: h.Reason, Hosts: []string{h.Name},
		Guided: len(h.Guides) > 0, Interrupted: h.Interrupted,
	}
	for _, s := range h.Plan {
		f.Planned = f.Planned || s.BlockedBy == ""
		if s.BlockedBy != "" && s.AllowedBy != "" && !slices.Contains(f.Allow, s.AllowedBy) {
			f.Allow = append(f.Allow, s.AllowedBy)
		}
	}
	if f.Planned {
		f.Allow = nil
	}
	return f
}

// key is the same for hosts that are one fold.
func (f Fold) key() string {
	what := strings.Join(f.Findings, ",")
	switch f.Outcome {
	case outcome.Unreachable, outcome.Skipped:
		what, _, _ = strings.Cut(f.Reason, ":")
	case outcome.Recovered:
		what += "|" + f.Reason
	case outcome.NeedsAction:
		if blocked(f.Reason, f.Findings) {
			what += "|" + f.Reason
		}
	}
	return fmt.Sprint(f.Outcome, "|", what, "|", f.Guided, f.Interrupted, f.Planned, f.Allow)
}

// Folds groups hosts, the worst outcome first, the larger group first.
func Folds(hosts []outcome.HostSummary) []Fold {
	index := map[string]int{}
	var folds []Fold
	for _, h := range hosts {
		f := foldOf(h)
		key := f.key()
		at, ok := index[key]
		if !ok {
			index[key] = len(folds)
			folds = append(folds, f)
			continue
		}
		folds[at].Hosts = append(folds[at].Hosts, h.Name)
		folds[at].Differ = folds[at].Differ || h.Reason != folds[at].Reason
	}
	order := outcome.Outcomes()
	slices.SortStableFunc(folds, func(a, b Fold) int {
		if d := slices.Index(order, a.Outcome) - slices.Index(order, b.Outcome); d != 0 {
			return d
		}
		return len(b.Hosts) - len(a.Hosts)
	})
	return folds
}

// blocked tells whether a reason is another than the first finding.
func blocked(reason string, findings []string) bool {
	id, _, _ := strings.Cut(reason, ":")
	return !slices.Contains(findings, id)
}

// Compact writes host names as ranges: aixprd[01-07,12] db1.
func Compact(names []string) string {
	type stem struct {
		prefix, suffix string
		width          int
	}
	numbers := map[stem][]int{}
	var stems []stem
	var plain []string
	for _, name := range names {
		prefix, digits, suffix := lastNumber(name)
		n, err := strconv.Atoi(digits)
		if err != nil {
			plain = append(plain, name)
			continue
		}
		s := stem{prefix, suffix, len(digits)}
		if _, ok := numbers[s]; !ok {
			stems = append(stems, s)
		}
		numbers[s] = append(numbers[s], n)
	}
	var words []string
	for _, s := range stems {
		words = append(words, s.prefix+ranges(numbers[s], s.width)+s.suffix)
	}
	words = append(words, plain...)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// clip is Compact in about so many columns, the rest of the hosts as a number.
func clip(names []string, columns int) string {
	if whole := Compact(names); len(whole) <= columns {
		return whole
	}
	names = slices.Sorted(slices.Values(names))
	more := func(shown int) string { return fmt.Sprintf("%s and %d more", Compact(names[:shown]), len(names)-shown) }
	// The longest that is short enough, one host at least.
	over := sort.Search(len(names), func(n int) bool { return n > 0 && len(more(n)) > columns })
	return more(max(over-1, 1))
}

// lastNumber splits a name around its last run of digits.
func lastNumber(name string) (prefix, digits, suffix string) {
	end := strings.LastIndexAny(name, "0123456789") + 1
	start := end
	for start > 0 && name[start-1] >= '0' && name[start-1] <= '9' {
		start--
	}
	return name[:start], name[start:end], name[end:]
}

func ranges(numbers []int, width int) string {
	slices.Sort(numbers)
	if len(numbers) == 1 {
		return fmt.Sprintf("%0*d", width, numbers[0])
	}
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := fmt.Sprintf("%0*d", width, numbers[i])
		if j > i {
			part += fmt.Sprintf("-%0*d", width, numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return "[" + strings.Join(parts, ",") + "]"
}
