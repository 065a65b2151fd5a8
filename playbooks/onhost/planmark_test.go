package onhost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/transport/shell"
)

// A host remembers the one run that has applied a plan.
func TestPlanMark(t *testing.T) {
	for _, sh := range shells(t) {
		t.Run(filepath.Base(sh), func(t *testing.T) {
			mark := filepath.Join(t.TempDir(), "aixmend.plan.0f1e")
			look := func(want string) {
				t.Helper()
				exit, out, errs := inShell(t, sh, applied(mark))
				if run, err := ReadApplied(out); err != nil || exit != 0 || errs != "" || run != want {
					t.Errorf("%q %v, want %q; status %d, %s", run, err, want, exit, errs)
				}
			}
			look("")
			for _, step := range []struct {
				run  string
				want int
			}{{"r1", 0}, {"r1", 0}, {"r2", 1}, {"r", 1}, {"r1", 0}} {
				exit, out, errs := inShell(t, sh, markApplied(mark, step.run))
				if exit != step.want || out != "" || (errs == "") != (exit == 0) {
					t.Errorf("run %s: status %d, want %d: %s%s", step.run, exit, step.want, out, errs)
				}
				look("r1")
			}
		})
	}
}

// What is no mark: it is not known whether the plan was applied.
func TestPlanMarkIsSomethingElse(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a file":       func(path string) error { return os.WriteFile(path, []byte("run=r1"), 0o600) },
		"a folder":     func(path string) error { return os.Mkdir(path, 0o700) },
		"another link": func(path string) error { return os.Symlink("/etc/passwd", path) },
	} {
		mark := filepath.Join(t.TempDir(), "aixmend.plan.0f1e")
		if err := make(mark); err != nil {
			t.Fatal(err)
		}
		_, out, _ := inShell(t, "sh", applied(mark))
		if run, err := ReadApplied(out); err == nil || !strings.Contains(err.Error(), "whether it was applied is not known") {
			t.Errorf("%s: %q, %v", name, run, err)
		}
		if exit, _, _ := inShell(t, "sh", markApplied(mark, "r1")); exit == 0 {
			t.Errorf("%s: marked", name)
		}
	}
}

func TestPlanMarkText(t *testing.T) {
	for _, text := range []string{AppliedCommand("0f1e"), MarkAppliedCommand("0f1e", "r1")} {
		if why := shell.Split(text).Whole(); why != "" {
			t.Errorf("it can't be taken apart: %s: %s", why, text)
		}
	}
	simulated(t, func(t *testing.T, h simHost) {
		for _, step := range []struct{ do, says string }{
			{AppliedCommand("0f1e"), ""}, {MarkAppliedCommand("0f1e", "r1"), ""}, {MarkAppliedCommand("0f1e", "r1"), ""},
			{MarkAppliedCommand("0f1e", "r2"), "another run has applied the plan: /etc/aixmend.plan.0f1e"}, {MarkAppliedCommand("0f1f", "r2"), ""},
		} {
			if said := h.run(step.do); said != step.says {
				t.Errorf("%s: %q, want %q", step.do, said, step.says)
			}
		}
		if run, err := ReadApplied(h.run(AppliedCommand("0f1e"))); run != "r1" || err != nil {
			t.Errorf("%q, %v", run, err)
		}
	})
}

// Whatever a host prints.
func FuzzReadApplied(f *testing.F) {
	for _, seed := range []string{"", "lrwxrwxrwx 1 root system 6 Nov 29 15:13 /etc/aixmend.plan.0f1e -> run=r1\n", "x\n", "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, printed string) {
		run, err := ReadApplied(printed)
		if err == nil && (run == "") != (strings.TrimRight(printed, "\n") == "") || err != nil && run != "" {
			t.Errorf("%q, %v", run, err)
		}
	})
}
