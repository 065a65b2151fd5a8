package html

import (
	"maps"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/explain"
)

// hostPage is a host in the form of the script. Its numbers for texts are those of its member,
// and once renumbered those of its part of the block.
type hostPage struct {
	// Chains and Next are from the host's explanation.
	Chains  []pageChain  `json:"chains"`
	Next    []int        `json:"next"`
	Changes []pageChange `json:"changes"`
	Plan    []pagePlan   `json:"plan"`
	Stages  []pageStage  `json:"stages"`
	// Facts and Unread are pairs: a name, and the fact in words or why it was not read.
	Facts   [][2]int  `json:"facts"`
	Unread  [][2]int  `json:"unread"`
	Lease   pageLease `json:"lease"`
	Capture int       `json:"capture"`
	SSH     int       `json:"ssh"`
	Cloud   int       `json:"cloud"`
	HostKey int       `json:"hostkey"`
	Drift   []int     `json:"drift"`
	Support []int     `json:"support"`
	Noise   int       `json:"noise"`
}

// pageChain is an explain.Chain with the remedy of its finding.
type pageChain struct {
	Finding  int    `json:"finding"`
	Severity string `json:"severity"`
	Title    int    `json:"title"`
	Fixed    bool   `json:"fixed"`
	// Observed are rows: probe, command, answer in short.
	Observed [][3]int `json:"observed"`
	// Values are pairs: a path in the facts, and its value.
	Values  [][2]int `json:"values"`
	Because []int    `json:"because"`
	Rule    int      `json:"rule"`
	Source  int      `json:"source"`
	Waived  bool     `json:"waived"`
	Waiver  int      `json:"waiver"`
	Expired int      `json:"expired"`
	// Steps are rows: rung, step, status, why.
	Steps  [][4]int `json:"steps"`
	Remedy int      `json:"remedy"`
	Next   []int    `json:"next"`
}

type pageChange struct {
	Rung    int   `json:"rung"`
	Step    int   `json:"step"`
	Command int   `json:"command"`
	Undo    int   `json:"undo"`
	Status  int   `json:"status"`
	At      int64 `json:"at"`
	Detail  int   `json:"detail"`
}

type pagePlan struct {
	Rung      int `json:"rung"`
	Step      int `json:"step"`
	Command   int `json:"command"`
	Undo      int `json:"undo"`
	AllowedBy int `json:"allowed"`
	// BlockedBy is empty for a conditional step, Condition for every other.
	BlockedBy int   `json:"blocked"`
	Condition int   `json:"condition"`
	Mends     []int `json:"mends"`
}

type pageStage struct {
	Name    int   `json:"name"`
	Failed  bool  `json:"failed"`
	Started int64 `json:"started"`
	MS      int64 `json:"ms"`
	Note    int   `json:"note"`
	// Steps are rows: id, command, stdout, its bytes that are not shown, stderr, its
	// bytes that are not shown, exit status, dropped bytes, ms, error, 1 for a changing
	// command.
	Steps [][11]int `json:"steps"`
}

type pageLease struct {
	Text  int       `json:"text"`
	Steps [][11]int `json:"steps"`
}

