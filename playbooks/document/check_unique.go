package document

import (
	"aixmend/inventory/strictyaml"
	"slices"
)

// unique checks a playbook's own entries of unique:.
func (c *checker) unique() {
	p := c.playbook
	for _, e := range p.Unique {
		u, of := e.Value, "unique "+e.Key
		if !FactName.MatchString(e.Key) {
			c.add(e.KeyPos, "", "%s: small letters, digits and _", of)
		}
		c.filled(u.Values.Pos, of+": values", u.Values)
		c.filled(u.Title.Pos, of+": title", u.Title)
		if c.taken[e.Key] {
			continue // the names in it need not have been inherited with it
		}
		if ids := p.FindingIDs(); !slices.Contains(ids, u.Finding.V) {
			c.add(u.Finding.Pos, strictyaml.DidYouMean(u.Finding.V, ids), "%s: %q is no finding of this playbook", of, u.Finding.V)
		}
		if words := p.Words(); u.Allow.V != "" && !slices.Contains(words, u.Allow.V) {
			c.add(u.Allow.Pos, strictyaml.DidYouMean(u.Allow.V, words), "%s: no rung or step requires --allow %s", of, u.Allow.V)
		}
		text := func(param strictyaml.Entry[Param]) bool {
			return param.Key == u.CloneParam.V && param.Value.Type == TextParam
		}
		if u.CloneParam.V != "" && !slices.ContainsFunc(p.Params, text) {
			c.add(u.CloneParam.Pos, "", "%s: clone_param: there is no text parameter %q", of, u.CloneParam.V)
		}
	}
}
