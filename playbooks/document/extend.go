package document

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"reflect"
	"slices"
	"sort"

	"aixmend/inventory/strictyaml"
)

// inherit puts the contents of the extended playbook before its own. Only embedded
// playbooks that extend nothing can be extended, so there is one place to look for
// everything that a playbook does not say itself.
func (c *checker) inherit() {
	p := c.playbook
	if p.Extends == nil {
		return
	}
	base := &Playbook{}
	text, err := c.embedded.Source(p.Extends.Playbook.V)
	if err != nil {
		c.add(p.Extends.Playbook.Pos, strictyaml.DidYouMean(p.Extends.Playbook.V, c.embedded.Names), "%v", err)
		return
	}
	if problems := strictyaml.Decode(p.Extends.Playbook.V+".yaml", text, base); len(problems) > 0 || base.Extends != nil {
		c.add(p.Extends.Playbook.Pos, "", "playbook %s can't be extended: it extends another", p.Extends.Playbook.V)
		return
	}
	both := sha256.Sum256([]byte(p.SHA256 + " " + hex.EncodeToString(sum(text))))
	p.SHA256 = hex.EncodeToString(both[:])
	p.Params = over(base.Params, p.Params, func(e strictyaml.Entry[Param]) string { return e.Key })
	p.Facts = over(base.Facts, p.Facts, func(e strictyaml.Entry[Derived]) string { return e.Key })
	c.taken = map[string]bool{}
	for _, e := range base.Unique {
		c.taken[e.Key] = true
	}
	for _, e := range p.Unique {
		delete(c.taken, e.Key)
	}
	p.Unique = over(base.Unique, p.Unique, func(e strictyaml.Entry[Unique]) string { return e.Key })
	p.Probes = over(base.Probes, p.Probes, func(x Probe) string { return x.ID })
	p.Findings = over(c.takenFindings(base), p.Findings, func(x Finding) string { return x.ID })
	p.Capture.Probes = over(base.Capture.Probes, p.Capture.Probes, func(x Probe) string { return x.ID })
	p.Capture.Files = over(base.Capture.Files, p.Capture.Files, func(x File) string { return x.Path })
	p.Guards = append(base.Guards, p.Guards...)
	c.use(base)
	p.Rungs = append(c.climbed(base), p.Rungs...)
	sort.SliceStable(p.Rungs, func(i, j int) bool { return p.Rungs[i].Number < p.Rungs[j].Number })
	described := slices.DeleteFunc(slices.Clone(base.Allow), func(e strictyaml.Entry[Text]) bool { return !p.Allows(e.Key) })
	p.Allow = over(described, p.Allow, func(e strictyaml.Entry[Text]) string { return e.Key })
	if p.Verify.Until.V == "" {
		p.Verify.Until, p.Verify.Every = base.Verify.Until, base.Verify.Every
	}
	if p.Verify.Unchanged == nil {
		p.Verify.Unchanged = base.Verify.Unchanged
	}
}

func sum(text []byte) []byte {
	h := sha256.Sum256(text)
	return h[:]
}

// over returns base overlaid with own: an item of the same name is replaced in
// place, the others follow.
func over[T any](base, own []T, name func(T) string) []T {
	list := slices.Clone(base)
	for _, item := range own {
		i := slices.IndexFunc(base, func(x T) bool { return name(x) == name(item) })
		if i < 0 {
			list = append(list, item)
			continue
		}
		list[i] = item
	}
	return list
}

// takenFindings returns the findings of the base that are taken over.
func (c *checker) takenFindings(base *Playbook) []Finding {
	e := c.playbook.Extends
	if len(e.Findings) == 0 {
		return base.Findings
	}
	wanted := c.named(e.Findings, base.FindingIDs(), "finding")
	return slices.DeleteFunc(slices.Clone(base.Findings), func(f Finding) bool { return !wanted[f.ID] })
}

// climbed returns the rungs of the base that are taken over.
func (c *checker) climbed(base *Playbook) []Rung {
	var ids []string
	for _, r := range base.Rungs {
		ids = append(ids, r.ID)
	}
	wanted := c.named(c.playbook.Extends.Rungs, ids, "rung")
	return slices.DeleteFunc(slices.Clone(base.Rungs), func(r Rung) bool { return !wanted[r.ID] })
}

// use puts the steps of the base in the place of those that only name one.
func (c *checker) use(base *Playbook) {
	steps := map[string]Step{}
	for _, r := range base.Rungs {
		for _, s := range r.Steps {
			steps[s.ID] = s
		}
	}
	for i := range c.playbook.Rungs {
		for j, s := range c.playbook.Rungs[i].Steps {
			if s.Use.V == "" {
				continue
			}
			taken, there := steps[s.Use.V]
			switch {
			case !there:
				c.add(s.Use.Pos, strictyaml.DidYouMean(s.Use.V, slices.Sorted(maps.Keys(steps))), "playbook %s has no step %q", c.playbook.Extends.Playbook.V, s.Use.V)
			case !reflect.DeepEqual(s, Step{Pos: s.Pos, Use: s.Use}):
				c.add(s.Use.Pos, "", "step %s: a step that is taken over is taken as it is: nothing stands beside use", s.Use.V)
			}
			c.playbook.Rungs[i].Steps[j] = taken
		}
	}
}

func (c *checker) named(list []Text, known []string, what string) map[string]bool {
	wanted := map[string]bool{}
	for _, id := range list {
		if !slices.Contains(known, id.V) {
			c.add(id.Pos, strictyaml.DidYouMean(id.V, known), "playbook %s has no %s %q", c.playbook.Extends.Playbook.V, what, id.V)
		}
		wanted[id.V] = true
	}
	return wanted
}