// page builds the page of a host. The parts that people read first get room first.
func (b *block) page(h outcome.Host) hostPage {
	explained := explain.Host(readable(h))
	explain.LeftOpen(&explained, outcome.OpenOn(b.open, h.Host))
	explained.Type(b.complete)
	p := hostPage{
		Chains: b.chains(explained, h.Findings), Next: b.shorts("next", explained.Next), Capture: b.short("capture", h.Capture),
		HostKey: b.short("hostkey", h.HostKey), Drift: b.shorts("drift", h.Drift),
		Changes: []pageChange{}, Plan: []pagePlan{}, Stages: []pageStage{},
		Facts: [][2]int{}, Unread: [][2]int{}, Support: []int{}, Lease: pageLease{Steps: [][11]int{}},
	}
	for _, c := range h.Changes {
		p.Changes = append(p.Changes, pageChange{
			Rung: b.short("step", c.Rung), Step: b.short("step", c.Step), Command: b.short("command "+c.Step, c.Command), Undo: b.short("undo "+c.Step, c.Undo),
			Status: b.short("status", c.Status), At: milli(c.At), Detail: b.short("detail", c.Detail),
		})
	}
	for _, s := range h.Plan {
		blocked, condition := s.BlockedBy, ""
		if s.Conditional {
			blocked, condition = "", explained.Condition(s)
		}
		p.Plan = append(p.Plan, pagePlan{
			Rung: b.short("step", s.Rung), Step: b.short("step", s.Step), Command: b.short("command "+s.Step, s.Command), Undo: b.short("undo "+s.Step, s.Undo),
			AllowedBy: b.short("step", s.AllowedBy), BlockedBy: b.short("blocked", blocked), Condition: b.short("blocked", condition), Mends: b.shorts("finding", s.Fixes),
		})
	}
	b.around(&p, h)
	for _, s := range h.Stages {
		p.Stages = append(p.Stages, pageStage{
			Name: b.short("stage", s.Name), Failed: s.Status == outcome.StageFailed, Started: milli(s.Started), MS: s.DurationMS,
			Note: b.short("note", s.Note), Steps: b.steps(s.Steps),
		})
	}
	b.facts(&p, h.Facts)
	return p
}

// readable returns a host whose facts that findings rest on are as its document has them.
func readable(h outcome.Host) outcome.Host {
	facts := map[string]any{}
	for _, f := range h.Findings {
		for _, path := range f.Reads {
			name, _, _ := strings.Cut(path, ".")
			fact, there := h.Facts[name]
			if _, done := facts[name]; !there || done {
				continue
			}
			if _, is := fact.(map[string]any); !is {
				fact = asRead(fact)
			}
			facts[name] = fact
		}
	}
	h.Facts = facts
	return h
}

// chains builds the chains of an explanation. The first ones belong to findings, in
// order.
func (b *block) chains(e explain.Explanation, findings []outcome.Finding) []pageChain {
	chains := make([]pageChain, 0, len(e.Chains))
	for i, c := range e.Chains {
		p := pageChain{
			Finding: b.short("finding", c.Finding), Severity: report.Clean(string(c.Severity), false), Title: b.short("title "+c.Finding, c.Title), Fixed: c.Fixed,
			Observed: [][3]int{}, Values: [][2]int{}, Because: b.shorts("because "+c.Finding, c.Because), Rule: b.short("rule", c.Rule),
			Source: b.short("source", c.Source), Waiver: b.short("waiver", c.Waived), Expired: b.short("waiver", c.Expired),
			Steps: [][4]int{}, Next: b.shorts("next", c.Next),
		}
		if i < len(findings) {
			p.Waived, p.Remedy = findings[i].Waived, b.short("remedy", findings[i].Remedy)
		}
		for _, o := range c.Observed {
			p.Observed = append(p.Observed, [3]int{b.short("step", o.Probe), b.short("command "+o.Probe, o.Command), b.short("said "+o.Probe, o.Said)})
		}
		for _, v := range c.Values {
			p.Values = append(p.Values, [2]int{b.short("path", v.Path), b.short("value "+v.Path, b.plain(v.Is))})
		}
		for _, a := range c.Steps {
			p.Steps = append(p.Steps, [4]int{b.short("step", a.Rung), b.short("step", a.Step), b.short("status", a.Status), b.short("detail", a.Why)})
		}
		chains = append(chains, p)
	}
	return chains
}

// plain renders a value of a fact.
func (b *block) plain(value any) (text string) {
	text, b.room = plainValue(b.room, value)
	return text
}

