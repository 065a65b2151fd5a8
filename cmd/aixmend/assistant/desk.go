package assistant

import (
	"context"
	"log/slog"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"aixmend/inventory/naming"
)

// desk answers one client.
type desk struct{ *programs }

// server returns the protocol server with all tools and resources. allowed are the words of
// --allow.
func (d *desk) server(version string, allowed []string) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "aixmend", Title: "aixmend", Version: version},
		&mcp.ServerOptions{
			Logger: slog.New(slog.DiscardHandler), Capabilities: &mcp.ServerCapabilities{},
			SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) { c.CacheScope = "private" },
		})
	d.readers(s)
	if slices.Contains(allowed, "audit") {
		offer(s, visit("audit", "Audit hosts", "Connects to hosts over SSH, diagnoses them, and keeps a new run. Changes no host. It takes seconds to minutes."), d.audit)
	}
	if slices.Contains(allowed, "plan") {
		offer(s, visit("plan", "Plan a recovery", "Connects to hosts over SSH, diagnoses them, and keeps a new run with the exact commands that a recovery would run, each with its undo. Runs none of them and changes no host. host_plan has the commands of a host. It takes seconds to minutes."), d.plan)
	}
	d.resources(s)
	return s
}

// look is a tool that reads the state folder.
func look(name, title, about string) *mcp.Tool {
	no := false
	return &mcp.Tool{Name: name, Title: title, Description: about, Annotations: &mcp.ToolAnnotations{
		Title: title, ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: &no, OpenWorldHint: &no,
	}}
}

// visit is a tool that connects to hosts. It is not read-only, since it keeps a run.
func visit(name, title, about string) *mcp.Tool {
	no, yes := false, true
	return &mcp.Tool{Name: name, Title: title, Description: about, Annotations: &mcp.ToolAnnotations{
		Title: title, DestructiveHint: &no, OpenWorldHint: &yes,
	}}
}

// asking is the context of a call, with its way to say how far it is.
type asking struct {
	context.Context
	session *mcp.ServerSession
	token   any
}

// offer adds a tool. Its arguments are checked against the schema of In, its names by the
// pattern of names, and its answer is an envelope.
func offer[In any](s *mcp.Server, t *mcp.Tool, do func(asking, In) (*answer, error)) {
	t.InputSchema = arguments[In]()
	mcp.AddTool(s, t, func(ctx context.Context, req *mcp.CallToolRequest, in In) (*mcp.CallToolResult, *answer, error) {
		a, err := do(asking{ctx, req.Session, req.Params.GetProgressToken()}, in)
		if err != nil {
			return nil, nil, err
		}
		text, err := a.encode()
		if err != nil {
			return nil, nil, err
		}
		return &mcp.CallToolResult{IsError: a.failed, Content: []mcp.Content{&mcp.TextContent{Text: text}}}, a, nil
	})
}

// arguments is the schema of a struct in which every text is a name.
func arguments[In any]() *jsonschema.Schema {
	schema, err := jsonschema.For[In](nil)
	if err != nil {
		panic(err) // a mistake in the struct, which any call of the verb shows
	}
	for _, p := range schema.Properties {
		switch {
		case p.Type == "string":
			p.Pattern = naming.FilePattern
		case p.Items != nil:
			p.Items.Pattern = naming.FilePattern
			p.MaxItems = jsonschema.Ptr(maxNames)
		case p.Type == "integer":
			p.Minimum = jsonschema.Ptr(0.0)
		}
	}
	return schema
}
