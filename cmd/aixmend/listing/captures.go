package listing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/usage"
	"aixmend/controller/journal"
	"aixmend/controller/journal/captures"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// captureOrder is the order in which the columns of captures give way.
var captureOrder = []string{"RUN", "PLAYBOOK", "TAKEN", "LABEL", "PURPOSE", "TAKEN", "STATE", "LABEL"}

// Captures lists the captures of hosts, the newest first; without hosts, those of all
// hosts.
func Captures(c *console.Console, store *journal.Store, hosts []string, o Options) error {
	hosts, err := Captured(store, hosts)
	if err != nil {
		return err
	}
	var all []captures.Kept
	for _, host := range hosts {
		kept, err := store.Kept(host)
		if err != nil {
			return exit.Usage(err)
		}
		all = append(all, kept...)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(c.Out, "no captures yet")
		return err
	}
	width := c.Width()
	text := render(o.captureColumns(all), captureOrder, width)
	if width > 0 {
		text += o.damaged(all, width)
	}
	return o.Print(text)
}

// damaged explains the damaged captures, below the list of a terminal, and names the command that
// removes them.
func (o Options) damaged(all []captures.Kept, width int) string {
	var b strings.Builder
	var hosts []string
	for _, k := range all {
		if k.Err == nil {
			continue
		}
		b.WriteString("\n" + report.Wrapped(clean(fmt.Sprintf("%s %s is damaged: %s", k.Host, k.ID, k.Err)), width, "  ") + "\n")
		if !slices.Contains(hosts, k.Host) {
			hosts = append(hosts, k.Host)
		}
	}
	if len(hosts) == 0 {
		return ""
	}
	g := guide.Bare(outcome.Run{}, o.State).From(o.Usual)
	b.WriteString("\n" + report.Wrapped("to remove the damaged captures of a host, and old ones beyond the newest 10 (--dry-run lists them):", width, "  ") + "\n")
	for _, host := range hosts {
		b.WriteString("    " + strings.Join(g.Quoted("aixmend", "capture", "prune", host), " ") + "\n")
	}
	return b.String()
}

// Captured returns the hosts that are named, those with captures where none is. A host that
// has no capture, while others have, is an error with the nearest name.
func Captured(store *journal.Store, named []string) ([]string, error) {
	all, err := store.CapturedHosts()
	if err != nil || len(named) == 0 {
		return all, err
	}
	for _, host := range named {
		if len(all) > 0 && !slices.Contains(all, host) {
			return nil, exit.Usagef(uncaptured(store, host, all), "there is no capture of %q", host)
		}
	}
	return named, nil
}

// uncaptured is the hint about a host without a capture: how to take one where a run knows the
// host, else the nearest name of those that have one.
func uncaptured(store *journal.Store, host string, all []string) string {
	if run, err := store.NewestOf(host); err == nil {
		return guide.Of(store, outcome.Run{ID: run}, store.Root()).Complete("aixmend capture -l " + host + " takes one")
	}
	return usage.Near(host, all, "aixmend capture list names the hosts with captures")
}

