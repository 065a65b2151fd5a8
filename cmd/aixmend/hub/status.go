package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/ownership"
)

// The states of a member.
const (
	stateConnected = "connected"
	stateSilent    = "silent"      // its worker was heard, and is not any more
	stateStopped   = "stopped"     // its worker was stopped, and has said so
	stateNever     = "never heard" // since the hub began
	stateAway      = "not connected"
	stateRevoked   = "revoked"
	stateUnknown   = "unknown" // the hub does not run
)

// quiet is after which silence a worker that is connected counts as silent: three signs of
// life were due.
const quiet = 3 * fleet.AliveEvery

// Status is the status of a hub.
type Status struct {
	// Running says that the hub runs. Where it does not, only the members are known.
	Running bool `json:"running"`
	// Now is the time by the hub's clock, Began when it began.
	Now      time.Time `json:"now,omitzero"`
	Began    time.Time `json:"began,omitzero"`
	Version  string    `json:"version,omitempty"`
	Draining bool      `json:"draining,omitempty"`
	// NATS is the server of somebody else that the hub speaks through, "" for its own.
	NATS      string    `json:"nats,omitempty"`
	Sites     []Site    `json:"sites"`
	Operators []Person  `json:"operators"`
	Runs      []OpenRun `json:"runs"`
}

// Site is a site in the status of a hub.
type Site struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Added   time.Time `json:"added"`
	Revoked time.Time `json:"revoked,omitzero"`
	// Hosts is how many it has announced.
	Hosts int `json:"hosts"`
	// Heard is when its worker was heard last; zero: not since the hub began.
	Heard   time.Time `json:"heard,omitzero"`
	Version string    `json:"version,omitempty"`
	Runs    []string  `json:"runs,omitempty"`
	// Instance is the process of the active worker; Standbys are the others.
	Instance string          `json:"instance,omitempty"`
	Standbys []fleet.Standby `json:"standbys,omitempty"`
}

