// Package cloudsim simulates the part of Power Virtual Server that is read here: tokens,
// workspaces and virtual machines, over real HTTP, with the faults of a real cloud. Its
// answers have the shape of the real ones; names and ids are invented.
//
// It knows no real cloud and no other network than the listener that it is given.
package cloudsim

import (
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Key is an API key that the cloud takes, Profile a trusted profile.
const (
	Key     = "sim-Ax7-invented-api-key-of-the-simulator-00"
	Profile = "Profile-00000000-5171-4000-8000-000000000001"
)

// Guest is the machine behind a VM, whose RMC the cloud watches.
type Guest interface {
	// Connected reports whether RMC of the machine is connected now.
	Connected() bool
}

// VM is one virtual machine.
type VM struct {
	ID, Name string
	Status   string // "": ACTIVE
	OS       string // "": aix
	Networks []Network
	Tags     []string
	// Volumes are those that are attached, Snapshots those that were taken.
	Volumes   []Volume
	Snapshots []Snapshot
	// Guest decides the health, which follows it after Lag. Without one it is Health.
	Guest  Guest
	Lag    time.Duration
	Health string // "": the API has no health; "null" is a null
	Reason string

	shown   bool      // the guest as the cloud shows it
	swept   bool      // it was looked at
	differs time.Time // since when the guest was seen to be otherwise
}

// Network is one interface of a VM.
type Network struct{ Name, Address, MAC string }

// Volume is one volume of a VM.
type Volume struct {
	ID, Name, WWN string
	// Boot: the VM starts from it; it is bootable then. Bootable: it may.
	Boot, Bootable bool
}

// Snapshot is one snapshot of a VM.
type Snapshot struct {
	ID, Name, Created string
	Status            string   // "": available
	Volumes           []string // ids
}

// Workspace is one workspace.
type Workspace struct {
	ID, Name, Region string
	// URL is its location.url; "": that of the cloud, "none": it has none.
	URL string
	// Hidden: the key has no role on it.
	Hidden bool
	VMs    []*VM
}

// CRN is the cloud resource name of a workspace.
func (w *Workspace) CRN() string {
	return "crn:v1:bluemix:public:power-iaas:" + w.Region + ":a/00000000000000000000000000051712:" + w.ID + "::"
}

// Fault is one answer that is not as it should be. It holds for the next Times requests
// whose path holds Path.
type Fault struct {
	Path  string
	Times int // 0: one
	// Status and RetryAfter are those of the answer; Body is its body.
	Status     int
	RetryAfter string
	Body       string
	Location   string // where a redirect goes
	Date       string // the clock of the server, in the header of that name; "": the right one
	// Cut ends the connection in the middle of the body.
	Cut bool
	// Size is the length of a body of blanks, in bytes.
	Size int
	// Drip sends the body one byte at a time, that far apart.
	Drip time.Duration
	// Silent: there is no answer until the caller gives up.
	Silent bool
}

// Asked is a request that came.
type Asked struct {
	Method, Path, CRN string
	At                time.Time
}

// Cloud is one cloud.
type Cloud struct {
	// Life is how long a token lives; 0: an hour.
	Life time.Duration
	// Now is its clock; nil: time.Now.
	Now func() time.Time

	server *httptest.Server

	mu         sync.Mutex
	workspaces []*Workspace
	faults     []*Fault
	asked      []Asked
	tokens     map[string]time.Time // until when
	busy, most int                  // requests under way
}

// Serve starts a cloud behind a listener, over TLS. It must be closed.
func Serve(l net.Listener, workspaces ...*Workspace) *Cloud {
	c := &Cloud{workspaces: workspaces, tokens: map[string]time.Time{}}
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(c.serve))
	_ = c.server.Listener.Close()
	c.server.Listener = l
	c.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	c.server.StartTLS()
	return c
}

// URL is the endpoint of the API, of IAM and of the metadata services.
func (c *Cloud) URL() string { return c.server.URL }

// Certificate is its certificate, which its callers must trust, as DER.
func (c *Cloud) Certificate() []byte { return c.server.Certificate().Raw }

// RootCAs are the certificates that its callers must trust.
func (c *Cloud) RootCAs() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.server.Certificate())
	return pool
}

// Close ends it.
func (c *Cloud) Close() { c.server.Close() }

// Fail queues faults.
func (c *Cloud) Fail(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		c.faults = append(c.faults, &f)
	}
}

// Revoke ends all tokens at once.
func (c *Cloud) Revoke() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.tokens)
}

// Change changes the cloud as a person at its console does.
func (c *Cloud) Change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// Add adds a workspace.
func (c *Cloud) Add(w *Workspace) { c.Change(func() { c.workspaces = append(c.workspaces, w) }) }

// VM returns a VM of a workspace by its id, nil where there is none. It is changed in Change.
func (c *Cloud) VM(id string) *VM {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.workspaces {
		for _, vm := range w.VMs {
			if vm.ID == id {
				return vm
			}
		}
	}
	return nil
}

// Asked lists the requests so far whose path holds a word.
func (c *Cloud) Asked(path string) []Asked {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Asked
	for _, a := range c.asked {
		if strings.Contains(a.Path, path) {
			list = append(list, a)
		}
	}
	return list
}

// AtOnce is how many requests there were at one time, at most.
func (c *Cloud) AtOnce() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

func (c *Cloud) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// health is that of a VM now, and its reason.
func (v *VM) health(now time.Time) (status, reason string) {
	if v.Guest == nil {
		return v.Health, v.Reason
	}
	connected := v.Guest.Connected()
	switch {
	case !v.swept:
		v.shown, v.swept = connected, true
	case connected == v.shown:
		v.differs = time.Time{}
	case v.differs.IsZero():
		v.differs = now
	}
	if !v.differs.IsZero() && now.Sub(v.differs) >= v.Lag {
		v.shown, v.differs = connected, time.Time{}
	}
	if v.shown {
		return "OK", ""
	}
	return "WARNING", "The RMC connection to the virtual machine is not active."
}
