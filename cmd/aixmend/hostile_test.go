package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/suite"
)

// evil is what a host prints that wants to be more than text: escape sequences,
// 8-bit controls as bytes and as characters, marks that reorder text, and the
// markup of Markdown and HTML.
const evil = "<script>owned</script> [owned](http://evil.example) \x1b]0;owned\x07\x1b[2J\x9b31m\u009b31m\u202Eevil\u2066 \u2028\x00\x7f\r\n# owned\n" +
	"##vso[owned] x ##teamcity[owned 'x'] ##[owned]\n::owned::x\n" +
	"![owned](http://evil.example/x) www.evil.example | a | b |\n```\n# owned\n- owned\n"

// markupOfEvil is what of it would be markup outside of a code block.
var markupOfEvil = regexp.MustCompile(`(?m)^# owned|^- owned|<script|\]\(http|[^\\]://evil|[^\\.]www\.evil`)

// frameBegin is the line that begins a command's output.
var frameBegin = regexp.MustCompile(`\naixmend-[0-9a-f]{24} B ([0-9]+)\n`)

// commandOfEvil is what a runner of pipelines would execute of it, wherever it stands.
var commandOfEvil = regexp.MustCompile(`##\w*\[owned`)

// lies puts the evil text behind the beginning of each frame but those of the
// first commands, without whose answers nothing more is run.
func lies(out []byte) []byte {
	return frameBegin.ReplaceAllFunc(out, func(line []byte) []byte {
		if n := frameBegin.FindSubmatch(line)[1]; len(n) == 1 && n[0] < '3' {
			return line
		}
		return append(bytes.Clone(line), evil...)
	})
}

// evilHosts are hosts that behave badly, each in its own way.
func evilHosts(host *aixsim.Host) map[string]sshtest.HandlerFunc {
	answer := func(ctx context.Context, x *sshtest.Exec) (out, errs bytes.Buffer, exit int) {
		one := *x
		one.Stdout, one.Stderr = &out, &errs
		exit = host.ServeExec(ctx, &one)
		return out, errs, exit
	}
	return map[string]sshtest.HandlerFunc{
		"evil-stdout": func(ctx context.Context, x *sshtest.Exec) int {
			out, errs, exit := answer(ctx, x)
			_, _ = x.Stdout.Write(lies(out.Bytes()))
			_, _ = x.Stderr.Write(errs.Bytes())
			return exit
		},
		"evil-stderr": func(ctx context.Context, x *sshtest.Exec) int {
			out, errs, exit := answer(ctx, x)
			failed := regexp.MustCompile(`(\naixmend-[0-9a-f]{24} E [0-9]{2,}) 0\n`).ReplaceAll(out.Bytes(), []byte("$1 1\n"))
			_, _ = x.Stdout.Write(failed)
			_, _ = x.Stderr.Write(lies(errs.Bytes()))
			return exit
		},
		"evil-shell": func(_ context.Context, x *sshtest.Exec) int {
			_, _ = x.Stderr.Write([]byte(evil + "\x1b]0;owned\x07\n"))
			return 1
		},
	}
}

