package cloudsim

import (
	"testing"
	"time"
)

// guest is a machine whose RMC a test connects.
type guest bool

func (g *guest) Connected() bool { return bool(*g) }

// The health follows the machine, late, and a short change is never seen.
func TestHealthLags(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var g guest
	vm := &VM{Guest: &g, Lag: 20 * time.Minute}
	for _, c := range []struct {
		after     time.Duration
		connected guest
		want      string
	}{
		{0, false, "WARNING"},
		{time.Minute, true, "WARNING"},
		{19 * time.Minute, true, "WARNING"},
		{time.Minute, true, "OK"},
		{time.Hour, false, "OK"},
		{10 * time.Minute, true, "OK"},
		{time.Hour, true, "OK"},
		{time.Minute, false, "OK"},
		{20 * time.Minute, false, "WARNING"},
	} {
		now, g = now.Add(c.after), c.connected
		if got, _ := vm.health(now); got != c.want {
			t.Errorf("at %s: %s, want %s", now.Format(time.TimeOnly), got, c.want)
		}
	}
}
