package formats

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/docs"
	"aixmend/transport/shell"
)

// The types are the part of SARIF 2.1.0 that is written, with the names of the
// standard.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Automation  sarifAutomation   `json:"automationDetails"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string     `json:"id"`
		Short   sarifText  `json:"shortDescription"`
		HelpURI string     `json:"helpUri,omitempty"`
		Help    *sarifText `json:"help,omitempty"`
		Default struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful  bool   `json:"executionSuccessful"`
		Code        int    `json:"exitCode"`
		Description string `json:"exitCodeDescription,omitempty"`
		Started     string `json:"startTimeUtc,omitempty"`
		Finished    string `json:"endTimeUtc,omitempty"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Properties   map[string]string  `json:"properties"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// SARIF writes SARIF 2.1.0: each finding of each host at the line of the inventory
// that names the host, and a result for each host that could not be judged or
// fixed. Waived findings are suppressed.
func SARIF(to io.Writer, e report.Evidence) error {
	s := sarif{defined: map[string]outcome.Place{}, rules: map[string]sarifRule{}, results: []sarifResult{}}
	for _, h := range e.Run.Hosts {
		s.defined[h.Name] = h.Defined
	}
	for h, err := range e.Hosts {
		if err != nil {
			return err
		}
		s.add(e.Run, h)
	}
	run := e.Run
	invocation := sarifInvocation{
		Successful: !run.Broke(), Code: run.ExitCode, Description: line(run.ExitReason),
		Started: sarifTime(run.Started), Finished: sarifTime(run.Finished),
	}
	text, err := json.MarshalIndent(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:        sarifTool{sarifDriver{Name: "aixmend", Version: line(run.Version), Rules: s.sortedRules()}},
			Automation:  sarifAutomation{"aixmend/" + line(run.Command) + "/" + line(run.Playbook.Name) + "/"},
			Invocations: []sarifInvocation{invocation},
			Results:     s.results,
		}},
	}, "", "  ")
	if err != nil {
		return err
	}
	_, err = to.Write(append(report.SafeJSON(text), '\n'))
	return err
}

func sarifTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// sarif collects the results of a run.
type sarif struct {
	defined map[string]outcome.Place
	rules   map[string]sarifRule
	results []sarifResult
}

// add adds the results of a host. A host that ended without a verdict, or for a reason
// other than a finding, is a result of its own.
func (s *sarif) add(run outcome.Run, h outcome.Host) {
	hasCritical := slices.ContainsFunc(h.Findings, func(f outcome.Finding) bool { return f.Open() && f.Severity == outcome.Critical })
	switch h.Outcome {
	case outcome.Healthy, outcome.Degraded, outcome.Recovered, outcome.OutcomeUndone:
	case outcome.NeedsAction:
		if !hasCritical {
			s.ended(run, h)
		}
	default:
		s.ended(run, h)
	}
	for _, f := range h.Findings {
		level := sarifLevel(f.Severity)
		r := s.result(h, f.ID, level, tell(f))
		if f.Waived {
			r.Suppressions = []sarifSuppression{{"external", "accepted", line(f.Waiver)}}
		}
		s.results = append(s.results, r)
		if _, known := s.rules[f.ID]; !known {
			rule := sarifRule{ID: line(f.ID), Short: sarifText{line(f.Title)}, Help: &sarifText{strings.TrimLeft(line(f.Remedy)+"\nsource: "+line(f.Source), "\n")}}
			if docs.Explains(f.ID) {
				rule.HelpURI = docs.InstalledRunbook + "#" + f.ID
				rule.Help.Text += "\nmore: aixmend runbook " + shell.Word(f.ID)
			}
			rule.Default.Level = level
			s.rules[f.ID] = rule
		}
	}
}

// ended adds the result of a host's outcome.
func (s *sarif) ended(run outcome.Run, h outcome.Host) {
	id, level := "host-"+strings.ReplaceAll(string(h.Outcome), "_", "-"), "note"
	if run.Fails(h.Outcome) {
		level = "error"
	}
	s.results = append(s.results, s.result(h, id, level, line(string(h.Shown())+": "+h.Reason)))
	if _, known := s.rules[id]; !known {
		rule := sarifRule{ID: id, Short: sarifText{"the outcome of the host is " + string(h.Outcome)}}
		rule.Default.Level = level
		s.rules[id] = rule
	}
}

// result builds a result of a host. Its fingerprint is the same in every run, and
// differs between hosts that share a line of the inventory.
func (s *sarif) result(h outcome.Host, rule, level, text string) sarifResult {
	sum := sha256.Sum256([]byte(h.Host + "\x00" + rule))
	mark := hex.EncodeToString(sum[:16])
	place := sarifLocation{Logical: []sarifLogical{{line(h.Host), "resource"}}}
	if at := s.defined[h.Host]; at.File != "" {
		place.Physical = &sarifPhysical{}
		place.Physical.Artifact.URI = fileURI(at.File)
		if at.Line > 0 {
			place.Physical.Region = &sarifRegion{at.Line}
		}
	}
	return sarifResult{
		RuleID: line(rule), Level: level, Message: sarifText{line(h.Host) + ": " + text}, Locations: []sarifLocation{place},
		// GitHub uses only the second.
		Fingerprints: map[string]string{"hostAndFinding/v1": mark, "primaryLocationLineHash": mark + ":1"},
		Properties:   map[string]string{"host": line(h.Host), "address": line(h.Address), "outcome": string(h.Outcome)},
	}
}

func (s *sarif) sortedRules() []sarifRule {
	rules := make([]sarifRule, 0, len(s.rules))
	for _, id := range slices.Sorted(maps.Keys(s.rules)) {
		rules = append(rules, s.rules[id])
	}
	return rules
}

func sarifLevel(severity outcome.Severity) string {
	switch severity {
	case outcome.Critical:
		return "error"
	case outcome.Warning:
		return "warning"
	}
	return "note"
}

// fileURI renders a path as a URI: a relative one stays relative, an absolute one
// becomes a file: URI.
func fileURI(path string) string {
	slashed := filepath.ToSlash(strings.ToValidUTF8(path, "\uFFFD"))
	if !filepath.IsAbs(path) {
		return (&url.URL{Path: slashed}).String()
	}
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // before a drive letter
	}
	return fmt.Sprintf("file://%s", (&url.URL{Path: slashed}).EscapedPath())
}
