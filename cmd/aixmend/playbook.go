package main

import (
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"aixmend/playbooks"
)

func (a *app) playbook() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the embedded playbooks", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			t := table.NewWriter()
			t.SetStyle(table.StyleLight)
			t.Style().Options = table.OptionsNoBordersAndSeparators
			t.AppendHeader(table.Row{"PLAYBOOK", "WHAT IT DOES"})
			for _, name := range playbooks.Names() {
				p, err := playbooks.Load(name)
				if err != nil {
					return err
				}
				t.AppendRow(table.Row{name, p.Title})
			}
			_, err := fmt.Fprintln(a.out, t.Render())
			return err
		},
	}
	show := &cobra.Command{
		Use: "show NAME|FILE", Short: "Print a playbook: every command, read-only or changing", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := playbooks.Load(args[0])
			if err != nil {
				return usage(err)
			}
			_, err = fmt.Fprint(a.out, p.Show())
			return err
		},
	}
	check := &cobra.Command{
		Use: "check [NAME|FILE ...]", Short: "Check playbooks and say everything that is wrong with them", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.checkPlaybooks(args) },
	}
	schema := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of a playbook file", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(playbooks.Schema())
			return err
		},
	}
	return group("playbook", "Look at what aixmend knows how to do", list, show, check, schema, a.sudoers())
}

func (a *app) checkPlaybooks(names []string) error {
	if len(names) == 0 {
		names = playbooks.Names()
	}
	bad := 0
	for _, name := range names {
		p, err := playbooks.Load(name)
		if err != nil {
			a.say("error: %s", err)
			bad++
			continue
		}
		problems := "no problems"
		if warnings := p.Warnings(); len(warnings) > 0 && !slices.Contains(playbooks.Names(), name) {
			for _, w := range warnings {
				a.warnOf(w)
			}
			problems = fmt.Sprintf("no errors, %d warnings", len(warnings))
		}
		fmt.Fprintf(a.out, "%s: %d probes, %d findings, %d rungs, %s\n", p.Name, len(p.Probes), len(p.Findings), len(p.Rungs), problems)
	}
	if bad > 0 {
		return usagef("", "%d of %d playbooks are wrong", bad, len(names))
	}
	return nil
}
