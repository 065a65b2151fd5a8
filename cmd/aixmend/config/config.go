// Package config finds and reads the config file, which holds the flags that somebody
// would type every day.
//
// aixmend obeys the file, so it is trusted as an inventory is: nobody but this user and
// root may be able to change it. It can't hold consent: the flags of Typed are refused.
package config

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// document is the content of a config file.
type document struct {
	APIVersion strictyaml.Value[string] `yaml:"apiVersion,required" missing:"write as the first line apiVersion: aixmend/v1"`
	Flags      strictyaml.Map[Value]    `yaml:"flags"`
	Profiles   strictyaml.Map[profile]  `yaml:"profiles"`
}

// profile is a named set of flags.
type profile struct {
	Flags strictyaml.Map[Value] `yaml:"flags"`
}

// Value is the value of a flag.
type Value struct {
	// Texts are the values as written: one, or those of a list.
	Texts []string
	// List: the file has a list.
	List bool
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Value) UnmarshalStrict(n *strictyaml.Node) {
	switch n.Kind() {
	case strictyaml.Scalar:
		v.Texts = []string{n.Text()}
	case strictyaml.List:
		v.List = true
		var items []item
		n.Decode(&items)
		for _, i := range items {
			v.Texts = append(v.Texts, string(i))
		}
	default:
		n.Wrong("a value or a list of values")
	}
}

// item is a value in a list.
type item string

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (i *item) UnmarshalStrict(n *strictyaml.Node) {
	if n.Kind() != strictyaml.Scalar {
		n.Wrong("a value")
		return
	}
	*i = item(n.Text())
}

// File is a config file that was read.
type File struct {
	// Path is the file as it was named or found.
	Path string
	doc  document
}

// Load reads a config file and checks everything but the values of its flags. known are
// the flags of all verbs. The error holds all problems, each with its place.
func Load(path string, known []string) (*File, error) {
	data, _, problem := settings.ReadFile(path)
	if problem != nil {
		if errors.Is(problem, fs.ErrNotExist) {
			problem.Hint = "name another config file with --config, or --config none for none"
		}
		return nil, strictyaml.Problems{*problem}.Err()
	}
	f := &File{Path: path}
	problems := strictyaml.Decode(path, data, &f.doc)
	if v := f.doc.APIVersion; v.Set() && v.V != inventory.APIVersion {
		problems.Add(v.Pos, "", "apiVersion %s is not known, this program reads %s", settings.Quote(v.V), inventory.APIVersion)
	}
	check(&problems, f.doc.Flags, known)
	for _, p := range f.doc.Profiles {
		check(&problems, p.Value.Flags, known)
	}
	return f, problems.Err()
}

// check checks the names of flags, and that no value is a secret.
func check(problems *strictyaml.Problems, flags strictyaml.Map[Value], known []string) {
	for _, entry := range flags {
		reason, typed := Typed[entry.Key]
		switch {
		case typed:
			problems.Add(entry.KeyPos, "type it: --"+entry.Key, "--%s can't be set in a config file: %s", entry.Key, reason)
		case !slices.Contains(known, entry.Key):
			hint := "aixmend VERB --help lists the flags of a verb"
			if near := strictyaml.Nearest(strings.TrimLeft(entry.Key, "-"), known); near != "" {
				hint = "did you mean " + near + "?"
			}
			problems.Add(entry.KeyPos, hint, "no verb has a flag --%s", entry.Key)
		case entry.Key == "notify" && slices.ContainsFunc(entry.Value.Texts, holdsURL):
			problems.Add(entry.KeyPos, "keep the URL in a variable, and write env:NAME", "the URL of a web hook may be a secret, which a config file can't hold")
		}
	}
}

// holdsURL reports whether a target of --notify has its URL in clear.
func holdsURL(target string) bool {
	return strings.Contains(target, "://") && !strings.HasPrefix(target, "exec:")
}

// Profiles returns the names of the profiles, in the order of the file.
func (f *File) Profiles() []string {
	var names []string
	for _, p := range f.doc.Profiles {
		names = append(names, p.Key)
	}
	return names
}

// Setting is a flag that the file sets.
type Setting struct {
	Flag string
	Value
	Pos strictyaml.Pos
}

// Settings returns the flags that the file sets, those of a profile first: they win. ""
// is no profile.
func (f *File) Settings(name string) ([]Setting, error) {
	var list []Setting
	add := func(flags strictyaml.Map[Value]) {
		for _, entry := range flags {
			if !slices.ContainsFunc(list, func(s Setting) bool { return s.Flag == entry.Key }) {
				list = append(list, Setting{entry.Key, entry.Value, entry.KeyPos})
			}
		}
	}
	if name != "" {
		at := slices.Index(f.Profiles(), name)
		if at < 0 {
			return nil, f.noProfile(name)
		}
		add(f.doc.Profiles[at].Value.Flags)
	}
	add(f.doc.Flags)
	return list, nil
}

// noProfile is the error for a profile that the file does not have.
func (f *File) noProfile(name string) error {
	hint := strictyaml.DidYouMean(name, f.Profiles())
	if hint == "" {
		hint = "its profiles: " + strings.Join(f.Profiles(), ", ")
	}
	if len(f.Profiles()) == 0 {
		hint = "it has no profiles"
	}
	problem := strictyaml.Problem{Pos: strictyaml.Pos{File: f.Path}, Hint: hint, Message: "has no profile " + settings.Quote(name)}
	return strictyaml.Problems{problem}.Err()
}
