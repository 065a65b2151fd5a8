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

// maxCA bounds a file of certificates, in bytes.
const maxCA = 1 << 20

// Folder is the folder of a hub: its keys, its members, its streams and the runs.
type Folder struct{ path string }

// settings is hub.json: a secret.
type settings struct {
	V int `json:"v"`
	// Listen is HOST:PORT; an empty host is every address of the machine.
	Listen string `json:"listen,omitempty"`
	// Names are the names and IP addresses by which members reach the hub, the one in join
	// files first.
	Names []string `json:"names,omitempty"`
	// NATS is the server of somebody else that the hub speaks through; nil: its own listens.
	NATS *fleet.NATS `json:"nats,omitempty"`
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
	if _, port, err := net.SplitHostPort(listen); err != nil || !isPort(port) {
		return Folder{path}, exit.Usagef("write it as HOST:PORT, or :PORT for every address of this machine", "--listen %s: it has no port", listen)
	}
	if len(names) == 0 {
		return Folder{path}, exit.Usagef("name the DNS name or the IP address by which sites reach this machine", "--name is missing")
	}
	authority, err := fleet.NewAuthority(time.Now())
	if err != nil {
		return Folder{path}, err
	}
	if _, err := authority.Server(time.Now(), names...); err != nil {
		return Folder{path}, exit.Usagef("", "--name: %w", err)
	}
	return create(path, settings{Listen: listen, Names: names}, authority)
}

// trusted reads the file of certificates of a NATS; "" for none.
func trusted(ca string) ([]byte, error) {
	if ca == "" {
		return nil, nil
	}
	text, err := ownership.ReadFile(ca, maxCA)
	if err == nil {
		err = ownership.Check(ca) // who can change it chooses the NATS
	}
	if err != nil {
		return nil, exit.Usagef("name a file with certificates as PEM", "--nats-ca: %w", err)
	}
	return text, nil
}

// InitThrough makes the folder of a hub that speaks through a NATS of somebody else, which those
// with the certificates ca vouch for; none: whom the system trusts.
func InitThrough(path, url string, ca []byte) (Folder, error) {
	n, err := fleet.NewNATS(url, ca)
	if err != nil {
		return Folder{}, exit.Usagef("", "--nats: %w", err) // the URL may have a password
	}
	return create(path, settings{NATS: &n}, nil)
}

// create makes the folder of a hub, whose server proves itself by an authority; nil: it is
// somebody else's.
func create(path string, s settings, authority *fleet.Authority) (Folder, error) {
	f := Folder{path}
	if err := ownership.Check(path); err != nil { // before anything is made in it
		return f, err
	}
	if _, err := os.Lstat(f.file("hub.json")); err == nil {
		return f, exit.Usagef("aixmend hub run runs it", "%s is the folder of a hub already", path)
	}
	var err error
	if s.Seed, s.Public, err = fleet.NewSeed(); err != nil {
		return f, err
	}
	s.V, s.Key = fleet.FileVersion, fleet.NewKey()
	if err := os.MkdirAll(path, durable.DirMode); err != nil {
		return f, err
	}
	if err := ownership.Check(path); err != nil {
		return f, err
	}
	if authority != nil {
		secret, err := authority.Text()
		if err == nil {
			err = durable.Write(f.file("authority.pem"), secret)
		}
		if err != nil {
			return f, err
		}
	}
	return f, errors.Join(f.write("members.json", []Member{}), f.write("hub.json", s))
}

// address is a host with the port of the hub.
func (s settings) address(host string) string {
	_, port, _ := net.SplitHostPort(s.Listen)
	return net.JoinHostPort(host, port)
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
	if err == nil && s.V != fleet.FileVersion {
		err = fmt.Errorf("%s has version %d, this program reads %d", f.file("hub.json"), s.V, fleet.FileVersion)
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

// pass is a join file, but for the member.
func (f Folder) pass() (*fleet.Pass, settings, error) {
	set, err := f.settings()
	if err != nil {
		return nil, set, err
	}
	p := &fleet.Pass{V: fleet.FileVersion, NATS: set.NATS}
	if set.NATS != nil {
		p.Hub, p.HubKey = set.NATS.Address(), set.Public
		return p, set, nil
	}
	authority, err := f.authority()
	if err != nil {
		return nil, set, err
	}
	p.Hub, p.Authority = set.address(set.Names[0]), string(authority.Certificate())
	return p, set, nil
}

// Accounts is the account of the hub and its members, for the configuration of its NATS.
func (f Folder) Accounts() (string, error) {
	set, err := f.settings()
	if err != nil {
		return "", err
	}
	if set.NATS == nil {
		return "", exit.Usagef("aixmend hub run knows the members", "the hub in %s has a server of its own", f.path)
	}
	list, err := f.Members()
	return fleet.Accounts(append([]fleet.Member{{Key: set.Public, Role: fleet.RoleHub, Name: "hub"}}, admitted(list)...)), err
}

// admitted are the members that may connect.
func admitted(list []Member) []fleet.Member {
	var in []fleet.Member
	for _, m := range list {
		if m.Revoked.IsZero() {
			in = append(in, fleet.Member{Key: m.Key, Role: m.Role, Name: m.Name})
		}
	}
	return in
}

// Add adds a member and returns its join file. The hub does not keep its private key.
func (f Folder) Add(role fleet.Role, name string) (*fleet.Pass, error) {
	if err := fleet.CheckName(string(role), name); err != nil {
		return nil, exit.Usage(err)
	}
	p, s, err := f.pass()
	if err != nil {
		return nil, err
	}
	seed, public, err := fleet.NewSeed()
	if err != nil {
		return nil, err
	}
	p.Role, p.Name, p.Seed = role, name, seed
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
