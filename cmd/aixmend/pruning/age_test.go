package pruning

import (
	"strings"
	"testing"
	"time"
)

func TestParseAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 720 * time.Hour, "1d": 24 * time.Hour, "4w": 672 * time.Hour, "12h": 12 * time.Hour, "90m": 90 * time.Minute, "1h30m": 90 * time.Minute, "15250w": 15250 * 168 * time.Hour,
	} {
		var got Age
		if err := got.Set(text); err != nil || time.Duration(got) != want {
			t.Errorf("%s: %s, %v", text, time.Duration(got), err)
		}
	}
	for text, says := range map[string]string{
		"": "is not an age", "30": "is not an age", "d": "is not an age", "-1d": "is not an age", "+1d": "is not an age", "1.5d": "is not an age", "1 d": "is not an age", "30D": "is not an age", "1d12h": "is not an age", "1y": "is not an age",
		"0d": "more than 0", "0s": "more than 0", "-1h": "more than 0", "0": "more than 0", "15251w": "too long", "99999999999999999999d": "too long", "\x1b[31m": "is not an age",
	} {
		var got Age
		if err := got.Set(text); err == nil || !strings.Contains(err.Error(), says) || got != 0 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
