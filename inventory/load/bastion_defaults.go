package load

import (
	"cmp"
	"maps"
	"slices"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// filesOf holds the numbers of files by the name of a bastion. No name stands for the
// bastions that no file names, such as those of ssh_config.
type filesOf map[string]map[int]bool

func (f filesOf) add(name string, file int) {
	if f[name] == nil {
		f[name] = map[int]bool{}
	}
	if file != foreignFile {
		f[name][file] = true
	}
}

// usersOfBastions returns the files that define a bastion or go through it.
func (b *builder) usersOfBastions() filesOf {
	users := filesOf{}
	for i := range b.files {
		users.add("", i)
	}
	type way struct {
		file int
		jump string
	}
	ways := map[way]bool{}
	for _, h := range b.hosts {
		ways[way{h.file, h.SSH.Jump}] = true
	}
	for name, at := range b.bastions {
		users.add(name, at.file)
		ways[way{at.file, at.layer.SSH.Jump.V}] = true
	}
	for w := range ways {
		for _, name := range hops(w.jump) {
			users.add(name, w.file)
		}
	}
	return users
}

// defaultBastions returns the bastions that are not defined, with the defaults that hold
// for them: the one without a name, and those for which other defaults hold.
func (b *builder) defaultBastions(users filesOf) []inventory.Bastion {
	var list []inventory.Bastion
	every := b.bastionDefaults("", users)
	if every != (inventory.SSH{}) {
		list = append(list, inventory.Bastion{Defaults: every})
	}
	for name := range users {
		if name == "" || b.bastions[name] != nil {
			continue
		}
		if own := b.bastionDefaults(name, users); own != every {
			list = append(list, inventory.Bastion{Name: name, Address: name, SSH: inventory.SSH{Become: inventory.DefaultBecome}, Defaults: own})
		}
	}
	return list
}

// bastionDefaults returns the identity and the known_hosts that the defaults of the files
// give to a bastion. The login, the password and the port of the hosts are not those of a
// bastion, and a default allows nobody old algorithms.
func (b *builder) bastionDefaults(name string, users filesOf) inventory.SSH {
	both := b.agreed(name, "identity", users[name], func(from settings.SSHDoc) (settings.SSHDoc, strictyaml.Pos) {
		return settings.SSHDoc{Identity: from.Identity, Cert: from.Cert, Passphrase: from.Passphrase}, cmp.Or(from.Identity.Pos, from.Cert.Pos, from.Passphrase.Pos())
	})
	both.KnownHosts = b.agreed(name, "known_hosts", users[name], func(from settings.SSHDoc) (settings.SSHDoc, strictyaml.Pos) {
		return settings.SSHDoc{KnownHosts: from.KnownHosts}, from.KnownHosts.Pos()
	}).KnownHosts
	return both
}

// agreed returns a part of the defaults that is the same in all files that have it. Where
// it differs no file wins, and a bastion with a name gets a warning.
func (b *builder) agreed(name, what string, files map[int]bool, part func(settings.SSHDoc) (settings.SSHDoc, strictyaml.Pos)) inventory.SSH {
	var agreed inventory.SSH
	var first strictyaml.Pos
	for _, file := range slices.Sorted(maps.Keys(files)) {
		doc, at := part(b.files[file].defaults.SSH)
		says := b.Resolve(&settings.Layer{SSH: doc}).SSH
		says.Become = ""
		switch {
		case says == inventory.SSH{}:
		case agreed == inventory.SSH{}:
			agreed, first = says, at
		case says != agreed:
			if name != "" {
				b.Warnings.Add("bastion "+name+": "+what, at, "say it under bastions",
					"the defaults have another %s for bastion %s than those at %s, and neither is used", what, settings.Quote(name), first)
			}
			return inventory.SSH{}
		}
	}
	return agreed
}
