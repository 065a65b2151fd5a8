// Package sshconfig fills the empty fields of a target from the user's ssh_config, so
// that a team's bastions, logins and keys work here as they do with ssh.
//
// A *class* is the set of hosts to which the same Host and Match blocks apply. The
// files are parsed here, and the result is compared with `ssh -G` for the first host
// of each class. Where both agree, the parser answers for the other hosts of the
// class; where they differ, ssh is asked for each host. So a fleet of thousands costs
// a few processes. Conditions that the parser can't evaluate, such as Match exec, are
// left to ssh; where it can't be asked they are errors of the hosts that depend on them.
//
// The parser is our own: the existing libraries refuse a whole file for one bad line,
// do not know the login in a Match, and do not split quoted words as ssh does.
package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"sync"

	"aixmend/transport"
	"aixmend/transport/sshtext"
)

// New returns a Config. Nothing is read before the first target is filled.
func New(o Options) *Config {
	c := &Config{
		paths: paths{file: o.File, home: o.Home, folder: o.Folder, system: systemFolder()}, warn: o.Warn,
		timeout: askTimeout, places: make(chan struct{}, runtime.NumCPU()),
		flights: map[string]*flight{}, told: map[string]bool{},
	}
	if me, err := user.Current(); err == nil {
		c.local = *me
	}
	if c.home == "" {
		c.home = c.local.HomeDir
	}
	if name, err := os.Hostname(); err == nil {
		c.machine = name
	}
	c.program, c.why = find(o.Program, c.home, c.local.HomeDir)
	c.read = sync.OnceValues(c.load)
	return c
}

// systemFolder is where the system's ssh_config lies.
func systemFolder() string {
	if data := os.Getenv("ProgramData"); runtime.GOOS == "windows" && data != "" {
		return filepath.Join(data, "ssh")
	}
	return "/etc/ssh"
}

// find gives the program that is asked, or why none is.
func find(program, home, login string) (path, why string) {
	if program == none {
		return "", "ssh is not asked"
	}
	if login == "" || filepath.Clean(home) != filepath.Clean(login) {
		return "", "ssh is not asked: its home would be another"
	}
	if program != "" {
		return program, ""
	}
	path, err := exec.LookPath("ssh")
	if err != nil {
		return "", "there is no ssh program"
	}
	return path, ""
}

// load reads the files.
func (c *Config) load() (*config, error) {
	p := &parser{loader: &loader{home: c.home, system: c.system}}
	parsed := &config{}
	for _, from := range c.sources() {
		text, err := p.loader.read(from.path, !from.system)
		switch {
		case err == nil:
			parsed.files = append(parsed.files, p.text(text, from))
		case c.file != "":
			return nil, fmt.Errorf("ssh_config %s can't be read: %w; ssh.config and --ssh-config name another one, or none", c.file, err)
		case !errors.Is(err, fs.ErrNotExist):
			unread := &file{}
			p.bad(p.newBlock(unread, place{from.path, 1}, blockAlways), place{from.path, 1}, "", err)
			parsed.files = append(parsed.files, unread)
		}
	}
	parsed.paths, parsed.final, parsed.relevant = p.loader.paths, p.final, p.relevant
	return parsed, nil
}

// sources are the files that are read.
func (c *Config) sources() []source {
	if c.file != "" {
		return []source{{path: c.file}}
	}
	return []source{
		{path: filepath.Join(c.home, ".ssh", "config")},
		{path: filepath.Join(c.system, "ssh_config"), system: true},
	}
}

// Fill returns the target with its empty fields taken from ssh_config, where the host
// is looked up by its address. HostName replaces the address. Fields that are set stay;
// a Jump of "none" also keeps ProxyJump and ProxyCommand away. On an error the way to
// the host is not known.
func (c *Config) Fill(ctx context.Context, t transport.Target) (transport.Target, error) {
	if c.file == none {
		return c.untouched(t)
	}
	parsed, err := c.read()
	if err != nil {
		return t, err
	}
	if !parsed.relevant {
		return c.untouched(t)
	}
	if !sshtext.PlainHost(t.Address) {
		return t, fmt.Errorf("ssh_config of %s: %q is not an address", t.Name, short(t.Address))
	}
	filled, err := c.resolve(ctx, parsed, t)
	if err != nil {
		return t, fmt.Errorf("ssh_config of %s: %w", t.Name, err)
	}
	return filled, nil
}
