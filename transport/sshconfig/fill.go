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
	"aixmend/transport/sshtext"
)

// filler puts settings into a target.
type filler struct {
	*Config
	settings
	asked, target transport.Target
	tokens        map[byte]string
	warnings      []string
	// missing: no IdentityFile exists.
	missing bool
	// err is the first reason for which the host can't be reached as ssh would.
	err error
}

// fill returns the target with its empty fields taken from the settings, and warnings.
func (c *Config) fill(t transport.Target, s settings) (transport.Target, []string, error) {
	f := &filler{Config: c, settings: s, asked: t, target: t, err: s.fault}
	if s.hostName != "" {
		f.target.Address = s.hostName
		if !sshtext.PlainHost(s.hostName) {
			f.fail("", "HostName %q is not an address", short(s.hostName))
		}
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
	if err := f.said(); err != nil {
		return t, nil, err
	}
	f.keys()
	if t.Agent == "" {
		f.target.Agent = f.socket()
	}
	if t.KnownHosts == "" {
		f.target.KnownHosts = strings.Join(f.knownHosts(), "\n")
	}
	f.trust()
	if t.Jump == "" && t.ProxyCommand == "" {
		f.way()
	}
	if f.err == nil {
		f.err = f.refuse()
	}
	if f.err != nil {
		return t, nil, f.err
	}
	return f.target, f.warnings, nil
}

// fail notes that the host can't be reached as ssh would; instead is the setting of the
// inventory that lifts it.
func (f *filler) fail(instead, format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format+"; %s", append(args, wayOut(instead))...)
	}
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
	if len(f.identities) > 0 && !slices.ContainsFunc(f.identities, func(path string) bool { return !strings.EqualFold(path, none) }) {
		f.fail("ssh.identity", "IdentityFile none: ssh would show the host no key of a file")
	}
	first, others := f.existing("IdentityFile", f.identities, ".pub")
	f.target.Identity, f.target.Untried = first, strings.Join(others, "\n")
	if f.asked.Certificate == "" {
		f.target.Certificate, _ = f.existing("CertificateFile", f.certificates, "")
	}
}

// existing gives the first path that is there, or is there with the suffix: the
// public half of a key whose private one the agent holds; and the further ones.
func (f *filler) existing(keyword string, paths []string, suffix string) (first string, others []string) {
	var missing, found []string
	for _, raw := range paths {
		if strings.EqualFold(raw, none) {
			continue
		}
		path, err := f.path(raw, f.tokens)
		if err != nil {
			f.fail("ssh.identity", "%s %s: %w", keyword, short(raw), err)
			continue
		}
		candidates := slices.Compact([]string{path, path + suffix})
		there := slices.IndexFunc(candidates, func(candidate string) bool {
			info, err := os.Stat(candidate)
			return err == nil && !info.IsDir()
		})
		switch {
		case there < 0:
			missing = append(missing, path)
		case !slices.Contains(found, candidates[there]):
			found = append(found, candidates[there])
		}
	}
	if len(found) > 0 {
		return found[0], found[1:]
	}
	if len(missing) > 0 {
		f.warn("%s %s does not exist and is ignored", keyword, strings.Join(missing, ", "))
		f.missing = f.missing || keyword == "IdentityFile"
	}
	return "", nil
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
		if err != nil && f.asked.Identity == "" {
			f.fail("ssh.agent", "IdentityAgent %s: %w", short(raw), err)
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
	if len(own)+len(theirs) == 0 { // none at all, which is not the same as nothing said
		return []string{os.DevNull}
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
				f.fail("ssh.known_hosts", "%s %s: %w", keyword, short(path), err)
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

// trust adds the rest of which keys are trusted.
func (f *filler) trust() {
	if family := strings.ToLower(f.words["addressfamily"].text); family != "any" && f.target.AddressFamily == "" {
		f.target.AddressFamily = family
	}
	if command := f.words["knownhostscommand"]; command.text != "" && !strings.EqualFold(command.text, none) && f.asked.KnownHosts == "" {
		f.target.KnownHostsCommand = command.at.String()
	}
	list := f.words["revokedhostkeys"].text
	if list == "" || strings.EqualFold(list, none) || f.target.RevokedHostKeys != "" {
		return
	}
	path, err := sshtext.Tilde(list, f.home)
	switch {
	case strings.ContainsRune(list, '%'), strings.Contains(list, "${"): // some versions of ssh expand them
		f.fail("", "RevokedHostKeys %s: tokens in it are not expanded here", short(list))
	case err != nil:
		f.fail("", "RevokedHostKeys %s: %w", short(list), err)
	}
	f.target.RevokedHostKeys = f.placed(path)
}

// way chooses how the host is reached.
func (f *filler) way() {
	_, err := sshtext.Jumps(f.proxyJump)
	switch {
	case f.proxyJump != "" && err != nil:
		f.fail("ssh.jump", "ProxyJump: %w", err)
	case f.proxyJump != "" && f.isSelf(f.proxyJump):
		f.fail("ssh.jump", "ProxyJump %s is the host %s itself, which ssh refuses as a loop", f.proxyJump, f.target.Address)
	case f.proxyJump != "":
		f.target.Jump = f.proxyJump
	case f.proxyCommand != "":
		f.proxy()
	}
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
func (f *filler) proxy() {
	for _, token := range "hnkr" {
		value := f.tokens[byte(token)]
		safe := sshtext.PlainHost(value)
		if token == 'r' {
			safe = sshtext.PlainUser(value) && !strings.Contains(value, `\`)
		}
		if used := strings.Contains(f.proxyCommand, "%"+string(token)); used && !safe {
			f.fail("ssh.jump", "ProxyCommand: %q can't stand in the text of a shell command, and %%%c puts it there", short(value), token)
			return
		}
	}
	command, err := sshtext.Expand(f.proxyCommand, f.tokens)
	if err != nil {
		f.fail("ssh.jump", "ProxyCommand %s: %w", short(f.proxyCommand), err)
	}
	f.target.ProxyCommand = command
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
	s, err := sshtext.Tilde(s, c.home)
	if err == nil {
		s, err = sshtext.Expand(s, tokens)
	}
	if err == nil {
		s, err = sshtext.Environment(s)
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
