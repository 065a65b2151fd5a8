package examples

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// action is the metadata of a composite action of GitHub.
type action struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Inputs      map[string]struct {
		Description string  `yaml:"description"`
		Required    bool    `yaml:"required"`
		Default     *string `yaml:"default"`
	} `yaml:"inputs"`
	Outputs map[string]struct {
		Description string `yaml:"description"`
		Value       string `yaml:"value"`
	} `yaml:"outputs"`
	Runs struct {
		Using string       `yaml:"using"`
		Steps []actionStep `yaml:"steps"`
	} `yaml:"runs"`
}

type actionStep struct {
	ID    string            `yaml:"id"`
	Name  string            `yaml:"name"`
	If    string            `yaml:"if"`
	Shell string            `yaml:"shell"`
	Env   map[string]string `yaml:"env"`
	Run   string            `yaml:"run"`
	Uses  string            `yaml:"uses"`
	With  map[string]string `yaml:"with"`
}

const actionFile = "../packaging/github-action/action.yml"

var (
	inputUse  = regexp.MustCompile(`\binputs\.([a-z0-9-]+)`)
	outputUse = regexp.MustCompile(`\$\{\{ steps\.([a-z]+)\.outputs\.([a-z-]+) \}\}`)
	longFlag  = regexp.MustCompile(`--([a-z]+(?:-[a-z]+)*)=`)
)

// The action has the keys that GitHub requires, runs pinned code, and puts no input into a
// script; each input and each output that it names is there.
func TestGitHubAction(t *testing.T) {
	text := read(t, actionFile)
	a := decode[action](t, actionFile)[0]
	if a.Name == "" || a.Description == "" || a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Errorf("%+v", a)
	}
	used := map[string]bool{}
	for _, m := range inputUse.FindAllStringSubmatch(text, -1) {
		used[m[1]] = true
		if _, declared := a.Inputs[m[1]]; !declared {
			t.Errorf("there is no input %s", m[1])
		}
	}
	for name, in := range a.Inputs {
		if !used[name] || in.Description == "" || in.Required == (in.Default != nil) {
			t.Errorf("input %s: %+v, used %v", name, in, used[name])
		}
	}
	steps := map[string]actionStep{}
	for _, s := range a.Runs.Steps {
		steps[s.ID] = s
		switch {
		case (s.Run == "") == (s.Uses == "") || s.Name == "":
			t.Errorf("a step has a name and one of run and uses: %+v", s)
		case s.Run != "" && s.Shell != "bash":
			t.Errorf("%s has no shell", s.Name)
		case s.Uses != "" && !pinned.MatchString(s.Uses):
			t.Errorf("%s is not pinned by a commit", s.Uses)
		case strings.Contains(s.Run, "${{"):
			t.Errorf("%s: an expression in a script lets others inject text", s.Name)
		}
		checkShell(t, s.Run, syntax.LangBash)
	}
	for name, out := range a.Outputs {
		m := outputUse.FindStringSubmatch(out.Value)
		if m == nil || m[2] != name || !strings.Contains(steps[m[1]].Run, name+"=%s") {
			t.Errorf("output %s: %+v", name, out)
		}
	}
	reference := read(t, "../docs/reference.md")
	for _, m := range longFlag.FindAllStringSubmatch(steps["run"].Run, -1) {
		if !regexp.MustCompile("[`,] ?--" + m[1] + "[` ]").MatchString(reference) {
			t.Errorf("aixmend has no --%s", m[1])
		}
	}
}