// evilFleet starts such hosts beside simulated ones with an evil profile, an
// evil log and an evil answer of sudo, and writes an inventory of all.
func evilFleet(t *testing.T, dir string) []string {
	t.Helper()
	hosts, err := namedHosts([]string{"address-removed-smitty", "hostile-log", "daemon-down", "healthy"})
	if err != nil {
		t.Fatal(err)
	}
	hosts[0].State.ProfileOut, hosts[0].State.ProfileErr = evil, evil
	refused := hosts[2].State
	refused.Unprivileged, refused.Become, refused.ProfileErr = true, map[string]string{"sudo": "denied"}, evil
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	text := simulated.Inventory(fleet)
	m := fleet.Inventory()[2]
	plain := fmt.Sprintf("%s: {address: %q, ssh: {port: %d}}", m.Name, m.Address, m.Port)
	text = strings.Replace(text, plain, fmt.Sprintf("%s: {address: %q, ssh: {port: %d, user: ops, become: sudo}}", m.Name, m.Address, m.Port), 1)
	known := fleet.KnownHosts()

	key, err := os.ReadFile(filepath.Join(dir, "id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.ParsePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"address-removed-smitty", "hostile-log", "daemon-down"}
	for name, handler := range evilHosts(fleet.Host("healthy")) {
		server, err := sshtest.Serve(handler, sshtest.Options{AuthorizedKeys: []gossh.PublicKey{signer.PublicKey()}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		address := server.Addr().(*net.TCPAddr)
		text += fmt.Sprintf("  %s: {address: %q, ssh: {port: %d}}\n", name, address.IP.String(), address.Port)
		known += server.KnownHostsLine(address.String()) + "\n"
		names = append(names, name)
	}
	write(t, filepath.Join(dir, "inventory.yaml"), text)
	write(t, filepath.Join(dir, "known_hosts"), known)
	return names
}

// Nothing of what a host prints reaches a terminal but text, whatever verb
// shows it and in whatever form.
func TestHostileOutputStaysText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := evilFleet(t, dir)
	state := "--state=" + dir + "/state"
	walk := []string{"-i", dir + "/inventory.yaml", state, "-v", "--set=settle=60ms", "--set=wait=600ms"}
	calls := [][]string{
		append([]string{"audit"}, walk...), append([]string{"audit", "-q"}, walk...), append([]string{"audit", "--format", "json"}, walk...),
		append([]string{"plan"}, walk...), append([]string{"plan", "--format", "json"}, walk...), append([]string{"capture"}, walk...),
		append([]string{"recover", "--yes", "--wave", "100%", "--max-fail", "100%"}, walk...),
		append([]string{"recover", "--yes", "--wave", "100%", "--max-fail", "100%", "--playbook", "support-data"}, walk...),
		append([]string{"audit", "--playbook", "post-migration", "--set", "baseline=latest"}, walk...),
		{"runs", state}, {"runs", state, "--format", "json"}, {"report", "latest", state}, {"report", "latest", state, "--format", "json"},
		{"capture", "list", state}, {"inventory", "list", "-i", dir + "/inventory.yaml"},
	}
	for _, name := range names {
		calls = append(calls, []string{"capture", "show", name, state}, []string{"capture", "compare", name, "latest", "latest", state})
	}
	var shown strings.Builder
	check := func(args []string) {
		got := call(t, nil, args...)
		if got.code == 1 {
			t.Errorf("%q failed: %s", args, got.err)
		}
		for stream, text := range map[string]string{"stdout": got.out, "stderr": got.err} {
			if at := firstDifference(text, report.Clean(text, true)); at >= 0 {
				t.Errorf("%s of %q is not clean: %q", stream, args, text[max(0, at-60):min(len(text), at+20)])
			}
			if command := commandOfEvil.FindString(text); command != "" {
				t.Errorf("%s of %q holds the command %q", stream, args, command)
			}
			shown.WriteString(text)
		}
	}
	for _, args := range calls {
		check(args)
	}
	runs, err := os.ReadDir(filepath.Join(dir, "state", "runs"))
	if err != nil {
		t.Fatal(err)
	}
	var pages [][]string
	for _, entry := range runs {
		if !entry.IsDir() {
			continue
		}
		for _, name := range names {
			pages = append(pages, []string{"explain", entry.Name(), name, state},
				[]string{"report", entry.Name(), state, "--host", name},
				[]string{"report", entry.Name(), state, "--host", name, "--format", "json"})
		}
	}
	for i := 0; i < len(pages); i += suite.Rounds(4, 1) { // 4 has no factor in common with the three forms
		check(pages[i])
	}
	// It was there to be shown, and is, as text.
	for _, visible := range []string{"^[]0;owned^G", `\u001b]0;owned`, `\u009b31m`, "##vso [owned]", `##teamcity\u005bowned`, "owned"} {
		if !strings.Contains(shown.String(), visible) {
			t.Errorf("%q is shown nowhere", visible)
		}
	}
	checkDocuments(t, filepath.Join(dir, "state"))
}

// checkDocuments checks the documents for people in a state folder.
func checkDocuments(t *testing.T, state string) {
	t.Helper()
	documents, owned := 0, 0
	for path, text := range everyFile(t, state) {
		_, text, _ = strings.Cut(text, "\n")
		markdown := filepath.Ext(path) == ".md"
		if !markdown && filepath.Base(path) != "case.txt" {
			continue
		}
		documents++
		owned += strings.Count(text, "owned")
		if at := firstDifference(text, report.Clean(text, true)); at >= 0 {
			t.Errorf("%s is not clean: %q", path, text[max(0, at-60):min(len(text), at+20)])
		}
		if found := markupOfEvil.FindString(outsideFences(text)); markdown && found != "" {
			t.Errorf("%s has markup of the host: %q", path, found)
		}
	}
	if documents < 20 || owned < 100 {
		t.Errorf("%d documents that show it %d times", documents, owned)
	}
}

// outsideFences is a Markdown document without its code blocks.
func outsideFences(document string) string {
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(document) {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence != "":
			if bare := strings.TrimSpace(line); len(bare) >= len(fence) && strings.Trim(bare, "`") == "" {
				fence = ""
			}
		case len(ticks) >= 3:
			fence = ticks
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

// firstDifference is where two texts begin to differ, -1 where they are equal.
func firstDifference(a, b string) int {
	if a == b {
		return -1
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b)) - 1
}

// Stored reports are cleaned when they are printed, even if a host chose every text in them:
// the terminal does not depend on the parsers. Only the ids and names are valid, because a
// document with others is refused (TestForgedNames).
func TestHostileReportsStayText(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	store, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	finding := outcome.Finding{ID: evil, Severity: outcome.Critical, Title: evil, Evidence: []string{evil}, Remedy: evil, Next: []string{evil}, Source: evil}
	plan := []outcome.PlanStep{{Rung: evil, Step: "s", Command: evil, Undo: evil, BlockedBy: evil}}
	host := outcome.Host{
		Host: "aix1", Address: evil, RunID: "20261122T100000.000Z-aaaaaa", Outcome: outcome.NeedsAction, Reason: evil, Findings: []outcome.Finding{finding}, Plan: plan, Noise: evil,
		FactErrors: map[string]string{"fact": evil}, Changes: []outcome.Change{{Step: evil, Command: evil, Undo: evil, Status: outcome.Applied, Detail: evil, At: at}},
		Stages:  []outcome.Stage{{Name: "diagnose", Status: "ok", Note: evil, Steps: []outcome.Command{{ID: evil, Command: evil, Stdout: evil, Stderr: evil, Error: evil}}}},
		Support: []outcome.SupportFile{{Name: evil, SHA256: evil}}, Facts: map[string]any{"fact": evil},
	}
	entry := outcome.Entry{Time: at, Host: "aix1", Step: evil, Command: evil, Undo: evil, Status: evil, Detail: evil}
	ran := func(id string) *journal.Run {
		run, err := store.NewRun(id)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = run.Close() })
		for _, event := range []string{outcome.EventRun, outcome.EventIntent, outcome.EventResult, outcome.EventIntent} {
			entry.Event = event
			entry.Step += "x"
			if err := run.Append(entry); err != nil {
				t.Fatal(err)
			}
		}
		return run
	}
	done := ran("20261122T100000.000Z-aaaaaa")
	if err := done.WriteHost(host, formats.HostMarkdown(host, formats.Open{})); err != nil {
		t.Fatal(err)
	}
	summary := outcome.HostSummary{Name: "aix1", Address: evil, Outcome: outcome.NeedsAction, Reason: evil, Findings: []string{evil}, Open: []string{evil}, Plan: plan}
	err = done.Finish(outcome.Run{
		Schema: outcome.RunSchema, ID: "20261122T100000.000Z-aaaaaa", Command: evil, Playbook: outcome.Playbook{Name: evil}, Started: at, ExitReason: evil,
		Hosts: []outcome.HostSummary{summary}, Counts: map[outcome.Outcome]int{outcome.NeedsAction: 1}, Fleet: []outcome.FleetFinding{{ID: "x", Title: evil, Hosts: []string{"aix1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ran("20261122T110000.000Z-bbbbbb") // and was killed
	for _, id := range []string{"c1", "c2"} {
		kept := outcome.Capture{
			ID: id, Host: "aix1", RunID: evil, Purpose: outcome.PurposeCapture, Label: evil, Created: at, Findings: []outcome.Finding{finding},
			Items: []outcome.CaptureItem{{ID: evil, Stored: evil, Error: evil}},
		}
		if _, err := store.Keep(kept, []outcome.CaptureFile{{Name: "probes/" + strings.NewReplacer("\n", "", "/", "", "\x00", "").Replace(evil) + id, Data: []byte(evil)}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"runs"}, {"runs", "--format", "json"}, {"report", "latest"}, {"report", "latest", "--format", "json"}, {"report", "latest", "--host", "aix1"},
		{"report", "latest", "--host", "aix1", "--format", "json"}, {"report", "20261122T110000.000Z-bbbbbb"}, {"report", "20261122T110000.000Z-bbbbbb", "--format", "json"},
		{"explain", "latest", "aix1"}, {"capture", "list"}, {"capture", "show", "aix1"}, {"capture", "compare", "aix1", "c1", "c2"},
	} {
		got := call(t, nil, append(args, "--state", dir)...)
		if got.code != 0 || !strings.Contains(got.out, "owned") {
			t.Errorf("%q: exit code %d:\n%s%s", args, got.code, got.out, got.err)
		}
		if at := firstDifference(got.out, report.Clean(got.out, true)); at >= 0 {
			t.Errorf("%q is not clean: %q", args, got.out[max(0, at-60):min(len(got.out), at+20)])
		}
	}
}
