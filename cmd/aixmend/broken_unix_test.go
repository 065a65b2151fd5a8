//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/suite"
)

// foreign are words of Go's libraries, which tell a person neither the file nor the remedy.
var foreign = regexp.MustCompile(`(?m)(?:^|\s)(?:json|yaml|age|ssh): |UnmarshalJSON|strconv\.|x509: |asn1: |\bEOF\b|invalid character|cannot unmarshal|unknown field|unexpected end of|` +
	`did not find|could not find expected|parsing time|no such file or directory|is a directory|not a directory|too many levels|` +
	`: (open|read|stat|lstat) [\w./-]+: |syscall|goroutine|%!`)

// notThere are the words for documents that a run or a host may lack. They are true of a file
// that is missing only.
var notThere = regexp.MustCompile(`has no report of healthy|has not finished`)

// remedies are the words of a remedy, or of a state that is corrected by its opposite.
var remedies = regexp.MustCompile(`hint: |leave ssh_config out|name another one|must be|is missing|is empty|circle|more than 40 links|is a folder|does not exist|has no report of healthy`)

// brokenPlace fills a folder with an inventory, a run, a capture, a plan, a recording and
// every other file that verbs read, all of them good.
func brokenPlace(t *testing.T) (run, capture string) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("AIXMEND_SSH_CONFIG", "none")
	t.Setenv("AIXMEND_CONFIG", "")
	t.Setenv("HOME", t.TempDir())
	hosts, err := namedHosts([]string{"healthy", "address-removed-smitty"})
	noError(t, err)
	fleet, err := simulated.Start(".", hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	for _, verb := range []string{"capture", "plan --out plan.json", "record --out recordings"} {
		if code, _, said := inProcess(strings.Fields(verb)...); code != 0 && code != 3 {
			t.Fatalf("%s: %d: %s", verb, code, said)
		}
	}
	write(t, "aixmend.yaml", "apiVersion: aixmend/v1\nflags: {concurrency: 20}\n")
	write(t, "ssh_config", "Host *\n  Port 22\n")
	write(t, "ansible.json", `{"_meta": {"hostvars": {"aix1": {"ansible_host": "127.0.0.1"}}}, "all": {"hosts": ["aix1"]}}`)
	write(t, "hosts.ini", "[all]\naix1 ansible_host=127.0.0.1\n")
	write(t, "vars.yaml", "all: {hosts: {aix1: {ansible_host: 127.0.0.1}}}\n")
	text, err := os.ReadFile("../../playbooks/post-failover.yaml")
	if err != nil {
		text = []byte("apiVersion: aixmend/v1\n")
	}
	write(t, "playbook.yaml", string(text))
	inventory, err := os.ReadFile("inventory.yaml")
	noError(t, err)
	write(t, "password", "secret\n")
	write(t, "secret.yaml", strings.Replace(string(inventory), "user: root", "user: root, become: su, become_password: {file: password}", 1))
	captures, err := filepath.Glob("aixmend-state/captures/healthy/*")
	noError(t, err)
	runs, err := filepath.Glob("aixmend-state/runs/2*")
	noError(t, err)
	if len(captures) != 1 || len(runs) != 2 {
		t.Fatalf("%d captures, %d runs", len(captures), len(runs))
	}
	return filepath.Base(runs[0]), filepath.Base(captures[0])
}

