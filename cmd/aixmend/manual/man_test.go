package manual

import "testing"

func TestRoffTakesAnyText(t *testing.T) {
	page := roff{}
	page.text("first\n.so /etc/passwd\n'br\n\n  a\\b --c\n  .d\n\nlast")
	want := "first\n\\&.so /etc/passwd\n\\&'br\n.PP\n.nf\n  a\\eb \\-\\-c\n  .d\n.fi\n.PP\nlast\n"
	if got := page.String(); got != want {
		t.Errorf("got:\n%s\nwanted:\n%s", got, want)
	}
}
