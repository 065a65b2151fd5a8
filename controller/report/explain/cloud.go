package explain

import (
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// health says how the cloud shows the VM, beside the verdict.
func (t *explainer) health(c *outcome.Cloud) {
	if text := report.CloudText(c); text != "" {
		t.line("  %s: %s", report.CloudName, text)
	}
}
