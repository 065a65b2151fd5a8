package ansible

import (
	"path/filepath"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// settings makes settings of aixmend_ssh, aixmend_rmc_nic, aixmend_waive and
// aixmend_accept, each decoded once.
func (a *resolver) settings(v *values) settings.Doc {
	var s settings.Doc
	for _, one := range []struct {
		variable
		into any
		take func(settings.Doc)
	}{
		{ourSSHVar, &s.SSH, func(known settings.Doc) { s.SSH = known.SSH }},
		{ourNICVar, &s.RMCNIC, func(known settings.Doc) { s.RMCNIC = known.RMCNIC }},
		{ourWaiveVar, &s.Waive, func(known settings.Doc) { s.Waive = known.Waive }},
		{ourAcceptVar, &s.Accept, func(known settings.Doc) { s.Accept = known.Accept }},
	} {
		value := v[one.variable].value
		if value.Kind() == strictyaml.Null {
			continue
		}
		known, done := a.ours[value]
		if !done {
			if isTemplate(value.Text()) {
				a.problem(value.Pos(), "write it out", "%s is a template, which is not read", v[one.variable].name)
			} else {
				a.Problems = append(a.Problems, value.Decode(v[one.variable].name, one.into)...)
			}
			known = s
			a.ours[value] = known
		}
		one.take(known)
	}
	return s
}

// folderOf is where the paths of our own variables start.
func folderOf(v given) string {
	if file := v.value.Pos().File; file != "" {
		return filepath.Dir(file)
	}
	return ""
}
