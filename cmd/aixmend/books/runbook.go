package books

import (
	"cmp"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/handbook"
	"aixmend/cmd/aixmend/pager"
	"aixmend/cmd/aixmend/usage"
	"aixmend/controller/report"
	"aixmend/docs"
)

// widePage is the width of a section where no terminal has one, in columns.
const widePage = 90

// Runbook is the verb runbook.
func Runbook(c *console.Console) *cobra.Command {
	sections := handbook.Sections(docs.Runbook)
	var paged pager.Flag
	cmd := &cobra.Command{
		Use: "runbook [FINDING]", Short: "Print the runbook of a finding: its meaning, how to check and fix it by hand; without FINDING, list all findings",
		Args: cobra.MaximumNArgs(1), ValidArgs: handbook.Names(sections),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				var rows [][]string
				for _, s := range sections {
					rows = append(rows, []string{s.ID, s.Severity, s.About})
				}
				return paged.Print(c, c.Table([]string{"FINDING", "SEVERITY", "WHAT IT MEANS"}, rows))
			}
			s, known := handbook.Find(sections, args[0])
			if !known {
				hint := usage.Near(args[0], handbook.Names(sections), "aixmend runbook lists the findings; those of a playbook of your own are in aixmend playbook show FILE")
				return exit.Usagef(hint, "the runbook has no finding %q", args[0])
			}
			return paged.Print(c, s.Title()+"\n\n"+s.Fitted(func(line string) string { return report.Fit(line, cmp.Or(c.Width(), widePage)) }))
		},
	}
	paged.Add(cmd.Flags())
	return cmd
}