// Person is an operator in the status of a hub.
type Person struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Added   time.Time `json:"added"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// OpenRun is a run that goes on.
type OpenRun struct {
	Run      string   `json:"run"`
	Operator string   `json:"operator,omitempty"`
	Sites    []string `json:"sites"`
	Ended    int      `json:"ended"` // hosts
	Of       int      `json:"of"`
}

// status is the status of the hub that runs.
func (s *Service) status() (*Status, error) {
	members, err := s.folder.Members()
	if err != nil {
		return nil, err
	}
	announced, err := s.hub.Hosts(s.ctx)
	if err != nil {
		return nil, err
	}
	links, err := s.server.Connected()
	if err != nil {
		return nil, err
	}
	st := statusOf(members)
	st.NATS = s.nats
	st.Running, st.Now, st.Began, st.Version = true, time.Now().UTC(), s.began, s.version
	for i, m := range st.Sites {
		if m.State == stateRevoked {
			continue
		}
		for _, h := range announced {
			if h.Site == m.Name {
				st.Sites[i].Hosts = len(h.Names)
			}
		}
		st.Sites[i].hear(s.hub.Heard(m.Name), links[keyOf(members, fleet.RoleSite, m.Name)] > 0, st.Now)
	}
	for i, m := range st.Operators {
		if m.State != stateRevoked && links[keyOf(members, fleet.RoleOperator, m.Name)] > 0 {
			st.Operators[i].State = stateConnected
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Draining = s.draining
	for _, id := range slices.Sorted(maps.Keys(s.runs)) {
		if g := s.runs[id]; g.ended() == nil {
			o := OpenRun{Run: id, Operator: g.operator, Sites: g.sweep.Sites()}
			o.Ended, o.Of, _ = g.sweep.Progress()
			st.Runs = append(st.Runs, o)
		}
	}
	return st, nil
}

func keyOf(members []Member, role fleet.Role, name string) string {
	for _, m := range members {
		if m.Role == role && m.Name == name && m.Revoked.IsZero() {
			return m.Key
		}
	}
	return ""
}

// statusOf is all that is known without a hub that runs. A name that was revoked and added
// again is there once.
func statusOf(members []Member) *Status {
	st := &Status{Sites: []Site{}, Operators: []Person{}, Runs: []OpenRun{}}
	for i, m := range members {
		again := slices.ContainsFunc(members[i+1:], func(o Member) bool { return o.Role == m.Role && o.Name == m.Name })
		state := stateUnknown
		switch {
		case again:
			continue
		case !m.Revoked.IsZero():
			state = stateRevoked
		case m.Role == fleet.RoleOperator:
			state = stateAway
		}
		if m.Role == fleet.RoleSite {
			st.Sites = append(st.Sites, Site{Name: m.Name, State: state, Added: m.Added, Revoked: m.Revoked})
		} else {
			st.Operators = append(st.Operators, Person{m.Name, state, m.Added, m.Revoked})
		}
	}
	return st
}

// hear takes over how a site is heard. A connection that has broken is silence at once: no
// beat has to be missed first.
func (s *Site) hear(h fleet.Heard, linked bool, now time.Time) {
	s.Heard, s.Version, s.Runs, s.Instance, s.Standbys = h.Last, h.Version, h.Runs, h.Instance, h.Standbys
	switch {
	case h.Last.IsZero():
		s.State = stateNever
	case h.Left:
		s.State = stateStopped
	case !linked || now.Sub(h.Last) > quiet:
		s.State = stateSilent
	default:
		s.State = stateConnected
	}
}

// code is the exit code: trouble is a hub that does not run, or a site that is no member of
// any run now.
func (st *Status) code() outcome.Code {
	if !st.Running || slices.ContainsFunc(st.Sites, func(s Site) bool { return s.State != stateConnected && s.State != stateRevoked }) {
		return outcome.ExitUnreachable
	}
	return outcome.ExitOK
}

// Lines are the status for a person.
func (st *Status) Lines() []string {
	var list []string
	if st.NATS != "" {
		list = append(list, "members connect to the NATS "+st.NATS+"; aixmend hub accounts prints them for its configuration")
	}
	switch {
	case !st.Running:
		list = append(list, "the hub does not run; its members are")
	case st.Draining:
		list = append(list, "the hub drains: it takes no new run, and stops when the last one has ended")
	}
	for _, s := range st.Sites {
		list = append(list, fmt.Sprintf("site %s: %s", s.Name, s.text(st)))
	}
	for _, p := range st.Operators {
		text := p.State
		if !p.Revoked.IsZero() {
			text = revokedOn(p.Revoked)
		} else if !st.Running {
			text = "added " + p.Added.Format(time.DateOnly)
		}
		list = append(list, fmt.Sprintf("operator %s: %s", p.Name, text))
	}
	for _, r := range st.Runs {
		who := ""
		if r.Operator != "" {
			who = ", asked by operator " + r.Operator
		}
		list = append(list, fmt.Sprintf("run %s: %d of %s have ended, at %s%s", r.Run, r.Ended, report.Hosts(r.Of), siteList(r.Sites), who))
	}
	if len(st.Sites)+len(st.Operators) == 0 {
		list = append(list, "no members yet: aixmend help hub says how to add one")
	}
	return list
}

func revokedOn(at time.Time) string { return "revoked " + at.Format(time.DateOnly) }

func (s Site) text(st *Status) string {
	var parts []string
	switch s.State {
	case stateRevoked:
		return revokedOn(s.Revoked)
	case stateUnknown:
		return "added " + s.Added.Format(time.DateOnly)
	case stateConnected:
		parts = append(parts, stateConnected)
	case stateNever:
		parts = append(parts, "never heard since the hub began "+ago(st.Now, st.Began))
	case stateSilent, stateStopped:
		parts = append(parts, fmt.Sprintf("%s, last heard %s at %s", strings.ToUpper(s.State), ago(st.Now, s.Heard), s.Heard.UTC().Format(time.RFC3339)))
	}
	if s.Hosts == 0 {
		parts = append(parts, "no hosts announced")
	} else {
		parts = append(parts, report.Hosts(s.Hosts))
	}
	if s.Version != "" {
		parts = append(parts, "version "+s.Version)
		if s.Version != st.Version {
			parts = append(parts, "not the hub's "+st.Version)
		}
	}
	for _, run := range s.Runs {
		parts = append(parts, "works on run "+run)
	}
	if n := len(s.Standbys); n > 0 {
		var names []string
		for _, o := range s.Standbys {
			names = append(names, o.Instance)
		}
		parts = append(parts, fmt.Sprintf("worker %s is active, standing by: %s", s.Instance, strings.Join(names, " ")))
	}
	return strings.Join(parts, ", ")
}

func ago(now, then time.Time) string { return now.Sub(then).Round(time.Second).String() + " ago" }

func statusCommand(c *console.Console) *cobra.Command {
	var dir, join, format string
	cmd := &cobra.Command{
		Use: "status", Short: "List the sites, the operators and the open runs of a hub", Args: cobra.NoArgs,
		Long: `Asks the hub of this machine or, with --hub, the hub of a join file, for its sites, its
