package hub

import (
	"context"
	"sync"
	"time"

	"aixmend/cmd/aixmend/hub/adoption"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/fleet/server"
	"aixmend/controller/journal"
	"aixmend/playbooks"
)

const (
	// membersEvery is how often the members are read again.
	membersEvery = time.Second
	// gcPercent: a hub waits for disks and sites, and is to be small beside others.
	gcPercent = 30
	// answerWithin is the longest wait of a following question.
	answerWithin = 5 * time.Second
	// maxRuns is how many runs go on at the same time, and how many that ended are at hand.
	maxRuns = 8
)

// verbs are those that a hub carries out.
var verbs = []controller.Verb{controller.Audit, controller.Capture, controller.Plan, controller.Recover}

// Service is a hub that runs. A hub that is stopped is like one that was killed: its runs go
// on when it begins again.
type Service struct {
	folder  Folder
	version string
	shelf   playbooks.Shelf
	say     func(format string, args ...any)
	store   *journal.Store
	hub     *fleet.Hub
	server  connecting
	nats    string // the URL of a server of somebody else, "" for its own
	began   time.Time
	ctx     context.Context // ends with the service; its runs outlive it, as after a kill
	stop    context.CancelCauseFunc
	showing chan struct{} // has room for so many at the same time

	present
}

// present is the part of a service that changes while it runs.
type present struct {
	mu       sync.Mutex
	runs     map[string]*going
	draining bool               // no new run begins
	adoption *adoption.Progress // the newest one; nil: none yet
}

// connecting is how members reach the hub: over its own server, or over a NATS of somebody else.
type connecting interface {
	// SetMembers lets in who is a member, and nobody else.
	SetMembers(list []fleet.Member) error
	// Connected is how many connections each member has, by its public key.
	Connected() (map[string]int, error)
	// Leave ends all connections.
	Leave()
}

// listening is the hub's own server.
type listening struct{ *server.Server }

// Leave implements connecting.
func (l listening) Leave() { _ = l.Stop() }

// Options are those of a hub.
type Options struct {
	// Version is the version of this program.
	Version string
	// Shelf are the playbooks that operators may name.
	Shelf playbooks.Shelf
	// Say prints a line.
	Say func(format string, args ...any)
}
