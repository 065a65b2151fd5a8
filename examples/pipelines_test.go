package examples

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"mvdan.cc/sh/v3/syntax"
)

// read returns a file's text.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// decode reads each document of a YAML file into a value; a key unknown to the type is
// an error.
func decode[T any](t *testing.T, file string) []T {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, file)))
	decoder.KnownFields(true)
	var list []T
	for {
		var v T
		switch err := decoder.Decode(&v); {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, v)
	}
}

// checkShell parses a script and rejects words that a pipeline must not contain.
func checkShell(t *testing.T, script string, lang syntax.LangVariant) {
	t.Helper()
	if _, err := syntax.NewParser(syntax.Variant(lang)).Parse(strings.NewReader(script), ""); err != nil {
		t.Errorf("%v:\n%s", err, script)
	}
	for _, never := range []string{"StrictHostKeyChecking", "ssh-keyscan", "|| true", "set -x", "--known-hosts /dev/null"} {
		if strings.Contains(script, never) {
			t.Errorf("it contains %s:\n%s", never, script)
		}
	}
}

// checkScript checks that a script is executable and valid sh. inventory-dynamic.yaml
// runs list-hosts.sh, and a test of cmd/aixmend runs ops-sweep.sh.
func checkScript(t *testing.T, file string) {
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Error("not executable", info, err)
	}
	text := read(t, file)
	if !strings.HasPrefix(text, "#!/bin/sh\n") {
		t.Error("does not begin with #!/bin/sh")
	}
	checkShell(t, text, syntax.LangPOSIX)
	if shellcheck, err := exec.LookPath("shellcheck"); err == nil {
		if out, err := exec.CommandContext(t.Context(), shellcheck, file).CombinedOutput(); err != nil {
			t.Errorf("shellcheck: %s", out)
		}
	}
}

// validates checks the flags of the aixmend call that every pipeline makes.
func validates(t *testing.T, text string) {
	t.Helper()
	for _, want := range []string{
		"aixmend audit", "--playbook post-migration", `--set "baseline=$BASELINE"`, "--identity ", "--known-hosts ", "--deadline ",
		"--junit evidence/junit.xml", "--sarif evidence/findings.sarif", "--markdown evidence/summary.md",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not contain %s", want)
		}
	}
	if strings.Contains(text, "recover") {
		t.Error("a validation must not recover")
	}
}

type githubWorkflow struct {
	Name        string            `yaml:"name"`
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency struct {
		Group string `yaml:"group"`
	} `yaml:"concurrency"`
	Jobs map[string]struct {
		RunsOn      []string          `yaml:"runs-on"`
		Permissions map[string]string `yaml:"permissions"`
		Timeout     int               `yaml:"timeout-minutes"`
		Env         map[string]string `yaml:"env"`
		Steps       []githubStep      `yaml:"steps"`
	} `yaml:"jobs"`
}

type githubStep struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	With map[string]any    `yaml:"with"`
	Env  map[string]string `yaml:"env"`
	Run  string            `yaml:"run"`
}

var pinned = regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9/-]+@[0-9a-f]{40}$`)

// checkGitHub checks a workflow; `make lint` also runs actionlint on it.
func checkGitHub(t *testing.T, file string) {
	validates(t, read(t, file))
	for _, w := range decode[githubWorkflow](t, file) {
		if w.Name == "" || len(w.On) == 0 || len(w.Jobs) == 0 || !maps.Equal(w.Permissions, map[string]string{"contents": "read"}) {
			t.Errorf("a workflow needs a name, events, jobs and permissions: %+v", w)
		}
		for name, job := range w.Jobs {
			if len(job.RunsOn) == 0 || job.Permissions["security-events"] != "write" || job.Timeout == 0 || len(job.Steps) == 0 {
				t.Errorf("job %s: %+v", name, job)
			}
			for _, s := range job.Steps {
				switch {
				case (s.Run == "") == (s.Uses == ""):
					t.Errorf("a step needs exactly one of run and uses: %+v", s)
				case s.Uses != "" && !pinned.MatchString(s.Uses):
					t.Errorf("%s is not pinned by a commit", s.Uses)
				case strings.Contains(s.Run, "${{"):
					t.Errorf("an expression in a script lets anybody inject text: %s", s.Run)
				case strings.Contains(s.Uses, "upload-") && !strings.Contains(s.If, "always()"):
					t.Errorf("%s does not run when the audit fails", s.Uses)
				}
				checkShell(t, s.Run, syntax.LangBash)
			}
		}
	}
}

type gitlabCI struct {
	Stages []string `yaml:"stages"`
	Job    struct {
		Stage         string              `yaml:"stage"`
		Tags          []string            `yaml:"tags"`
		Timeout       string              `yaml:"timeout"`
		Rules         []map[string]string `yaml:"rules"`
		ResourceGroup string              `yaml:"resource_group"`
		Variables     map[string]string   `yaml:"variables"`
		Script        []string            `yaml:"script"`
		AfterScript   []string            `yaml:"after_script"`
		AllowFailure  struct {
			ExitCodes []int `yaml:"exit_codes"`
		} `yaml:"allow_failure"`
		Artifacts struct {
			When     string            `yaml:"when"`
			ExpireIn string            `yaml:"expire_in"`
			Paths    []string          `yaml:"paths"`
			Reports  map[string]string `yaml:"reports"`
		} `yaml:"artifacts"`
	} `yaml:"post-migration"`
}

func checkGitLab(t *testing.T, file string) {
	validates(t, read(t, file))
	for _, ci := range decode[gitlabCI](t, file) {
		job := ci.Job
		if !slices.Contains(ci.Stages, job.Stage) || len(job.Script) == 0 || len(job.Tags) == 0 {
			t.Errorf("the job: %+v", job)
		}
		for _, script := range slices.Concat(job.Script, job.AfterScript) {
			checkShell(t, script, syntax.LangBash)
		}
		if !slices.Equal(job.AllowFailure.ExitCodes, []int{4}) || job.Artifacts.When != "always" || job.Artifacts.Reports["junit"] == "" {
			t.Errorf("allow_failure %+v, artifacts %+v", job.AllowFailure, job.Artifacts)
		}
	}
}

var groovyScript = regexp.MustCompile(`(?s)'''(.*?)'''|\bsh '([^'\n]*)'`)

