package fleet

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// StandbyAfter is after which silence of a site's active worker another worker of the
	// site takes its place. It is shorter than SilentAfter, so that a site with a standby is
	// not given up.
	StandbyAfter = 30 * time.Second
	// maxWorkers bounds the workers of a site that the hub remembers.
	maxWorkers = 16
)

// instance is the name of one process of a worker.
var instance = regexp.MustCompile(`^[0-9a-f]{1,32}$`)

// Active names the worker that takes the orders of its site; the others stand by.
type Active struct {
	V        int       `json:"v"`
	Instance string    `json:"instance"`
	Since    time.Time `json:"since"` // by the hub's clock
	// Gone says that the hub does not know the worker: it was revoked.
	Gone bool `json:"gone,omitempty"`
}

// Standby is a worker that waits for the active one of its site to be silent.
type Standby struct {
	Instance string    `json:"instance"`
	Version  string    `json:"version"`
	Last     time.Time `json:"last"`
}

// roster is the workers of one site. It decides which one is active by their signs of life
// and the times at which they came, and by nothing else.
type roster struct {
	active Active
	// silent is when the active one was heard last or, where a hub that began again knows of
	// it from another, when that was told.
	silent time.Time
	heard  Heard // of the newest active one that was heard
	others map[string]Standby
}

// beat takes a sign of life and returns which worker is active then.
func (r *roster) beat(b Beat, now time.Time) Active {
	if r.others == nil {
		r.others = map[string]Standby{}
	}
	for name, o := range r.others {
		if now.Sub(o.Last) > StandbyAfter {
			delete(r.others, name)
		}
	}
	if b.Leaving {
		return r.leave(b)
	}
	if r.active.Since.IsZero() && instance.MatchString(b.Known.Instance) && !b.Known.Since.IsZero() {
		r.active, r.silent = Active{V: Version, Instance: b.Known.Instance, Since: b.Known.Since}, now // the hub began again
	}
	if r.active.Instance != b.Instance {
		if r.active.Instance != "" && now.Sub(r.silent) <= StandbyAfter {
			if _, known := r.others[b.Instance]; known || len(r.others) < maxWorkers {
				r.others[b.Instance] = Standby{b.Instance, b.Version, now}
			}
			return r.active
		}
		r.active = Active{V: Version, Instance: b.Instance, Since: now.UTC()}
	}
	delete(r.others, b.Instance)
	r.silent = now
	r.heard = Heard{Last: now, Version: b.Version, Runs: b.Runs, Instance: b.Instance, Since: r.active.Since}
	return r.active
}

// leave takes the last word of a worker that was stopped: a standby need not wait.
func (r *roster) leave(b Beat) Active {
	delete(r.others, b.Instance)
	if r.active.Instance == b.Instance {
		r.active.Instance = ""
		r.heard.Left, r.heard.Runs = true, nil
	}
	return r.active
}

// state is the site as its active worker was heard last.
func (r *roster) state() Heard {
	h := r.heard
	for _, o := range r.others {
		h.Standbys = append(h.Standbys, o)
	}
	slices.SortFunc(h.Standbys, func(a, b Standby) int { return strings.Compare(a.Instance, b.Instance) })
	return h
}
