package assistant

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"aixmend/controller/outcome"
)

// someHosts are the arguments of audit and plan.
type someHosts struct {
	Hosts []string `json:"hosts,omitempty" jsonschema:"names of hosts and groups of the inventory; without it all its hosts"`
}

func (d *desk) audit(ctx asking, in someHosts) (*answer, error) {
	return d.walk(ctx, "audit", in.Hosts)
}
func (d *desk) plan(ctx asking, in someHosts) (*answer, error) { return d.walk(ctx, "plan", in.Hosts) }

// walk runs a verb that connects to hosts, and answers with the summary of the run.
func (d *desk) walk(ctx asking, verb string, hosts []string) (*answer, error) {
	p, err := d.visits(ctx, verb, hosts, &progress{asking: ctx})
	if err != nil {
		return nil, err
	}
	var run runDocument
	if err := json.Unmarshal([]byte(p.out), &run); err != nil || run.RunID == "" {
		return refused(p, nil)
	}
	summary, err := d.read(ctx, "report", nil, run.RunID)
	if err != nil {
		return nil, fmt.Errorf("run %s has ended with exit code %d: %w", run.RunID, p.code, err)
	}
	a := newAnswer(p).page(summary.out, 0)
	a.Run, a.Counts = clean(run.RunID), run.Counts
	a.failed = p.code == outcome.ExitInternal || p.code == outcome.ExitUsage
	return a, nil
}

// progress tells the client each line that a run prints on stderr, if it asked for that.
type progress struct {
	asking
	kept  bytes.Buffer
	lines float64
}

// Write implements io.Writer. A client that is gone is no error of the run.
func (p *progress) Write(text []byte) (int, error) {
	if p.token == nil {
		return len(text), nil
	}
	p.kept.Write(text[:min(len(text), maxMistakes)])
	for {
		line, _, ended := bytes.Cut(p.kept.Bytes(), []byte("\n"))
		if !ended {
			break
		}
		p.lines++
		message := cut(clean(string(line)), maxMessage)
		p.kept.Next(len(line) + 1)
		_ = p.session.NotifyProgress(p.asking, &mcp.ProgressNotificationParams{ProgressToken: p.token, Progress: p.lines, Message: message})
	}
	if p.kept.Len() > maxMistakes {
		p.kept.Reset()
	}
	return len(text), nil
}
