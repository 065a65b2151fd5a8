package ansible

import (
	"fmt"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// secretHint says where a password can come from.
const secretHint = "no password belongs in an inventory: take it out, and say where it comes from, such as aixmend_ssh: {%s: {exec: [PROGRAM, ...]}}"

// passwords sees to it that none is in the inventory. No message quotes one.
func (r *reading) passwords() {
	for _, one := range []struct {
		variable
		key string // of aixmend_ssh
	}{{passwordVar, "password"}, {becomePasswordVar, "become_password"}, {passphraseVar, "passphrase"}} {
		name, value := r.values[one.variable].name, r.values[one.variable].value
		switch {
		case value.Kind() == strictyaml.Null || value.Kind() == strictyaml.Scalar && value.Text() == "":
		case isVault(value) || isTemplate(value.Text()):
			if v := settings.FieldList(&r.ours)["ssh."+one.key]; v != nil && settings.IsSet(v) {
				continue
			}
			r.a.warn(name, value.Pos(), "say where it comes from: aixmend_ssh: {"+one.key+": {exec: [PROGRAM, ...]}}", "%s is a vault or a template, which is not read: the login is tried without it", name)
		default:
			r.faults.Add(value.Pos(), fmt.Sprintf(secretHint, one.key), "%s is a password in clear text", name)
		}
	}
	if key := r.values[keyTextVar]; key.there() {
		r.doubt(aboutKey, key.value.Pos(), "%s is a private key, and not the name of its file", key.name)
	}
	check := r.values[keyCheckVar]
	if yes, ok := strictyaml.Truth(check.value.Text()); ok && !yes {
		r.a.warn("host keys "+check.name, check.value.Pos(), "store the keys in known_hosts", "%s is ignored: host keys are always checked", check.name)
	}
}
