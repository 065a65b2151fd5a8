package shell

import (
	"os/exec"
	"testing"
)

func TestQuoting(t *testing.T) {
	for _, c := range []struct{ text, quote, word, first string }{
		{"", "''", "''", "''"},
		{"plain-1.2/x", "'plain-1.2/x'", "plain-1.2/x", "plain-1.2/x"},
		{"two words", "'two words'", "'two words'", "'two words'"},
		{"it's", `'it'\''s'`, `'it'\''s'`, `'it'\''s'`},
		{"$HOME", "'$HOME'", "'$HOME'", "'$HOME'"},
		{"~/x", "'~/x'", "'~/x'", "'~/x'"},
		{"a=b", "'a=b'", "a=b", "'a=b'"},
		{"if", "'if'", "if", "'if'"},
	} {
		if quote, word, first := Quote(c.text), Word(c.text), First(c.text); quote != c.quote || word != c.word || first != c.first {
			t.Errorf("%q: %s, %s, %s", c.text, quote, word, first)
		}
	}
	if got, want := Line("a=b", "c=d", "e f"), "'a=b' c=d 'e f'"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A shell reads back every word as it was.
func TestShellReadsWords(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for _, text := range []string{"", "a b", "it's", "$(id)", "`id`", "a\nb", "\\", "*", "~", "#x", "{a,b}", "!x", "a&b", "é", "[x]", "\"", "x=y"} {
		for _, word := range []string{Quote(text), Word(text)} {
			got, err := exec.Command(sh, "-c", "printf '%s.' "+word).Output()
			if err != nil || string(got) != text+"." {
				t.Errorf("%q as %s is read as %q, %v", text, word, got, err)
			}
		}
	}
}
