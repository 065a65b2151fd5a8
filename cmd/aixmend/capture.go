package main

import (
	"github.com/spf13/cobra"

	"aixmend/controller"
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
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			asked := o.asked()
			asked.Label = o.label
			return newWalk(&o.walking, controller.Capture, asked, false).run(cmd.Context(), c)
		},
	}
	o.walking.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.label, "label", "", "`NAME` to find the captures by")
	cmd.AddCommand(newCaptureList(c), newCaptureShow(c), newCaptureCompare(c), newCapturePrune(c))
	return cmd
}
