package document

import (
	"encoding/hex"
	"strings"

	"aixmend/inventory/strictyaml"
)

// Parse decodes and checks a playbook, and joins it with the one that it extends. It does
// not compile its conditions. file is for positions. The error holds every problem (see
// strictyaml.ProblemsOf).
func Parse(file string, text []byte, embedded Embedded) (*Playbook, error) {
	p := &Playbook{File: file}
	problems := strictyaml.Decode(file, text, p)
	p.SHA256 = hex.EncodeToString(sum(text))
	if len(problems) > 0 {
		return nil, problems.Err() // a malformed file can't be checked further
	}
	c := &checker{file: file, playbook: p, embedded: embedded}
	if c.inherit(); len(c.problems) > 0 {
		return nil, c.problems.Err()
	}
	c.check()
	if len(c.problems) > 0 {
		return nil, c.problems.Err()
	}
	p.Params = p.withTimeouts()
	return p, nil
}

// APIVersion is the version of the file format.
const APIVersion = "aixmend/v1"

func (c *checker) check() {
	p := c.playbook
	top := strictyaml.Pos{File: c.file, Line: 1, Column: 1}
	if p.APIVersion != APIVersion {
		c.add(top, "", "apiVersion must be %s, found %q", APIVersion, p.APIVersion)
	}
	if !playbookName.MatchString(p.Name) {
		c.add(top, "", "name %q: small letters, digits and single dashes", p.Name)
	}
	if len(p.Probes) == 0 || len(p.Findings) == 0 {
		c.add(top, "", "a playbook needs probes and findings")
	}
	c.params()
	c.probes(p.Probes, true)
	c.probes(p.Capture.Probes, false)
	c.checkSure()
	for _, f := range p.Capture.Files {
		if !strings.HasPrefix(f.Path, "/") || strings.ContainsAny(f.Path, "'\n\x00") {
			c.add(top, "", "capture file %q must be an absolute path", f.Path)
		}
	}
	c.findings(p.Findings)
	c.findings(p.Verify.Unchanged)
	c.guards("the playbook", p.Guards)
	c.rungs()
	c.allow()
	c.unique()
	if len(p.Rungs) > 0 && (p.Verify.Until.V == "" || p.Verify.Every <= 0) {
		c.add(top, "", "a playbook with rungs needs verify.until and verify.every")
	}
}
