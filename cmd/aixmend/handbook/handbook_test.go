package handbook

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSections(t *testing.T) {
	got := Sections("# Runbook\n\nHow to *read* it.\n\n## Access\n\n### no-access\n\n" +
		"The login `x` works, see\n[ssh.md](ssh.md#rules). More.\n\n- **Rule**: critical; warning *once*.\n- **Check**\n\n```sh check\nid\n\ngrep '.*a*' `x`\n```\n\n" +
		"- **See** [other-one](#other-one), [why](notes.md), [site](https://a.example/b#c).\n\n" +
		"### other-one\n\n- **Rule**: info.\n\n## Not here\n\nText.\n\n## Sources\n\nFrom books.\n\n| a | b |\n| --- | --- |\n| <a id=\"s\"></a>`x` | y |\n")
	want := []Section{
		{"no-access", "critical", "The login x works, see docs/ssh.md", "The login x works, see docs/ssh.md. More.\n\n- Rule: critical; warning once.\n- Check\n\n    id\n\n    grep '.*a*' `x`\n\n- See other-one, why (docs/notes.md), site (https://a.example/b).\n"},
		{"other-one", "info", "- Rule", "- Rule: info.\n"},
		{"sources", "", "From books", "From books.\n\n  a: b\n  x: y\n"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
