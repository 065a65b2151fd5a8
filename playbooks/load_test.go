package playbooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/lab/golden"
)

func TestEmbeddedPlaybooksLoad(t *testing.T) {
	for _, name := range Names() {
		if _, err := Load(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The bad files are this one with one thing wrong.
func TestSmallPlaybookLoads(t *testing.T) {
	p, err := Load("testdata/good/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.SHA256) != 64 || p.Name != "small" {
		t.Errorf("name %q, sha256 %q", p.Name, p.SHA256)
	}
}

// One bad file for each rule, with the exact message.
func TestBadFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(paths) < 50 {
		t.Fatalf("%d files (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("playbook.yaml", text)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, p := range strictyaml.ProblemsOf(err) {
				if p.Line < 1 || p.Column < 1 || p.File != "playbook.yaml" {
					t.Errorf("a problem without a place: %#v", p)
				}
			}
			golden.Check(t, strings.TrimSuffix(path, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

func TestLoadNamesAndFiles(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"rmc-restor", `there is no playbook "rmc-restor"; did you mean "rmc-restore"?`},
		{"rubbish", `there is no playbook "rubbish"; there are:`},
		{"./rmc-restore", "playbook: open ./rmc-restore"},
		{"no-such.yaml", "playbook: open no-such.yaml"},
		{"testdata/bad/api-version.yaml", "testdata/bad/api-version.yaml:1:1: apiVersion"},
	} {
		if _, err := Load(c.name); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("Load(%q): %v, want %q", c.name, err, c.want)
		}
	}
}

// FuzzParse: whatever stands in a file, Parse returns; what it accepts can be
// shown, given its parameters and judged without a single answer.
func FuzzParse(f *testing.F) {
	for _, glob := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		paths, _ := filepath.Glob(glob)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("f.yaml", text)
		if err != nil {
			if strictyaml.ProblemsOf(err) == nil {
				t.Fatalf("an error without problems: %v", err)
			}
			return
		}
		params, err := p.Set(nil)
		if err != nil {
			t.Fatalf("its own defaults: %v", err)
		}
		d := p.Judge(params, nothingGiven, nil)
		p.Plan(d, Wishes{MendWarnings: true})
		p.Proved(d)
		p.UntilProbes(p.Probes)
		if p.Show() == "" {
			t.Error("shows nothing")
		}
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
