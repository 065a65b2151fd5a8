package exec

import (
	"bytes"
	"os/exec"
	"testing"
)

// The frames start no process: they call no program, and no printf, which the ksh88 of AIX has
// not among its own commands.
func TestFramesStartNoProcess(t *testing.T) {
	t.Parallel()
	const script = "PATH=/nonexistent; N=word; printf() { exit 99; }\n" + framing + becoming + "aixmend_b 7\naixmend_e 7 255\n"
	const want = "\nword P\n\nword B 7\n\nword E 7 255\n"
	for _, name := range []string{"mksh", "ksh", "dash", "bash", "sh"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		var out, errs bytes.Buffer
		cmd := exec.Command(path, "-c", script)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil || out.String() != want || errs.String() != want {
			t.Errorf("%s: %v\nstdout: %q\nstderr: %q", name, err, &out, &errs)
		}
	}
}
