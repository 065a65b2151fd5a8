package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/controller/recording"
	"aixmend/controller/recording/anonymize"
	"aixmend/transport/lab/aixsim"
)

// lab is a simulated fleet that answers over SSH, with a folder for output files.
type lab struct {
	*testing.T
	dir, inventory string
	fleet          *aixsim.Fleet
}

func newLab(t *testing.T, hosts []aixsim.FleetHost) *lab {
	t.Helper()
	dir := t.TempDir()
	fleet, err := simulated.Start(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	return &lab{t, dir, filepath.Join(dir, "inventory.yaml"), fleet}
}

// run runs the command and checks its exit code.
func (l *lab) run(code int, args ...string) said {
	l.Helper()
	s := call(l.T, nil, args...)
	if s.code != code {
		l.Fatalf("aixmend %s: exit %d, want %d\n%s%s", strings.Join(args, " "), s.code, code, s.out, s.err)
	}
	return s
}

// state returns a new state folder.
func (l *lab) state(name string) string { return filepath.Join(l.dir, "state-"+name) }

// verdicts runs a verb that diagnoses, and returns its run.
func (l *lab) judged(name string, code int, args ...string) outcome.Run {
	l.Helper()
	s := l.run(code, append(args, "--state", l.state(name), "--format", "json", "-q")...)
	var run outcome.Run
	noError(l, json.Unmarshal([]byte(s.out), &run))
	return run
}

// ended is the part of a host's result that replay must reproduce.
type ended struct {
	Outcome  outcome.Outcome
	Reason   string
	Findings []string
}

// skew matches a duration that differs between two audits.
var skew = regexp.MustCompile(`\d+ seconds off`)

func endings(run outcome.Run) map[string]ended {
	all := map[string]ended{}
	for _, h := range run.Hosts {
		all[h.Name] = ended{h.Outcome, skew.ReplaceAllString(h.Reason, "N seconds off"), h.Findings}
	}
	return all
}

// Audit and replay agree on every host of the catalogue; an anonymized recording gives the
// same findings and outcome. No host was changed.
func TestReplayMatchesAudit(t *testing.T) {
	var fleet, hangs []aixsim.FleetHost
	for _, h := range aixsim.DemoFleet(0, 0) {
		switch h.Illness {
		case "lscluster-hangs": // it takes as long as the time limit: alone, with a short one
			hangs = append(hangs, h)
			continue
		case "lssrc-slow": // slower than nothing here
			h.State.Behaviours = nil
		}
		fleet = append(fleet, h)
	}
	for _, c := range []struct {
		name, timeout string
		hosts         []aixsim.FleetHost
		atLeast       int
	}{{"the catalogue", "30s", fleet, 50}, {"one that hangs", "15s", hangs, 1}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, c.hosts)
			l.replayJudgesAlike(c.timeout, c.atLeast)
		})
	}
}

// replayJudgesAlike compares a replay of the fleet with an audit.
func (l *lab) replayJudgesAlike(timeout string, atLeast int) {
	l.Helper()
	clear, anon := filepath.Join(l.dir, "clear"), filepath.Join(l.dir, "anon")
	recorded := make(chan said)
	go func() { // beside the audit: both only read
		recorded <- call(l.T, nil, "record", "-q", "-i", l.inventory, "--probe-timeout", timeout, "--out", clear)
	}()
	audit := l.judged("audit", 3, "audit", "-i", l.inventory, "--set", "probe_timeout="+timeout)
	if s := <-recorded; s.code != 0 && s.code != 3 {
		l.Fatalf("record: exit %d: %s", s.code, s.err)
	}
	for _, m := range l.fleet.Inventory() {
		if effects := l.fleet.Host(m.Name).Effects(); len(effects) > 0 {
			l.Errorf("%s (%s) was changed: %v", m.Name, m.Illness, effects)
		}
	}
	live := endings(audit)
	for name, e := range live {
		if e.Outcome == outcome.Skipped { // no AIX: there is nothing to record
			delete(live, name)
		}
	}
	replayed := l.judged("clear", 3, "replay", clear)
	if diff := gocmp.Diff(live, endings(replayed)); diff != "" {
		l.Errorf("replaying the recordings gives other results than the audit of the hosts (-audit +replay):\n%s", diff)
	}
	if diff := gocmp.Diff(fleetIDs(audit), fleetIDs(replayed)); diff != "" {
		l.Errorf("findings over several hosts (-audit +replay):\n%s", diff)
	}
	if replayed.Command != "replay" || len(replayed.Hosts) < atLeast {
		l.Errorf("%d hosts by %s", len(replayed.Hosts), replayed.Command)
	}
	l.anonymize(clear, anon)
	hidden := l.judged("anon", 3, "replay", anon)
	if diff := gocmp.Diff(kinds(live), kinds(endings(hidden))); diff != "" {
		l.Errorf("anonymized (-audit +replay):\n%s", diff)
	}
	if diff := gocmp.Diff(fleetIDs(audit), fleetIDs(hidden)); diff != "" {
		l.Errorf("anonymized, findings over several hosts (-audit +replay):\n%s", diff)
	}
	l.nothingOriginal(anon)
}

