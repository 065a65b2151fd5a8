package cloud

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/pflag"

	"aixmend/inventory"
)

// From is where inventory import has hosts from in place of inventories.
type From struct {
	// Source is "powervs", or "" for the inventories.
	Source     string
	Workspaces []string
	Network    string
	Region     string
}

// Flags defines the flags.
func (f *From) Flags(fs *pflag.FlagSet) {
	fs.StringVar(&f.Source, "from", "", "`SOURCE` in place of inventories: powervs, the AIX VMs of Power Virtual Server")
	fs.StringArrayVar(&f.Workspaces, "workspace", nil, "with --from powervs, the VMs of workspace `NAME` (or its id or CRN); may repeat; without it all that the key may see")
	fs.StringVar(&f.Network, "network", "", "with --from powervs, the `NAME` or id of the network whose addresses the hosts have")
	fs.StringVar(&f.Region, "region", "", "with --from powervs, the `REGION` whose endpoint lists the workspaces")
}

// Check checks the flags.
func (f *From) Check() error {
	switch f.Source {
	case "powervs":
		return nil
	case "":
		if len(f.Workspaces) > 0 || f.Network != "" || f.Region != "" {
			return fmt.Errorf("--workspace, --network and --region go with --from powervs")
		}
		return nil
	}
	return fmt.Errorf("--from %q is not known; the one source is powervs", f.Source)
}

// Document is the inventory that the flags stand for.
func (f *From) Document() []byte {
	source := map[string]any{}
	if len(f.Workspaces) > 0 {
		source["workspaces"] = f.Workspaces
	}
	if f.Network != "" {
		source["network"] = f.Network
	}
	if f.Region != "" {
		source["region"] = f.Region
	}
	text, _ := json.Marshal(map[string]any{"apiVersion": inventory.APIVersion, "source": map[string]any{"powervs": source}}) // of text it never fails
	return text
}
