package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func lookup(name string) (string, bool) {
	value, ok := map[string]string{
		"HOOK": "slack:https://hooks.slack.com/services/T0/B0/s3cret-of-slack\n", "LOOP": "env:HOOK", "EMPTY": " ", "BAD": "s3cret-of-slack",
	}[name]
	return value, ok
}

func TestParse(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	quoted := `["` + strings.ReplaceAll(program, `\`, `\\`) + `", "two words", "$HOME"]`
	for text, want := range map[string]string{
		"https://example.com/hook?key=s3cret-of-slack": "https://example.com",
		"http://[::1]:8080/":                           "http://[::1]:8080",
		"slack:https://example.com/s3cret-of-slack":    "slack:https://example.com",
		"env:HOOK":       "slack:https://hooks.slack.com",
		"exec:" + quoted: "exec:" + program,
	} {
		got, err := Parse(text, lookup)
		if err != nil || got.String() != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	got, err := Parse("exec:"+quoted, lookup)
	if diff := cmp.Diff([]string{program, "two words", "$HOME"}, got.argv); err != nil || diff != "" {
		t.Errorf("words: %s%v", diff, err)
	}
	if (Target{}).String() != "nobody" {
		t.Error("the zero value is somebody")
	}
}

// TestParseRefuses: what is wrong is said, and what was written is not.
func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                                     "write exec:PROGRAM",
		"s3cret-of-slack":                      "write exec:PROGRAM",
		"ftp://example.com/s3cret-of-slack":    "write exec:PROGRAM",
		"https:///s3cret-of-slack":             "names no host",
		"https://:443/s3cret-of-slack":         "names no host",
		"https://user:s3cret-of-slack@host/":   "must not hold a login",
		"https://s3cret-of-slack@host/":        "must not hold a login",
		"slack:https://u:s3cret-of-slack@host": "must not hold a login",
		"https://host/s3cret-of-slack\x7f":     "write exec:PROGRAM",
		"https://host/s3cret-of-slack%zz":      "write exec:PROGRAM",
		"slack:s3cret-of-slack":                "write exec:PROGRAM",
		"slack:exec:/bin/sh s3cret-of-slack":   "write exec:PROGRAM",
		"env:":                                 "wants the name of a variable",
		"env:https://s3cret-of-slack":          "wants the name of a variable",
		"env:MISSING":                          "MISSING of the environment is not set",
		"env:EMPTY":                            "EMPTY of the environment is not set",
		"env:LOOP":                             "LOOP of the environment names another one",
		"env:BAD":                              "BAD of the environment: write exec:",
		"exec:":                                "names no program",
		"exec: \t ":                            "names no program",
		"exec:[]":                              "names no program",
		`exec:[""]`:                            "names no program",
		`exec:["s3cret-of-slack"`:              "wants a JSON list",
		`exec:[1]`:                             "wants a JSON list",
		"exec:" + `["x\u0000"]`:                "can't hold a NUL byte",
		"exec:sh -c 's3cret-of-slack'":         "no shell reads it",
		"exec:x $(s3cret-of-slack)":            "no shell reads it",
		"exec:x | s3cret-of-slack":             "no shell reads it",
		"exec:/no/such/program s3cret-of-slack": func() string {
			return filepath.FromSlash("/no/such/program")
		}(),
	} {
		_, err := Parse(text, lookup)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestInClear(t *testing.T) {
	for text, want := range map[string]bool{
		"http://example.com/": true, "http://10.0.0.1:80/": true, "https://example.com/": false, "http://localhost:1/": false, "http://127.0.0.9/": false, "http://[::1]/": false, "slack:http://example.com/": false,
	} {
		target, err := Parse(text, lookup)
		if err != nil || target.InClear() != want {
			t.Errorf("%s: %v, %v", text, target.InClear(), err)
		}
	}
}
