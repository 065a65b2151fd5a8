package ansible

import (
	"cmp"
	"errors"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/endpoint"
	"aixmend/transport/sshtext"
)

// A bastionWay is a ProxyCommand that goes through a host by ssh.
type bastionWay struct {
	jump    string   // the bastions on the way
	config  string   // the file of -F; "": none is named
	options []option // the key and known_hosts of the bastion
	ignored []option
}

var (
	errProxy = errors.New("only ssh -W %h:%p HOST and ssh HOST nc %h %p are")
	errInner = errors.New("it says more of the bastion than its user, its port and the way to it")
)

// throughSSH reads a ProxyCommand: ssh -W %h:%p HOST, or ssh HOST nc %h %p.
func throughSSH(command string) (bastionWay, error) {
	command, err := sshtext.Expand(command, proxyTokens)
	if err != nil {
		return bastionWay{}, err
	}
	return throughExpanded(command, 0)
}

// maxNested is how many commands may stand in one another.
const maxNested = 4

func throughExpanded(command string, depth int) (bastionWay, error) {
	words, err := shellWords(command)
	if err != nil {
		return bastionWay{}, err
	}
	if len(words) > 0 && words[0] == "exec" {
		words = words[1:]
	}
	if len(words) == 0 || path.Base(words[0]) != "ssh" || depth > maxNested {
		return bastionWay{}, errProxy
	}
	options, rest, err := getopt(words[1:], "", strictyaml.Pos{})
	if err != nil {
		return bastionWay{}, err
	}
	if len(rest) == 0 || rest[0] == "--" {
		return bastionWay{}, errProxy
	}
	host, rest := rest[0], rest[1:]
	more, rest, err := getopt(rest, "", strictyaml.Pos{}) // options may stand behind the host
	if err != nil {
		return bastionWay{}, err
	}
	name, said, err := hostWord(host)
	if err != nil {
		return bastionWay{}, err
	}
	h := hop{depth: depth}
	for _, o := range slices.Concat(options, said, more) {
		if err := h.option(o); err != nil {
			return bastionWay{}, err
		}
	}
	return h.way, h.through(name, rest)
}

// hostWord reads the host that ssh is given: [user@]host or ssh://[user@]host[:port]. Its
// user and port count as options in its place.
func hostWord(word string) (host string, said []option, err error) {
	text, uri := strings.CutPrefix(word, "ssh://")
	e := endpoint.Endpoint{Host: text}
	if uri {
		e, err = endpoint.Parse(strings.TrimSuffix(text, "/"))
	} else if at := strings.LastIndexByte(text, '@'); at >= 0 {
		e.User, e.Host = text[:at], text[at+1:]
	}
	if err != nil || e.Host == "" || strings.ContainsAny(e.Host, "[]") {
		return "", nil, errProxy
	}
	if _, err := netip.ParseAddr(e.Host); err != nil && strings.Contains(e.Host, ":") {
		return "", nil, errProxy // HOST:PORT is a name to ssh
	}
	if e.User != "" {
		said = append(said, option{keyword: "user", rest: e.User})
	}
	if e.Port != 0 {
		said = append(said, option{keyword: "port", rest: strconv.Itoa(e.Port)})
	}
	return e.Host, said, nil
}

// A hop is one ssh of a ProxyCommand. As always with ssh the first value wins.
type hop struct {
	way                       bastionWay
	depth                     int
	forward, user, port, jump string
}

func (h *hop) option(o option) error {
	k, known := keywords[o.keyword]
	value, err := o.value()
	put := func(into *string) error {
		if *into == "" {
			*into = value
		}
		return err
	}
	switch {
	case !known, k.effect != unread && k.isFault(value, err):
		return errInner
	case k.effect == tunes, err == nil && k.harmlessValue(strings.ToLower(value)):
		return nil
	case k.effect == told:
		h.way.ignored = append(h.way.ignored, o)
		return nil
	case o.keyword == "-W":
		return put(&h.forward)
	case o.keyword == "user":
		return put(&h.user)
	case o.keyword == "port":
		return put(&h.port)
	case o.keyword == "-F":
		h.way.config = value // the last one wins
		return nil
	case o.keyword == "proxyjump":
		value, err = sshtext.Jumps(strings.TrimLeft(o.rest, " \t="))
		return put(&h.jump)
	case o.keyword == "proxycommand":
		value, err = h.nested(strings.TrimLeft(o.rest, " \t="))
		return put(&h.jump)
	case k.effect != taken:
		return errInner
	}
	if files, err := o.values(); err == nil && isKnownHosts(o.keyword) && len(realFiles(files)) == 0 {
		return nil // ignored, as for a host
	}
	h.way.options = append(h.way.options, o)
	return nil
}

// nested returns the bastions of a ProxyCommand in another one.
func (h *hop) nested(command string) (string, error) {
	if strings.EqualFold(command, "none") {
		return "none", nil
	}
	command, err := sshtext.Expand(command, proxyTokens)
	if err != nil {
		return "", err
	}
	inner, err := throughExpanded(command, h.depth+1)
	if err == nil && (len(inner.options) > 0 || inner.config != "") {
		err = errInner
	}
	return inner.jump, err
}

// through puts the way together.
func (h *hop) through(host string, remote []string) error {
	direct := h.forward == tokenHost+":"+tokenPort || h.forward == "["+tokenHost+"]:"+tokenPort
	switch {
	case h.forward != "" && (!direct || len(remote) > 0), h.forward == "" && !forwardsByTool(remote):
		return errProxy
	case h.jump == "none": // it keeps a jump of ssh_config away
		return errInner
	}
	port, err := strconv.Atoi(cmp.Or(h.port, "0"))
	if err != nil {
		return errInner
	}
	last, err := sshtext.Jumps(endpoint.Endpoint{User: h.user, Host: host, Port: port}.String())
	h.way.jump = strings.TrimPrefix(h.jump+","+last, ",")
	return err
}

// forwardsByTool reports whether a command on the bastion connects to the host.
func forwardsByTool(remote []string) bool {
	words := strings.Fields(strings.Join(remote, " "))
	if len(words) > 0 && words[0] == "exec" {
		words = words[1:]
	}
	if len(words) < 3 || !slices.Contains([]string{"nc", "netcat", "ncat"}, path.Base(words[0])) {
		return false
	}
	if end := words[len(words)-2:]; end[0] != tokenHost || end[1] != tokenPort {
		return false
	}
	words = words[1 : len(words)-2]
	for len(words) > 0 {
		switch word := words[0]; {
		case word == "-w" || word == "-q" || word == "-i":
			if len(words) < 2 || strings.Trim(words[1], "0123456789") != "" {
				return false
			}
			words = words[2:]
		case word == "-4", word == "-6", word == "-N", word == "-v", len(word) > 2 && strings.ContainsRune("wqi", rune(word[1])) && word[0] == '-' && strings.Trim(word[2:], "0123456789") == "":
			words = words[1:]
		default:
			return false
		}
	}
	return true
}
