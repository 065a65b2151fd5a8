package worker

import (
	"errors"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/job"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// A hub in wrong hands can order whatever it likes: nothing but an audit with a playbook of
// the worker's own is carried out.
func TestWorkerRefuses(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	good := fleet.Order{
		Run: "20261201T070000.000Z-3f9ac2", Verb: "audit", Playbook: outcome.Playbook{Name: p.Name, SHA256: p.SHA256}, Hosts: []string{"a"},
	}
	w := Worker{Settings: job.Settings{Version: "v1"}}
	for _, c := range []struct {
		change func(*fleet.Taken)
		want   string
	}{
		{func(*fleet.Taken) {}, ""},
		{func(t *fleet.Taken) { t.Wrong = errors.New("it is not packed") }, "can't be read: it is not packed"},
		{func(t *fleet.Taken) { t.Verb = "recover" }, "without --allow recover"},
		{func(t *fleet.Taken) { t.Verb, w.Allow = "recover", []string{"node-id"} }, "without --allow recover"},
		{func(t *fleet.Taken) { t.Verb, w.Allow = "recover", []string{AllowRecover} }, ""},
		{func(t *fleet.Taken) {
			t.Verb, t.Allow, w.Allow = "recover", []string{"node-id"}, []string{AllowRecover}
		}, "without --allow node-id"},
		{func(t *fleet.Taken) {
			t.Verb, t.Allow, w.Allow = "recover", []string{"node-id"}, []string{AllowRecover, "node-id"}
		}, ""},
		{func(t *fleet.Taken) { t.Verb, t.Allow = "plan", []string{"node-id"} }, ""},
		{func(t *fleet.Taken) { t.Verb = "capture" }, ""},
		{func(t *fleet.Taken) { t.Verb = "record" }, `"record" is none of the verbs`},
		{func(t *fleet.Taken) { t.Verb = "" }, "is none of the verbs"},
		{func(t *fleet.Taken) { t.Order = fleet.Order{Run: t.Run, Verb: fleet.VerbAdopt} }, ""},
		{func(t *fleet.Taken) { t.Order = fleet.Order{Run: "../../etc", Verb: fleet.VerbAdopt} }, "its run has no id"},
		{func(t *fleet.Taken) { t.Run = "latest" }, "its run has no id"},
		{func(t *fleet.Taken) { t.Run = "../../etc" }, "its run has no id"},
		{func(t *fleet.Taken) { t.Playbook.Name = "/tmp/evil.yaml" }, "is not embedded in this version, and not named by --trust-playbook"},
		{func(t *fleet.Taken) { t.Plan = "../../etc" }, "its plan has no id"},
		{func(t *fleet.Taken) {
			t.Verb, t.Undoes, w.Allow = "recover", "20261201T060000.000Z-3f9ac2", []string{AllowRecover}
		}, ""},
		{func(t *fleet.Taken) { t.Undoes = "20261201T060000.000Z-3f9ac2" }, "it can't be a rollback"},
		{func(t *fleet.Taken) { t.Verb, t.Undoes, w.Allow = "recover", "../../etc", []string{AllowRecover} }, "it can't be a rollback"},
		{func(t *fleet.Taken) { t.Playbook.Name = "" }, "is not embedded"},
		{func(t *fleet.Taken) { t.Playbook.SHA256 = strings.Repeat("0", 64) }, "differs from the hub's"},
		{func(t *fleet.Taken) { t.Set = []string{"settle=1s"} }, ""},
		{func(t *fleet.Taken) { t.Set = []string{"settle=1s", "upload=/root/.ssh"} }, "which a hub must not"},
		{func(t *fleet.Taken) { t.Playbook.SHA256 = "" }, "differs from the hub's"},
	} {
		taken := &fleet.Taken{Order: good}
		w.Allow = nil
		c.change(taken)
		if got := w.refuse(taken); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%+v: %q, want %q", taken.Order, got, c.want)
		}
	}
}
