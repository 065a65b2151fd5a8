package ansible

import (
	"slices"

	"aixmend/inventory/settings"
	"aixmend/transport/sshtext"
)

// address returns where the host is; it is not set where nothing says so.
func (r *reading) address() settings.Text {
	v, hint := hostVar, aboutAddress.remedy()
	for _, stronger := range []variable{sshHostVar, ourAddressVar} {
		if r.values[stronger].there() {
			v = stronger
		}
	}
	ours := v == ourAddressVar
	if ours {
		r.where, hint = nil, "write it out"
	}
	before := len(r.where)
	address, ok := r.text(v)
	if unread := len(r.where) > before; unread {
		address.Pos = r.values[v].value.Pos() // set, and empty: its name is not where it is
	}
	if ok {
		if err := settings.CheckAddress(address.V); err != nil {
			r.where.Add(address.Pos, hint, "%s %s %v", r.values[v].name, settings.Quote(address.V), err)
			address.V = ""
		}
	}
	for i := range r.where {
		if ours {
			r.where[i].Hint = hint
		}
	}
	r.faults = append(r.faults, r.where...)
	return address
}

// read makes the settings of the host.
func (r *reading) read() *reached {
	ours := r.ownSettings()
	r.ours, r.said = ours.SSH, r.values[ourSSHVar].there()
	if r.elsewhere() {
		return &reached{leftOut: true, varies: r.varies}
	}
	r.executable()
	r.plugins()
	r.arguments(sshArgsVar)
	r.login()
	r.arguments(commonArgsVar)
	r.arguments(extraArgsVar)
	r.bastion()
	r.become()
	r.passwords()
	variables := r.checked()
	variables.Under(&r.kind.under)
	layer := r.layer(folderOf(r.values[ourSSHVar]), settings.Doc{SSH: ours.SSH, RMCNIC: ours.RMCNIC, Waive: ours.Waive, Accept: ours.Accept})
	layer.Under(variables)
	return &reached{layer: layer, faults: slices.Clip(r.faults), where: slices.Clip(r.where), behind: r.behind, varies: r.varies}
}

// layer checks settings; a problem makes a fault of the host.
func (r *reading) layer(folder string, s settings.Doc) *settings.Layer {
	c := r.a.Checker
	before := len(c.Problems)
	l := c.Layer(folder, &s)
	r.faults = append(r.faults, c.Problems[before:]...)
	c.Problems = c.Problems[:before]
	return l
}

// checked checks the settings of Ansible's variables, as far as ours say nothing of the
// same.
func (r *reading) checked() *settings.Layer {
	said := settings.FieldList(&r.ours)
	r.only(func(name string) bool { return !settings.IsSet(said[name]) })
	before := len(r.faults)
	l := r.layer("", settings.Doc{SSH: r.doc})
	if len(r.faults) == before {
		return l
	}
	r.faults = r.faults[:before]
	for q, answer := range answers { // once more one by one, for the remedies
		for _, field := range answer.by[:min(1, len(answer.by))] {
			one := reading{a: r.a, doc: r.doc}
			one.only(func(name string) bool { return name == field })
			one.layer("", settings.Doc{SSH: one.doc})
			for _, p := range one.faults {
				p.Hint = q.remedy()
				r.faults = append(r.faults, p)
			}
		}
	}
	return l
}

// login takes port, user and key.
func (r *reading) login() {
	if r.host.port.Set() && !r.values[portVar].there() && !r.values[sshPortVar].there() {
		r.port(r.host.port, "the port of the host's name")
	} else if port, name, ok := r.strongest(sshPortVar, portVar); ok {
		r.port(port, name)
	}
	if user, name, ok := r.strongest(sshUserVar, userVar); ok && r.quoted(&user, name, aboutLogin) {
		first(&r.doc.User, user)
	}
	if key, name, ok := r.strongest(sshKeyVar, keyVar); ok && r.quoted(&key, name, aboutKey) {
		r.key(key, name)
	}
}

// strongest returns the value of the strongest variable that has one.
func (r *reading) strongest(strong, weak variable) (settings.Text, string, bool) {
	v := weak
	if r.values[strong].there() {
		v = strong
	}
	value, ok := r.text(v)
	return value, r.values[v].name, ok
}

// quoted reads a value as ssh does, to which Ansible gives it in double quotes.
func (r *reading) quoted(value *settings.Text, name string, about question) bool {
	words, err := sshtext.Words(`"` + value.V + `"`)
	if err != nil || len(words) != 1 {
		r.doubt(about, value.Pos, "%s holds a quote, which ssh does not read", name)
		return false
	}
	value.V = words[0]
	return true
}
