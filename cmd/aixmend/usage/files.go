package usage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/exit"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// place is the rule of a flag that names a file or a folder.
type place struct {
	// folder: a folder, which need not exist; a file otherwise.
	folder bool
	// either: a folder, too.
	either bool
	// absent: it need not exist; filled: it may not be empty.
	absent, filled bool
	// most is the largest size of a file in bytes, 0 for strictyaml.MaxBytes.
	most   int64
	remedy string
}

// places are the flags that name a file to read. Files that are written are checked with the
// reports of a run.
var places = map[string]place{
	"inventory":       {either: true, filled: true, remedy: "name the inventory with --inventory FILE"},
	"playbook":        {filled: true, remedy: "aixmend playbook list names the embedded ones; a file is named with its folder, such as ./site.yaml"},
	"plan":            {filled: true, remedy: "make a new plan: aixmend plan --out plan.json"},
	"identity":        {filled: true, most: 1 << 20, remedy: "name the file of a private key"},
	"key":             {filled: true, most: 1 << 20, remedy: "name the file of a private key, or of a public key that the agent holds"},
	"allowed-signers": {filled: true, remedy: "aixmend help approve shows a line of it"},
	"revoked-signers": {most: 64 << 20, remedy: "name a file of public keys, or a KRL that ssh-keygen -k wrote"},
	"known-hosts":     {absent: true, remedy: "name a known_hosts file; aixmend hostkeys creates one"},
	"ssh-config":      {remedy: "none leaves ssh_config out"},
	"config":          {remedy: "name a config file, or none"},
	"hub":             {filled: true, remedy: "aixmend help hub says how the hub writes one"},
	"token-file":      {most: 1 << 20, remedy: "openssl rand -hex 32 makes a token; its file has mode 0600"},
	"tls-cert":        {filled: true, most: 1 << 20, remedy: "name a file in PEM, with the certificate first"},
	"tls-key":         {filled: true, most: 1 << 20, remedy: "name a file in PEM, mode 0600"},
	"join":            {filled: true, remedy: "aixmend help hub says how the hub writes one"},
}

// folder is the rule of every flag that takes a folder.
var folder = place{folder: true, remedy: "name a folder, or one to create"}

// none is the value of a flag that names no file.
const none = "none"

// Files checks the files and folders that the flags of a command name, before anything is
// run: the error names the flag, the path, the reason and a remedy.
func Files(cmd *cobra.Command) error {
	var found error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		rule, ok := places[f.Name]
		if value, _ := pflag.UnquoteUsage(f); value == "DIR" {
			rule, ok = folder, true
		}
		if !ok || found != nil || !f.Changed {
			return
		}
		paths := []string{f.Value.String()}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			paths = several.GetSlice()
		}
		for _, path := range paths {
			if path == "" || path == none || path == os.DevNull || f.Name == "playbook" && !strings.ContainsAny(path, `/\.`) {
				continue
			}
			if why := rule.wrong(path); why != "" && found == nil {
				found = exit.Usagef(rule.remedy, "--%s %s: %s", f.Name, path, why)
			}
		}
	})
	return found
}

// wrong returns why a path is not such a place, "" where it is.
func (p place) wrong(path string) string {
	if p.folder {
		return noFolder(path)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, public := os.Stat(path + ".pub"); p.absent || p.most > 0 && public == nil { // the agent may hold the key
			return ""
		}
		return "does not exist"
	case err != nil:
		return reason(path, err)
	case info.IsDir() && p.either:
		return ""
	case info.IsDir():
		return "it is a folder, not a file"
	case !info.Mode().IsRegular():
		if err := ownership.Check(path); err != nil { // somebody else may have planted it
			return err.Error()
		}
		return "it is a pipe or a device, not a file"
	case p.filled && info.Size() == 0:
		return "it is empty"
	}
	most := p.most
	if most == 0 {
		most = strictyaml.MaxBytes
	}
	if info.Size() > most {
		return fmt.Sprintf("it has %d bytes, the limit is %d", info.Size(), most)
	}
	file, err := os.Open(path)
	if err != nil {
		return reason(path, err)
	}
	_ = file.Close()
	return ""
}

// noFolder returns which part of a path exists and is no folder.
func noFolder(path string) string {
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case err == nil && info.IsDir(), err != nil && at == filepath.Dir(at):
			return ""
		case err == nil && at == filepath.Clean(path):
			return "it is a file, not a folder"
		case err == nil:
			return at + " is a file, not a folder"
		}
	}
}

// reason is an error of the file system about a path, without the path.
func reason(path string, err error) string { return strings.TrimPrefix(plain.Text(err), path+": ") }
