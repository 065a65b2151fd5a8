package exec

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// The frames start no process: not in a shell that has no printf of its own either, as the
// ksh88 of AIX, for which mksh stands here. A search path without programs shows it.
func TestFramesStartNoProcess(t *testing.T) {
	t.Parallel()
	const script = "PATH=/nonexistent; N=word\n" + framing + becoming + "aixmend_b 7\naixmend_e 7 255\n"
	const want = "\nword P\n\nword B 7\n\nword E 7 255\n"
	for _, name := range []string{"mksh", "ksh", "dash", "bash", "sh"} {
		path, err := exec.LookPath(name)
		if err != nil {
			if name == "mksh" && os.Getenv("AIXMEND_REQUIRE_OPENSSH") != "" {
				t.Error("mksh is not here: it stands for a shell without printf")
			}
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