// captureColumns are the columns of a list of captures.
func (o Options) captureColumns(all []captures.Kept) []column {
	each := func(cell func(c outcome.Capture) string) []string {
		cells := make([]string, len(all))
		for i, k := range all {
			if k.Capture != nil {
				cells[i] = clean(cell(*k.Capture))
			}
		}
		return cells
	}
	var host, id, state, short []string
	for _, k := range all {
		host, id = append(host, clean(k.Host)), append(id, clean(k.ID))
		damage, word := "", ""
		if k.Err != nil {
			damage, word = "damaged: "+clean(k.Err.Error()), "damaged"
		}
		state, short = append(state, damage), append(short, word)
	}
	purpose := each(func(c outcome.Capture) string { return c.Purpose })
	label := func(most int) []string {
		return each(func(c outcome.Capture) string { return clip(c.Label, most) })
	}
	of := each(func(c outcome.Capture) string { return c.RunID })
	return []column{
		{head: "HOST", whole: host, forms: [][]string{host}},
		{head: "ID", whole: id, forms: [][]string{id}},
		{head: "PURPOSE", whole: purpose, forms: [][]string{purpose}},
		{head: "LABEL", whole: each(func(c outcome.Capture) string { return c.Label }), forms: [][]string{label(60), label(16)}},
		{head: "PLAYBOOK", whole: each(func(c outcome.Capture) string { return c.Playbook.Name }), forms: [][]string{each(func(c outcome.Capture) string {
			if c.Playbook.Name == o.Playbook {
				return ""
			}
			return clip(c.Playbook.Name, 24)
		})}},
		{head: "TAKEN", whole: each(func(c outcome.Capture) string { return rfc(c.Created) }), forms: [][]string{
			each(func(c outcome.Capture) string { return o.local(c.Created) }), each(func(c outcome.Capture) string { return o.day(c.Created) }),
		}},
		{head: "RUN", whole: of, forms: [][]string{of}},
		{head: "STATE", whole: state, forms: [][]string{short}},
	}
}

// Capture shows the contents of a capture, named by its id, its label or latest.
func Capture(c *console.Console, store *journal.Store, host, ref string) error {
	kept, err := find(store, host, ref)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s, taken %s by run %s\n", kept.Host, kept.ID, kept.Purpose, kept.Created.Format(time.RFC3339), clean(kept.RunID))
	var items [][2]string
	for _, item := range kept.Items {
		where := item.Stored
		switch {
		case item.Absent:
			where = "the host has no such file"
		case item.Error != "":
			where += " (" + item.Error + ")"
		}
		items = append(items, [2]string{clean(item.ID), clean(where)})
	}
	b.WriteString(beside(items, c.Width()))
	for _, f := range kept.Findings {
		fmt.Fprintf(&b, "  finding: %s: %s\n", clean(f.ID), clean(f.Title))
	}
	return c.Print("%s", b.String())
}

// beside renders rows of two columns; where one of them is wider than width, 0 for no limit, the
// second column of all of them stands below the first.
func beside(rows [][2]string, width int) string {
	first, second := 0, 0
	for _, r := range rows {
		first, second = max(first, ansi.StringWidth(r[0])), max(second, ansi.StringWidth(r[1]))
	}
	var b strings.Builder
	for _, r := range rows {
		between := strings.Repeat(" ", first-ansi.StringWidth(r[0])+2)
		if width > 0 && 2+first+2+second > width {
			between = "\n    "
		}
		b.WriteString("  " + r[0] + between + r[1] + "\n")
	}
	return b.String()
}

// Compare lists the files that differ between two captures of a host.
func Compare(c *console.Console, store *journal.Store, host string, refs [2]string) error {
	var ids [2]string
	for i, ref := range refs {
		kept, err := find(store, host, ref)
		if err != nil {
			return err
		}
		ids[i] = kept.ID
	}
	differences, err := store.Compare(host, ids[0], ids[1])
	if err != nil {
		return err
	}
	if len(differences) == 0 {
		return c.Print("%s: %s and %s are equal\n", host, ids[0], ids[1])
	}
	rows := make([][2]string, 0, len(differences))
	for _, d := range differences {
		rows = append(rows, [2]string{clean(d.Name), d.How})
	}
	return c.Print("%s", beside(rows, c.Width()))
}

// find returns a capture by its id, its label or latest.
func find(store *journal.Store, host, ref string) (*outcome.Capture, error) {
	kept, err := store.Find(host, ref)
	if err != nil {
		hint := "aixmend capture list " + host
		if all, failed := store.CapturedHosts(); failed == nil && !slices.Contains(all, host) {
			hint = uncaptured(store, host, all)
		}
		return nil, exit.Usagef(hint, "%w", err)
	}
	return kept, nil
}
