// Package hub is the hub of many sites: its folder, the service that carries out the runs
// operators ask for, and the operator's side of that.
package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/fleet"
	"aixmend/controller/journal/durable"
	"aixmend/transport/ownership"
)

// Folder is the folder of a hub: its keys, its members, its streams and the runs.
type Folder struct{ path string }

// settings is hub.json: a secret.
type settings struct {
	V int `json:"v"`
	// Listen is HOST:PORT; an empty host is every address of the machine.
	Listen string `json:"listen"`
	// Names are the names and IP addresses by which members reach the hub, the one in join
	// files first.
	Names []string `json:"names"`
	// Seed is the private key of the hub itself, Public the public one.
	Seed   string `json:"seed"`
	Public string `json:"public"`
	// Key hides addresses; every site has it.
	Key []byte `json:"key"`
}

// Member is a site or an operator.
type Member struct {
	Role fleet.Role `json:"role"`
	Name string     `json:"name"`
	// Key is the public key.
	Key     string    `json:"key"`
	Added   time.Time `json:"added"`
	Revoked time.Time `json:"revoked,omitzero"`
}

func (f Folder) file(name string) string { return filepath.Join(f.path, name) }

// State is the state folder with the runs of the hub.
func (f Folder) State() string { return f.file("state") }

// Init makes the folder of a hub that members reach by names, on the port of listen.
func Init(path, listen string, names []string) (Folder, error) {
	f := Folder{path}
	if err := ownership.Check(path); err != nil { // before anything is made in it
		return f, err
	}
	if _, port, err := net.SplitHostPort(listen); err != nil || !isPort(port) {
		return f, exit.Usagef("write it as HOST:PORT, or :PORT for every address of this machine", "--listen %s: it has no port", listen)
	}
	if len(names) == 0 {
		return f, exit.Usagef("name the DNS name or the IP address by which sites reach this machine", "--name is missing")
	}
	if _, err := os.Lstat(f.file("hub.json")); err == nil {
		return f, exit.Usagef("aixmend hub run runs it", "%s is the folder of a hub already", path)
	}
	seed, public, err := fleet.NewSeed()
	if err != nil {
		return f, err
	}
	authority, err := fleet.NewAuthority(time.Now())
	if err != nil {
		return f, err
	}
	secret, err := authority.Text()
	if err != nil {
		return f, err
	}
	s := settings{V: fleet.Version, Listen: listen, Names: names, Seed: seed, Public: public, Key: fleet.NewKey()}
	if _, err := authority.Server(time.Now(), names...); err != nil {
		return f, exit.Usagef("", "--name: %w", err)
	}
	if err := os.MkdirAll(path, durable.DirMode); err != nil {
		return f, err
	}
	if err := ownership.Check(path); err != nil {
		return f, err
	}
	return f, errors.Join(durable.Write(f.file("authority.pem"), secret), f.write("members.json", []Member{}), f.write("hub.json", s))
}

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n > 0 && n < 1<<16
}

// Open opens the folder of a hub, which nobody but this user and root may change.
func Open(path string) (Folder, error) {
	f := Folder{path}
	if err := ownership.Check(path); err != nil {
		return f, err
	}
	if _, err := os.Stat(f.file("hub.json")); errors.Is(err, fs.ErrNotExist) {
		return f, exit.Usagef("aixmend hub init makes one; --dir names another folder", "%s is not the folder of a hub", path)
	} else if err != nil {
		return f, err
	}
	return f, nil
}

func (f Folder) write(name string, content any) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return err
	}
	return durable.Write(f.file(name), append(text, '\n'))
}

// read reads a file of the folder; the error does not quote it: it may be a secret.
func (f Folder) read(name string, into any) error {
	text, err := fleet.ReadSecret(f.file(name))
	if err != nil {
		return err
	}
	if json.Unmarshal(text, into) != nil {
		return fmt.Errorf("%s is damaged: bring it back from a backup of the folder", f.file(name))
	}
	return nil
}

func (f Folder) settings() (settings, error) {
	var s settings
	err := f.read("hub.json", &s)
	if err == nil && s.V != fleet.Version {
		err = fmt.Errorf("%s has version %d, this program reads %d", f.file("hub.json"), s.V, fleet.Version)
	}
	return s, err
}

func (f Folder) authority() (*fleet.Authority, error) {
	text, err := fleet.ReadSecret(f.file("authority.pem"))
	if err != nil {
		return nil, err
	}
	a, err := fleet.ReadAuthority(text)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", f.file("authority.pem"), err)
	}
	return a, nil
}

// Members are all members, also those that were revoked.
func (f Folder) Members() ([]Member, error) {
	var list []Member
	return list, f.read("members.json", &list)
}

// change changes the members, one process at a time.
func (f Folder) change(with func([]Member) ([]Member, error)) error {
	lock := durable.NewLock(f.file("lock"))
	held, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !held {
		return exit.Usagef("try again", "another command changes the members of %s", f.path)
	}
	defer func() { _ = lock.Unlock() }()
	list, err := f.Members()
	if err != nil {
		return err
	}
	if list, err = with(list); err != nil {
		return err
	}
	return f.write("members.json", list)
}

// Add adds a member and returns its join file. The hub does not keep its private key.
func (f Folder) Add(role fleet.Role, name string) (*fleet.Pass, error) {
	if err := fleet.CheckName(string(role), name); err != nil {
		return nil, exit.Usage(err)
	}
	s, err := f.settings()
	if err != nil {
		return nil, err
	}
	authority, err := f.authority()
	if err != nil {
		return nil, err
	}
	seed, public, err := fleet.NewSeed()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(s.Listen)
	p := &fleet.Pass{V: fleet.Version, Role: role, Name: name, Hub: net.JoinHostPort(s.Names[0], port), Authority: string(authority.Certificate()), Seed: seed}
	if role == fleet.RoleSite {
		p.Key = s.Key
	}
	return p, f.change(func(list []Member) ([]Member, error) {
		if slices.ContainsFunc(list, func(m Member) bool { return m.Role == role && m.Name == name && m.Revoked.IsZero() }) {
			return nil, exit.Usagef("aixmend hub revoke "+name+" makes its join file useless; then add it again", "%s %s is a member already", role, name)
		}
		return append(list, Member{Role: role, Name: name, Key: public, Added: time.Now().UTC()}), nil
	})
}

// Revoke makes the join files of a name useless.
func (f Folder) Revoke(name string) error {
	return f.change(func(list []Member) ([]Member, error) {
		found := false
		for i, m := range list {
			if m.Name == name && m.Revoked.IsZero() {
				list[i].Revoked, found = time.Now().UTC(), true
			}
		}
		if !found {
			return nil, exit.Usagef("aixmend hub status lists the members", "there is no member %s", name)
		}
		return list, nil
	})
}
