package config

import (
	"os"
	"path/filepath"
)

const (
	// None is the word that --config takes for no file.
	None = "none"
	// Name is the name of a config file beside an inventory.
	Name = "aixmend.yaml"
)

// Places are where a config file can be.
type Places struct {
	// Named is the file of --config, "" where none is named.
	Named string
	// Inventory is the first file or folder of --inventory, "" where none is named.
	Inventory string
	// User is the folder for the config files of the user, "" where there is none.
	User string
}

// Find returns the first config file that exists, "" for none. A file that was named need
// not exist: Load reports it. A folder that this user can't search has none.
func Find(p Places) string {
	switch p.Named {
	case None:
		return ""
	case "":
	default:
		return p.Named
	}
	candidates := []string{filepath.Join(folderOf(p.Inventory), Name)}
	if p.User != "" {
		candidates = append(candidates, filepath.Join(p.User, "aixmend", "config.yaml"))
	}
	for _, path := range candidates {
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	return ""
}

// folderOf returns the folder in which an inventory is, or that is one.
func folderOf(inventory string) string {
	if inventory == "" {
		return "."
	}
	if info, err := os.Stat(inventory); err == nil && info.IsDir() {
		return inventory
	}
	return filepath.Dir(inventory)
}
