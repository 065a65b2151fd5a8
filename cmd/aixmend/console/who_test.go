package console

import (
	"os/user"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// A run names the person behind sudo and the job of a pipeline, by the usual variables,
// cleaned, bounded and without what could be a secret.
func TestBy(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skipf("this machine does not know its own user, and so no run can name it: %v", err)
	}
	github := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "ops/fleet", "GITHUB_RUN_ID": "42", "GITHUB_ACTOR": "ana"}
	for _, c := range []struct {
		name string
		env  map[string]string
		want outcome.By
		text string
	}{
		{"a person", nil, outcome.By{}, me.Username + " on M"},
		{"behind sudo", map[string]string{"SUDO_USER": "ana"}, outcome.By{SudoUser: "ana"}, "ana via sudo on M"},
		{"sudo to oneself", map[string]string{"SUDO_USER": me.Username}, outcome.By{}, me.Username + " on M"},
		{"hostile", map[string]string{"SUDO_USER": "a\x1b[2J\nb" + strings.Repeat("x", 300)}, outcome.By{SudoUser: "a^[[2J^Jb" + strings.Repeat("x", 191)}, "a^[[2J^Jb" + strings.Repeat("x", 191) + " via sudo on M"},
		{"GitHub", github, outcome.By{Job: "https://github.com/ops/fleet/actions/runs/42", JobUser: "ana"},
			me.Username + " on M, job https://github.com/ops/fleet/actions/runs/42 started by ana"},
		{"GitHub, without an address", map[string]string{"GITHUB_ACTIONS": "true"}, outcome.By{Job: "GitHub Actions"}, me.Username + " on M, job GitHub Actions"},
		{"GitLab", map[string]string{"CI": "true", "GITLAB_CI": "true", "CI_JOB_URL": "https://ci:secret@git.example/ops/-/jobs/7?token=x", "GITLAB_USER_LOGIN": "ana"},
			outcome.By{Job: "https://git.example/ops/-/jobs/7", JobUser: "ana"}, me.Username + " on M, job https://git.example/ops/-/jobs/7 started by ana"},
		{"Jenkins", map[string]string{"BUILD_URL": "https://ci.example/job/fleet/9/"}, outcome.By{Job: "https://ci.example/job/fleet/9/"}, me.Username + " on M, job https://ci.example/job/fleet/9/"},
		{"another", map[string]string{"CI": "1"}, outcome.By{Job: "CI"}, me.Username + " on M, job CI"},
		{"no pipeline", map[string]string{"CI": "false"}, outcome.By{}, me.Username + " on M"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := New(Streams{}, nil, func(name string) string { return c.env[name] }).By()
			c.want.User, c.want.Machine = me.Username, got.Machine
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			got.Machine = "M"
			if diff := cmp.Diff(c.text, got.String()); diff != "" {
				t.Errorf("in words (-want +got):\n%s", diff)
			}
		})
	}
}

// Nothing in the address of a job but scheme, host and path survives, however long it is
// and wherever the secret is.
func TestAddressKeepsNoSecret(t *testing.T) {
	long := strings.Repeat("x", 400)
	const plain = "https://ci.example:8443/job/fleet/9/"
	for _, c := range []struct{ address, want string }{
		{"https://ci.example:8443/job/fleet/9/", plain},
		{" https://SECRET@ci.example:8443/job/fleet/9/\n", plain},
		{"https://ana:SECRET@ci.example:8443/job/fleet/9/", plain},
		{"https://SECRET" + long + "@ci.example:8443/job/fleet/9/", plain},
		{"https://ana:SECRET" + long + "@ci.example:8443/job/fleet/9/", plain},
		{"https://ana@SECRET@ci.example:8443/job/fleet/9/", plain},
		{plain + "?token=SECRET" + long, plain},
		{plain + "#SECRET", plain},
		{"https://ci.example:8443/job;token=SECRET/fleet;a=SECRET;b=" + long + "/9/", plain},
		{"https://ci.example:8443/job%3Btoken=SECRET/fleet/9%3btoken=SECRET/", plain},
		{"https://[2001:db8::1]:8443/job/9/;jsessionid=SECRET", "https://[2001:db8::1]:8443/job/9/"},
		{"https://ci.example;token=SECRET/job/", "-"},
		{"https://ci.example:SECRET/job/", "-"},
		{"https://SECRET\\@ci.example/job/", "-"},
		{"https://ci.example/\x1b[2JSECRET", "-"},
		{"https:SECRET@ci.example/job/", "-"},
		{"https:///SECRET", "-"},
		{"//SECRET@ci.example/job/", "-"},
		{"file://SECRET@ci.example/job/", "-"},
		{"SECRET", "-"},
		{"https://ci.example/" + long, "https://ci.example/" + long[:maxName-len("https://ci.example/")]},
	} {
		for _, job := range []struct {
			env  map[string]string
			name string
		}{
			{map[string]string{"BUILD_URL": c.address}, "Jenkins"},
			{map[string]string{"GITLAB_CI": "true", "CI_JOB_URL": c.address}, "GitLab CI"},
		} {
			want := c.want
			if want == "-" {
				want = job.name
			}
			if got := New(Streams{}, nil, func(name string) string { return job.env[name] }).By().Job; got != want {
				t.Errorf("%s, %s: %q, want %q", job.name, c.address, got, want)
			}
		}
		github := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": c.address, "GITHUB_REPOSITORY": "ops/fleet;token=SECRET", "GITHUB_RUN_ID": "1?SECRET"}
		if got := New(Streams{}, nil, func(name string) string { return github[name] }).By().Job; strings.Contains(got, "SECRET") {
			t.Errorf("GitHub, %s: %q", c.address, got)
		}
	}
}