// around adds the VM, the connection, the lease, the fetched files and the noise.
func (b *block) around(p *hostPage, h outcome.Host) {
	if h.Cloud != nil {
		p.Cloud = b.short("cloud", report.CloudDetail(*h.Cloud))
	}
	if h.SSH != nil {
		p.SSH = b.short("ssh", report.Connection(*h.SSH))
	}
	if h.Lease != nil {
		words := ""
		if h.Lease.Text != "" {
			words = report.Lease(*h.Lease)
		}
		p.Lease = pageLease{Text: b.short("lease", words), Steps: b.steps(h.Lease.Steps)}
	}
	for _, f := range h.Support {
		p.Support = append(p.Support, b.short("support", report.Cleanf("%s, %d bytes, sha256 %s", f.Name, f.Bytes, f.SHA256)))
	}
	p.Noise = b.short("noise", h.Noise)
	for _, name := range slices.Sorted(maps.Keys(h.FactErrors)) {
		p.Unread = append(p.Unread, [2]int{b.short("fact", name), b.short("unread", h.FactErrors[name])})
	}
}

func (b *block) steps(steps []outcome.Command) [][11]int {
	rows := make([][11]int, 0, len(steps))
	for _, s := range steps {
		out, outMore := b.cut("out "+s.ID, s.Stdout)
		errs, errMore := b.cut("err "+s.ID, strings.TrimRight(s.Stderr, "\n"))
		changes := 0
		if s.Mutating {
			changes = 1
		}
		rows = append(rows, [11]int{
			b.short("step", s.ID), b.short("command "+s.ID, s.Command), out, outMore, errs, errMore,
			s.ExitStatus, int(s.Truncated), int(s.DurationMS), b.short("error", s.Error), changes,
		})
	}
	return rows
}

// facts adds the facts by name.
func (b *block) facts(p *hostPage, facts map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		p.Facts = append(p.Facts, [2]int{b.short("fact", name), b.short("fact "+name, b.plain(facts[name]))})
	}
}

// milli returns a time in ms since 1970; 0 for the zero time.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// renumber gives the texts other numbers: refs has them by the old ones.
func (p *hostPage) renumber(refs []int) {
	to := func(numbers ...*int) {
		for _, n := range numbers {
			*n = refs[*n]
		}
	}
	for i := range p.Chains {
		c := &p.Chains[i]
		to(&c.Finding, &c.Title, &c.Rule, &c.Source, &c.Waiver, &c.Expired, &c.Remedy)
		toAll(refs, c.Because, c.Next)
		for k := range c.Observed {
			toAll(refs, c.Observed[k][:])
		}
		for k := range c.Steps {
			toAll(refs, c.Steps[k][:])
		}
		toPairs(refs, c.Values)
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		to(&c.Rung, &c.Step, &c.Command, &c.Undo, &c.Status, &c.Detail)
	}
	for i := range p.Plan {
		s := &p.Plan[i]
		to(&s.Rung, &s.Step, &s.Command, &s.Undo, &s.AllowedBy, &s.BlockedBy, &s.Condition)
		toAll(refs, s.Mends)
	}
	for i := range p.Stages {
		to(&p.Stages[i].Name, &p.Stages[i].Note)
		toSteps(refs, p.Stages[i].Steps)
	}
	toSteps(refs, p.Lease.Steps)
	to(&p.Lease.Text, &p.Capture, &p.SSH, &p.Cloud, &p.HostKey, &p.Noise)
	toAll(refs, p.Next, p.Drift, p.Support)
	toPairs(refs, p.Facts)
	toPairs(refs, p.Unread)
}

func toAll(refs []int, lists ...[]int) {
	for _, list := range lists {
		for i, n := range list {
			list[i] = refs[n]
		}
	}
}

func toPairs(refs []int, pairs [][2]int) {
	for i := range pairs {
		toAll(refs, pairs[i][:])
	}
}

func toSteps(refs []int, rows [][11]int) {
	for i := range rows {
		for _, at := range [...]int{0, 1, 2, 4, 9} { // the others are no texts
			rows[i][at] = refs[rows[i][at]]
		}
	}
}
