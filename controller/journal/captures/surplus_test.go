package captures

import (
	"slices"
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// The newest captures stay, those with a label, and the newest of the capture verb: the own
// image is restored from no other.
func TestSurplus(t *testing.T) {
	s, root := folder(t)
	for i, c := range []outcome.Capture{
		{ID: "c1", Purpose: outcome.PurposeCapture},
		{ID: "c2", Purpose: outcome.PurposeCapture, Label: "golden"},
		{ID: "c3", Purpose: outcome.PurposeCapture},
		{ID: "c4", Purpose: outcome.PurposeCapture}, // damaged
		{ID: "c5", Purpose: outcome.PurposePreImage},
		{ID: "c6", Purpose: outcome.PurposePreImage},
	} {
		c.Schema, c.Host, c.Created = outcome.CaptureSchema, "aixprd01", time.Unix(int64(i), 0).UTC()
		if _, err := s.Keep(c, captured()); err != nil {
			t.Fatal(err)
		}
	}
	write(t, root+"/captures/aixprd01/c4/files/etc/hosts", "changed")
	for keep, want := range map[int][]string{1: {"c5", "c4", "c1"}, 2: {"c4", "c1"}, 9: {"c4"}} {
		surplus, err := s.Surplus("aixprd01", keep)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range surplus {
			got = append(got, k.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("--keep %d removes %q, want %q", keep, got, want)
		}
	}
}