// anonymize writes anonymized recordings of a folder to another folder.
func (l *lab) anonymize(from, to string) {
	l.Helper()
	files, err := recording.Files([]string{from})
	noError(l, err)
	var list []*recording.Recording
	for _, file := range files {
		r, err := recording.Read(file)
		noError(l, err)
		list = append(list, r)
	}
	a, err := anonymize.New([]byte("a key of a test"))
	noError(l, err)
	for _, r := range a.All(list) {
		_, err := r.Write(to)
		noError(l, err)
	}
}

// record --anonymize uses a new random key each time.
func TestRecordAnonymized(t *testing.T) {
	t.Parallel()
	l := storyLab(t, "healthy", "address-of-clone")
	out := filepath.Join(l.dir, "anon")
	s := l.run(0, "record", "-i", l.inventory, "--anonymize", "--out", out)
	if !strings.Contains(s.err, "names, addresses and ids are anonymized") || strings.Contains(s.out, "aixvm") {
		t.Errorf("%s%s", s.out, s.err)
	}
	l.nothingOriginal(out)
	again := l.run(0, "record", "-i", l.inventory, "--anonymize", "--out", filepath.Join(l.dir, "again"))
	if strings.Contains(again.out, filepath.Base(strings.Fields(s.out)[0])) {
		t.Errorf("two calls gave a host the same name:\n%s%s", s.out, again.out)
	}
}

func fleetIDs(run outcome.Run) []string {
	ids := []string{}
	for _, f := range run.Fleet {
		ids = append(ids, fmt.Sprint(f.ID, " ", len(f.Hosts)))
	}
	slices.Sort(ids)
	return ids
}

// kinds are the results of hosts without their names.
func kinds(all map[string]ended) []string {
	var list []string
	for _, e := range all {
		list = append(list, fmt.Sprint(e.Outcome, " ", e.Findings))
	}
	slices.Sort(list)
	return list
}

// nothingOriginal fails if a file of a folder, or its name, contains a name or an address
// of the fleet.
func (l *lab) nothingOriginal(folder string) {
	l.Helper()
	original := regexp.MustCompile(`(?i)aixvm[0-9]+|\b10\.20\.[0-9]+|fa:16:3e|fa\.16\.3e|FA163E|fa:d4:43|fa\.d4\.43|FAD443|78ABCD0|00fa0001|f8d4:43ff|3f12ab90cc41d7e8`)
	files := everyFile(l.T, folder)
	if len(files) == 0 {
		l.Error("nothing was written")
	}
	for path, text := range files {
		text = strings.TrimPrefix(text, filepath.Dir(path))
		if m := original.FindAllString(text, 5); len(m) > 0 {
			l.Errorf("%s still has %q", path, m)
		}
	}
}

func storyLab(t *testing.T, story ...string) *lab {
	t.Helper()
	hosts, err := simulated.Hosts(story, len(story))
	noError(t, err)
	return newLab(t, hosts)
}

