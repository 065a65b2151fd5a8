package fleet_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
)

// plant puts a text of its own into every string below a value, and returns them by their path.
func plant(v reflect.Value, path string, planted map[string]string) {
	switch v.Kind() {
	case reflect.String:
		text := fmt.Sprintf("planted%d", len(planted))
		planted[path] = text
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		plant(v.Elem(), path, planted)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			plant(v.Field(i), path+"."+v.Type().Field(i).Name, planted)
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`"planted-raw"`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		plant(v.Index(0), path, planted)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		plant(key, path+" key", planted)
		if value.Kind() == reflect.Interface {
			value.Set(reflect.ValueOf("planted-fact"))
		} else {
			plant(value, path, planted)
		}
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	}
}

// leaves are the only texts of a report that leave a site. A field that is new in a report
// stays at the site until somebody decides otherwise here.
var leaves = map[string]bool{
	".Schema": true, ".RunID": true, ".Host": true, ".Outcome": true, ".Reason": true,
	".Stages.Name": true, ".Stages.Status": true,
	".Findings.ID": true, ".Findings.Severity": true, ".Findings.Title": true, ".Findings.Source": true, ".Findings.Rule": true, ".Findings.Reads": true,
	".Findings.RestsOn.Fact": true, ".Findings.RestsOn.Sure": true, ".Findings.RestsOn.Source": true, ".Findings.Waiver": true, ".Findings.Expired": true,
	".Passed":    true,
	".Plan.Rung": true, ".Plan.Step": true, ".Plan.AllowedBy": true, ".Plan.BlockedBy": true, ".Plan.Because": true, ".Plan.Fixes": true, ".Plan.Part": true, ".Plan.TimedUndo": true,
	".Changes.Step": true, ".Changes.Status": true, ".Changes.Rung": true, ".Changes.Fixes": true,
	".Cloud.Status": true, ".Cloud.Health": true, ".Cloud.Reason": true, ".Cloud.LastUpdate": true, ".Cloud.Class": true, ".Cloud.Silence": true,
}

// Of every text that a report can hold, only those that are listed leave the site.
func TestOnlyVerdictsLeaveASite(t *testing.T) {
	var h outcome.Host
	planted := map[string]string{}
	plant(reflect.ValueOf(&h).Elem(), "", planted)
	if len(planted) < 80 {
		t.Fatalf("only %d texts were planted", len(planted))
	}
	text, err := json.Marshal(fleet.Public(h, fleet.Compared{}))
	if err != nil {
		t.Fatal(err)
	}
	for path, word := range planted {
		if left := strings.Contains(string(text), `"`+word+`"`); left != leaves[path] {
			t.Errorf("%s leaves the site: %v", path, left)
		}
	}
	if strings.Contains(string(text), "planted-") {
		t.Error("a fact or evidence leaves the site")
	}
}

// A reason that quotes the output of a command leaves without it, also where it quotes only the
// beginning, or control characters.
func TestOutputStays(t *testing.T) {
	long := strings.Repeat("secret of a host ", 20)
	for _, c := range []struct {
		step   outcome.Command
		reason string
		want   string
	}{
		{outcome.Command{Stderr: "\nchdev: 0514-040 Password=hunter2\nmore\n", ExitStatus: 1}, "step set-address ended with status 1: chdev: 0514-040 Password=hunter2", "step set-address ended with status 1: (its output is at the site)"},
		{outcome.Command{Stdout: "token=abcdefgh", ExitStatus: 3}, "it ended with status 3: token=abcdefgh", "it ended with status 3: (its output is at the site)"},
		{outcome.Command{Stdout: "rung refresh", ExitStatus: 0}, "rung refresh is blocked", "rung refresh is blocked"},
		{outcome.Command{Stderr: long, ExitStatus: 1}, "status 1: " + long[:200] + "...", "status 1: (its output is at the site)..."},
		{outcome.Command{Stderr: "evil\x1b[2Jsecret", ExitStatus: 1}, `status 1: "evil\x1b[2Jsecret"`, `status 1: "(its output is at the site)"`},
		{outcome.Command{Stderr: "1", ExitStatus: 1}, "1 of 1 hosts", "1 of 1 hosts"},
	} {
		h := outcome.Host{Reason: c.reason, Findings: []outcome.Finding{{ID: "x", Title: c.reason}}, Stages: []outcome.Stage{{Steps: []outcome.Command{c.step}}}}
		p := fleet.Public(h, fleet.Compared{})
		if p.Reason != c.want || p.Findings[0].Title != c.want {
			t.Errorf("%q became %q and %q, want %q", c.reason, p.Reason, p.Findings[0].Title, c.want)
		}
	}
}

// Addresses in the texts that leave are replaced, and those in compared facts by a hash that
// is equal for equal ones under one key, and for no others.
func TestAddressesStay(t *testing.T) {
	secrets := []string{"10.20.30.40", "fe80::f8ff:feff:fe12:3456", "fa:16:3e:00:00:01", "fa.16.3e.00.00.01", "fd00:1:2::", "fa163e000001", "FA-16-3E-00-00-01", "db1.example.com"}
	h := outcome.Host{Reason: "no answer", Facts: map[string]any{"identity": map[string]any{"macs": []any{}}, "uid": "0"}}
	for _, s := range secrets {
		h.Reason += ", " + s + ":657"
		h.Findings = append(h.Findings, outcome.Finding{ID: "x", Title: "of " + s, Waiver: s, Expired: s})
		h.Facts["identity"].(map[string]any)["macs"] = append(h.Facts["identity"].(map[string]any)["macs"].([]any), s)
	}
	h.Cloud = &outcome.Cloud{Reason: strings.Join(secrets, " "), Silence: strings.Join(secrets, " ")}
	public := func(key string) string {
		text, err := json.Marshal(fleet.Public(h, fleet.Compared{Facts: []string{"identity"}, Key: []byte(key)}, "db1.example.com", ""))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	once := fleet.Public(h, fleet.Compared{Facts: []string{"identity"}, Key: []byte("a")}, "db1.example.com")
	if again := fleet.Public(once, fleet.Compared{Facts: []string{"identity"}}); !reflect.DeepEqual(once, again) { // as the hub does
		t.Errorf("once: %+v\ntwice: %+v", once, again)
	}
	text := public("a key of the hub")
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s leaves the site: %s", s, text)
		}
	}
	if text != public("a key of the hub") || text == public("another key") {
		t.Error("the hash of an address does not depend on it and on the key alone")
	}
	for _, plain := range []string{"at 12:30:00 and 2026-12-01T07:00:00Z", "RSCT 3.1.5.0 is below 3.2.1.0, AIX 7.3.2.1", "RSCT 3.2.6", "rung rmc-refresh: 4m0s", "RSCT node id 0a1b2c3d4e5f6071 is on 2 hosts"} {
		if got := fleet.Public(outcome.Host{Reason: plain}, fleet.Compared{}).Reason; got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}
