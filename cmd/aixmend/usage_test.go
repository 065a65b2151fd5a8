package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/environment"
)

// refused runs a call in this process and returns what a person reads on stderr.
func refused(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs strings.Builder
	code := run(args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	if code != 2 {
		t.Errorf("%q: exit code %d\n%s%s", args, code, out.String(), errs.String())
	}
	if phrase := library.FindString(errs.String()); phrase != "" {
		t.Errorf("%q: the words of a library reach the user: %q\n%s", args, phrase, errs.String())
	}
	return errs.String()
}

// library are phrases of the libraries, which name neither the flag nor the remedy.
var library = regexp.MustCompile(`strconv\.|invalid syntax|invalid argument|unknown shorthand|unknown flag|unknown command|bad flag syntax|` +
	`arg\(s\)|flag needs an argument|parse error on line|time: |x509:|dial tcp|no such file or directory|value out of range|panic|%!`)

// callPlace gives each test call an empty folder with an inventory and a run.
func callPlace(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("AIXMEND_SSH_CONFIG", "none")
	write(t, "inventory.yaml", "apiVersion: aixmend/v1\nhosts: {aix1: {address: 127.0.0.1}}\n")
}

// A word that is nearly right is answered with the right one, wherever one of a known set is
// expected.
func TestNearWords(t *testing.T) {
	callPlace(t)
	for call, near := range map[string]string{
		"adit":                                 "aixmend audit",
		"playbook shwo":                        "aixmend playbook show",
		"inventory lst":                        "aixmend inventory list",
		"runs prun":                            "aixmend runs prune",
		"capture lst":                          "aixmend capture list",
		"help adit":                            "aixmend audit",
		"help playbook shwo":                   "aixmend playbook show",
		"completion bahs":                      "aixmend completion bash",
		"audit --formt json":                   "--format",
		"audit --format jsn":                   `"json"`,
		"runs --format jsn":                    `"json"`,
		"audit --notify-on chnage":             `"change"`,
		"audit --fail-on faild":                `"failed"`,
		"audit -l @latest:faild":               `"failed"`,
		"audit -l aix2":                        `"aix1"`,
		"audit --playbook rmc-restor":          `"rmc-restore"`,
		"playbook show rsct-updat":             `"rsct-update"`,
		"playbook check suport-data":           `"support-data"`,
		"playbook sudoers rmc-restor":          `"rmc-restore"`,
		"recover --yes --allow node-di":        `"node-id"`,
		"plan --allow cluster":                 `"cluster0"`,
		"audit --set wiat=3m":                  `"wait"`,
		"audit --set wait=3m --set settel=60s": `"settle"`,
	} {
		if said := refused(t, strings.Fields(call)...); !strings.Contains(said, "did you mean "+near) {
			t.Errorf("aixmend %s: no %s:\n%s", call, near, said)
		}
	}
}

// wrong is a value that a flag refuses, "" for a flag that takes any text.
func wrong(f *pflag.Flag) []string {
	switch f.Value.Type() {
	case "int", "uint":
		return []string{"many", "-1", "1.5", "99999999999999999999"}
	case "count", "bool":
		return []string{"perhaps"}
	case "duration":
		return []string{"soon", "5", "-5m", "99999999999999999999h"}
	}
	switch f.Name {
	case "format", "notify-on", "fail-on", "allow":
		return []string{"nonsense", `"`}
	case "set":
		return []string{"nonsense", "wait=soon", "=", "x=1"}
	case "wave", "max-fail":
		return []string{"nonsense", "-1", "0%", "101%"}
	}
	return nil
}

// Every flag of every verb answers a wrong value with its name, the value and the values
// that it takes, also where the value comes from the environment.
func TestWrongValuesOfFlags(t *testing.T) {
	callPlace(t)
	seen := 0
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if c.Name() == "replay" && f.Name == "set" {
				return // it reads the recordings first
			}
			for _, value := range wrong(f) {
				seen++
				call := append(strings.Fields(c.CommandPath())[1:], placeholders(c)...)
				checkRefusal(t, f.Name, value, refused(t, append(call, "--"+f.Name+"="+value)...))
				t.Setenv(environment.VariableOf(f), value)
				if f.Name != "help" && f.Name != "version" {
					checkRefusal(t, f.Name, value, refused(t, call...))
				}
				noError(t, os.Unsetenv(environment.VariableOf(f)))
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(tree(t))
	if seen < 100 {
		t.Errorf("only %d values were tried", seen)
	}
}

// checkRefusal checks the message for a wrong value.
func checkRefusal(t *testing.T, flag, value, said string) {
	t.Helper()
	first, _, _ := strings.Cut(said, "\n")
	if !strings.Contains(first, "--"+flag) || !strings.Contains(first, strings.Trim(value, `"`)) {
		t.Errorf("--%s=%s: the first line does not name the flag and its value:\n%s", flag, value, said)
	}
}

// placeholders are arguments for a verb, so that it comes to its flags.
func placeholders(c *cobra.Command) []string {
	if c.HasSubCommands() || c.Args == nil || c.Args(c, nil) == nil {
		return nil
	}
	for n := 1; n < 5; n++ {
		args := strings.Fields(strings.Repeat("inventory.yaml ", n))
		if c.Args(c, args) == nil {
			return args
		}
	}
	return nil
}

// Where a verb is missing, the verbs are shown. Nothing was run, so the exit code is not 0: a
// script would take that for a healthy fleet.
func TestWithoutAVerb(t *testing.T) {
	callPlace(t)
	for call, want := range map[string]string{"": "  audit     Diagnose", "playbook": "  check     ", "completion": "  zsh          "} {
		if said := refused(t, strings.Fields(call)...); !strings.Contains(said, want) || strings.Contains(said, "Exit codes, gravest first") {
			t.Errorf("aixmend %s: no short help:\n%s", call, said)
		}
	}
}

// Wrong arguments are answered with the arguments that are expected.
func TestWrongArguments(t *testing.T) {
	callPlace(t)
	for call, want := range map[string]string{
		"version x":                   `aixmend version takes no arguments, found "x"`,
		"audit latest":                `aixmend audit takes no arguments, found "latest"`,
		"playbook show":               "aixmend playbook show needs NAME|FILE",
		"playbook show a b":           `aixmend playbook show takes NAME|FILE, found "a" "b"`,
		"capture compare a b":         "aixmend capture compare takes HOST A B, found",
		"capture compare":             "aixmend capture compare needs HOST A B",
		"audit -Z":                    "there is no flag -Z",
		"audit -i":                    "--inventory needs a value",
		"audit --inventory":           "--inventory needs a value",
		"audit --=x":                  "--=x is no flag",
		"completion bash x":           `aixmend completion bash takes no arguments, found "x"`,
		"playbook nonsense":           `aixmend playbook has no verb "nonsense"`,
		"completion nonsense":         `aixmend completion has no shell "nonsense"`,
		"help nonsense":               `aixmend has no verb "nonsense"`,
		"audit -i nowhere":            "nowhere: does not exist",
		"plan show nowhere":           "nowhere",
		"replay nowhere":              "nowhere",
		"audit --playbook ./x":        "--playbook ./x: does not exist",
		"playbook check ./x":          "./x does not exist",
		"audit --junit no/x":          "--junit no/x: there is no folder no",
		"audit --ssh-config x":        "--ssh-config x: does not exist",
		"recover --yes --plan x":      "--plan x: does not exist",
		"audit --notify exec:nosuch":  "there is no program nosuch",
		"audit --notify ftp://x":      "write exec:PROGRAM",
		"report x":                    "",
		"resume x":                    "",
		"capture show aix1":           "",
		"runs prune --older-than x":   "write 30d, 4w",
		"playbook sudoers --user a/b": "--user",
	} {
		if said := refused(t, strings.Fields(call)...); !strings.Contains(said, want) {
			t.Errorf("aixmend %s: no %q:\n%s", call, want, said)
		}
	}
}