// record writes a private file for each host, never replaces one, and lists their contents.
func TestRecordWritesOneFilePerHost(t *testing.T) {
	t.Parallel()
	l := storyLab(t, "healthy", "not-aix")
	out := filepath.Join(l.dir, "recordings")
	s := l.run(0, "record", "-i", l.inventory, "--out", out)
	file := filepath.Join(out, "aixvm001"+recording.Suffix)
	if s.out != file+"\n" {
		t.Errorf("stdout has %q", s.out)
	}
	for _, want := range []string{"aixvm001: ", "commands", "KiB", "not anonymized", "aixvm002: not AIX: uname -s says Linux", "images", "recorded 1 of 2 hosts"} {
		if !strings.Contains(s.err, want) {
			t.Errorf("%q is not in:\n%s", want, s.err)
		}
	}
	for path, mode := range map[string]os.FileMode{out: 0o700 | os.ModeDir, file: 0o600} {
		info, err := os.Stat(path)
		noError(t, err)
		if info.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), mode)
		}
	}
	before, err := os.ReadFile(file)
	noError(t, err)
	again := l.run(2, "record", "-i", l.inventory, "--out", out)
	after, err := os.ReadFile(file)
	noError(t, err)
	if string(before) != string(after) || !strings.Contains(again.err, file+" exists") {
		t.Errorf("the second call: %s", again.err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 1 {
		t.Errorf("%v is left in the folder, %v", entries, err)
	}
}

// The exit codes are those of the reference.
func TestRecordExitCodes(t *testing.T) {
	t.Parallel()
	l := storyLab(t, "not-aix", "healthy")
	out := func(name string) string { return filepath.Join(l.dir, name) }
	l.run(3, "record", "-i", l.inventory, "-l", "aixvm001", "--out", out("a")) // no host at all
	text, err := os.ReadFile(l.inventory)
	noError(t, err)
	more := filepath.Join(l.dir, "more.yaml")
	write(t, more, string(text)+"  nobody: {address: 127.0.0.1, ssh: {port: 1}}\n")
	s := l.run(4, "record", "-i", more, "-l", "aixvm002,nobody", "--connect-timeout", "3s", "--out", out("b"))
	if !strings.Contains(s.err, "nobody: refused: ") || !strings.Contains(s.out, "aixvm002") {
		t.Errorf("%s%s", s.out, s.err)
	}
	l.run(2, "record", "-i", l.inventory, "-l", "nobody", "--out", out("c"))
	l.run(2, "record", "-i", l.inventory, "--out", write(t, out("file"), ""))
	l.run(2, "record", "-i", l.inventory, "--probe-timeout", "0s")
	l.run(2, "record", "-i", l.inventory, "--playbook", out("nothing.yaml"))
	for _, name := range []string{"a", "c"} {
		if _, err := os.Stat(out(name)); err == nil {
			t.Errorf("%s was made for nothing", name)
		}
	}
}

// A recording with an unprivileged login replays like an audit with it.
func TestRecordUnprivileged(t *testing.T) {
	l := storyLab(t, "not-root")
	audit := l.judged("audit", 3, "audit", "-i", l.inventory)
	out := filepath.Join(l.dir, "recordings")
	l.run(3, "record", "-i", l.inventory, "--out", out)
	if diff := gocmp.Diff(endings(audit), endings(l.judged("replay", 3, "replay", out))); diff != "" {
		t.Errorf("(-audit +replay):\n%s", diff)
	}
}

// Secrets in logs of the host are redacted.
func TestRecordRedactsSecrets(t *testing.T) {
	hosts, err := simulated.Hosts([]string{"healthy"}, 1)
	noError(t, err)
	secrets := []string{"hunter2secret", "tok-0123456789abcdef", "MIIEpAIBAAKCAQEA0Z3VS5JJcds3", "c3VwZXI6aHVudGVyMnNlY3JldA"}
	plant := "password: hunter2secret\n{\"api_token\": \"tok-0123456789abcdef\", \"x\": 1}\n" +
		"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3\n-----END RSA PRIVATE KEY-----\n" +
		"Authorization: Basic c3VwZXI6aHVudGVyMnNlY3JldA==\n"
	for _, name := range []string{"/var/log/cloud-init-output.log", "/smit.log", "/smit.script"} {
		f := hosts[0].State.Files[name]
		f.Content += "chdev -l en1 -a netaddr6= # password=hunter2secret\n" + plant
		hosts[0].State.Files[name] = f
	}
	l := newLab(t, hosts)
	out := filepath.Join(l.dir, "recordings")
	s := l.run(0, "record", "-i", l.inventory, "--out", out)
	if !strings.Contains(s.err, "redacted likely secrets in ") {
		t.Errorf("it is not said: %s", s.err)
	}
	for path, text := range everyFile(t, out) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q", path, secret)
			}
		}
		if !strings.Contains(text, "[redacted]") || !strings.Contains(text, "netaddr6=") {
			t.Error("the logs are not in the recording")
		}
	}
}