// inProcess runs a call in this process.
func inProcess(args ...string) (code int, out, said string) {
	var stdout, stderr strings.Builder
	code = run(args, console.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

// damages are the ways in which a file is broken, each with the function that does it. text
// is that of the good file.
var damages = []struct {
	name string
	do   func(path string, text []byte) error
}{
	{"missing", func(string, []byte) error { return nil }},
	{"folder", func(path string, _ []byte) error { return os.Mkdir(path, 0o700) }},
	{"pipe", func(path string, _ []byte) error { return syscall.Mkfifo(path, 0o600) }},
	{"null device", func(path string, _ []byte) error { return os.Symlink(os.DevNull, path) }},
	{"circle", func(path string, _ []byte) error { return os.Symlink(filepath.Base(path), path) }},
	{"empty", holding(func([]byte) []byte { return nil })},
	{"cut off", holding(func(text []byte) []byte { return text[:len(text)*2/3] })},
	{"one byte", holding(func([]byte) []byte { return []byte("{") })},
	{"bytes", holding(func([]byte) []byte { return bytes.Repeat([]byte("\x7fELF\x02\xfe\x00\xc3"), 99) })},
	{"not UTF-8", holding(func(text []byte) []byte { return append([]byte("\xff\xfe"), text...) })},
	{"a number", holding(func([]byte) []byte { return []byte("42\n") })},
	{"a list", holding(func([]byte) []byte { return []byte("[1, 2]\n") })},
	{"an unclosed list", holding(func([]byte) []byte { return []byte("a: [1, 2\nb: 3\n") })},
	{"an unknown key", holding(func(text []byte) []byte { return bytes.Replace(text, []byte("{"), []byte("{\"nonsense\": 1, "), 1) })},
	{"numbers for texts", holding(func(text []byte) []byte { return regexp.MustCompile(`": "[^"]*"`).ReplaceAll(text, []byte(`": 4711`)) })},
	{"texts for times", holding(func(text []byte) []byte {
		return regexp.MustCompile(`"20\d\d-[^"]*"`).ReplaceAll(text, []byte(`"noon"`))
	})},
	{"text for structure", holding(func(text []byte) []byte { return bytes.Replace(text, []byte("["), []byte(`"x", [`), 1) })},
	{"1 MiB", holding(func([]byte) []byte { return bytes.Repeat([]byte("x"), 1<<20) })},
}

// holding writes a file with other text.
func holding(change func([]byte) []byte) func(string, []byte) error {
	return func(path string, text []byte) error { return os.WriteFile(path, change(text), 0o600) }
}

// Whatever is wrong with a file, no word of a library reaches a person alone: where a verb
// fails for it, the message names the file and comes with a remedy.
func TestBrokenFiles(t *testing.T) {
	suite.Unraced(t, "one goroutine")
	id, capture := brokenPlace(t)
	folder := "aixmend-state/runs/" + id
	for path, verbs := range map[string][]string{
		"plan.json":                    {"plan show plan.json", "recover --yes --plan plan.json"},
		folder + "/run.json":           {"report " + id, "runs", "diff " + id + " latest", "explain " + id + " healthy", "runs prune --keep 1 --dry-run", "report " + id + " --junit j.xml"},
		folder + "/hosts/healthy.json": {"report " + id, "report " + id + " --host healthy", "explain " + id + " healthy", "diff " + id + " latest", "report " + id + " --junit j.xml"},
		folder + "/hosts/healthy.md":   {"report " + id + " --host healthy"},
		folder + "/journal.jsonl":      {"recover --yes --undo " + id, "report " + id},
		folder + "/request.json":       {"recover --yes --undo " + id, "report " + id},
		"aixmend-state/captures/healthy/" + capture + "/manifest.sha256": {"capture list", "capture show healthy", "capture show healthy " + capture, "capture compare healthy latest " + capture},
		"aixmend-state/captures/healthy/" + capture + "/capture.json":    {"capture list", "capture show healthy"},
		"recordings/healthy.recording.json":                              {"replay recordings/healthy.recording.json --state replays"},
		"aixmend.yaml":                                                   {"runs", "inventory check"},
		"inventory.yaml":                                                 {"inventory check", "audit", "init --out new.yaml inventory.yaml"},
		"vars.yaml":                                                      {"inventory check -i vars.yaml"},
		"ansible.json":                                                   {"inventory check -i ansible.json"},
		"hosts.ini":                                                      {"inventory check -i hosts.ini", "init --out new.yaml hosts.ini"},
		"playbook.yaml":                                                  {"playbook check ./playbook.yaml", "playbook show ./playbook.yaml"},
		"known_hosts":                                                    {"audit -l healthy"},
		"id_ed25519":                                                     {"audit -l healthy"},
		"ssh_config":                                                     {"inventory list --ssh-config ssh_config"},
		"password":                                                       {"audit -i secret.yaml -l healthy"},
	} {
		good, err := os.ReadFile(path)
		noError(t, err)
		for _, damage := range damages {
			noError(t, os.RemoveAll(path))
			noError(t, damage.do(path, good))
			for _, verb := range verbs {
				checkWords(t, path, damage.name, verb)
			}
		}
		noError(t, os.RemoveAll(path))
		noError(t, os.WriteFile(path, good, 0o600))
	}
}

// checkWords runs a verb and checks the words in which it tells about a broken file.
func checkWords(t *testing.T, path, damage, verb string) {
	t.Helper()
	code, out, said := inProcess(strings.Fields(verb)...)
	all := said + out
	switch {
	case foreign.MatchString(all):
		t.Errorf("%s, %s: aixmend %s: words of a library: %q\n%s", path, damage, verb, foreign.FindString(all), said)
	case code == 1:
		t.Errorf("%s, %s: aixmend %s: an internal error:\n%s", path, damage, verb, said)
	case code == 2 && !strings.Contains(said, filepath.Base(path)) && (damage != "missing" || !notThere.MatchString(said)):
		t.Errorf("%s, %s: aixmend %s: the file is not named:\n%s", path, damage, verb, said)
	case code == 2 && !remedies.MatchString(said):
		t.Errorf("%s, %s: aixmend %s: no remedy:\n%s", path, damage, verb, said)
	}
}
