package ansible

import (
	"path/filepath"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// ownSettings makes settings of aixmend_ssh, aixmend_rmc_nic, aixmend_waive and
// aixmend_accept. Each value is decoded once; a wrong one is a fault of the hosts that
// it applies to.
func (r *reading) ownSettings() settings.Doc {
	var s settings.Doc
	for _, one := range []struct {
		variable
		take func(settings.Doc)
	}{
		{ourSSHVar, func(known settings.Doc) { s.SSH = known.SSH }},
		{ourNICVar, func(known settings.Doc) { s.RMCNIC = known.RMCNIC }},
		{ourWaiveVar, func(known settings.Doc) { s.Waive = known.Waive }},
		{ourAcceptVar, func(known settings.Doc) { s.Accept = known.Accept }},
	} {
		given := r.values[one.variable]
		if !given.there() {
			continue
		}
		known, done := r.a.ours[given.value]
		if !done {
			known = decode(one.variable, given)
			r.a.ours[given.value] = known
		}
		r.faults = append(r.faults, known.wrong...)
		one.take(known.Doc)
	}
	if odd := r.values[ourOddVar]; odd.name != "" {
		r.faults.Add(odd.value.Pos(), strictyaml.DidYouMean(odd.name, ourVariables()), "there is no variable %s; there are %s", settings.Quote(odd.name), strings.Join(ourVariables(), ", "))
	}
	return s
}

// decode decodes the value of one of our variables.
func decode(v variable, g given) (d decoded) {
	into := map[variable]any{ourSSHVar: &d.SSH, ourNICVar: &d.RMCNIC, ourWaiveVar: &d.Waive, ourAcceptVar: &d.Accept}[v]
	if isTemplate(g.value.Text()) {
		d.wrong.Add(g.value.Pos(), "write it out", "%s is a template, which is not read", g.name)
	} else {
		d.wrong = g.value.Decode(g.name, into)
	}
	return d
}

// folderOf is where the paths of our own variables start.
func folderOf(v given) string {
	if file := v.value.Pos().File; file != "" {
		return filepath.Dir(file)
	}
	return ""
}