// replay of an invalid file prints the place and a hint, and writes nothing.
func TestReplayRefusesInvalidFiles(t *testing.T) {
	dir := t.TempDir()
	in := func(name, text string) string { return write(t, filepath.Join(dir, name), text) }
	empty := filepath.Join(dir, "folder")
	noError(t, os.Mkdir(empty, 0o700))
	for _, c := range []struct{ args, want string }{
		{in("empty", ""), "empty: it is empty"},
		{in("text", "hello"), "text:1: it is not JSON"},
		{in("cut", "{\n\"schema\": \"aixmend.recording/v1\",\n"), "cut:3: it is not JSON, or was cut off"},
		{in("other", `{"schema": "aixmend.run/v1"}`), `it is not a recording: its schema is "aixmend.run/v1"`},
		{in("newer", `{"schema": "aixmend.recording/v2"}`), `its schema is "aixmend.recording/v2"`},
		{in("deep", `{"schema": `+strings.Repeat("[", 100000)), "nested deeper"},
		{filepath.Join(dir, "missing"), "missing does not exist"},
		{empty, "no recordings in this folder"},
	} {
		s := call(t, nil, "replay", c.args, "--state", filepath.Join(dir, "state"))
		if s.code != 2 || !strings.Contains(s.err, c.want) || !strings.Contains(s.err, "hint: ") || s.out != "" {
			t.Errorf("replay %s: exit %d, %s%s", filepath.Base(c.args), s.code, s.out, s.err)
		}
	}
	if s := call(t, nil, "replay"); s.code != 2 {
		t.Errorf("without a file: exit %d", s.code)
	}
	if _, err := os.Stat(filepath.Join(dir, "state")); err == nil {
		t.Error("a state folder was created")
	}
}

// After its summary, replay prints the answers to the open questions about AIX.
func TestReplayPrintsAnswers(t *testing.T) {
	l := storyLab(t, "healthy")
	out := filepath.Join(l.dir, "recordings")
	l.run(0, "record", "-q", "-i", l.inventory, "--out", out)
	s := l.run(0, "replay", out, "--state", l.state("replay"))
	for _, want := range []string{"healthy", "1. does the RMC NIC", "VLAN 4094, switch MGMTSWITCH", "lsnodeid: exit 0, one line of 16 hex digits", `tokens "I A"`, "9. ", "10. does the shell", "yes: printf is /usr/bin/printf; no KSH_VERSION"} {
		if !strings.Contains(s.out, want) {
			t.Errorf("%q is not in:\n%s", want, s.out)
		}
	}
	if strings.Contains(s.out, "rmcrefreshMD: not found") {
		t.Error("rmcrefreshMD is there")
	}
	s = l.run(0, "replay", out, "--state", l.state("own"), "--playbook", "../../examples/playbook-check.yaml", "--fail-on", "failed")
	if !strings.Contains(s.err, "not recorded") {
		t.Errorf("probes of the playbook without an entry are not listed:\n%s", s.err)
	}
	if s := call(t, nil, "resume", "--state", l.state("replay")); s.code != 2 {
		t.Errorf("resume of a replay: exit %d: it would connect\n%s", s.code, s.err)
	}
	two := filepath.Join(l.dir, "copy"+recording.Suffix)
	text, err := os.ReadFile(filepath.Join(out, "aixvm001"+recording.Suffix))
	noError(t, err)
	write(t, two, string(text))
	if s := l.run(2, "replay", out, two); !strings.Contains(s.err, "are both recordings of host aixvm001") {
		t.Errorf("%s", s.err)
	}
}

// record --playbook runs the probes of a user's playbook, and replay diagnoses with them.
func TestRecordWithUserPlaybook(t *testing.T) {
	l := storyLab(t, "healthy")
	out := filepath.Join(l.dir, "recordings")
	l.run(0, "record", "-q", "-i", l.inventory, "--out", out, "--playbook", "../../examples/playbook-check.yaml")
	audit := l.judged("audit", 0, "audit", "-i", l.inventory, "--playbook", "../../examples/playbook-check.yaml", "--fail-on", "failed")
	replay := l.judged("replay", 0, "replay", out, "--playbook", "../../examples/playbook-check.yaml", "--fail-on", "failed")
	if diff := gocmp.Diff(endings(audit), endings(replay)); diff != "" {
		t.Errorf("(-audit +replay):\n%s", diff)
	}
}
