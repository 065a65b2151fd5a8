package fleet

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// Compared says which facts of a host, or parts of them such as own.past.node_ids.id, leave its
// site, so that the hub can compare hosts of several sites, and with which key the addresses in
// them are hidden: equal ones stay equal.
type Compared struct {
	Facts []string
	Key   []byte
}

// word matches a text that may be a network address.
var word = regexp.MustCompile(`[0-9A-Fa-f][0-9A-Fa-f:.-]+:{0,2}`)

// isAddress reports whether a word is an IPv4 or IPv6 address or a MAC, as AIX prints it too
// (with dots), with a port or without. A word that begins with a number below 10 and would be
// an IPv4 address is taken for a version, such as RSCT 3.2.6.4.
func isAddress(text string) bool {
	text = strings.TrimRight(text, ".-")
	if !strings.HasSuffix(text, "::") {
		text = strings.TrimSuffix(text, ":")
	}
	if host, port, ok := cutLast(text, ":"); ok && allDigits(port) && isOne(host) {
		return true
	}
	return isOne(text)
}

func isOne(text string) bool {
	ip, err := netip.ParseAddr(text)
	_, mac := net.ParseMAC(strings.NewReplacer(".", ":").Replace(text))
	id := len(text) == 16 && !strings.ContainsAny(text, ":.-") // an RSCT node id, no EUI-64
	return err == nil && (!ip.Is4() || ip.As4()[0] >= 10) || mac == nil && !id
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// replaceAddresses returns a text with each address in it changed.
func replaceAddresses(text string, change func(string) string) string {
	return word.ReplaceAllStringFunc(text, func(w string) string {
		if !isAddress(w) {
			return w
		}
		return change(w)
	})
}

// atSite stands for a command, and for the place of a capture.
const atSite = "(at the site)"

// outputAtSite stands for a line of a command's output.
const outputAtSite = "(its output is at the site)"

const (
	shortLine = 8   // in bytes: a line that is not longer, such as "0" or "active", tells nothing
	longLine  = 200 // of a longer line a reason quotes the beginning
)

// said returns the lines that commands have printed when they failed, the longest first: the
// reason of a host may quote one.
func said(h outcome.Host) []string {
	var list []string
	add := func(c outcome.Command) {
		text := c.Stderr
		if c.ExitStatus != 0 {
			text += "\n" + c.Stdout
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); len(line) > longLine {
				line = strings.ToValidUTF8(line[:longLine], "")
			}
			if quoted := strings.Trim(fmt.Sprintf("%q", line), `"`); len(line) > shortLine {
				list = append(list, line, quoted)
			}
		}
	}
	for _, s := range h.Stages {
		for _, c := range s.Steps {
			add(c)
		}
	}
	if h.Lease != nil {
		for _, c := range h.Lease.Steps {
			add(c)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(list)
}

// hidden stands for an address in a text.
const hidden = "(address)"

// Public is the report of a host as far as it leaves the site: verdicts and the compared
// facts, and which steps of the playbook would be, or were, run. Its commands, output,
// evidence, captures and addresses stay; private are further texts that must not leave, such as the host's own address.
func Public(h outcome.Host, c Compared, private ...string) outcome.Host {
	private = slices.DeleteFunc(slices.Clone(private), func(s string) bool { return len(s) < 3 })
	lines := said(h)
	clean := func(text string) string {
		for _, line := range lines {
			text = strings.ReplaceAll(text, line, outputAtSite)
		}
		for _, p := range private {
			text = strings.ReplaceAll(text, p, hidden)
		}
		return replaceAddresses(text, func(string) string { return hidden })
	}
	p := outcome.Host{
		Schema: h.Schema, RunID: h.RunID, Host: h.Host, Outcome: h.Outcome, Reason: clean(h.Reason), Interrupted: h.Interrupted,
		Started: h.Started, Duration: h.Duration, Stages: []outcome.Stage{}, Facts: map[string]any{}, Changes: []outcome.Change{},
		Findings: []outcome.Finding{}, Passed: h.Passed,
	}
	if h.Capture != "" {
		p.Capture = atSite
	}
	for _, s := range h.Stages {
		p.Stages = append(p.Stages, outcome.Stage{Name: s.Name, Status: s.Status, Started: s.Started, DurationMS: s.DurationMS, Steps: []outcome.Command{}})
	}
	if h.Plan != nil {
		p.Plan = []outcome.PlanStep{}
	}
	for _, s := range h.Plan {
		step := outcome.PlanStep{
			Rung: s.Rung, Step: s.Step, Undo: "none: " + atSite, AllowedBy: s.AllowedBy, BlockedBy: clean(s.BlockedBy),
			Conditional: s.Conditional, Because: clean(s.Because), Fixes: s.Fixes, Part: s.Part, TimedUndo: s.TimedUndo,
		}
		if s.Command != "" {
			step.Command = s.Step + " " + atSite
		}
		if s.Undoes() {
			step.Undo = atSite
		}
		p.Plan = append(p.Plan, step)
	}
	for _, c := range h.Changes {
		p.Changes = append(p.Changes, outcome.Change{Step: c.Step, Status: c.Status, At: c.At, Rung: c.Rung, Fixes: c.Fixes})
	}
	for _, f := range h.Findings {
		p.Findings = append(p.Findings, outcome.Finding{
			ID: f.ID, Severity: f.Severity, Title: clean(f.Title), Evidence: []string{}, Source: f.Source, Rule: f.Rule, Reads: f.Reads,
			RestsOn: f.RestsOn, Waived: f.Waived, Waiver: clean(f.Waiver), Expired: clean(f.Expired),
		})
	}
	if cloud := h.Cloud; cloud != nil {
		p.Cloud = &outcome.Cloud{Status: cloud.Status, Health: cloud.Health, Reason: clean(cloud.Reason), LastUpdate: cloud.LastUpdate, Class: cloud.Class, Silence: clean(cloud.Silence)}
	}
	facts := map[string]any{}
	for _, part := range c.Facts {
		name, rest, _ := strings.Cut(part, ".")
		value, there := h.Facts[name]
		if !there {
			continue
		}
		if _, done := facts[name]; !done {
			facts[name] = plain(value)
		}
		keep(p.Facts, name, rest, facts[name])
	}
	for name, value := range p.Facts {
		p.Facts[name] = c.hidden(value, private)
	}
	return p
}

const (
	// shortFindings bounds the findings of a short report, shortText each of its texts, in bytes.
	shortFindings = 50
	shortText     = 200
)

// Short is a public report of so many bytes, which no message holds, as far as one does: the outcome,
// the steps that were sent, and the beginning of the findings. A host can have its report grow; it
// must not keep those of others from the hub.
func Short(h outcome.Host, bytes int) outcome.Host {
	p := outcome.Host{
		Schema: h.Schema, RunID: h.RunID, Host: h.Host, Outcome: h.Outcome, Interrupted: h.Interrupted, Started: h.Started, Duration: h.Duration,
		Stages: h.Stages, Facts: map[string]any{}, Changes: h.Changes, Capture: h.Capture, Cloud: h.Cloud, Findings: []outcome.Finding{},
		Reason: fmt.Sprintf("%s; its report of %d bytes is too long for a message to the hub: the rest is at the site", cut(h.Reason), bytes),
	}
	for _, f := range h.Findings[:min(shortFindings, len(h.Findings))] {
		p.Findings = append(p.Findings, outcome.Finding{ID: f.ID, Severity: f.Severity, Title: cut(f.Title), Evidence: []string{}, Source: cut(f.Source), Waived: f.Waived})
	}
	return p
}

func cut(text string) string {
	if len(text) > shortText {
		text = strings.ToValidUTF8(text[:shortText], "") + " ..."
	}
	return text
}

// keep puts a part of a value into a map: all of it where rest is "", else that below the names
// in rest, with dots between.
func keep(into map[string]any, name, rest string, value any) {
	below, is := value.(map[string]any)
	if rest == "" || !is {
		if rest == "" {
			into[name] = value
		}
		return
	}
	next, rest, _ := strings.Cut(rest, ".")
	if _, there := below[next]; !there {
		return
	}
	inner, is := into[name].(map[string]any)
	if !is {
		inner = map[string]any{}
		into[name] = inner
	}
	keep(inner, next, rest, below[next])
}

// plain returns a value as its document has it, nil where it has none.
func plain(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var plain any
	if json.Unmarshal(text, &plain) != nil {
		return nil
	}
	return plain
}

// hidden returns a plain value with the addresses and private texts in it replaced by their hashes.
func (c Compared) hidden(value any, private []string) any {
	switch v := value.(type) {
	case string:
		for _, p := range private {
			if strings.Contains(v, p) {
				v = strings.ReplaceAll(v, p, c.hash(p))
			}
		}
		return replaceAddresses(v, c.hash)
	case []any:
		for i := range v {
			v[i] = c.hidden(v[i], private)
		}
	case map[string]any:
		for key := range v {
			v[key] = c.hidden(v[key], private)
		}
	}
	return value
}

func (c Compared) hash(text string) string {
	sum := hmac.New(sha256.New, c.Key)
	sum.Write([]byte(strings.ToLower(text)))
	return "#" + hex.EncodeToString(sum.Sum(nil)[:12])
}