// script runs the script of a step as GitHub does, with programs of a folder first.
func (s actionStep) script(t *testing.T, dir string, env ...string) (string, int) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	c := exec.CommandContext(t.Context(), bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
	c.Dir = dir
	c.Env = append([]string{"PATH=" + dir + "/bin:" + os.Getenv("PATH"), "RUNNER_TEMP=" + dir, "GITHUB_OUTPUT=" + dir + "/output", "GITHUB_PATH=" + dir + "/path",
		"GITHUB_STEP_SUMMARY=" + dir + "/summary", "GITHUB_SERVER_URL=https://github.example"}, env...)
	out, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// put writes a program of a test.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// Inputs reach the command as its arguments, whatever they hold, the key lies in a file of
// mode 0600 that is gone afterwards, and the exit code and the run's id become outputs.
func TestGitHubActionRuns(t *testing.T) {
	step := decode[action](t, actionFile)[0].Runs.Steps[1]
	dir := t.TempDir()
	put(t, dir, "aixmend", `for a; do printf '%s\n' "$a"; case $a in --identity=*) ls -l "${a#*=}" >&2; cat "${a#*=}" >&2;; --markdown=*) echo "# summary" >"${a#*=}";; esac; done >args
printf '{\n  "run_id": "20261201T100000.000Z-3f9ac2",\n}\n'; exit 3
`)
	said, code := step.script(t, dir, "VERB=audit", "INVENTORY=a b.yaml", "LIMIT=x,$(touch owned)", "PLAYBOOK=rmc-restore", "SET=wait=1s\n\nsettle=`touch owned`",
		"IDENTITY=secret key", "KNOWN_HOSTS=known", "STATE=state", "DEADLINE=45m", "EVIDENCE=evidence")
	args := strings.Split(read(t, dir+"/args"), "\n")
	for _, want := range []string{"audit", "--inventory=a b.yaml", "--limit=x,$(touch owned)", "--set=wait=1s", "--set=settle=`touch owned`", "--ssh-config=none", "--format=json"} {
		if !slices.Contains(args, want) {
			t.Errorf("no argument %s in %q", want, args)
		}
	}
	if code != 3 || !strings.Contains(said, "-rw-------") || !strings.Contains(said, "secret key") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if got := read(t, dir+"/output"); got != "exit-code=3\nrun-id=20261201T100000.000Z-3f9ac2\n" {
		t.Errorf("outputs %q", got)
	}
	if got := read(t, dir+"/summary"); got != "# summary\n" {
		t.Errorf("summary %q", got)
	}
	left, err := filepath.Glob(dir + "/aixmend-ssh*")
	if _, owned := os.Stat(dir + "/owned"); err != nil || len(left) > 0 || owned == nil {
		t.Errorf("left behind: %v, a text of an input was run: %v", left, owned == nil)
	}
	for _, verb := range []string{"recover", "", "audit --yes"} {
		if said, code := step.script(t, dir, "VERB="+verb, "EVIDENCE=evidence"); code != 2 || !strings.Contains(said, "verb is audit or plan") {
			t.Errorf("%q: exit code %d: %s", verb, code, said)
		}
	}
}

// Only the binary with the digest that was named is installed.
func TestGitHubActionInstalls(t *testing.T) {
	step := decode[action](t, actionFile)[0].Runs.Steps[0]
	const binary = "the binary"
	digest := fmt.Sprintf("%x", sha256.Sum256([]byte(binary)))
	for _, c := range []struct {
		name, digest string
		code         int
	}{{"the right one", digest, 0}, {"another", strings.Repeat("0", 64), 1}, {"none", "", 2}, {"short", digest[:60], 2}} {
		dir := t.TempDir()
		put(t, dir, "uname", `case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac
`)
		put(t, dir, "curl", `while [ $# -gt 1 ]; do case $1 in --output) file=$2; shift ;; esac; shift; done
echo "$1" >url; printf '`+binary+`' >"$file"
`)
		said, code := step.script(t, dir, "VERSION=v1.0.0", "SHA256="+c.digest, "REPOSITORY=o/aixmend")
		if code != c.code {
			t.Errorf("%s: exit code %d: %s", c.name, code, said)
		}
		_, err := os.Stat(dir + "/path")
		if (err == nil) != (c.code == 0) {
			t.Errorf("%s: on the path: %v", c.name, err)
		}
		if c.code == 0 {
			if got := strings.TrimSpace(read(t, dir+"/url")); got != "https://github.example/o/aixmend/releases/download/v1.0.0/aixmend-linux-amd64" {
				t.Errorf("it came from %s", got)
			}
		}
	}
}
