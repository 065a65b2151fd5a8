package sshconfig

import (
	"slices"
	"strconv"
	"strings"

	"aixmend/transport"
	"aixmend/transport/sshtext"
)

// query is the input of a lookup, as ssh is asked.
type query struct {
	address string
	// user and port are empty when the target does not say them.
	user string
	port int
	// said are the settings of the inventory that take the place of keywords.
	said said
}

type said struct{ jump, identity, agent, knownHosts, alias bool }

func queryOf(t transport.Target) query {
	return query{t.Address, t.User, t.Port, said{
		jump: t.Jump != "" || t.ProxyCommand != "", identity: t.Identity != "", agent: t.Agent != "" || t.Identity != "",
		knownHosts: t.KnownHosts != "" && !ofConfig(t.KnownHosts), alias: t.HostKeyAlias != "",
	}}
}

// lifts reports whether the target has the value of a setting of the inventory.
func (q query) lifts(setting string) bool {
	switch setting {
	case "ssh.user":
		return q.user != ""
	case "ssh.port":
		return q.port != 0
	case "ssh.jump":
		return q.said.jump
	case "ssh.identity":
		return q.said.identity
	case "ssh.agent":
		return q.said.agent
	case "ssh.known_hosts":
		return q.said.knownHosts
	case "ssh.host_key_alias":
		return q.said.alias
	}
	return false
}

// settings are the values for one host, as they stand in the file; an empty one is not
// configured.
type settings struct {
	hostName     string
	user         string
	port         int
	identities   []string
	certificates []string
	agent        string
	proxyJump    string
	proxyCommand string
	alias        string
	userHosts    []string
	globalHosts  []string
	// expanded: tokens in agent and userHosts are expanded already.
	expanded bool
	// words are the first values of the keywords that have no field here.
	words map[string]word
	// fault says why ssh would not connect with them; nil: it would.
	fault error
}

// word is a value and its line; that is empty where ssh has said it.
type word struct {
	text string
	at   place
}

// evaluation is the result of the parsed files for one host.
type evaluation struct {
	settings
	// class is the same for hosts to which the same blocks apply.
	class string
	// doubts are the places that leave open how the host is reached.
	doubts []doubt
	// users are the logins of all blocks that apply or could.
	users []string
}

// verdict is whether a block applies.
type verdict int

const (
	off verdict = iota
	perhaps
	on
)

// evaluator goes over the files for one host.
type evaluator struct {
	query
	evaluation
	localUser string
	// host is the name that Host lines are compared with: in the second pass
	// that of HostName.
	host   string
	second bool
	blocks []byte
	// ignored is IgnoreUnknown.
	ignored string
	// outer is why the block around an included file perhaps applies.
	outer because
}

// config is the parsed files.
type config struct {
	files []*file
	// paths are those of the files that were read.
	paths    []string
	final    bool
	relevant bool
}

// evaluate returns the result of the files for a host. As with ssh, the first value
// wins.
func (c *config) evaluate(q query, localUser string) evaluation {
	e := evaluator{query: q, localUser: localUser, host: q.address}
	e.settings.user, e.settings.port = q.user, q.port
	e.settings.words = map[string]word{}
	e.pass(c.files)
	if c.final {
		if e.hostName = canonical(e.expandedHost()); e.hostName == "" {
			e.hostName = canonical(q.address)
		}
		e.host, e.second = e.hostName, true
		e.pass(c.files)
	}
	e.hostName = canonical(e.expandedHost())
	if e.hostName == canonical(q.address) {
		e.hostName = ""
	}
	if strings.EqualFold(e.proxyCommand, none) {
		e.proxyCommand = ""
	}
	if e.proxyJump == none {
		e.proxyJump = ""
	}
	e.alias = strings.ToLower(e.alias)
	e.class = string(e.blocks)
	return e.evaluation
}

func (e *evaluator) pass(files []*file) {
	e.blocks = append(e.blocks, '|')
	for _, f := range files {
		e.file(f, on)
	}
}

// file goes over a file that stands where outer says.
func (e *evaluator) file(f *file, outer verdict) {
	for _, b := range f.blocks {
		v, why := e.applies(b, outer)
		if v == off {
			continue
		}
		if v == on && b.kind != blockAlways {
			e.blocks = strconv.AppendInt(append(e.blocks, ' '), int64(b.id), 36)
		}
		for i := range b.items {
			e.item(&b.items[i], v, why)
		}
	}
}

