package aixsim

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// odmCommands are the object data manager.
func odmCommands() []Command {
	return []Command{
		{Name: "odmget", Dirs: bin(), Run: cmdOdmget},
		{Name: "odmdelete", Dirs: bin(), Run: cmdOdmdelete, Root: true},
		{Name: "odmadd", Dirs: bin(), Run: cmdOdmadd, Root: true},
	}
}

// classKnown reports whether an ODM class exists.
func (s *State) classKnown(class string) bool {
	return slices.Contains(s.odmClasses(), class)
}

// noClass is the answer where there is no such class: text, number and exit
// status are not known (K).
func (e *Env) noClass(class string) int {
	if a := e.State.Variant.NoClass; a != nil {
		return e.answer(a, class)
	}
	return e.failIn(1, tongues{"%s: Could not open object class %s.",
		"%s: Objektklasse %s kann nicht geöffnet werden."}, e.name(), class)
}

// odmFolder is where object classes are: CLASS is the file odmFolder/CLASS
// (D). Its contents are not simulated.
const odmFolder = "/etc/objrepos"

// odmClasses are the object classes that there are, sorted.
func (s *State) odmClasses() []string {
	list := append([]string{"CuAt", "CuDv", "PdAt", "PdDv"}, s.Classes...)
	for _, st := range s.ODM {
		list = append(list, st.Class)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// ODMFiles are the files of the object classes, by absolute path,
// which the stand-in puts on a disk.
func (s *State) ODMFiles() map[string]File {
	files := map[string]File{}
	for _, class := range s.odmClasses() {
		files[path.Join(odmFolder, class)] = File{Content: "\x01\xdf" + class, Mode: 0o644}
	}
	return files
}

// criteria reads name=value terms that AND joins; values may be quoted and may
// hold % with LIKE.
func criteria(q string) (func(Stanza) bool, error) {
	if strings.TrimSpace(q) == "" {
		return func(Stanza) bool { return true }, nil
	}
	var tests []func(Stanza) bool
	for _, term := range strings.Split(strings.ReplaceAll(q, " and ", " AND "), " AND ") {
		name, value, ok := strings.Cut(term, "=")
		like := false
		if !ok {
			name, value, ok = strings.Cut(term, " LIKE ")
			like = true
		}
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"'`)
		if !ok || name == "" || strings.ContainsAny(name, " \t") || strings.ContainsAny(value, " \t") {
			return nil, fmt.Errorf("criteria %q", q)
		}
		tests = append(tests, func(st Stanza) bool {
			if like {
				return globMatch(strings.NewReplacer("%", "*", "_", "?").Replace(value), st.Get(name))
			}
			return st.Get(name) == value
		})
	}
	return func(st Stanza) bool {
		for _, t := range tests {
			if !t(st) {
				return false
			}
		}
		return true
	}, nil
}

func (e *Env) badCriteria() int {
	return e.fail(1, "0519-004 libodm: The specified search criteria is incorrectly formed.")
}

func cmdOdmget(_ context.Context, e *Env) int {
	f := getopt(e.Args, "q:")
	if len(f.rest) == 0 {
		return e.usage(f, "odmget [-q criteria] class ...")
	}
	match, err := criteria(f.last('q'))
	if err != nil {
		return e.badCriteria()
	}
	found := false
	for _, class := range f.rest {
		if !e.State.classKnown(class) {
			return e.noClass(class)
		}
		for _, st := range e.State.ODM {
			if st.Class == class && match(st) {
				e.out("%s", st.text())
				found = true
			}
		}
	}
	if !found {
		return e.State.Variant.NoMatch
	}
	return 0
}

// text is a stanza as odmget prints and odmadd reads it.
func (s Stanza) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s:\n", s.Class)
	for _, f := range s.Attrs {
		if f.Numeric {
			fmt.Fprintf(&b, "\t%s = %s\n", f.Name, f.Value)
		} else {
			fmt.Fprintf(&b, "\t%s = %s\n", f.Name, odmQuote(f.Value))
		}
	}
	return b.String()
}

// odmQuote is a value as odmget prints it: quotes and backslashes have a
// backslash before them, a stanza never has a value of two lines (K).
func odmQuote(v string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(v) + `"`
}

// odmUnquote is the reverse of odmQuote; unquoted text stays as it is.
func odmUnquote(v string) string {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return strings.Trim(v, `"`)
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t").Replace(v[1 : len(v)-1])
}

func cmdOdmdelete(_ context.Context, e *Env) int {
	f := getopt(e.Args, "o:q:")
	class := f.last('o')
	if class == "" || len(f.rest) > 0 {
		return e.usage(f, "odmdelete -o class [-q criteria]")
	}
	if !e.State.classKnown(class) {
		return e.noClass(class)
	}
	match, err := criteria(f.last('q'))
	if err != nil {
		return e.badCriteria()
	}
	before := len(e.State.ODM)
	e.State.ODM = slices.DeleteFunc(slices.Clone(e.State.ODM), func(st Stanza) bool { return st.Class == class && match(st) })
	n := before - len(e.State.ODM)
	if n > 0 {
		e.effect("odmdelete %s: %d objects", class, n)
		if !slices.Contains(e.State.Classes, class) {
			e.State.Classes = append(e.State.Classes, class)
		}
	}
	e.out("0518-307 odmdelete: %d objects deleted.\n", n)
	return 0
}

func cmdOdmadd(_ context.Context, e *Env) int {
	for _, name := range e.Args {
		data, err := e.Files.ReadFile(e.abs(name))
		if err != nil {
			return e.fail(1, "odmadd: Could not open %s", name)
		}
		stanzas, err := parseStanzas(string(data))
		if err != nil {
			return e.fail(1, "odmadd: %v", err)
		}
		for _, st := range stanzas {
			if !e.State.classKnown(st.Class) {
				return e.noClass(st.Class)
			}
		}
		e.State.ODM = append(e.State.ODM, stanzas...)
		if len(stanzas) > 0 {
			e.effect("odmadd: %d objects", len(stanzas))
		}
	}
	return 0
}

func parseStanzas(text string) ([]Stanza, error) {
	var list []Stanza
	for line := range strings.SplitSeq(text, "\n") {
		trimmed := strings.TrimSpace(line)
		name, value, isField := strings.Cut(trimmed, "=")
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "*"):
		case isField && len(list) > 0:
			value = strings.TrimSpace(value)
			st := &list[len(list)-1]
			st.Attrs = append(st.Attrs, Field{Name: strings.TrimSpace(name), Value: odmUnquote(value), Numeric: !strings.HasPrefix(value, `"`)})
		case strings.HasSuffix(trimmed, ":"):
			list = append(list, Stanza{Class: strings.TrimSuffix(trimmed, ":")})
		default:
			return nil, fmt.Errorf("line %q is not part of a stanza", line)
		}
	}
	return list, nil
}
