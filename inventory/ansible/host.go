package ansible

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// A reading turns the variables of one host into our settings. A needed variable
// that can't be read is a fault of the host.
type reading struct {
	a      *resolver
	host   *member
	kind   *kind
	values *values
	faults strictyaml.Problems
	varies bool
	looked int // how many variables were looked up for templates
	doc    settings.SSHDoc
}

// Hints on values that are not read.
const (
	plainHint   = "write it out, or say it for this program alone in aixmend_ssh"
	addressHint = "write it out, or say it for this program alone in aixmend_address"
	// secretHint says where a password can come from.
	secretHint = "no password belongs in an inventory: take it out, and say where it comes from, such as aixmend_ssh: {%s: {exec: [PROGRAM, ...]}}"
)

func (r *reading) fault(at strictyaml.Pos, hint, format string, args ...any) {
	r.faults.Add(at, hint, format, args...)
}

// text returns the value of a variable, and whether there is one that is read.
func (r *reading) text(v variable) (settings.Text, bool) {
	name, value := r.values[v].name, r.values[v].value
	if inner := value.Get("__ansible_unsafe"); inner.Given() {
		value = inner
	}
	switch {
	case name != "" && !value.Given():
		r.fault(value.Pos(), hintFor(v), "%s has a tag that is not known", name)
		return settings.Text{}, false
	case value.Kind() == strictyaml.Null:
		return settings.Text{}, false
	case isVault(value):
		r.fault(value.Pos(), hintFor(v), "%s is in a vault, which is not read", name)
		return settings.Text{}, false
	case value.Kind() != strictyaml.Scalar:
		r.fault(value.Pos(), "", "%s must be text", name)
		return settings.Text{}, false
	}
	words := value.Text()
	if isTemplate(words) && value.Tag() != "!unsafe" {
		var err error
		r.varies = true
		if words, err = r.expand(words, 0); err != nil {
			r.fault(value.Pos(), hintFor(v), "%s is a template that is not read: %v", name, err)
			return settings.Text{}, false
		}
	}
	if words == "" {
		return settings.Text{}, false
	}
	return settings.Text{V: words, Pos: value.Pos()}, true
}

// hintFor returns the hint on a value that is not read.
func hintFor(v variable) string {
	if v == hostVar || v == sshHostVar {
		return addressHint
	}
	return plainHint
}

// address returns where the host is; it is not set where nothing says so.
func (r *reading) address() settings.Text {
	v := hostVar
	for _, stronger := range []variable{sshHostVar, ourAddressVar} {
		if r.values[stronger].there() {
			v = stronger
		}
	}
	before := len(r.faults)
	address, ok := r.text(v)
	if !ok {
		if len(r.faults) > before {
			return settings.Text{Pos: r.values[v].value.Pos()} // set, and empty: its name is not where it is
		}
		return settings.Text{}
	}
	if err := settings.CheckAddress(address.V); err != nil {
		r.fault(address.Pos, "", "%s %s %v", r.values[v].name, settings.Quote(address.V), err)
		address.V = ""
	}
	return address
}

// read makes the settings of the host.
func (r *reading) read() *reached {
	if r.elsewhere() {
		return &reached{leftOut: true, varies: r.varies}
	}
	ours := r.a.settings(r.values)
	r.doc = settings.SSHDoc{}
	before := r.wishesOf(sshArgsVar)
	after, last := r.wishesOf(commonArgsVar), r.wishesOf(extraArgsVar)
	r.take(before)
	r.login(ours.SSH)
	r.take(after)
	r.take(last)
	r.become(ours.SSH)
	r.passwords(ours.SSH)
	layer := r.kind.under
	layer.Over(r.checked("", settings.Doc{SSH: r.doc}))
	layer.Over(r.checked(folderOf(r.values[ourSSHVar]), settings.Doc{SSH: ours.SSH}))
	layer.Over(r.checked("", settings.Doc{RMCNIC: ours.RMCNIC, Waive: ours.Waive, Accept: ours.Accept}))
	return &reached{layer: &layer, faults: slices.Clip(r.faults), varies: r.varies}
}

// checked checks settings; a problem makes a fault of the host.
func (r *reading) checked(folder string, s settings.Doc) settings.Layer {
	c := r.a.Checker
	before := len(c.Problems)
	l := c.Layer(folder, s)
	r.faults = append(r.faults, c.Problems[before:]...)
	c.Problems = c.Problems[:before]
	return l
}

