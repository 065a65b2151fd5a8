package help

import "testing"

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"lines of a paragraph are joined", "one two\nthree four\n\nfive", 13, "one two three\nfour\n\nfive\n"},
		{"a heading stays alone", "Usage:\n  aixmend runs [flags]", 80, "Usage:\n  aixmend runs [flags]\n"},
		{"a flag", "  -c, --concurrency int   hosts worked on at the same time over SSH", 58,
			"  -c, --concurrency int   hosts worked on at the same time\n                          over SSH\n"},
		{"a flag where there is no room beside it", "  -c, --concurrency int   hosts worked on at the same time over SSH", 40,
			"  -c, --concurrency int\n          hosts worked on at the same\n          time over SSH\n"},
		{"an exit code", "    1  internal error, disk full, or anything that is a bug", 40,
			"    1  internal error, disk full, or\n       anything that is a bug\n"},
		{"a long command", "  aixmend recover --yes --limit prod --wave 1,10%,50%", 30, "  aixmend recover --yes --limit prod --wave 1,10%,50%\n"},
		{"a command to paste", "\taixmend completion bash >/etc/bash_completion.d/aixmend", 30, "\taixmend completion bash >/etc/bash_completion.d/aixmend\n"},
		{"the usual width", "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p", 0,
			"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n\no p\n"},
	} {
		if got := layout(c.text, c.width); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}
