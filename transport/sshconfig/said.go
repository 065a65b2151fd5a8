package sshconfig

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"aixmend/transport"
	"aixmend/transport/sshtext"
)

// The words of Target.KnownHosts that stand for files: those of a keyword of ssh_config,
// else those that ssh reads.
const (
	wordUser   = "user"
	wordSystem = "system"
)

// ofConfig reports whether known_hosts of a target names files of ssh_config.
func ofConfig(knownHosts string) bool {
	files := strings.Split(knownHosts, "\n")
	return slices.Contains(files, wordUser) || slices.Contains(files, wordSystem)
}

// untouched returns a target of which no file says anything.
func (c *Config) untouched(t transport.Target) (transport.Target, error) {
	filled, _, err := c.fill(t, settings{})
	if err != nil {
		return t, fmt.Errorf("%s: %w", t.Name, err)
	}
	return filled, nil
}

// said expands the tokens in paths that the target came with, and the words in its
// known_hosts.
func (f *filler) said() error {
	err := errors.Join(f.token("identity", &f.target.Identity), f.token("certificate", &f.target.Certificate), f.token("agent", &f.target.Agent))
	if err != nil || f.target.KnownHosts == "" {
		return err
	}
	files := strings.Split(f.target.KnownHosts, "\n")
	for i := range files {
		if err := f.token("known_hosts", &files[i]); err != nil {
			return err
		}
	}
	user, global := f.defaultHosts()
	user = append(user[:1:1], present(user[1:])...) // to the first one keys are stored
	files = f.instead(files, wordUser, f.hostFiles("UserKnownHostsFile", f.userHosts, !f.expanded), user)
	files = f.instead(files, wordSystem, f.hostFiles("GlobalKnownHostsFile", f.globalHosts, false), present(global))
	f.target.KnownHosts = strings.Join(files, "\n")
	return nil
}

// instead puts the files that a word stands for in its place.
func (f *filler) instead(files []string, word string, configured, usual []string) []string {
	at := slices.Index(files, word)
	if at < 0 {
		return files
	}
	if configured == nil {
		configured = usual
	}
	return slices.Concat(files[:at], configured, files[at+1:])
}

// token expands the tokens of one path.
func (f *filler) token(name string, at *string) error {
	expanded, err := sshtext.Expand(*at, f.tokens)
	if err != nil {
		return fmt.Errorf("%s %s: %w", name, short(*at), err)
	}
	*at = expanded
	return nil
}
