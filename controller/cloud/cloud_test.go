package cloud

import (
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// The four classes of row D15, the lag after a recovery, and every silence.
func TestJudge(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, c := range map[string]struct {
		guest     Guest
		sight     Sight
		recovered time.Time
		class     Class
		finding   string
		severity  outcome.Severity
	}{
		"both good":                  {guest: Connected, sight: Sight{Health: "OK"}, class: BothGood},
		"both bad":                   {guest: Disconnected, sight: Sight{Health: "WARNING"}, class: BothBad, finding: "cloud-warning", severity: outcome.Info},
		"the cloud lags":             {guest: Connected, sight: Sight{Health: "WARNING"}, class: CloudLags, finding: "health-disagrees", severity: outcome.Warning},
		"the guest counts":           {guest: Disconnected, sight: Sight{Health: "OK"}, class: GuestBad, finding: "health-disagrees", severity: outcome.Warning},
		"just recovered":             {guest: Connected, sight: Sight{Health: "WARNING"}, recovered: now, class: Pending},
		"recovered within the lag":   {guest: Connected, sight: Sight{Health: "WARNING"}, recovered: ago(Lag - time.Second), class: Pending},
		"recovered before the lag":   {guest: Connected, sight: Sight{Health: "WARNING"}, recovered: ago(Lag), class: CloudLags, finding: "health-disagrees", severity: outcome.Warning},
		"recovered, cloud follows":   {guest: Connected, sight: Sight{Health: "OK"}, recovered: now, class: BothGood},
		"recovered, and lost again":  {guest: Disconnected, sight: Sight{Health: "WARNING"}, recovered: now, class: BothBad, finding: "cloud-warning", severity: outcome.Info},
		"recovered, clock set back":  {guest: Connected, sight: Sight{Health: "WARNING"}, recovered: ago(-time.Hour), class: Pending},
		"no answer":                  {guest: Connected, sight: Sight{Silence: "no route"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"no answer, guest bad":       {guest: Disconnected, sight: Sight{Silence: "no such VM"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"no health":                  {guest: Connected, sight: Sight{Status: "SHUTOFF"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"off, the guest answers":     {guest: Connected, sight: Sight{Status: "SHUTOFF", Health: "OK"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"off, the guest is ill":      {guest: Disconnected, sight: Sight{Status: "SHUTOFF", Health: "WARNING"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"off, just recovered":        {guest: Connected, sight: Sight{Status: "SHUTOFF", Health: "WARNING"}, recovered: now, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"off, and no guest":          {guest: Unseen, sight: Sight{Status: "SHUTOFF", Health: "OK"}, class: NoGuest},
		"another word":               {guest: Disconnected, sight: Sight{Health: "ATTENTION"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"another word, recovered":    {guest: Connected, sight: Sight{Health: "CRITICAL"}, recovered: now, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"OK for a dead host":         {guest: Unseen, sight: Sight{Health: "OK"}, class: NoGuest},
		"WARNING for a dead host":    {guest: Unseen, sight: Sight{Health: "WARNING"}, class: NoGuest},
		"no answer for a dead host":  {guest: Unseen, sight: Sight{Silence: "timeout"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"nothing at all":             {class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
		"ACTIVE, without its health": {guest: Connected, sight: Sight{Status: "ACTIVE"}, class: Unknown, finding: "cloud-unknown", severity: outcome.Info},
	} {
		t.Run(name, func(t *testing.T) {
			class, f := Judge(Case{Guest: c.guest, Sight: c.sight, Changed: c.recovered, Now: now})
			if class != c.class {
				t.Errorf("class %s, want %s", class, c.class)
			}
			switch {
			case f == nil && c.finding == "":
			case f == nil || f.ID != c.finding || f.Severity != c.severity:
				t.Errorf("finding %+v, want %s %s", f, c.severity, c.finding)
			case f.Title == "" || f.Remedy == "" || f.Source == "":
				t.Errorf("finding %+v is not whole", f)
			}
			// It is never a reason to change a host, and never makes one fail.
			if f != nil && f.Severity == outcome.Critical {
				t.Error("it is critical")
			}
		})
	}
}

func TestEvidence(t *testing.T) {
	_, f := Judge(Case{Guest: Connected, Sight: Sight{Status: "ACTIVE", Health: "WARNING", Reason: "RMC is not active", LastUpdate: "2026-05-06T07:00:00Z"}})
	want := []string{"cloud: status ACTIVE, health WARNING", "reason: RMC is not active", "updated by the cloud at 2026-05-06T07:00:00Z"}
	if f == nil || len(f.Evidence) != len(want) || f.Evidence[0] != want[0] || f.Evidence[1] != want[1] || f.Evidence[2] != want[2] {
		t.Errorf("%+v", f)
	}
}

// A VM with the MACs of the capture that is not off is the original, whatever the cloud
// calls its status, unless it is the VM of this guest.
func TestOriginal(t *testing.T) {
	own := Sight{Instance: "vm-copy", Name: "copy", Status: "ACTIVE", NICs: []NIC{{MAC: "c1"}}}
	then := func(status string) Sight {
		return Sight{Instance: "vm-1", Name: "aix1", Status: status, NICs: []NIC{{MAC: "01"}, {MAC: "02"}}}
	}
	missing := Sight{Silence: "no route"}
	for name, c := range map[string]struct {
		own, captured Sight
		macs          []string
		want          string
	}{
		"it runs":                  {own, then("ACTIVE"), []string{"c1"}, "aix1 (vm-1) ACTIVE"},
		"it is off":                {own, then("SHUTOFF"), []string{"c1"}, ""},
		"it migrates":              {own, then("MIGRATING"), []string{"c1"}, "aix1 (vm-1) MIGRATING"},
		"its health as its status": {own, then("WARNING"), []string{"c1"}, "aix1 (vm-1) WARNING"},
		"an unknown word":          {own, then("HUMMING"), []string{"c1"}, "aix1 (vm-1) HUMMING"},
		"no word":                  {own, then(""), []string{"c1"}, "aix1 (vm-1) without a status"},
		"no MAC of the guest":      {own, then("ACTIVE"), nil, "aix1 (vm-1) ACTIVE"},
		"this guest":               {then("ACTIVE"), then("ACTIVE"), []string{"02"}, ""},
		"this guest has no VM":     {Sight{Silence: "none"}, then("ACTIVE"), []string{"c1"}, "aix1 (vm-1) ACTIVE"},
		"this guest has two VMs":   {Sight{Silence: "two"}, then("ACTIVE"), []string{"c1", "02"}, ""},
		"nothing of this guest":    {Sight{Silence: "none"}, then("ACTIVE"), nil, ""},
		"no VM with the capture's": {own, Sight{Silence: "none", Absent: true}, []string{"c1"}, ""},
		"its list is missing":      {own, missing, []string{"c1"}, "? no route"},
		"no answer":                {missing, missing, []string{"c1"}, "? no route"},
		"several VMs are it":       {own, Sight{Silence: "2 VMs have its MAC"}, []string{"c1"}, "? 2 VMs have its MAC"},
		"no answer, this guest":    {missing, missing, []string{"c1", "02"}, ""},
		"no answer, no MAC known":  {missing, missing, nil, ""},
	} {
		got, why := c.own.Original(c.captured, c.macs, []string{"01", "02"})
		if why != "" {
			got += "? " + why
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
