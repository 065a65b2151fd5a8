// Package assistant lets an assistant read the runs of a state folder over the Model Context
// Protocol (MCP), on stdin and stdout. It can't change a host: all that it does is to start
// processes of this program with a verb and flags of a table, and no verb that changes hosts
// is in it. Every result is an envelope of one form that says where text of hosts is.
package assistant

import (
	"errors"
	"io"
	"path/filepath"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report"
	"aixmend/inventory/naming"
)

// maxRequest is the longest message of a client, in bytes.
const maxRequest = 1 << 20

// ticket is recorded with the runs that an assistant started, for those who list runs.
const ticket = "assistant"

// options are the flags of mcp.
type options struct {
	state              string
	inventories, plans []string
	allow              []string
}

// Command is the verb mcp. state is the default of --state.
func Command(c *console.Console, version, state string) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "mcp", Short: "Let an assistant read runs, reports and plans (MCP over stdio); never changes a host", Args: cobra.NoArgs,
		Long: `Speaks the Model Context Protocol on stdin and stdout: an assistant is configured to
start it, and then lists runs, reads reports, explanations and plans, and compares
runs. It reads the state folder only. With --allow audit or --allow plan, the
assistant may have the hosts of the inventory read over SSH, too. Nothing that it
can ask for changes a host. docs/assistants.md shows how to configure one.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, c, &o, version) },
	}
	fs := cmd.Flags()
	fs.StringVar(&o.state, "state", state, "folder `DIR` for runs, captures and locks")
	fs.StringArrayVarP(&o.inventories, "inventory", "i", nil, "inventory `FILE` of the hosts that --allow lets the assistant read; may repeat (default that of audit)")
	fs.StringArrayVar(&o.plans, "plan", nil, "saved plan `FILE` that the assistant may read; may repeat")
	fs.StringSliceVar(&o.allow, "allow", nil, "`VERBS` that the assistant may start, too, and that connect to hosts: audit, plan")
	return cmd
}

// serve answers a client until it closes stdin, or a signal comes.
func serve(cmd *cobra.Command, c *console.Console, o *options, version string) error {
	for _, verb := range o.allow {
		if _, known := visiting[verb]; !known {
			return exit.Usagef("aixmend mcp --allow audit,plan", "--allow %s: an assistant can start audit and plan, and nothing that changes a host", verb)
		}
	}
	fixed, err := o.given(cmd)
	if err != nil {
		return err
	}
	if c.InTerminal {
		c.Say("an assistant starts this command, and asks on stdin; docs/assistants.md shows how to configure one")
	}
	ctx, release := c.Interrupts.UntilStop(cmd.Context())
	defer release()
	d := &desk{newPrograms(ctx, *fixed, func(asked order) { c.Say("asked for: %s", asked) })}
	err = d.server(version, o.allow).Run(ctx, &mcp.IOTransport{Reader: input{c.In}, Writer: output{c.Out}, MaxLineLength: maxRequest})
	if c.Interrupts.Code() != 0 {
		return exit.ErrInterrupted
	}
	if errors.Is(err, io.EOF) || errors.Is(err, mcp.ErrConnectionClosed) {
		return nil
	}
	return err
}

// given is the part of the call that no assistant chooses. An audit has the config file of
// this call, too.
func (o *options) given(cmd *cobra.Command) (*given, error) {
	state, err := filepath.Abs(o.state)
	if err != nil {
		return nil, err
	}
	g := &given{flags: map[string][]string{"state": {state}, "inventory": o.inventories, "ticket": {ticket}}, plans: map[string]string{}}
	for _, global := range []string{"config", "profile"} {
		g.flags[global] = nil
		if f := cmd.Flag(global); f != nil && f.Changed {
			g.flags[global] = []string{f.Value.String()}
		}
	}
	for _, file := range o.plans {
		name := filepath.Base(file)
		if _, twice := g.plans[name]; twice || !naming.IsFile(name) {
			return nil, exit.Usagef("rename the file", "--plan %s: an assistant needs another name for it, of letters, digits, dots and hyphens", file)
		}
		if g.plans[name], err = filepath.Abs(file); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// input is stdin. A reader may wait for it until the process ends, so it stays open.
type input struct{ io.Reader }

// Close implements io.Closer.
func (input) Close() error { return nil }

// output is stdout. Messages are written as JSON that no terminal and no runner of pipelines
// takes for more, as all JSON of this program.
type output struct{ to io.Writer }

// Write implements io.Writer.
func (o output) Write(message []byte) (int, error) {
	if _, err := o.to.Write(report.SafeJSON(message)); err != nil {
		return 0, err
	}
	return len(message), nil
}

// Close implements io.Closer.
func (output) Close() error { return nil }
