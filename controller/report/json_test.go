package report

import (
	"encoding/json"
	"testing"

	"aixmend/controller/report/samples"
)

// A JSON document for a terminal has nothing in it that a terminal acts on, and
// says what it said.
func TestSafeJSON(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 日本":             `"plain é 日本"`,
		"\x1b[31m":               `"\u001b[31m"`,
		"a\u009b31m":             `"a\u009b31m"`,
		"a\u202Eb\u2066c":        `"a\u202eb\u2066c"`,
		"a\x7fb\u200Bc\uFEFF":    `"a\u007fb\u200bc\ufeff"`,
		"a\U000E0041b\U0001F600": `"a\udb40\udc41b` + "\U0001F600\"",
		"##vso[x] ##[y] # #[z]":  `"##vso\u005bx] ##\u005by] # #[z]"`,
	} {
		document, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(SafeJSON(document)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func FuzzSafeJSON(f *testing.F) {
	for _, s := range samples.HostileTexts() {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		document, err := json.MarshalIndent(map[string]string{s: s}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		safe := SafeJSON(document)
		if Clean(string(safe), true) != string(safe) || Defuse(string(safe)) != string(safe) {
			t.Errorf("%q is not clean", safe)
		}
		var before, after map[string]string
		if json.Unmarshal(document, &before) != nil || json.Unmarshal(safe, &after) != nil || len(after) != 1 {
			t.Fatalf("%q is no JSON", safe)
		}
		for key, text := range before {
			if after[key] != text {
				t.Errorf("%q says another thing than %q", safe, document)
			}
		}
	})
}
