package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"aixmend/playbooks"
)

// uploads begins the parameter of a playbook that names a folder of this machine.
const uploads = "upload="

// Resolve returns a value as it would be typed in the working folder: a path in the file
// starts at its folder, and ~ is home.
func (f *File) Resolve(flag *pflag.Flag, text, home string) (string, error) {
	prefix, path := "", text
	switch {
	case flag.Name == "set" && strings.HasPrefix(text, uploads):
		prefix, path = uploads, strings.TrimPrefix(text, uploads)
	case flag.Name == "playbook" && slices.Contains(playbooks.Names(), text),
		flag.Name == "ssh-config" && text == None,
		flag.Name != "playbook" && !isPath(flag):
		return text, nil
	}
	if rest, found := strings.CutPrefix(path, "~/"); found {
		if home == "" {
			return "", fmt.Errorf("~ can't be told: this user has no home folder")
		}
		return prefix + filepath.Join(home, rest), nil
	}
	folder := filepath.Dir(f.Path)
	if path == "" || filepath.IsAbs(path) || folder == "." {
		return text, nil
	}
	return prefix + filepath.Join(folder, path), nil
}

// isPath reports whether the value of a flag names a file or a folder.
func isPath(flag *pflag.Flag) bool {
	name, _ := pflag.UnquoteUsage(flag)
	return slices.ContainsFunc(strings.Split(name, "|"), func(word string) bool { return word == "FILE" || word == "DIR" })
}
