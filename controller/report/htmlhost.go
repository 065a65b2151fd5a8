package report

import (
	"encoding/json"
	"strings"
	"time"

	"aixmend/controller/outcome"
)

// hostPage is a host as the script shows it. Numbers that stand for texts are refs
// of its block.
type hostPage struct {
	// Why is what Explain says.
	Why      int           `json:"why"`
	Started  int64         `json:"started"` // ms since 1970, 0: never
	Findings []pageFinding `json:"findings"`
	Changes  []pageChange  `json:"changes"`
	Plan     []pagePlan    `json:"plan"`
	Stages   []pageStage   `json:"stages"`
	// Facts and Unread are pairs: a name, and the fact as JSON or why it could not be had.
	Facts   [][2]int  `json:"facts"`
	Unread  [][2]int  `json:"unread"`
	Lease   pageLease `json:"lease"`
	Capture int       `json:"capture"`
	SSH     int       `json:"ssh"`
	HostKey int       `json:"hostkey"`
	Drift   []int     `json:"drift"`
	Support []int     `json:"support"`
	Noise   int       `json:"noise"`
}

type pageFinding struct {
	ID       int    `json:"id"`
	Severity string `json:"severity"`
	Title    int    `json:"title"`
	Evidence []int  `json:"evidence"`
	Remedy   int    `json:"remedy"`
	Next     []int  `json:"next"`
	Source   int    `json:"source"`
	Waived   bool   `json:"waived"`
	Waiver   int    `json:"waiver"`
	Expired  int    `json:"expired"`
}

type pageChange struct {
	Step    int   `json:"step"`
	Command int   `json:"command"`
	Undo    int   `json:"undo"`
	Status  int   `json:"status"`
	At      int64 `json:"at"`
	Detail  int   `json:"detail"`
}

type pagePlan struct {
	Rung        int   `json:"rung"`
	Step        int   `json:"step"`
	Command     int   `json:"command"`
	Undo        int   `json:"undo"`
	AllowedBy   int   `json:"allowed"`
	BlockedBy   int   `json:"blocked"`
	Conditional bool  `json:"conditional"`
	Mends       []int `json:"mends"`
}

type pageStage struct {
	Name    int   `json:"name"`
	Failed  bool  `json:"failed"`
	Started int64 `json:"started"`
	MS      int64 `json:"ms"`
	Note    int   `json:"note"`
	// Steps are rows: id, command, stdout, how much more of it there is, stderr, how
	// much more, exit status, bytes that were not kept, ms, error, 1 when it changes.
	Steps [][11]int `json:"steps"`
}

type pageLease struct {
	Text  int       `json:"text"`
	Note  int       `json:"note"`
	Steps [][11]int `json:"steps"`
}

// page makes a host's page. What people read first has room first.
func (b *block) page(h outcome.Host) hostPage {
	p := hostPage{
		Why: b.short("why", Explain(h)), Started: milli(h.Started), Capture: b.short("capture", h.Capture),
		HostKey: b.short("hostkey", h.HostKey), Drift: b.shorts("drift", h.Drift),
		Findings: []pageFinding{}, Changes: []pageChange{}, Plan: []pagePlan{}, Stages: []pageStage{},
		Facts: [][2]int{}, Unread: [][2]int{}, Support: []int{}, Lease: pageLease{Steps: [][11]int{}},
	}
	for _, f := range h.Findings {
		p.Findings = append(p.Findings, pageFinding{
			ID: b.short("finding", f.ID), Severity: Clean(string(f.Severity), false), Title: b.short("title "+f.ID, f.Title),
			Evidence: b.shorts("evidence "+f.ID, f.Evidence), Remedy: b.short("remedy", f.Remedy), Next: b.shorts("next", f.Next),
			Source: b.short("source", f.Source), Waived: f.Waived, Waiver: b.short("waiver", f.Waiver), Expired: b.short("waiver", f.Expired),
		})
	}
	for _, c := range h.Changes {
		p.Changes = append(p.Changes, pageChange{
			Step: b.short("step", c.Step), Command: b.short("command "+c.Step, c.Command), Undo: b.short("undo "+c.Step, c.Undo),
			Status: b.short("status", c.Status), At: milli(c.At), Detail: b.short("detail", c.Detail),
		})
	}
	for _, s := range h.Plan {
		p.Plan = append(p.Plan, pagePlan{
			Rung: b.short("step", s.Rung), Step: b.short("step", s.Step), Command: b.short("command "+s.Step, s.Command), Undo: b.short("undo "+s.Step, s.Undo),
			AllowedBy: b.short("step", s.AllowedBy), BlockedBy: b.short("blocked", s.BlockedBy), Conditional: s.Conditional, Mends: b.shorts("finding", s.Mends),
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

// around adds what stands around the walk: the connection, the lease, what was fetched.
func (b *block) around(p *hostPage, h outcome.Host) {
	if h.SSH != nil {
		p.SSH = b.short("ssh", sshLine(*h.SSH))
	}
	if h.Lease != nil {
		p.Lease = pageLease{Text: b.short("lease", h.Lease.Text), Note: b.short("lease", h.Lease.Note), Steps: b.steps(h.Lease.Steps)}
	}
	for _, f := range h.Support {
		p.Support = append(p.Support, b.short("support", cleanLine("%s, %d bytes, sha256 %s", f.Name, f.Bytes, f.SHA256)))
	}
	p.Noise = b.short("noise", h.Noise)
	for _, name := range sorted(h.FactErrors) {
		p.Unread = append(p.Unread, [2]int{b.short("fact", name), b.short("unread", h.FactErrors[name])})
	}
}

func (b *block) steps(steps []outcome.Step) [][11]int {
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
	for _, name := range sorted(facts) {
		text, err := json.Marshal(facts[name])
		if err != nil {
			text = []byte(`"(not known)"`)
		}
		p.Facts = append(p.Facts, [2]int{b.short("fact", name), b.short("fact "+name, string(text))})
	}
}

// milli is a time in ms since 1970; 0: none.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
