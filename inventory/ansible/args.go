package ansible

import (
	"errors"
	"path"
	"slices"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// wishes are the settings in arguments for ssh. Those that are not given are not set.
type wishes struct {
	user, port, key, knownHosts, jump settings.Text
	faults                            strictyaml.Problems
}

// argParser reads the arguments of one variable.
type argParser struct {
	a      *Reader
	name   string
	at     strictyaml.Pos
	wishes wishes
}

func (p *argParser) fault(format string, args ...any) {
	p.wishes.faults.Add(p.at, "write the way into ssh_config, or say it with aixmend_ssh: {jump: HOST}", format, args...)
}

// ignore warns of an argument that is not understood.
func (p *argParser) ignore(what string) {
	p.a.warn(p.name+" "+what, p.at, "", "%s in %s is not understood, and is ignored", settings.Quote(what), p.name)
}

// set takes a value, unless an earlier one was given: with ssh the first wins.
func (p *argParser) set(into *settings.Text, value string) {
	if !into.Set() {
		*into = settings.Text{V: value, Pos: p.at}
	}
}

// Options of ssh: those with an argument, and those that change nothing of how
// a host is reached.
const (
	withArgument = "BbcDEeFIiJLlmOopQRSWw"
	harmless     = "46AaCfGgKkMNnqTtVvXxYy"
)

// parse reads the words.
func (p *argParser) parse(words []string) {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if len(word) < 2 || word[0] != '-' {
			p.ignore(word)
			continue
		}
		flags := strings.TrimLeft(word[1:], harmless)
		if flags == "" {
			continue
		}
		flag, value := flags[:1], flags[1:]
		if !strings.Contains(withArgument, flag) {
			p.ignore(word)
			continue
		}
		if value == "" && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		switch flag {
		case "o":
			p.option(value)
		case "J":
			p.option("ProxyJump=" + value)
		case "i":
			p.option("IdentityFile=" + value)
		case "p":
			p.option("Port=" + value)
		case "l":
			p.option("User=" + value)
		default:
			p.ignore("-" + flag + " " + value)
		}
	}
}

// unchanged are options of ssh_config that change nothing of which machine is
// reached as whom.
var unchanged = []string{
	"controlmaster", "controlpersist", "controlpath", "connecttimeout", "connectionattempts", "serveraliveinterval", "serveralivecountmax",
	"tcpkeepalive", "forwardagent", "forwardx11", "compression", "loglevel", "batchmode", "identitiesonly", "preferredauthentications",
	"passwordauthentication", "pubkeyauthentication", "kbdinteractiveauthentication", "challengeresponseauthentication", "gssapiauthentication",
	"gssapidelegatecredentials", "numberofpasswordprompts", "requesttty", "addkeystoagent", "updatehostkeys", "visualhostkey", "sendenv", "setenv", "ipqos",
	"addressfamily", "exitonforwardfailure", "permitlocalcommand", "hashknownhosts",
}

// option reads NAME=VALUE or "NAME VALUE".
func (p *argParser) option(option string) {
	at := strings.IndexAny(option, "= \t")
	if at < 0 {
		p.ignore("-o " + option)
		return
	}
	name, value := strings.ToLower(option[:at]), strings.Trim(option[at+1:], " \t=")
	value = strings.Trim(value, `"`)
	switch name {
	case "proxyjump":
		p.set(&p.wishes.jump, value)
	case "proxycommand":
		p.proxy(value)
	case "identityfile":
		p.set(&p.wishes.key, value)
	case "port":
		p.set(&p.wishes.port, value)
	case "user":
		p.set(&p.wishes.user, value)
	case "userknownhostsfile":
		if value == "/dev/null" || value == "none" {
			p.a.warn("known_hosts", p.at, "store the keys in known_hosts", "UserKnownHostsFile=%s in %s is ignored: host keys are always checked", value, p.name)
			return
		}
		p.set(&p.wishes.knownHosts, value)
	case "stricthostkeychecking":
		if yes, ok := strictyaml.Truth(value); !ok || !yes {
			p.a.warn("strict", p.at, "store the keys in known_hosts", "StrictHostKeyChecking in %s is ignored: host keys are always checked", p.name)
		}
	case "hostkeyalgorithms", "kexalgorithms", "ciphers", "macs", "pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms":
		p.a.warn(name, p.at, "for old SSH servers: aixmend_ssh: {legacy_algorithms: true}", "%s in %s is ignored", option[:at], p.name)
	default:
		if !slices.Contains(unchanged, name) {
			p.ignore("-o " + option[:at])
		}
	}
}

// proxy reads a ProxyCommand that goes through a host by ssh: ssh -W %h:%p HOST,
// or ssh HOST nc %h %p. Another one is a fault: without it another machine may
// be reached, or none.
func (p *argParser) proxy(command string) {
	if strings.EqualFold(command, "none") {
		p.set(&p.wishes.jump, "none")
		return
	}
	words, err := splitWords(command)
	if err == nil {
		var jump string
		if jump, err = p.proxyJump(words); err == nil {
			p.set(&p.wishes.jump, jump)
			return
		}
	}
	p.fault("the ProxyCommand in %s is not read: %v", p.name, err)
}

var errProxy = errors.New("only ssh -W %h:%p HOST and ssh HOST nc %h %p are")

// proxyJump returns [user@]host[:port] of a ProxyCommand.
func (p *argParser) proxyJump(words []string) (string, error) {
	if len(words) > 0 && words[0] == "exec" {
		words = words[1:]
	}
	if len(words) == 0 || path.Base(words[0]) != "ssh" {
		return "", errProxy
	}
	through := &argParser{a: p.a, name: "the ProxyCommand in " + p.name, at: p.at}
	host, forwards := "", false
	for words = words[1:]; len(words) > 0; words = words[1:] {
		word := words[0]
		if word[:min(1, len(word))] != "-" {
			host, words = word, words[1:]
			break
		}
		flags := strings.TrimLeft(word[1:], harmless)
		if flags == "" {
			continue
		}
		value := flags[1:]
		if strings.Contains(withArgument, flags[:1]) && value == "" && len(words) > 1 {
			value, words = words[1], words[1:]
		}
		if flags[0] == 'W' {
			forwards = value == "%h:%p" || value == "[%h]:%p"
			continue
		}
		through.parse([]string{"-" + flags[:1], value})
	}
	if len(words) > 0 {
		tool := path.Base(words[0])
		forwards = !forwards && (tool == "nc" || tool == "netcat" || tool == "ncat") && slices.Contains(words, "%h") && slices.Contains(words, "%p")
	}
	w := through.wishes
	if host == "" || !forwards || w.jump.Set() || len(w.faults) > 0 || strings.Contains(host, "%") {
		return "", errProxy
	}
	if w.key.Set() || w.knownHosts.Set() {
		p.a.warn("bastion key", p.at, "define it under bastions in an inventory of this program, or in ssh_config", "the key or known_hosts of the bastion in %s is ignored", p.name)
	}
	if w.user.Set() && !strings.Contains(host, "@") {
		host = w.user.V + "@" + host
	}
	if w.port.Set() {
		host += ":" + w.port.V
	}
	return host, nil
}

// splitWords splits a line as a shell does, without expanding anything.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	escaped := false
	for _, c := range line {
		switch {
		case escaped:
			if quote == '"' && c != '"' && c != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
