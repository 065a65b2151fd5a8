package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A test asks for its rounds itself, or through a function or variable of any test file of
// its package.
func TestTestsThatAsk(t *testing.T) {
	const imports = "package p\nimport \"aixmend/transport/lab/suite\"\n"
	for name, at := range map[string]struct {
		files []string
		want  string
	}{
		"itself":                {[]string{imports + "func TestA(t *testing.T) { _ = suite.Rounds(1, 2) }\nfunc TestB(t *testing.T) {}\n"}, "./p ^(TestA)$"},
		"by another name":       {[]string{strings.Replace(imports, `"aix`, `s "aix`, 1) + "func TestA(t *testing.T) { s.Long(t, \"long\") }\n"}, "./p ^(TestA)$"},
		"through two functions": {[]string{imports + "func far() bool { return suite.Whole() }\n", "package p\nfunc near() { far() }\nfunc TestB(t *testing.T) { near() }\n"}, "./p ^(TestB)$"},
		"through a variable":    {[]string{imports + "var all = suite.Rounds(1, 2)\nfunc TestA(t *testing.T) { t.Log(all) }\n"}, "./p ^(TestA)$"},
		"through a method":      {[]string{imports + "func (r *rig) rounds() int { return suite.Rounds(1, 2) }\nfunc TestA(t *testing.T) { new(rig).rounds() }\n"}, "./p ^(TestA)$"},
		"several":               {[]string{imports + "func TestB(t *testing.T) { suite.Whole() }\nfunc TestA(t *testing.T) { suite.Whole() }\n"}, "./p ^(TestA|TestB)$"},
		"only figures":          {[]string{imports + "func TestA(t *testing.T) { suite.Tell(t, \"many\") }\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			if err := os.Mkdir(filepath.Join(root, "p"), 0o700); err != nil {
				t.Fatal(err)
			}
			for i, text := range at.files {
				if err := os.WriteFile(filepath.Join(root, "p", string(rune('a'+i))+"_test.go"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var got strings.Builder
			if err := list(&got, root); err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(got.String()) != at.want {
				t.Errorf("got %q, want %q", got.String(), at.want)
			}
		})
	}
}

// Of this checkout: one of each kind is among them.
func TestOfThisCheckout(t *testing.T) {
	var got strings.Builder
	if err := list(&got, "../.."); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"TestKill", "TestWeather", "TestHistories", "TestVariants", "TestOpenSSH", "TestResumeAtEveryEntry", "TestConformanceOfEveryTool"} {
		if !strings.Contains(got.String(), name) {
			t.Errorf("%s is not among\n%s", name, &got)
		}
	}
}
