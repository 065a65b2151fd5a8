package environment

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/config"
)

// verbs is a command with flags of every kind.
type verbs struct {
	state, deadline string
	limit, allow    []string
	quiet           bool
	verbose         int
	layers          *Layers
	said            []string
}

// called calls a verb in the working folder and returns its flags.
func called(t *testing.T, args ...string) (*verbs, error) {
	t.Helper()
	v := &verbs{}
	root := &cobra.Command{Use: "aixmend", SilenceErrors: true, SilenceUsage: true}
	audit := &cobra.Command{Use: "audit", RunE: func(*cobra.Command, []string) error { return nil }}
	fs := audit.Flags()
	fs.StringVar(&v.state, "state", "aixmend-state", "folder `DIR`")
	fs.StringVar(&v.deadline, "deadline", "0s", "")
	fs.StringArrayP("inventory", "i", []string{"inventory.yaml"}, "inventory `FILE`")
	fs.StringArrayVar(&v.limit, "limit", nil, "")
	fs.StringSliceVar(&v.allow, "fail-on", []string{"failed"}, "")
	fs.BoolVar(&v.quiet, "quiet", false, "")
	fs.CountVarP(&v.verbose, "verbose", "v", "")
	runs := &cobra.Command{Use: "runs", RunE: func(*cobra.Command, []string) error { return nil }}
	runs.Flags().StringVar(&v.state, "state", "aixmend-state", "folder `DIR`")
	runs.Flags().Int("count", 0, "")
	version := &cobra.Command{Use: "version", RunE: func(*cobra.Command, []string) error { return nil }}
	root.AddCommand(audit, runs, version)
	v.layers = &Layers{Root: root, Home: "/home/ops", Say: func(format string, args ...any) { v.said = append(v.said, fmt.Sprintf(format, args...)) }}
	v.layers.Flags()
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return v.layers.Apply(cmd) }
	root.SetArgs(args)
	return v, root.ExecuteContext(t.Context())
}

