package assistant

import (
	"context"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// scheme begins the addresses of resources.
const scheme = "aixmend://"

// asJSON is the type of every resource: the envelope of an answer.
const asJSON = "application/json"

// resources adds the addresses that can be read: the beginning of the answers of tools.
func (d *desk) resources(s *mcp.Server) {
	fixed := func(address, title, about string) {
		s.AddResource(&mcp.Resource{URI: scheme + address, Name: address, Title: title, Description: about, MIMEType: asJSON}, d.resource)
	}
	named := func(address, name, title, about string) {
		s.AddResourceTemplate(&mcp.ResourceTemplate{URITemplate: scheme + address, Name: name, Title: title, Description: about, MIMEType: asJSON}, d.resource)
	}
	fixed("runs", "Runs", "The kept runs, newest first.")
	fixed("runbook", "Findings", "All findings that the runbook describes.")
	named("runs/{run}", "run", "Report of a run", "The summary of a run; its id, or latest.")
	named("runs/{run}/hosts", "hosts", "Hosts of a run", "The hosts of a finished run: outcome, reason, findings.")
	named("runs/{run}/hosts/{host}", "host", "Report of a host", "The whole report of a host in a run.")
	named("runs/{run}/hosts/{host}/explanation", "explanation", "Explanation of a host", "How the evidence led to each verdict on a host.")
	named("runs/{run}/hosts/{host}/plan", "host-plan", "Plan of a host", "The commands of a plan for a host.")
	named("runbook/{finding}", "finding", "Runbook of a finding", "The meaning of a finding, and how a person checks and fixes it.")
}

// resource reads a resource by its address.
func (d *desk) resource(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	uri := req.Params.URI
	path, _ := strings.CutPrefix(uri, scheme)
	words := strings.Split(path, "/")
	if checkNames(words) != nil {
		return nil, mcp.ResourceNotFoundError(uri)
	}
	a, err := d.at(asking{Context: ctx}, words)
	switch {
	case err != nil:
		return nil, err
	case a == nil || a.failed:
		return nil, mcp.ResourceNotFoundError(uri)
	}
	text, err := a.encode()
	if err != nil {
		return nil, err
	}
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: asJSON, Text: text}}}, nil
}

// at is the answer at the address with these words; nil: there is none.
func (d *desk) at(ctx asking, words []string) (*answer, error) {
	const run, hosts, host, part = 1, 2, 3, 4
	switch {
	case words[0] == "runbook" && len(words) == 1:
		return d.runbook(ctx, aFinding{})
	case words[0] == "runbook" && len(words) == 2:
		return d.runbook(ctx, aFinding{Finding: words[1]})
	case words[0] != "runs" || len(words) > hosts && words[hosts] != "hosts":
		return nil, nil
	}
	switch len(words) {
	case run:
		return d.listRuns(ctx, paged{})
	case run + 1:
		return d.runReport(ctx, aRun{Run: words[run]})
	case hosts + 1:
		return d.listHosts(ctx, hostsOf{Run: words[run]})
	case host + 1:
		return d.hostReport(ctx, aHost{Run: words[run], Host: words[host]})
	case part + 1:
		asked := aHost{Run: words[run], Host: words[host]}
		switch words[part] {
		case "explanation":
			return d.explainHost(ctx, asked)
		case "plan":
			return d.hostPlan(ctx, asked)
		}
	}
	return nil, nil
}
