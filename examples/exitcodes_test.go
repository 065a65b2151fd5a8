package examples

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// standIn is a script in place of aixmend for the pipelines: it records the key, writes
// reports and exits with $CODE.
const standIn = `#!/bin/sh
while [ $# -gt 0 ]; do
	case $1 in
	--identity) key=$2 ;;
	-i) test -e "$2" || exit 98 ;;
	--known-hosts) test -s "$2" || exit 99 ;;
	--junit | --sarif | --markdown | --html) echo report >"$2" ;;
	esac
	shift
done
ls -l "$key" | cut -c1-10 >"$SEEN"
cat "$key" >>"$SEEN"
exit "$CODE"
`

// pipelineRun runs the scripts of a pipeline.
type pipelineRun struct {
	dir  string
	env  []string
	code string
}

// shell runs a script as the pipeline does and returns its exit code.
func (p pipelineRun) shell(t *testing.T, script string, shell ...string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "-c", script)...)
	cmd.Dir = filepath.Join(p.dir, "source")
	cmd.Env = append([]string{"PATH=" + filepath.Join(p.dir, "bin") + ":" + os.Getenv("PATH"), "TMPDIR=" + p.dir, "SEEN=" + filepath.Join(p.dir, "seen"), "CODE=" + p.code, "BASELINE=before"}, p.env...)
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%v\n%s", err, out)
	}
	return cmd.ProcessState.ExitCode()
}

// Exit codes 2, 3 and 8 fail every pipeline; 4 (only unreachable hosts) can be told apart.
// Only its owner can read the key while the command runs, and it is removed afterwards.
func TestPipelinesReactToExitCodes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("scripts for sh")
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	step := func(name string) string {
		for _, s := range decode[githubWorkflow](t, "github-actions.yaml")[0].Jobs["validate"].Steps {
			if strings.HasPrefix(s.Name, name) {
				return s.Run
			}
		}
		t.Fatalf("no step %s", name)
		return ""
	}
	gitlab := decode[gitlabCI](t, "gitlab-ci.yaml")[0].Job
	tekton := decode[tektonDocument](t, "tekton.yaml")[0].Spec.Steps[0].Script
	for _, p := range []struct {
		name string
		env  func(dir string) []string
		run  func(t *testing.T, p pipelineRun) int
		ends map[string]int
	}{
		{"github", func(dir string) []string {
			return []string{"RUNNER_TEMP=" + filepath.Join(dir, "temp"), "GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary"), "AIX_SSH_KEY=secret", "AIX_KNOWN_HOSTS=hosts"}
		}, func(t *testing.T, p pipelineRun) int {
			if code := p.shell(t, step("Write the key"), bash, "-e"); code != 0 {
				t.Errorf("the step before: exit code %d", code)
			}
			code := p.shell(t, step("Validate"), bash, "-e")
			if code := p.shell(t, step("Remove the key"), bash, "-e"); code != 0 {
				t.Errorf("the step after: exit code %d", code)
			}
			if summary := read(t, filepath.Join(p.dir, "summary")); summary != "report\n" {
				t.Errorf("the summary is %q", summary)
			}
			return code
		}, map[string]int{"0": 0, "2": 2, "3": 3, "4": 4, "8": 8}},
		{"gitlab", func(dir string) []string {
			private := strings.NewReplacer("/tmp/", dir+"/", "$CI_JOB_ID", "17").Replace(gitlab.Variables["PRIVATE"])
			return []string{"PRIVATE=" + private, "AIX_SSH_KEY=" + filepath.Join(dir, "ssh/key"), "AIX_KNOWN_HOSTS=" + filepath.Join(dir, "ssh/known_hosts")}
		}, func(t *testing.T, p pipelineRun) int {
			code := p.shell(t, strings.Join(gitlab.Script, "\n"), bash, "-e")
			p.shell(t, strings.Join(gitlab.AfterScript, "\n"), bash)
			return code
		}, map[string]int{"0": 0, "2": 2, "3": 3, "4": 4, "8": 8}},
		{"tekton", func(dir string) []string {
			return []string{"SSH=" + filepath.Join(dir, "ssh"), "RESULT=" + filepath.Join(dir, "result")}
		}, func(t *testing.T, p pipelineRun) int {
			code := p.shell(t, tekton, "sh")
			if got := read(t, filepath.Join(p.dir, "result")); got != p.code {
				t.Errorf("the result is %q", got)
			}
			return code
		}, map[string]int{"0": 0, "2": 2, "3": 3, "4": 0, "8": 8}},
	} {
		for code, want := range p.ends {
			t.Run(p.name+code, func(t *testing.T) {
				dir := t.TempDir()
				writeFiles(t, dir, map[string]string{"bin/aixmend": standIn, "source/inventory.yaml": "", "temp/empty": "", "ssh/key": "secret\n", "ssh/known_hosts": "hosts\n"})
				got := p.run(t, pipelineRun{dir, p.env(dir), code})
				if got != want {
					t.Errorf("exit code %d, want %d", got, want)
				}
				if seen := read(t, filepath.Join(dir, "seen")); seen != "-rw-------\nsecret\n" {
					t.Errorf("the key: %q", seen)
				}
				leftKeys(t, dir)
			})
		}
	}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// leftKeys fails the test if a copy of the key was left behind.
func leftKeys(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "ssh/key") || strings.HasSuffix(path, "/seen") {
			return err
		}
		if strings.Contains(read(t, path), "secret") {
			t.Errorf("the key is still in %s", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