// here makes an empty working folder with a config file, and no variable of ours.
func here(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, Prefix) {
			t.Setenv(name, value) // restored at the end
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if text == "" {
		return
	}
	if err := os.WriteFile(config.Name, []byte("apiVersion: aixmend/v1\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhoWins(t *testing.T) {
	const file = "flags: {state: file, deadline: 1h, limit: [a, b], fail-on: [unknown, failed], quiet: true, count: 3}\nprofiles: {p: {flags: {state: profile, limit: c}}}\n"
	for _, c := range []struct {
		name   string
		args   []string
		env    map[string]string
		state  string
		limit  []string
		failOn []string
	}{
		{"the file", []string{"audit"}, nil, "file", []string{"a", "b"}, []string{"unknown", "failed"}},
		{"the profile", []string{"audit", "--profile", "p"}, nil, "profile", []string{"c"}, []string{"unknown", "failed"}},
		{"the profile of the environment", []string{"audit"}, map[string]string{"AIXMEND_PROFILE": "p"}, "profile", []string{"c"}, []string{"unknown", "failed"}},
		{"the environment", []string{"audit", "--profile", "p"}, map[string]string{"AIXMEND_STATE": "env", "AIXMEND_FAIL_ON": "skipped"}, "env", []string{"c"}, []string{"skipped"}},
		{"the command line", []string{"audit", "--state", "typed", "--limit", "x", "--profile", "p"}, map[string]string{"AIXMEND_STATE": "env"}, "typed", []string{"x"}, []string{"unknown", "failed"}},
		{"no file", []string{"audit", "--config", "none"}, nil, "aixmend-state", nil, []string{"failed"}},
		{"an empty environment", []string{"audit"}, map[string]string{"AIXMEND_STATE": "", "AIXMEND_FAIL_ON": "", "AIXMEND_LIMIT": "", "AIXMEND_QUIET": "", "AIXMEND_CONFIG": "", "AIXMEND_PROFILE": ""}, "file", []string{"a", "b"}, []string{"unknown", "failed"}},
		{"an empty environment without a file", []string{"audit"}, map[string]string{"AIXMEND_STATE": "", "AIXMEND_FAIL_ON": "", "AIXMEND_CONFIG": "none"}, "aixmend-state", nil, []string{"failed"}},
		{"no file of the environment", []string{"audit"}, map[string]string{"AIXMEND_CONFIG": "none"}, "aixmend-state", nil, []string{"failed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			here(t, file)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			v, err := called(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if v.state != c.state || cmp.Diff(c.limit, v.limit) != "" || cmp.Diff(c.failOn, v.allow) != "" {
				t.Errorf("state %q, limit %q, fail-on %q", v.state, v.limit, v.allow)
			}
			if len(v.said) > 0 {
				t.Errorf("said %q", v.said)
			}
		})
	}
}

// A flag of another verb is passed over, and its flags count as those of the
// environment: nobody typed them.
func TestFlagsOfOtherVerbs(t *testing.T) {
	here(t, "flags: {state: s, limit: prod}\n")
	v, err := called(t, "runs")
	if err != nil || v.state != "s" {
		t.Errorf("state %q, %v", v.state, err)
	}
	runs, _, _ := v.layers.Root.Find([]string{"runs"})
	if got := OnCommandLine(runs, []string{"state"}); got != "" {
		t.Errorf("--%s is taken for typed", got)
	}
	if got := v.layers.Hint(); got != "hint: aixmend.yaml sets --state; --config none leaves it out" {
		t.Errorf("%q", got)
	}
}

func TestConfigFilesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		text string
		args []string
		want string
	}{
		{"flags: {quiet: maybe}", []string{"audit"}, `aixmend.yaml:2:9: --quiet must be true or false, found "maybe"`},
		{"flags: {verbose: loud}", []string{"audit"}, `aixmend.yaml:2:9: --verbose must be a whole number`},
		{"flags: {state: [a, b]}", []string{"audit"}, "aixmend.yaml:2:9: --state takes one value, found a list"},
		{"flags: {statte: a}", []string{"runs"}, "aixmend.yaml:2:9: no verb has a flag --statte\n  hint: did you mean state?"},
		{"flags: {'yes': true}", []string{"audit"}, "aixmend.yaml:2:9: --yes can't be set in a config file"},
		{"flags: {}", []string{"audit", "--profile", "p"}, `aixmend.yaml: has no profile "p"`},
		{"", []string{"audit", "--profile", "p"}, "--profile p: there is no config file"},
		{"flags: {state: ''}", []string{"audit"}, "--state is empty"},
		{"flags: {state: x}", []string{"audit", "--state="}, "--state is empty"},
		{"", []string{"audit", "--config", "x.yaml"}, "x.yaml: does not exist"},
		{"flags: {state: x}", []string{"audit", "--config", "none", "--profile", "p"}, "--profile p: there is no config file"},
	} {
		here(t, c.text)
		if _, err := called(t, c.args...); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s %v: %v", c.text, c.args, err)
		}
	}
	here(t, "nonsense")
	if _, err := called(t, "version"); err != nil {
		t.Errorf("a verb without flags: %v", err)
	}
}

func TestTheConfigFileIsNamed(t *testing.T) {
	here(t, "flags: {state: s, limit: prod}\n")
	v, err := called(t, "audit", "-v")
	if err != nil || cmp.Diff([]string{"config file aixmend.yaml sets --state, --limit"}, v.said) != "" {
		t.Errorf("%q, %v", v.said, err)
	}
}

