package sshconfig

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"aixmend/transport"
	"aixmend/transport/endpoint"
)

// filler puts settings into a target.
type filler struct {
	*Config
	settings
	asked, target transport.Target
	tokens        map[byte]string
	warnings      []string
}

// fill returns the target with its empty fields taken from the settings, and warnings.
func (c *Config) fill(t transport.Target, s settings) (transport.Target, []string, error) {
	f := &filler{Config: c, settings: s, asked: t, target: t}
	if s.hostName != "" {
		f.target.Address = s.hostName
	}
	if t.User == "" {
		f.target.User = s.user
	}
	if t.Port == 0 {
		f.target.Port = s.port
	}
	if t.HostKeyAlias == "" {
		f.target.HostKeyAlias = s.alias
	}
	f.tokens = c.tokens(t, f.target)
	f.keys()
	if t.Agent == "" {
		f.target.Agent = f.socket()
	}
	if t.KnownHosts == "" {
		f.target.KnownHosts = strings.Join(f.knownHosts(), "\n")
	}
	if t.Jump == "" && t.ProxyCommand == "" {
		if err := f.way(); err != nil {
			return t, nil, err
		}
	}
	return f.target, f.warnings, nil
}

func (f *filler) warn(format string, args ...any) {
	f.warnings = append(f.warnings, fmt.Sprintf(format, args...))
}

// keys chooses the identity and its certificate. A certificate goes with a key:
// where the target says the key, none is taken.
func (f *filler) keys() {
	if f.asked.Identity != "" {
		return
	}
	f.target.Identity = f.existing("IdentityFile", f.identities, ".pub")
	if f.asked.Certificate == "" {
		f.target.Certificate = f.existing("CertificateFile", f.certificates, "")
	}
}

// existing gives the first path that is there, or is there with the suffix: the
// public half of a key whose private one the agent holds.
func (f *filler) existing(keyword string, paths []string, suffix string) string {
	var missing []string
	for _, raw := range paths {
		if strings.EqualFold(raw, none) {
			continue
		}
		path, err := f.path(raw, f.tokens)
		if err != nil {
			f.warn("%s %s is left out: %v", keyword, short(raw), err)
			continue
		}
		for _, candidate := range slices.Compact([]string{path, path + suffix}) {
			if info, err := os.Stat(candidate); err == nil && !info.IsDir() {
				return candidate
			}
		}
		missing = append(missing, path)
	}
	if len(missing) > 0 {
		f.warn("%s %s does not exist and is ignored", keyword, strings.Join(missing, ", "))
	}
	return ""
}

// socket is the agent's: a path, none, or empty for the user's own.
func (f *filler) socket() string {
	switch raw := f.agent; {
	case raw == "" || raw == "SSH_AUTH_SOCK":
		return ""
	case strings.EqualFold(raw, none):
		return none
	case raw[0] == '$' && !strings.HasPrefix(raw, "${"):
		if socket := os.Getenv(raw[1:]); socket != "" {
			return socket
		}
		return none // as for ssh: the agent is named, and it is not there
	case f.expanded:
		return raw
	default:
		socket, err := f.path(raw, f.tokens)
		if err != nil {
			f.warn("IdentityAgent %s is left out: %v", short(raw), err)
		}
		return socket
	}
}

// defaultHosts are the files that ssh reads when none are configured.
func (c *Config) defaultHosts() (user, global []string) {
	own := filepath.Join(c.home, ".ssh")
	return []string{filepath.Join(own, "known_hosts"), filepath.Join(own, "known_hosts2")},
		[]string{filepath.Join(c.system, "ssh_known_hosts"), filepath.Join(c.system, "ssh_known_hosts2")}
}

// knownHosts are the files that are configured, nil when that changes nothing.
func (f *filler) knownHosts() []string {
	user, global := f.defaultHosts()
	own, theirs := f.hostFiles("UserKnownHostsFile", f.userHosts, !f.expanded), f.hostFiles("GlobalKnownHostsFile", f.globalHosts, false)
	if slices.Equal(own, user) {
		own = nil
	}
	if slices.Equal(theirs, global) {
		theirs = nil
	}
	if own == nil && theirs == nil {
		return nil
	}
	if own == nil {
		own = present(user)
	}
	if theirs == nil {
		theirs = present(global)
	}
	return slices.Concat(own, theirs)
}

