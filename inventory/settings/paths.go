package settings

import (
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/sshtext"
)

// Paths are the files of one setting: one path, or a list of them.
type Paths struct{ List []Text }

// Set reports whether the setting was given.
func (p Paths) Set() bool { return len(p.List) > 0 }

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (p *Paths) UnmarshalStrict(n *strictyaml.Node) {
	switch n.Kind() {
	case strictyaml.List:
		n.Decode(&p.List)
	case strictyaml.Dict:
		n.Wrong("a path, or a list of paths")
	default:
		var one Text
		if n.Decode(&one) {
			p.List = []Text{one}
		}
	}
}

// lines are the paths, one a line.
func (p Paths) lines() string {
	list := make([]string, len(p.List))
	for i, path := range p.List {
		list[i] = path.V
	}
	return strings.Join(list, "\n")
}

// The words of known_hosts that stand for files of ssh_config, else of ssh.
var hostFileWords = []string{"user", "system"}

// sshPath checks a path as path does, and also expands ${NAME} and a %d at its beginning;
// the other tokens of ssh are expanded when the host is dialled.
func (c *Checker) sshPath(name, folder string, v *Text) {
	Check(c, name, v, func(path string) error {
		_, err := sshtext.Environment(path)
		return err
	})
	if !v.Set() {
		return
	}
	v.V, _ = sshtext.Environment(v.V)
	if rest, found := strings.CutPrefix(v.V, "%d/"); found {
		v.V = "~/" + rest
	}
	c.path(name, folder, v)
}

// hostFiles checks files of known host keys. A list with a wrong one is as if it were not
// given.
func (c *Checker) hostFiles(name, folder string, p *Paths) {
	before := len(c.Problems)
	p.List = slices.Clone(p.List) // layers share it
	for i := range p.List {
		if !slices.Contains(hostFileWords, p.List[i].V) {
			c.sshPath(name, folder, &p.List[i])
		}
	}
	if len(c.Problems) > before {
		p.List = nil
	}
}

// Pos is the place of the first path, zero where the setting was not given.
func (p Paths) Pos() strictyaml.Pos {
	if !p.Set() {
		return strictyaml.Pos{}
	}
	return p.List[0].Pos
}