// elsewhere reports whether the host is not reached over SSH.
func (r *reading) elsewhere() bool {
	connection, ok := r.text(connectionVar)
	if !ok {
		return false
	}
	name := strings.TrimPrefix(connection.V, "ansible.builtin.")
	if slices.Contains([]string{"ssh", "smart", "paramiko", "paramiko_ssh", "ansible.netcommon.libssh", "libssh"}, name) {
		return false
	}
	r.a.warn("connection "+connection.V, connection.Pos, "", "hosts of ansible_connection %s are left out, such as %s: they are not reached over SSH", settings.Quote(connection.V), r.host.name)
	return true
}

// first returns the value of the strongest variable that has one.
func (r *reading) first(strong, weak variable) (settings.Text, string, bool) {
	if r.values[strong].there() {
		v, ok := r.text(strong)
		return v, r.values[strong].name, ok
	}
	v, ok := r.text(weak)
	return v, r.values[weak].name, ok
}

// login takes port, user and key, as far as ours does not say them.
func (r *reading) login(ours settings.SSHDoc) {
	if r.host.port.Set() && !r.values[portVar].there() && !r.values[sshPortVar].there() {
		r.port(r.host.port, "the port of the host's name")
	} else if !ours.Port.Set() {
		if port, name, ok := r.first(sshPortVar, portVar); ok {
			r.port(port, name)
		}
	}
	if !ours.User.Set() && !r.doc.User.Set() {
		r.doc.User, _, _ = r.first(sshUserVar, userVar)
	}
	if !ours.Identity.Set() && !r.doc.Identity.Set() {
		r.doc.Identity, _, _ = r.first(sshKeyVar, keyVar)
	}
}

// port takes a port that is written as text or as a number.
func (r *reading) port(port settings.Text, name string) {
	if r.doc.Port.Set() {
		return
	}
	n, err := strconv.Atoi(port.V)
	if err != nil {
		r.fault(port.Pos, "", "%s %s is not a whole number", name, settings.Quote(port.V))
		return
	}
	r.doc.Port = settings.Number{V: n, Pos: port.Pos}
}

// become takes how to become root.
func (r *reading) become(ours settings.SSHDoc) {
	if ours.Become.Given {
		return
	}
	word, ok := r.text(becomeVar)
	if !ok {
		return
	}
	yes, ok := strictyaml.Truth(word.V)
	if !ok {
		r.fault(word.Pos, "", "ansible_become %s is neither yes nor no", settings.Quote(word.V))
		return
	}
	tool := settings.Text{V: inventory.BecomeNone, Pos: word.Pos}
	if yes {
		tool.V = inventory.BecomeSudo
		if method, ok := r.text(becomeMethodVar); ok {
			tool = method
			tool.V = strings.TrimPrefix(strings.TrimPrefix(tool.V, "ansible.builtin."), "community.general.")
		}
		if !slices.Contains(settings.Tools[1:], tool.V) {
			r.fault(tool.Pos, "say it with aixmend_ssh: {become: {command: COMMAND}}", "ansible_become_method %s is not known here; there are %s", settings.Quote(tool.V), strings.Join(settings.Tools[1:], ", "))
			return
		}
		if user, ok := r.text(becomeUserVar); ok && user.V != "root" {
			r.fault(user.Pos, "say how to become root with aixmend_ssh: {become: ...}", "ansible_become_user is %s: AIX is mended as root", settings.Quote(user.V))
		}
		for _, v := range []variable{becomeExeVar, becomeFlagsVar} {
			if r.values[v].value.Kind() != strictyaml.Null {
				r.a.warn(r.values[v].name, r.values[v].value.Pos(), "say it with aixmend_ssh: {become: {command: COMMAND}}", "%s is not understood, and is ignored", r.values[v].name)
			}
		}
	}
	r.doc.Become = settings.BecomeDoc{Given: true, Tool: tool}
}

// passwords sees to it that none is in the inventory. No message quotes one.
func (r *reading) passwords(ours settings.SSHDoc) {
	for _, one := range []struct {
		variable
		key string // of aixmend_ssh
	}{{passwordVar, "password"}, {becomePasswordVar, "become_password"}, {passphraseVar, "passphrase"}} {
		name, value := r.values[one.variable].name, r.values[one.variable].value
		switch {
		case value.Kind() == strictyaml.Null || value.Kind() == strictyaml.Scalar && value.Text() == "":
		case isVault(value) || isTemplate(value.Text()):
			if v := settings.FieldList(&ours)["ssh."+one.key]; v != nil && settings.IsSet(v) {
				continue
			}
			r.a.warn(name, value.Pos(), "say where it comes from: aixmend_ssh: {"+one.key+": {exec: [PROGRAM, ...]}}", "%s is a vault or a template, which is not read: the login is tried without it", name)
		default:
			r.fault(value.Pos(), fmt.Sprintf(secretHint, one.key), "%s is a password in clear text", name)
		}
	}
	if word, ok := r.text(keyCheckVar); ok {
		if yes, ok := strictyaml.Truth(word.V); ok && !yes {
			r.warnKeys(word.Pos, r.values[keyCheckVar].name)
		}
	}
}

