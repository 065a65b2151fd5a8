// Package simulated starts the fleet of the demo: simulated hosts with known faults behind
// real SSH servers on loopback, with the key, the host keys and the inventory to reach them.
package simulated

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/journal/durable"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/place"
)

// connectDelay is how long a simulated RMC takes to connect once nothing prevents it. On a
// real system it takes minutes.
const connectDelay = 700 * time.Millisecond

// InventoryHead is the inventory of a fleet without its hosts.
const InventoryHead = "apiVersion: aixmend/v1\ndefaults:\n  ssh: {user: root, identity: id_ed25519, known_hosts: known_hosts, jump: none}\nhosts:\n"

// Waits returns the parameters of rmc-restore for simulated hosts, as KEY=VALUE: the waits
// are in proportion to the time in which a simulated RMC connects.
func Waits() []string { return []string{"settle=1500ms", ReadWait, "wait=6s"} }

// ReadWait is the one of Waits that read-only verbs use: a host of the demo hangs.
const ReadWait = "probe_timeout=3s"

// Story returns the faults of the demo's hosts, by name of the simulator's catalogue.
func Story() []string {
	return []string{
		"healthy", "healthy-no-refreshmd", "healthy-customer-ipv6",
		"address-removed-smitty", "address-removed-live", "address-of-clone", "customer-netaddr6-on-rmc-nic",
		"address-not-persistent", "mksysb-restore", "boot-volume-changed", "session-on-rmc-nic",
		"rmc-nic-ambiguous", "rmc-nic-missing", "remote-clients-disabled", "daemon-down", "daemon-hung",
		"rsct-below-minimum", "rsct-below-recommended", "node-id-mismatch", "peer-domain",
		"var-full", "lscluster-hangs", "not-aix", "hostile-log",
	}
}

// Hosts makes n hosts: one for each fault of a story, then healthy ones.
func Hosts(story []string, n int) ([]aixsim.FleetHost, error) {
	hosts := make([]aixsim.FleetHost, 0, n)
	for i := range n {
		name := "healthy"
		if i < len(story) {
			name = story[i]
		}
		illness, err := aixsim.FindIllness(name)
		if err != nil {
			return nil, err
		}
		state := aixsim.Healthy(fmt.Sprintf("aixvm%03d", i+1), i+1)
		state.RMC.ConnectDelay = aixsim.Duration(connectDelay)
		illness.Apply(state)
		hosts = append(hosts, aixsim.FleetHost{State: state, Illness: name})
	}
	return hosts, nil
}

// Start starts a fleet, and writes id_ed25519, known_hosts and inventory.yaml into a folder
// to reach it. latency is the emulated round trip.
func Start(dir string, hosts []aixsim.FleetHost, latency time.Duration) (*aixsim.Fleet, error) {
	login, err := WriteKey(dir)
	if err != nil {
		return nil, err
	}
	fleet, err := aixsim.NewFleet(hosts, aixsim.FleetOptions{
		SSH: sshtest.Options{AuthorizedKeys: []ssh.PublicKey{login}, Latency: latency},
	})
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"known_hosts": fleet.KnownHosts(), "inventory.yaml": Inventory(fleet)} {
		if err := durable.Write(filepath.Join(dir, name), []byte(text)); err != nil {
			fleet.Close()
			return nil, err
		}
	}
	return fleet, nil
}

// Enter makes the folder of a fleet in a state folder, and takes it until leave is called:
// another process would replace the key and the inventory of this one.
func Enter(state string) (dir string, leave func(), err error) {
	dir = filepath.Join(state, "demo")
	made, err := place.Folder(dir, true)
	if err != nil {
		return "", nil, fmt.Errorf("state folder: %w", err)
	}
	lock := durable.NewLock(filepath.Join(dir, "lock"))
	free, err := lock.TryLock()
	if err == nil && !free {
		err = fmt.Errorf("another demo is using %s: end that one, or name another folder with --state", dir)
	}
	if err != nil {
		made.Close()
		return "", nil, exit.Usage(err)
	}
	return dir, func() { _ = lock.Unlock(); made.Close() }, nil
}

// WriteKey makes a key, writes its private half to id_ed25519 in a folder and returns the
// public half.
func WriteKey(dir string) (ssh.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "aixmend demo")
	if err != nil {
		return nil, err
	}
	if err := durable.Write(filepath.Join(dir, "id_ed25519"), pem.EncodeToMemory(block)); err != nil {
		return nil, err
	}
	return ssh.NewPublicKey(public)
}

// Inventory renders the inventory of a fleet.
func Inventory(fleet *aixsim.Fleet) string {
	var b strings.Builder
	b.WriteString(InventoryHead)
	for _, m := range fleet.Inventory() {
		fmt.Fprintf(&b, "  %s: {address: %q, ssh: {port: %d}} # %s\n", m.Name, m.Address, m.Port, m.Illness)
	}
	return b.String()
}
