package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/sshtest"
)

// Whatever key a host shows, known_hosts stays as it is, byte for byte, and no
// other file of keys appears: a key is a person's to add.
func TestKnownHostsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hosts, err := namedHosts([]string{"healthy", "address-removed-smitty"})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	other, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	changed, revoked := "", ""
	for _, m := range fleet.Inventory() {
		address := knownhosts.Normalize(fmt.Sprintf("%s:%d", m.Address, m.Port))
		changed += knownhosts.Line([]string{address}, other.PublicKey()) + "\n"
		revoked += "@revoked " + strings.TrimSpace(m.KnownHosts) + "\n"
	}
	for name, c := range map[string]struct{ text, reason string }{
		"none is known":   {"# nobody\n", "host-key-unknown: "},
		"others":          {string(gossh.MarshalAuthorizedKey(other.PublicKey())), "host-key-unknown: "},
		"changed":         {changed, "host-key-changed: "},
		"revoked":         {revoked + fleet.KnownHosts(), "host-key-changed: "},
		"all are as ever": {fleet.KnownHosts(), ""},
	} {
		home := t.TempDir()
		if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil {
			t.Fatal(err)
		}
		known := write(t, filepath.Join(home, ".ssh", "known_hosts"), c.text)
		inventory := write(t, filepath.Join(home, "inventory.yaml"), strings.NewReplacer(", known_hosts: known_hosts", "", "id_ed25519", filepath.Join(dir, "id_ed25519")).Replace(simulated.Inventory(fleet)))
		for _, verb := range [][]string{{"audit"}, {"plan"}, {"capture"}, {"recover", "--yes", "--set=settle=60ms", "--set=wait=600ms"}} {
			got := call(t, []string{"HOME=" + home}, append(verb, "-i", inventory, "--state", filepath.Join(home, "state"), "--format", "json")...)
			var run outcome.Run
			if err := json.Unmarshal([]byte(got.out), &run); err != nil || len(run.Hosts) != 2 {
				t.Fatalf("%s, %s: %v\n%s%s", name, verb, err, got.out, got.err)
			}
			for _, h := range run.Hosts {
				if (h.Outcome == outcome.Unreachable) != (c.reason != "") || c.reason != "" && !strings.HasPrefix(h.Reason, c.reason) {
					t.Errorf("%s, %s: %s: %s", name, verb, h.Outcome, h.Reason)
				}
			}
			if text, err := os.ReadFile(known); err != nil || string(text) != c.text {
				t.Errorf("%s, %s: known_hosts is now\n%s%v", name, verb, text, err)
			}
			if list, err := os.ReadDir(filepath.Dir(known)); err != nil || len(list) != 1 {
				t.Errorf("%s, %s: beside known_hosts there are %v, %v", name, verb, list, err)
			}
		}
	}
}

// The page on security promises nothing that no test keeps: every test that it
// names is there, and each of its promises names one.
func TestPromisesNameTheirTests(t *testing.T) {
	there := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, m := range function.FindAllStringSubmatch(string(code), -1) {
			there[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"security.md", "reliability.md"} {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("../../docs", page))
			if err != nil {
				t.Fatal(err)
			}
			namesTests(t, string(text), there)
		})
	}
}

// namesTests fails the test unless each row below Promises names tests, and each
// of them is there.
func namesTests(t *testing.T, text string, there map[string]bool) {
	t.Helper()
	_, promises, _ := strings.Cut(text, "## Promises")
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	var list []string
	for line := range strings.Lines(promises) {
		tests := named.FindAllStringSubmatch(line, -1)
		if row := strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| promise ") && !strings.HasPrefix(line, "| row |") && !strings.HasPrefix(line, "| --- "); row && len(tests) == 0 {
			t.Errorf("no test is named by %s", line)
		}
		for _, m := range tests {
			list = append(list, m[1])
			if !there[m[1]] {
				t.Errorf("there is no %s", m[1])
			}
		}
	}
	slices.Sort(list)
	if n := len(slices.Compact(list)); n < 15 {
		t.Errorf("only %d tests are named", n)
	}
}

// Nothing that a host sends is decompressed or unpacked: the product imports no package
// that could, but for the one that packs the HTML page.
func TestNothingIsDecompressed(t *testing.T) {
	packs := regexp.MustCompile(`"(compress/\w+|archive/\w+|[^"]*(klauspost/compress|/zstd|/lz4|/xz|/brotli|/snappy)[^"]*)"`)
	seen := 0
	for _, file := range sourceFiles(t, "../..") {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "transport/lab/") || strings.HasPrefix(file, "tools/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join("../..", file))
		noError(t, err)
		code := string(text)
		found := packs.FindAllString(code, -1)
		if file == "controller/report/html/pack.go" {
			seen++
			if len(found) == 1 && !strings.Contains(code, "gzip.NewReader") {
				continue
			}
		}
		if len(found) > 0 {
			t.Errorf("%s imports %q", file, found)
		}
	}
	if seen != 1 {
		t.Error("the package that packs the page is not seen")
	}
}

// A name that is a path gets nowhere, neither from an inventory nor from a
// command line.
func TestNamesThatArePaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hosts, err := namedHosts([]string{"healthy"})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	state := "--state=" + filepath.Join(dir, "state")
	if got := call(t, nil, "capture", "-i", filepath.Join(dir, "inventory.yaml"), state); got.code != 0 {
		t.Fatalf("%s%s", got.out, got.err)
	}
	write(t, filepath.Join(dir, "state", "secret.json"), "{}")
	before := everyFile(t, dir)
	inventory := filepath.Join(t.TempDir(), "bad.yaml")
	for _, name := range []string{"../evil", "..", ".", "/etc/passwd", "a/b", `a\\b`, ".hidden", "-x", "a\\nb", "a\\0b", "a\\x1b[31m", "ä"} {
		write(t, inventory, fmt.Sprintf("apiVersion: aixmend/v1\nhosts:\n  \"%s\": {address: 127.0.0.1}\n", name))
		if got := call(t, nil, "audit", "-i", inventory, state); got.code != 2 || !strings.Contains(got.err, "letters, digits, dots, underscores and hyphens") && !strings.Contains(got.err, "holds a control character") {
			t.Errorf("%q: exit code %d: %s", name, got.code, got.err)
		}
	}
	for _, name := range []string{"../secret", "../../secret", "..", "/etc/passwd", ".", "healthy/..", `..\secret`, "\x1b[31m"} {
		for _, args := range [][]string{
			{"explain", "latest", name}, {"report", "latest", "--host", name}, {"report", name}, {"explain", name, "healthy"}, {"capture", "list", name},
			{"capture", "show", name}, {"capture", "show", "healthy", name}, {"capture", "compare", "healthy", name, "latest"}, {"capture", "compare", name, "latest", "latest"},
			{"capture", "prune", name},
		} {
			got := call(t, nil, append(args, state)...)
			if got.code == 0 || got.out != "" || !strings.HasPrefix(got.err, "error: ") {
				t.Errorf("%q: exit code %d: %s%s", args, got.code, got.out, got.err)
			}
		}
	}
	after := everyFile(t, dir)
	delete(after, filepath.Join(dir, "state", "lock")) // of prune
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
}
