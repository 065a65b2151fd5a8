package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// workflow is a file of GitHub Actions, as far as the rules of TestWorkflows need it.
type workflow struct {
	On          yaml.Node              `yaml:"on"`
	Permissions yaml.Node              `yaml:"permissions"`
	Jobs        map[string]workflowJob `yaml:"jobs"`
}

type workflowJob struct {
	Permissions map[string]string `yaml:"permissions"`
	Timeout     int               `yaml:"timeout-minutes"`
	Steps       []struct {
		Uses string            `yaml:"uses"`
		Run  string            `yaml:"run"`
		With map[string]string `yaml:"with"`
	} `yaml:"steps"`
}

var (
	// usesLine is any line that names an action; pinnedLine is one that names a commit,
	// and for people and for update bots its version.
	usesLine   = regexp.MustCompile(`(?m)^[\s-]*uses:.*$`)
	pinnedLine = regexp.MustCompile(`^[\s-]*uses: [a-z0-9-]+(/[a-z0-9-]+)+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
)

// grants lists which action a job must have to hold a permission beyond reading the
// repository.
var grants = map[string]string{
	"id-token":        "actions/attest-build-provenance@",
	"attestations":    "actions/attest-build-provenance@",
	"security-events": "github/codeql-action/upload-sarif@",
}

// faults returns the rules that a workflow breaks.
func (w workflow) faults(text string) []string {
	var bad []string
	complain := func(parts ...string) { bad = append(bad, strings.Join(parts, " ")) }
	for _, line := range usesLine.FindAllString(text, -1) {
		if !pinnedLine.MatchString(line) {
			complain("not pinned by commit and version:", strings.TrimSpace(line))
		}
	}
	var read map[string]string
	if err := w.Permissions.Decode(&read); err != nil || len(read) != 1 || read["contents"] != "read" {
		complain("the workflow's own permissions must be contents: read")
	}
	if strings.Contains(text, "pull_request_target") || strings.Contains(text, "workflow_run") {
		complain("it runs with the repository's rights on somebody else's code")
	}
	for name, job := range w.Jobs {
		if job.Timeout == 0 {
			complain("job", name, "has no timeout-minutes")
		}
		for _, fault := range job.faults() {
			complain("job", name+":", fault)
		}
	}
	return bad
}

func (job workflowJob) faults() []string {
	var bad []string
	for permission, access := range job.Permissions {
		switch action := grants[permission]; {
		case access == "read" || access == "none":
		case permission == "contents":
			// It publishes: nothing but GitHub's own client touches the token.
			for _, step := range job.Steps {
				if step.Uses != "" && !strings.HasPrefix(step.Uses, "actions/download-artifact@") {
					bad = append(bad, "contents: write beside "+step.Uses)
				}
			}
		case action == "" || !job.uses(action):
			bad = append(bad, permission+": "+access+" without need")
		}
	}
	for _, step := range job.Steps {
		if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != "false" {
			bad = append(bad, "checkout keeps the token for later steps: persist-credentials: false")
		}
		if strings.Contains(step.Run, "${{") {
			bad = append(bad, "an expression in a script lets others inject text: "+step.Run)
		}
	}
	return bad
}

func (job workflowJob) uses(action string) bool {
	for _, step := range job.Steps {
		if strings.HasPrefix(step.Uses, action) {
			return true
		}
	}
	return false
}

// Each workflow, ours and the examples, runs pinned code with the least permissions.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	examples, err := filepath.Glob("../../examples/github-actions*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal(examples, err)
	}
	for _, file := range slices.Concat(files, examples) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range parseWorkflow(t, string(text)).faults(string(text)) {
				t.Error(fault)
			}
		})
	}
}

// What only a make target checks is run by CI, and by the workflow of its name.
func TestReleaseIsChecked(t *testing.T) {
	for file, wanted := range map[string][]string{
		"../../.ci/run":                               {"run make reproducible\n", "run make cross\n", "run make package\n", "run make reproducible-release\n"},
		"../../.github/workflows/ci.yml":              {"- run: .ci/run\n", "- run: make reproducible-release FRESH=1\n", "- run: make image\n"},
		"../../.github/workflows/release.yml":         {"- run: make release\n", "- run: make reproducible-release FRESH=1\n"},
		"../../.github/workflows/vulnerabilities.yml": {"- run: make vulncheck\n", "  schedule:\n    - cron: "},
		"../../Makefile":                              {"\tpackaging/check dist/*.deb dist/*.rpm\n"},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wanted {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s does not hold %q", file, want)
			}
		}
	}
}

func parseWorkflow(t *testing.T, text string) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatal(err)
	}
	if len(w.Jobs) == 0 {
		t.Fatal("no job")
	}
	return w
}

// Each rule of TestWorkflows sees its fault.
func TestWorkflowFaults(t *testing.T) {
	const sound = `on: push
permissions:
  contents: read
jobs:
  one:
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: make
`
	if bad := parseWorkflow(t, sound).faults(sound); len(bad) > 0 {
		t.Errorf("a sound workflow: %q", bad)
	}
	for _, c := range []struct{ replace, by, want string }{
		{"3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "v7", "not pinned"},
		{" # v7.0.1", "", "not pinned"},
		{"3d3c42e5", "3d3c", "not pinned"},
		{"contents: read", "contents: write", "own permissions"},
		{"permissions:\n  contents: read", "permissions: read-all", "own permissions"},
		{"permissions:\n  contents: read\n", "", "own permissions"},
		{"on: push", "on: pull_request_target", "somebody else's code"},
		{"    timeout-minutes: 5\n", "", "timeout-minutes"},
		{"credentials: false", "credentials: true", "persist-credentials"},
		{"        with:\n          persist-credentials: false\n", "", "persist-credentials"},
		{"run: make", "run: make ${{ github.head_ref }}", "inject"},
		{"    timeout", "    permissions: {id-token: write}\n    timeout", "id-token: write without need"},
		{"    timeout", "    permissions: {packages: write}\n    timeout", "packages: write without need"},
		{"    timeout", "    permissions: {contents: write}\n    timeout", "contents: write beside actions/checkout"},
	} {
		text := strings.Replace(sound, c.replace, c.by, 1)
		if text == sound {
			t.Fatalf("%q is not in the workflow", c.replace)
		}
		bad := strings.Join(parseWorkflow(t, text).faults(text), "\n")
		if !strings.Contains(bad, c.want) {
			t.Errorf("%q for %q: faults %q, wanted %q", c.by, c.replace, bad, c.want)
		}
	}
}
