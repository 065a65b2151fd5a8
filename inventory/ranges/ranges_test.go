package ranges

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpand(t *testing.T) {
	cases := []struct {
		text string
		want []string
	}{
		{"aix", []string{"aix"}},
		{"", []string{""}},
		{"aix[02-04]", []string{"aix02", "aix03", "aix04"}},
		{"aix[8-11]", []string{"aix8", "aix9", "aix10", "aix11"}},
		{"aix[08-11].x", []string{"aix08.x", "aix09.x", "aix10.x", "aix11.x"}},
		{"aix[0-2]", []string{"aix0", "aix1", "aix2"}},
		{"aix[098-101]", []string{"aix098", "aix099", "aix100", "aix101"}},
		{"aix[99-101]", []string{"aix99", "aix100", "aix101"}},
		{"aix[09-100]", append(with("aix", "09"), expand(t, "aix[10-100]")...)},
		{"[1,3,7-9]", []string{"1", "3", "7", "8", "9"}},
		{"a[1-2]b[01,05]c", []string{"a1b01c", "a1b05c", "a2b01c", "a2b05c"}},
		{"a[5]", []string{"a5"}},
		{"a[7,1-3]", []string{"a7", "a1", "a2", "a3"}},
	}
	for _, c := range cases {
		got, err := Expand(c.text)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", c.text, err, diff)
		}
	}
}

func with(prefix string, numbers ...string) []string {
	for i := range numbers {
		numbers[i] = prefix + numbers[i]
	}
	return numbers
}

// expand expands text that is good.
func expand(t *testing.T, text string) []string {
	t.Helper()
	all, err := Expand(text)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestExpandRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a[":                       "not closed",
		"a]":                       "not opened",
		"a[1]]":                    "not opened",
		"a[[1]]":                   "must hold numbers",
		"a[]":                      "must hold numbers",
		"a[1,]":                    "must hold numbers",
		"a[1-]":                    "must hold numbers",
		"a[-1]":                    "must hold numbers",
		"a[1-2-3]":                 "must hold numbers",
		"a[a-c]":                   "must hold numbers",
		"a[ 1]":                    "must hold numbers",
		"a[+1]":                    "must hold numbers",
		"a[0000000001]":            "must hold numbers",
		"a[2-1]":                   "counts down",
		"a[1-010]":                 "padded",
		"a[01-002]":                "padded",
		"a[001-99]":                "padded",
		"a[1,1]":                   "twice",
		"a[1-3,2]":                 "twice",
		"a[1-100001]":              "more than 100000",
		"a[1-60000,70000-130000]":  "more than 100000",
		"a[1-999][1-999]":          "more than 100000",
		strings.Repeat("a", 254):   "longer than",
		strings.Repeat("[1]", 254): "longer than",
	} {
		got, err := Expand(text)
		if err == nil {
			t.Errorf("%.40q: expands to %d", text, len(got))
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
	if got := expand(t, "a[1-100000]"); len(got) != MaxResults {
		t.Errorf("%d results, want %d", len(got), MaxResults)
	}
}

// Whatever the text: a bounded number of results, none with a bracket left,
// and a text without brackets is itself.
func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"aix[02-20]", "a[1,3,7-9]b[01-02]", "a[", "a]", "[0-999999999]", "[1-400][1-400]", "10.0.0.[1-9]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Expand(text)
		if err != nil {
			if got != nil {
				t.Errorf("results with an error")
			}
			return
		}
		if len(got) == 0 || len(got) > MaxResults {
			t.Fatalf("%d results", len(got))
		}
		if !strings.Contains(text, "[") && (len(got) != 1 || got[0] != text) {
			t.Fatalf("%q became %q", text, got)
		}
		unique := map[string]bool{}
		for _, s := range got {
			if strings.ContainsAny(s, "[]") {
				t.Fatalf("%q holds a bracket", s)
			}
			unique[s] = true
		}
		if strings.Count(text, "[") == 1 && len(unique) != len(got) {
			t.Fatalf("%q: only %d of %d are different", text, len(unique), len(got))
		}
	})
}
