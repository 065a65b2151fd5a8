package main

import (
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/remote"
	"aixmend/controller"
	"aixmend/controller/outcome"
)

// captureOptions are the flags of capture.
type captureOptions struct {
	walking
	label string
}

func newCapture(c *cli) *cobra.Command {
	var o captureOptions
	cmd := &cobra.Command{
		Use: "capture", Short: "Diagnose, then capture every host; never changes a host", Args: cobra.NoArgs,
		Long: `Diagnoses, then captures every host; never changes a host.

The exit code is about captures, so that "aixmend capture && migrate" works: 0 when the
capture of every selected host was kept, 3 when one was not (or the host is not ready for
the swap to an own boot image), 4 when the only trouble is unreachable hosts. Findings
count only with --fail-on, for example --fail-on needs_action,failed,unknown,unreachable.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if o.hub != "" {
				return o.overHub(cmd, c, remote.View{}, controller.Capture, func(call *hub.Call) { call.Label = o.label })
			}
			asked := o.asked()
			asked.Label = o.label
			return newWalk(&o.walking, controller.Capture, asked, false).run(cmd.Context(), c)
		},
	}
	o.failOn = outcome.Words(outcome.CaptureFailOn())
	o.walking.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.label, "label", "", "`NAME` to find the captures by")
	cmd.AddCommand(newCaptureList(c), newCaptureShow(c), newCaptureCompare(c), newCapturePrune(c))
	return cmd
}
