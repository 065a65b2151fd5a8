package controller_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
)

// One state never has two verdicts: what recover says of a host, an audit right after it
// says too. A host that has recovered is healthy, or its reason names the warnings that are
// left. That holds for the whole catalogue, and for the same hosts with a warning that
// recover does not mend.
func TestAuditAfterRecoverAgrees(t *testing.T) {
	t.Parallel()
	for name, warned := range map[string]bool{"the catalogue": false, "with a warning, and all allowed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosts, _ := catalogue()
			for _, h := range hosts {
				for i, f := range h.State.Filesets {
					if warned && f.Name == "rsct.core.rmc" && f.Level > "3.2.5.2" {
						h.State.Filesets[i].Level = "3.2.5.2"
					}
				}
			}
			b := startBench(t, hosts)
			e := b.engine(controller.Recover)
			for _, w := range b.playbook.AllowWords() {
				if warned {
					e.Allowed = append(e.Allowed, w.Word)
				}
			}
			recovered := maps.Clone(b.runEngine(e))
			audited := b.run(controller.Audit)
			for _, host := range slices.Sorted(maps.Keys(recovered)) {
				if then, now := recovered[host], audited[host]; !agree(then, now) {
					t.Errorf("%s: recover says %s (%s), an audit after it %s (%s), open: %v", host, then.Outcome, then.Reason, now.Outcome, now.Reason, outcome.OpenIDs(now.Findings))
				}
			}
		})
	}
}

// agree reports whether a verdict of recover and one of audit can be of the same state.
func agree(then, now outcome.Host) bool {
	switch then.Outcome {
	case outcome.Recovered:
		unnamed := func(id string) bool { return !strings.Contains(then.Reason, id) }
		return now.Outcome == outcome.Healthy && !strings.Contains(then.Reason, "left") ||
			now.Outcome == outcome.Degraded && !slices.ContainsFunc(outcome.OpenIDs(now.Findings), unnamed)
	case outcome.Failed:
		return now.Outcome == outcome.NeedsAction
	}
	return then.Outcome == now.Outcome
}