// item goes over one item of a block that applies, or perhaps does for the cause why.
func (e *evaluator) item(i *item, v verdict, why because) {
	switch {
	case i.fault != "":
		e.unread(i)
	case i.keyword == "include":
		for _, f := range i.files {
			e.included(f, v, why)
		}
	case i.keyword == "ignoreunknown":
		if v == on && e.ignored == "" {
			e.ignored = strings.ToLower(i.words[0])
		}
	case v == perhaps:
		e.hang(i, why)
	default:
		e.set(i)
	}
	if i.keyword == "user" && i.fault == "" {
		e.users = append(e.users, i.words[0])
	}
}

// included goes over a file below a block that perhaps applies for the cause why.
func (e *evaluator) included(f *file, v verdict, why because) {
	before := e.outer
	e.outer = why
	e.file(f, v)
	e.outer = before
}

func holds(b bool) verdict {
	if b {
		return on
	}
	return off
}

// set takes a value where there is none.
func (e *evaluator) set(i *item) {
	first := func(v *string, value string) {
		if *v == "" {
			*v = value
		}
	}
	text := i.words[0]
	switch i.keyword {
	case "hostname":
		first(&e.hostName, text)
	case "user":
		first(&e.settings.user, text)
	case "port":
		if e.settings.port == 0 {
			e.settings.port, _ = portOf(text) // checked when it was parsed
		}
	case "identityfile":
		e.identities = add(e.identities, text)
	case "certificatefile":
		e.certificates = add(e.certificates, text)
	case "identityagent":
		first(&e.agent, text)
	case "hostkeyalias":
		first(&e.alias, text)
	case "proxycommand":
		first(&e.proxyCommand, i.rest)
	case "proxyjump":
		if e.proxyJump == "" && e.proxyCommand == "" {
			if e.proxyJump = i.rest; i.rest != none {
				e.proxyCommand = none
			}
		}
	case "userknownhostsfile":
		if e.userHosts == nil {
			e.userHosts = i.words
		}
	case "globalknownhostsfile":
		if e.globalHosts == nil {
			e.globalHosts = i.words
		}
	case "canonicalizehostname", "canonicalizepermittedcnames":
		if _, is := e.words[i.keyword]; !is && !oneOf(text, "no", "false", none) {
			e.doubt(doubt{at: i.at, text: keywords[i.keyword].name + " is not followed here"})
		}
		e.word(i, text)
	case "knownhostscommand":
		e.word(i, i.rest)
	default:
		e.word(i, text)
	}
}

func (e *evaluator) word(i *item, text string) {
	if _, is := e.words[i.keyword]; !is {
		e.words[i.keyword] = word{text, i.at}
	}
}

// open reports whether a further value of a keyword would count.
func (e *evaluator) open(name string) bool {
	if e.lifts(keywords[name].instead) {
		return false
	}
	switch name {
	case "hostname":
		return e.hostName == ""
	case "user":
		return e.settings.user == ""
	case "port":
		return e.settings.port == 0
	case "hostkeyalias":
		return e.alias == ""
	case "identityagent":
		return e.agent == ""
	case "proxycommand":
		return e.proxyCommand == ""
	case "proxyjump":
		return e.proxyJump == "" && e.proxyCommand == ""
	case "userknownhostsfile":
		return e.userHosts == nil
	case "globalknownhostsfile":
		return e.globalHosts == nil
	}
	_, is := e.words[name] // that of a list of keys never is
	return !is
}

func oneOf(word string, list ...string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, word) })
}

// add adds a value that is not there.
func add(list []string, value string) []string {
	if slices.Contains(list, value) {
		return list
	}
	return append(list, value)
}

// expandedHost is HostName with its tokens expanded, "" when there is none.
func (e *evaluator) expandedHost() string {
	if e.second { // it was expanded before
		return e.hostName
	}
	name, err := sshtext.Expand(e.hostName, map[byte]string{'h': e.address})
	if err != nil {
		e.fault = &hostNameError{e.hostName, err}
		return e.hostName
	}
	return name
}
