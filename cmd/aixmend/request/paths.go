package request

import (
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory"
)

// None is the value of --ssh-config, and of some paths of an inventory, that names no
// file.
const None = "none"

// absolute returns the request with all paths absolute, but that of --set upload. Earlier
// versions kept them relative to the working folder.
func (r Request) absolute() Request {
	in := func(path string) string { return In(r.Folder, path) }
	r.Asked = r.moved(in)
	r.Hosts, r.Bastions = slices.Clone(r.Hosts), slices.Clone(r.Bastions)
	for i := range r.Hosts {
		r.Hosts[i].SSH = moved(r.Hosts[i].SSH, in)
	}
	for i := range r.Bastions {
		r.Bastions[i].SSH, r.Bastions[i].Defaults = moved(r.Bastions[i].SSH, in), moved(r.Bastions[i].Defaults, in)
	}
	return r
}

// In is a path as it is named in a folder, absolute where the folder is.
func In(folder, path string) string {
	if path == "" || path == None || folder == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// Typed returns what was asked for as a person types it in a folder: paths below the
// folder relative to it. The paths of a run that began in this process stay as they are.
func (r Request) Typed(folder string) Asked {
	if r.Folder == "" {
		return r.Asked
	}
	short := func(path string) string { return Short(folder, path) }
	a := r.moved(short)
	if a.Playbook != r.Playbook && !strings.ContainsAny(a.Playbook, `/\.`) {
		a.Playbook = "." + string(filepath.Separator) + a.Playbook // else it is a name
	}
	a.Set = slices.Clone(a.Set)
	for i, set := range a.Set {
		if path, ok := strings.CutPrefix(set, uploads); ok {
			a.Set[i] = uploads + short(In(r.Folder, path))
		}
	}
	return a
}

// Short is a path as a person types it in a folder: relative where it is below the folder,
// but not below the root, which everything is.
func Short(folder, path string) string {
	if !filepath.IsAbs(path) || filepath.Dir(folder) == folder {
		return path
	}
	short, err := filepath.Rel(folder, path)
	if err != nil || !filepath.IsLocal(short) || short == None {
		return path
	}
	return short
}

// moved returns how a host is reached with each path changed by move.
func moved(s inventory.SSH, move func(string) string) inventory.SSH {
	for _, path := range []*string{&s.Identity, &s.Certificate, &s.Agent, &s.Config} {
		*path = move(*path)
	}
	files := strings.Split(s.KnownHosts, "\n")
	for i := range files {
		if files[i] != "user" && files[i] != "system" {
			files[i] = move(files[i])
		}
	}
	s.KnownHosts = strings.Join(files, "\n")
	for _, key := range []*string{&s.Passphrase, &s.Password, &s.BecomePassword} {
		if *key == "" {
			continue
		}
		source, err := inventory.PasswordSourceOf(*key)
		if err != nil {
			continue // the error comes when the password is needed
		}
		source.File, source.Age, source.Identity = move(source.File), move(source.Age), move(source.Identity)
		if len(source.Exec) > 0 && strings.ContainsRune(source.Exec[0], filepath.Separator) {
			source.Exec = slices.Clone(source.Exec)
			source.Exec[0] = move(source.Exec[0])
		}
		*key = source.Key()
	}
	return s
}
