package aixsim

import "strings"

// nodeIDIllnesses are hosts whose node id looks odd. All but the last are
// well: the first line counts, in any case, with or without 0x, from 9 digits
// on (aix-facts 1).
func nodeIDIllnesses() []Illness {
	each := func(f func(id string) string, names ...string) func(*State) {
		return func(s *State) {
			for _, name := range names {
				s.edit(name, func(old string) string {
					id, _, _ := strings.Cut(old, "\n")
					return f(id)
				})
			}
		}
	}
	return []Illness{
		{Name: "node-id-forty-lines", Description: "healthy, the node id files have forty lines",
			Apply: each(func(id string) string { return id + "\n" + strings.Repeat("deadbeefdeadbeef\n", 39) }, etcNodeID, workNodeID)},
		{Name: "node-id-upper-case", Description: "healthy, the node id is written in upper case",
			Apply: each(func(id string) string { return nodeIDFile(strings.ToUpper(id)) }, etcNodeID, workNodeID)},
		{Name: "node-id-0x", Description: "healthy, the node id is written with 0x before it",
			Apply: each(func(id string) string { return nodeIDFile("0x" + id) }, etcNodeID, workNodeID)},
		{Name: "node-id-nine-digits", Description: "healthy, /etc holds a node id of nine digits, /var the same with zeros before it", Apply: func(s *State) {
			each(func(id string) string { return nodeIDFile(id[len(id)-9:]) }, etcNodeID)(s)
			each(func(id string) string { return nodeIDFile("0000000" + id[len(id)-9:]) }, workNodeID)(s)
		}},
		{Name: "cluster0-odd-quoting", Description: "rows of a cluster that is gone, their values full of quotes, and the node id of a clone", Apply: func(s *State) {
			s.ODM = cluster0()
			for i, value := range []string{`the "old" cluster \ 'prod' $(reboot) ; = : *`, `"`, `\`} {
				setField(&s.ODM[i], map[bool]string{true: "value", false: "location"}[i < 2], value)
			}
			setNodeID(s, "1111222233336666", workNodeID)
		}},
	}
}

func setField(st *Stanza, name, value string) {
	for i := range st.Attrs {
		if st.Attrs[i].Name == name {
			st.Attrs[i].Value = value
		}
	}
}