// warnKeys says that host keys are checked all the same.
func (r *reading) warnKeys(at strictyaml.Pos, what string) {
	r.a.warn("host keys "+what, at, "store the keys in known_hosts", "%s is ignored: host keys are always checked", what)
}

const (
	// maxNesting is how many variables may stand for one another.
	maxNesting = 10
	// maxLooked is how many of them one host may name.
	MaxLooked = 100
	// maxExpanded is how long a template may become, in bytes.
	maxExpanded = 4096
)

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

var errTemplate = errors.New("only {{ NAME }} of a variable of the inventory is")

// expand replaces {{ NAME }} by the variable of that name. Anything else that a
// template may hold is an error, which quotes no value.
func (r *reading) expand(template string, depth int) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{{")
		if strings.Contains(before, "{%") || strings.Contains(before, "{#") || depth > maxNesting {
			return "", errTemplate
		}
		out.WriteString(before)
		if out.Len() > maxExpanded {
			return "", errTemplate
		}
		if !found {
			return out.String(), nil
		}
		inner, after, closed := strings.Cut(rest, "}}")
		name := strings.TrimSpace(inner)
		if !closed || !plainName.MatchString(name) {
			return "", errTemplate
		}
		value, err := r.lookup(name, depth)
		if err != nil {
			return "", err
		}
		out.WriteString(value)
		template = after
	}
}

// lookup returns the value of a variable of the inventory.
func (r *reading) lookup(name string, depth int) (string, error) {
	switch name {
	case "inventory_hostname":
		return r.host.name, nil
	case "inventory_hostname_short":
		short, _, _ := strings.Cut(r.host.name, ".")
		return short, nil
	case "inventory_dir":
		if folder := r.a.folders[r.host.pos.File]; folder != "" {
			return folder, nil
		}
	}
	if r.looked++; r.looked > MaxLooked {
		return "", errTemplate
	}
	value := r.find(name)
	switch {
	case value.Kind() != strictyaml.Scalar || isVault(value):
		return "", fmt.Errorf("the variable %s is not there, or is no plain text", name)
	case isTemplate(value.Text()) && value.Tag() != "!unsafe":
		return r.expand(value.Text(), depth+1)
	}
	return value.Text(), nil
}

// find returns the strongest value of any variable.
func (r *reading) find(name string) strictyaml.Tree {
	var last strictyaml.Tree
	look := func(maps []strictyaml.Tree) {
		for _, vars := range maps {
			if value := r.a.get(vars, name); value.Given() {
				last = value
			}
		}
	}
	for _, g := range r.kind.groups {
		look(g.vars)
	}
	for _, g := range r.kind.groups {
		look(g.files)
	}
	look(r.host.vars)
	look(r.host.files)
	return last
}

// get is vars.Get, without looking through a long map again and again.
func (a *resolver) get(vars strictyaml.Tree, name string) strictyaml.Tree {
	const long = 32
	if vars.Len() <= long {
		return vars.Get(name)
	}
	index := a.indexes[vars]
	if index == nil {
		index = make(map[string]strictyaml.Tree, vars.Len())
		for key, value := range vars.Entries {
			index[key.Text()] = value
		}
		a.indexes[vars] = index
	}
	return index[name]
}

// take takes wishes over, as far as nothing stronger was said.
func (r *reading) take(w *wishes) {
	if w == nil {
		return
	}
	put := func(into *settings.Text, from settings.Text) {
		if !into.Set() {
			*into = from
		}
	}
	if w.port.Set() {
		r.port(w.port, "the port")
	}
	put(&r.doc.User, w.user)
	put(&r.doc.Identity, w.key)
	put(&r.doc.KnownHosts, w.knownHosts)
	put(&r.doc.Jump, w.jump)
	r.faults = append(r.faults, w.faults...)
}

// wishesOf reads a variable with arguments for ssh; nil when it says nothing.
// The same arguments are read once, unless they are a template.
func (r *reading) wishesOf(v variable) *wishes {
	value := r.values[v].value
	if known := r.a.args[value]; known != nil {
		return known
	}
	line, ok := r.text(v)
	if !ok {
		return nil
	}
	p := &argParser{a: r.a.Reader, name: r.values[v].name, at: line.Pos}
	if words, err := splitWords(line.V); err != nil {
		p.fault("%s: %v", p.name, err)
	} else {
		p.parse(words)
	}
	if !isTemplate(value.Text()) {
		r.a.args[value] = &p.wishes
	}
	return &p.wishes
}