// A variable that nobody reads may be a slip, and one slip can select every host.
func TestUnreadVariables(t *testing.T) {
	for _, c := range []struct {
		name, variable, inventory string
		args                      []string
		want                      string
	}{
		{"a slip", "AIXMEND_LIMTI", "", []string{"audit"}, "warning: the variable AIXMEND_LIMTI is not read: did you mean AIXMEND_LIMIT?"},
		{"a slip in a longer one", "AIXMEND_FAILON", "", []string{"audit"}, "warning: the variable AIXMEND_FAILON is not read: did you mean AIXMEND_FAIL_ON?"},
		{"a slip for a verb without hosts", "AIXMEND_STAT", "", []string{"runs"}, "warning: the variable AIXMEND_STAT is not read: did you mean AIXMEND_STATE?"},
		{"nothing near", "AIXMEND_COLOUR_SCHEME", "", []string{"audit"}, "warning: the variable AIXMEND_COLOUR_SCHEME is not read: there is no such flag"},
		{"nothing near, for a verb without hosts", "AIXMEND_SECRET", "", []string{"runs"}, ""},
		{"a slip with -q", "AIXMEND_LIMTI", "", []string{"audit", "--quiet"}, "warning: the variable AIXMEND_LIMTI is not read: did you mean AIXMEND_LIMIT?"},
		{"nothing near, with -q", "AIXMEND_COLOUR_SCHEME", "", []string{"audit", "--quiet"}, ""},
		{"of another verb", "AIXMEND_COUNT", "", []string{"audit"}, ""},
		{"of a program of notifications", "AIXMEND_RUN_ID", "", []string{"audit"}, ""},
		{"the token", "AIXMEND_NOTIFY_TOKEN", "", []string{"audit"}, ""},
		{"of the tests", "AIXMEND_REQUIRE_OPENSSH", "", []string{"audit"}, ""},
		{"named in the inventory", "AIXMEND_ROOT_PW", "defaults: {ssh: {become_password: {env: AIXMEND_ROOT_PW}}}", []string{"audit"}, ""},
		{"named in a flag", "AIXMEND_CHAT", "", []string{"audit", "--limit", "env:AIXMEND_CHAT"}, ""},
		{"of others", "AIX_LIMIT", "", []string{"audit"}, ""},
		{"for a verb without flags", "AIXMEND_LIMTI", "", []string{"version"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			here(t, "")
			if err := os.WriteFile("inventory.yaml", []byte(c.inventory), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv(c.variable, "1")
			v, err := called(t, c.args...)
			if got := strings.Join(v.said, "\n"); err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestVariablesNamedBesideAnInventory(t *testing.T) {
	here(t, "")
	if err := os.MkdirAll("site/group_vars/prod", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"site/hosts.yaml": "all:", "site/group_vars/prod/main.yaml": "aixmend_ssh: {become_password: {env: AIXMEND_ROOT_PW}}"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AIXMEND_ROOT_PW", "x")
	for _, inventory := range []string{"site/hosts.yaml", "site"} {
		if v, err := called(t, "audit", "-i", inventory); err != nil || len(v.said) > 0 {
			t.Errorf("%s: %q, %v", inventory, v.said, err)
		}
	}
}

// The origin of a flag that nobody typed is named where an error is about it, only there.
func TestHints(t *testing.T) {
	for said, want := range map[string][]string{
		`error: --fail-on must be failed, found "x1y"`: {"hint: AIXMEND_FAIL_ON sets --fail-on"},
		"error: --state is not a folder":               {"hint: aixmend.yaml sets --state; --config none leaves it out"},
		"error: other.yaml: does not exist":            {"hint: AIXMEND_INVENTORY sets --inventory"},
		"error: --fail is no flag":                     nil,
		"error: no host":                               nil,
	} {
		here(t, "flags: {state: s}\n")
		t.Setenv("AIXMEND_FAIL_ON", "x1y")
		t.Setenv("AIXMEND_INVENTORY", "other.yaml")
		v, err := called(t, "audit", "--config", "aixmend.yaml")
		if err != nil {
			t.Fatal(err)
		}
		audit, _, _ := v.layers.Root.Find([]string{"audit"})
		if diff := cmp.Diff(want, v.layers.Hints(audit, said)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", said, diff)
		}
	}
}

// With -q a variable that nobody reads is told when the verb fails: it may be why.
func TestAVariableIsToldWithTheError(t *testing.T) {
	here(t, "")
	t.Setenv("AIXMEND_COLOUR_SCHEME", "x")
	v, err := called(t, "audit", "--quiet")
	if err != nil || len(v.said) > 0 {
		t.Fatalf("%q, %v", v.said, err)
	}
	audit, _, _ := v.layers.Root.Find([]string{"audit"})
	if got := strings.Join(v.layers.Hints(audit, "error: no host"), "\n"); got != "warning: the variable AIXMEND_COLOUR_SCHEME is not read: there is no such flag" {
		t.Errorf("%q", got)
	}
}