func checkJenkins(t *testing.T, file string) {
	text := read(t, file)
	validates(t, text)
	if !strings.Contains(text, "\npipeline {\n") {
		t.Error("not a declarative pipeline")
	}
	scripts := groovyScript.FindAllStringSubmatch(text, -1)
	for _, m := range scripts {
		checkShell(t, strings.ReplaceAll(m[1]+m[2], `\\`, `\`), syntax.LangPOSIX)
	}
	if len(scripts) < 2 {
		t.Errorf("%d scripts", len(scripts))
	}
	if err := balanced(text); err != nil {
		t.Error(err)
	}
	for _, code := range []string{"case 0:", "case 3:", "case 4:", "case 8:", "default:"} {
		if !strings.Contains(text, code) {
			t.Errorf("no %s", code)
		}
	}
}

var groovyText = regexp.MustCompile(`(?s)'''.*?'''|'[^'\n]*'|"[^"\n]*"|//[^\n]*`)

// balanced returns an error if brackets or quotes of a Groovy text are unbalanced.
func balanced(text string) error {
	pairs := map[rune]rune{')': '(', ']': '[', '}': '{'}
	var open []rune
	for _, r := range groovyText.ReplaceAllString(text, "") {
		switch r {
		case '(', '[', '{':
			open = append(open, r)
		case ')', ']', '}':
			if len(open) == 0 || open[len(open)-1] != pairs[r] {
				return errors.New("a " + string(r) + " closes nothing")
			}
			open = open[:len(open)-1]
		case '\'', '"':
			return errors.New("a quote is not closed")
		}
	}
	if len(open) > 0 {
		return errors.New(string(open) + " is not closed")
	}
	return nil
}

type tektonDocument struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Metadata   map[string]string `yaml:"metadata"`
	Spec       struct {
		Description  string           `yaml:"description"`
		Params       []tektonNamed    `yaml:"params"`
		Workspaces   []tektonNamed    `yaml:"workspaces"`
		Results      []tektonNamed    `yaml:"results"`
		StepTemplate map[string]any   `yaml:"stepTemplate"`
		Steps        []tektonStep     `yaml:"steps"`
		Tasks        []tektonPipeTask `yaml:"tasks"`
	} `yaml:"spec"`
}

type tektonNamed struct {
	Name        string `yaml:"name"`
	Type        string `yaml:"type"`
	Description string `yaml:"description"`
	Default     string `yaml:"default"`
	ReadOnly    bool   `yaml:"readOnly"`
	Value       string `yaml:"value"`
	Workspace   string `yaml:"workspace"`
}

type tektonStep struct {
	Name       string        `yaml:"name"`
	Image      string        `yaml:"image"`
	WorkingDir string        `yaml:"workingDir"`
	Timeout    string        `yaml:"timeout"`
	Env        []tektonNamed `yaml:"env"`
	Script     string        `yaml:"script"`
}

type tektonPipeTask struct {
	Name    string `yaml:"name"`
	TaskRef struct {
		Name string `yaml:"name"`
	} `yaml:"taskRef"`
	TaskSpec struct {
		Params []tektonNamed `yaml:"params"`
		Steps  []tektonStep  `yaml:"steps"`
	} `yaml:"taskSpec"`
	When       []map[string]any `yaml:"when"`
	Params     []tektonNamed    `yaml:"params"`
	Workspaces []tektonNamed    `yaml:"workspaces"`
}

func checkTekton(t *testing.T, file string) {
	validates(t, read(t, file))
	tasks := map[string]tektonDocument{}
	for _, d := range decode[tektonDocument](t, file) {
		if d.APIVersion != "tekton.dev/v1" || d.Metadata["name"] == "" {
			t.Errorf("%s %s %s", d.APIVersion, d.Kind, d.Metadata)
		}
		steps := d.Spec.Steps
		if d.Kind == "Task" {
			tasks[d.Metadata["name"]] = d
		}
		for _, task := range d.Spec.Tasks {
			steps = append(steps, task.TaskSpec.Steps...)
			of, known := tasks[task.TaskRef.Name]
			if task.TaskRef.Name == "" {
				continue
			}
			if !known || names(of.Spec.Workspaces) != names(task.Workspaces) {
				t.Errorf("task %s: %s has workspaces %s, the pipeline passes %s", task.Name, task.TaskRef.Name, names(of.Spec.Workspaces), names(task.Workspaces))
			}
		}
		for _, s := range steps {
			if s.Image == "" || !strings.HasPrefix(s.Script, "#!/bin/sh\n") || bytes.Contains([]byte(s.Script), []byte("$(params.")) {
				t.Errorf("step %s: needs an image and an sh script without $(params.) in it", s.Name)
			}
			checkShell(t, s.Script, syntax.LangPOSIX)
		}
	}
}

func names(list []tektonNamed) string {
	var all []string
	for _, n := range list {
		all = append(all, n.Name)
	}
	return strings.Join(all, " ")
}