func present(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}

// hostFiles returns the files of a keyword; nil where it is not set, and where its files
// would leave no key to check against.
func (f *filler) hostFiles(keyword string, configured []string, tokens bool) []string {
	if len(configured) == 0 {
		return nil
	}
	list := []string{}
	for _, path := range configured {
		if tokens {
			expanded, err := f.path(path, f.tokens)
			if err != nil {
				f.warn("%s %s is left out: %v", keyword, short(path), err)
				continue
			}
			path = expanded
		}
		path = f.placed(path)
		switch {
		case path == "/dev/null" || path == os.DevNull:
			f.warn("%s %s is left out: host keys are always checked", keyword, path)
		case !strings.EqualFold(path, none):
			list = append(list, path)
		}
	}
	if len(list) == 0 && !strings.EqualFold(configured[0], none) {
		return nil
	}
	return list
}

// way chooses how the host is reached.
func (f *filler) way() error {
	switch {
	case f.proxyJump != "" && f.isSelf(f.proxyJump):
		f.warn("ProxyJump %s is the host %s itself: it is connected to directly", f.proxyJump, f.target.Address)
	case f.proxyJump != "":
		f.target.Jump = f.proxyJump
	case f.proxyCommand != "":
		return f.proxy()
	}
	return nil
}

// isSelf reports whether the last bastion of a chain is the host: `Host *` with a
// ProxyJump means the bastion, too.
func (f *filler) isSelf(chain string) bool {
	hop := chain[strings.LastIndexByte(chain, ',')+1:]
	self := f.target.Defaulted()
	e, err := endpoint.Parse(hop)
	return err == nil && cmp.Or(e.User, self.User) == self.User &&
		canonical(e.Host) == canonical(self.Address) && cmp.Or(e.Port, transport.DefaultPort) == self.Port
}

// proxy expands the proxy command. A shell runs it, so values that go into it must not
// hold characters that are special to a shell.
func (f *filler) proxy() error {
	for _, token := range "hnkr" {
		value := f.tokens[byte(token)]
		safe := plainHost(value)
		if token == 'r' {
			safe = plainUser(value) && !strings.Contains(value, `\`)
		}
		if used := strings.Contains(f.proxyCommand, "%"+string(token)); used && !safe {
			return fmt.Errorf("ProxyCommand: %q can't stand in the text of a shell command, and %%%c puts it there", short(value), token)
		}
	}
	command, err := expand(f.proxyCommand, f.tokens)
	if err != nil {
		return fmt.Errorf("ProxyCommand %s: %w", short(f.proxyCommand), err)
	}
	f.target.ProxyCommand = command
	return nil
}

// tokens returns the %-tokens of a host: filled is the target with its
// address, user and port.
func (c *Config) tokens(asked, filled transport.Target) map[byte]string {
	filled = filled.Defaulted()
	alias := filled.HostKeyAlias
	if alias == "" {
		alias = asked.Address
	}
	short, _, _ := strings.Cut(c.machine, ".")
	return map[byte]string{
		'h': filled.Address, 'n': asked.Address, 'p': strconv.Itoa(filled.Port), 'r': filled.User, 'k': alias,
		'd': c.home, 'u': c.local.Username, 'i': c.local.Uid, 'l': c.machine, 'L': short,
	}
}

// path expands a path as ssh does.
func (c *Config) path(s string, tokens map[byte]string) (string, error) {
	s, err := tilde(s, c.home)
	if err == nil {
		s, err = expand(s, tokens)
	}
	if err == nil {
		s, err = environment(s)
	}
	return c.placed(s), err
}

// placed returns a path as ssh finds it, which runs in the folder.
func (c *Config) placed(path string) string {
	if path == "" || c.folder == "" || filepath.IsAbs(path) || strings.EqualFold(path, none) {
		return path
	}
	return filepath.Join(c.folder, path)
}
