package setup

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/endpoint"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/sshconfig"
)

// The sources of --from.
const (
	fromSSHConfig  = "ssh-config"
	fromKnownHosts = "known-hosts"
	fromAnsible    = "ansible"
)

// Sources are the words of --from.
var Sources = []string{fromSSHConfig, fromKnownHosts, fromAnsible}

// meant is the hint for a source that there is not.
func meant(from string) string {
	hint := "it takes " + strings.Join(Sources, ", ")
	near := strictyaml.Nearest(from, Sources)
	for _, source := range Sources {
		if near == "" && from != "" && strings.HasPrefix(source, strings.ToLower(from)) {
			near = source
		}
	}
	if near == "" {
		return hint
	}
	return fmt.Sprintf("did you mean %s? %s", near, hint)
}

// given reads the hosts that were named.
func given(words []string) ([]entry, error) {
	var list []entry
	for _, word := range words {
		if isFile(word) {
			return nil, exit.Usagef("aixmend init --from ansible FILE checks an inventory in YAML, or the output of ansible-inventory --list, which reads INI; NAME=ADDRESS is a host of that name", "%s is the name of a file, not of a host", word)
		}
		e, err := entryOf(word)
		if err != nil {
			return nil, exit.Usagef("name hosts such as aix01, root@10.1.2.3:2222, 'aixprd[01-20]' or db1=10.1.3.3", "host %q: %w", word, err)
		}
		list = append(list, e)
	}
	list, err := distinct(list)
	if err != nil {
		return nil, exit.Usage(err)
	}
	return list, nil
}

// names returns the hosts of a source, and a note about those that it can't tell.
func (o *Options) names(from string) (list []string, note string, err error) {
	if from == fromSSHConfig {
		list, err = sshconfig.New(sshconfig.Options{File: o.SSHConfig, Home: o.Home}).Names()
		return list, "", err
	}
	if o.Home == "" {
		return nil, "", errors.New("this user has no home folder, so there is no known_hosts")
	}
	file := filepath.Join(o.Home, ".ssh", "known_hosts")
	list, hashed, err := hostkeys.Names(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if hashed > 0 {
		note = fmt.Sprintf("%s: the names on %s are hashed and can't be listed", file, report.Number(hashed, "line"))
	}
	return list, note, err
}

// sources is the hint that names the ways to name hosts which work here.
func (o *Options) sources() string {
	ways := []string{"aixmend init HOST..."}
	for _, from := range []string{fromSSHConfig, fromKnownHosts} {
		if names, _, err := o.names(from); err == nil && len(names) > 0 {
			ways = append(ways, "aixmend init --from "+from)
		}
	}
	return strings.Join(ways, ", or ")
}

// sourced reads the hosts of a source that match one of some patterns, all without one.
func (o *Options) sourced(from string, patterns []string) ([]entry, error) {
	names, note, err := o.names(from)
	if err != nil {
		return nil, exit.Usage(fmt.Errorf("--from %s: %w", from, err))
	}
	if note != "" {
		o.Console.Say("warning: %s", note)
	}
	used := map[string]bool{}
	var list []entry
	for _, name := range names {
		if !matches(name, patterns, used) {
			continue
		}
		e, err := sourcedEntry(from, name, names)
		if err != nil {
			o.Console.Say("warning: %s: %q is left out: %s", from, name, err)
			continue
		}
		list = append(list, e)
	}
	if at := slices.IndexFunc(patterns, func(p string) bool { return !used[p] }); at >= 0 {
		return nil, exit.Usagef("patterns hold * and ?, such as 'aix*'", "--from %s: no host matches %q", from, patterns[at])
	}
	if len(list) == 0 {
		return nil, exit.Usagef("name the hosts: aixmend init HOST...", "--from %s: it names no hosts", from)
	}
	if list, err = distinct(list); err != nil {
		return nil, exit.Usage(fmt.Errorf("--from %s: %w", from, err))
	}
	return list, nil
}

// sourcedEntry returns the entry of one host of a source, which has such names. A name of
// ssh_config is looked up there again, so it stays as it is. One of known_hosts may share its
// address with another, behind another port.
func sourcedEntry(from, name string, names []string) (entry, error) {
	if from == fromKnownHosts && !strings.Contains(name, "=") {
		to, err := endpoint.Parse(name)
		shares := func(other string) bool {
			at, err := endpoint.Parse(other)
			return err == nil && other != name && strings.EqualFold(at.Host, to.Host)
		}
		if err == nil && to.Port != 0 && slices.ContainsFunc(names, shares) {
			return entryOf(fmt.Sprintf("%s-%d=%s", nameOf(to.Host), to.Port, name))
		}
		return entryOf(name)
	}
	e := entry{name: name, names: []string{name}}
	if err := cmp.Or(settings.CheckName(name), settings.CheckAddress(name)); err != nil {
		return e, fmt.Errorf("the name %w", err)
	}
	return e, nil
}

// matches reports whether a name matches one of some patterns, or whether there is none,
// and notes the patterns that do.
func matches(name string, patterns []string, used map[string]bool) bool {
	found := len(patterns) == 0
	for _, p := range patterns {
		if ok, err := path.Match(strings.ToLower(p), strings.ToLower(name)); err == nil && ok {
			found, used[p] = true, true
		}
	}
	return found
}
