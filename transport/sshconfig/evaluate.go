package sshconfig

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// query is the input of a lookup, as ssh is asked.
type query struct {
	address string
	// user and port are empty when the target does not say them.
	user string
	port int
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

	canonicalize, cnames, tag string
}

// evaluation is the result of the parsed files for one host.
type evaluation struct {
	settings
	// class is the same for hosts to which the same blocks apply.
	class string
	// unsure are conditions that could not be evaluated and could matter; their
	// blocks do not apply.
	unsure []problem
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
}

// config is the parsed files.
type config struct {
	files    []*file
	problems []problem
	final    bool
	relevant bool
}

// evaluate returns the result of the files for a host. As with ssh, the first value
// wins.
func (c *config) evaluate(q query, localUser string) evaluation {
	e := evaluator{query: q, localUser: localUser, host: q.address}
	e.settings.user, e.settings.port = q.user, q.port
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
		v := min(outer, e.applies(b, outer))
		if v == off {
			continue
		}
		if v == on && b.kind != blockAlways {
			e.blocks = strconv.AppendInt(append(e.blocks, ' '), int64(b.id), 36)
		}
		for i := range b.items {
			e.item(&b.items[i], v)
		}
	}
}

func (e *evaluator) item(i *item, v verdict) {
	switch {
	case i.keyword == "include":
		for _, f := range i.files {
			e.file(f, v)
		}
	case i.keyword == "user":
		e.users = append(e.users, i.words[0])
		fallthrough
	default:
		if v == on {
			e.set(i)
		}
	}
}

// applies evaluates the condition of a block.
func (e *evaluator) applies(b *block, outer verdict) verdict {
	switch {
	case outer == off || b.kind == blockBroken:
		return off
	case b.kind == blockAlways:
		return on
	case b.kind == blockHost:
		return holds(matchHost(e.host, b.hosts))
	}
	result, unknown := on, ""
	for _, c := range b.criteria {
		v := e.criterion(c)
		if v == perhaps && unknown == "" {
			unknown = c.name
		}
		result = min(result, v)
	}
	if result == perhaps {
		e.doubt(b.at, "Match %s is not evaluated here, so this block does not apply", unknown)
	}
	return result
}

func holds(b bool) verdict {
	if b {
		return on
	}
	return off
}

// criterion evaluates one condition.
func (e *evaluator) criterion(c criterion) verdict {
	var yes bool
	switch c.name {
	case "all":
		yes = true
	case "canonical", "final":
		yes = e.second
	case "host":
		name := e.host
		if e.hostName != "" {
			name = e.expandedHost()
		}
		yes = matchList(strings.ToLower(name), strings.ToLower(c.arg))
	case "originalhost":
		yes = matchList(strings.ToLower(e.address), strings.ToLower(c.arg))
	case "user":
		login := e.settings.user
		if login == "" {
			login = e.localUser
		}
		yes = matchList(login, c.arg)
	case "localuser":
		yes = matchList(e.localUser, c.arg)
	case "tagged":
		yes = e.tag == c.arg || e.tag != "" && matchList(e.tag, c.arg)
	default: // exec, localnetwork, command, version, sessiontype
		return perhaps
	}
	return holds(yes != c.negated)
}

func (e *evaluator) doubt(at place, format string, args ...any) {
	p := problem{at, fmt.Sprintf(format, args...)}
	if !slices.Contains(e.unsure, p) {
		e.unsure = append(e.unsure, p)
	}
}

// set takes a value where there is none.
func (e *evaluator) set(i *item) {
	first := func(v *string, value string) {
		if *v == "" {
			*v = value
		}
	}
	word := i.words[0]
	switch i.keyword {
	case "hostname":
		first(&e.hostName, word)
	case "user":
		first(&e.settings.user, word)
	case "port":
		if e.settings.port == 0 {
			e.settings.port, _ = portOf(word) // checked when it was parsed
		}
	case "identityfile":
		e.identities = add(e.identities, word)
	case "certificatefile":
		e.certificates = add(e.certificates, word)
	case "identityagent":
		first(&e.agent, word)
	case "hostkeyalias":
		first(&e.alias, word)
	case "tag":
		first(&e.tag, word)
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
	case "canonicalizehostname":
		if e.canonicalize == "" && !oneOf(word, "no", "false", none) {
			e.doubt(i.at, "CanonicalizeHostname is not followed here")
		}
		first(&e.canonicalize, word)
	case "canonicalizepermittedcnames":
		if e.cnames == "" && !oneOf(word, none) {
			e.doubt(i.at, "CanonicalizePermittedCNAMEs is not followed here")
		}
		first(&e.cnames, word)
	}
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
	name, err := expand(e.hostName, map[byte]string{'h': e.address})
	if err != nil {
		return e.hostName // ssh refuses it; as it stands it can't be dialled, and the error says it
	}
	return name
}