operators and the runs that go on. A site is

  connected    its worker was heard in the last seconds, and takes orders
  SILENT       its worker was heard, but its connection broke, or nothing comes any more
  STOPPED      its worker was stopped by a signal
  never heard  no worker has come since the hub began
  revoked      its join file is useless

Exit codes: 0 all sites are connected; 4 at least one is not, or the hub does not run.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return exit.Usagef("write text or json", "--format %s is not known", format)
			}
			st, err := statusFrom(cmd.Context(), c, dir, join)
			if err != nil {
				return err
			}
			if format == "json" {
				err = c.JSON(st)
			} else {
				err = c.Print("%s\n", strings.Join(st.Lines(), "\n"))
			}
			if err != nil {
				return err
			}
			return exit.Verdict{Code: st.code()}
		},
	}
	dirFlag(cmd, &dir)
	Flag(cmd.Flags(), &join, "join `FILE` of an operator, to ask a hub elsewhere")
	cmd.Flags().StringVar(&format, "format", "text", "`FORMAT` of the output on stdout: text or json")
	return cmd
}

// statusFrom asks the hub of a join file or, where there is none, the one of a folder.
func statusFrom(ctx context.Context, c *console.Console, dir, join string) (*Status, error) {
	if join != "" {
		o, err := Dial(ctx, c, join)
		if err != nil {
			return nil, err
		}
		defer o.Close()
		return Ask(ctx, o)
	}
	if _, err := os.Stat(Folder{dir}.file("hub.json")); errors.Is(err, fs.ErrNotExist) && ownership.Check(dir) == nil { // an operator elsewhere, most often
		return nil, exit.Usagef("--hub names the join file of an operator; --dir names the folder on the machine of the hub", "%s is not the folder of a hub", dir)
	}
	f, err := Open(dir)
	if err != nil {
		return nil, err
	}
	o, err := f.dial(ctx, c)
	var none *fleet.NoHub
	if errors.As(err, &none) || errors.Is(err, fleet.ErrRevoked) {
		return f.status(c, err)
	}
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return Ask(ctx, o)
}

// status is all that is known of a hub that can't be reached.
func (f Folder) status(c *console.Console, why error) (*Status, error) {
	list, err := f.Members()
	if err != nil {
		return nil, err
	}
	st := statusOf(list)
	set, err := f.settings()
	if err == nil && set.NATS != nil {
		st.NATS = set.NATS.URL
		c.Say("warning: %s", why)
	}
	return st, err
}

// Ask asks a hub for its status.
func Ask(ctx context.Context, o *fleet.Operator) (*Status, error) {
	var st Status
	return &st, o.Ask(ctx, askStatus, named{}, &st)
}
