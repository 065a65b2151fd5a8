package hub

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/fleet"
	"aixmend/controller/fleet/server"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
)

// Run runs the hub until ctx ends. ready is told where it listens.
func Run(ctx context.Context, f Folder, o Options, ready func(address string)) error {
	lock := durable.NewLock(f.file("running"))
	held, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !held {
		return exit.Usagef("aixmend hub status shows it", "a hub runs in %s already", f.path)
	}
	defer func() { _ = lock.Unlock() }()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s := &Service{folder: f, version: o.Version, shelf: o.Shelf, say: o.Say, began: time.Now().UTC(), ctx: ctx, stop: end, showing: make(chan struct{}, showAtOnce), runs: map[string]*going{}}
	if s.store, err = journal.Open(f.State()); err != nil {
		return err
	}
	srv, set, err := s.begin()
	if err != nil {
		return err
	}
	defer func() { _ = srv.Stop() }()
	s.server = srv
	conn, err := srv.Connect(set.Seed)
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.hub, err = fleet.NewHub(ctx, conn); err != nil {
		return err
	}
	if err := s.members(ctx, srv); err != nil {
		return err
	}
	open, err := s.continueRuns()
	if err != nil {
		return err
	}
	if err := s.hub.Tidy(ctx, open); err != nil {
		return err
	}
	ready(srv.Address())
	go func() { end(s.followMembers(ctx, srv)) }()
	if err := s.hub.ServeWords(ctx, s.words); err != nil {
		return err
	}
	if err := s.hub.Serve(ctx, s.answer); err != nil {
		return err
	}
	if err := context.Cause(ctx); !errors.Is(err, exit.ErrInterrupted) && !errors.Is(err, errDrained) && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// begin starts the server.
func (s *Service) begin() (*server.Server, *settings, error) {
	set, err := s.folder.settings()
	if err != nil {
		return nil, nil, err
	}
	authority, err := s.folder.authority()
	if err != nil {
		return nil, nil, err
	}
	tls, err := authority.Server(time.Now(), append([]string{here(set.Listen)}, set.Names...)...)
	if err != nil {
		return nil, nil, err
	}
	host, port, err := net.SplitHostPort(set.Listen)
	if err != nil {
		return nil, nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, nil, err
	}
	if host == "" {
		host = "0.0.0.0"
	}
	list, err := s.folder.Members()
	if err != nil {
		return nil, nil, err
	}
	srv, err := server.Start(server.Config{ // with its members: a worker that is refused takes that for a revocation
		Folder: s.folder.file("streams"), Host: host, Port: number, TLS: tls, Hub: server.Member{Key: set.Public, Role: fleet.RoleHub, Name: "hub"},
		Members: admitted(list),
	})
	return srv, &set, err
}

// members lets those in who are members, and only those.
func (s *Service) members(ctx context.Context, srv *server.Server) error {
	list, err := s.folder.Members()
	if err != nil {
		return err
	}
	in := admitted(list)
	if err := srv.SetMembers(in); err != nil {
		return err
	}
	for _, m := range list {
		switch still := slices.ContainsFunc(in, func(o server.Member) bool { return o.Role == m.Role && o.Name == m.Name }); {
		case m.Role != fleet.RoleSite:
		case m.Revoked.IsZero():
			err = errors.Join(err, s.hub.Admit(ctx, m.Name))
		case !still:
			err = errors.Join(err, s.hub.Dismiss(ctx, m.Name))
		}
	}
	return err
}

// admitted are the members that may connect.
func admitted(list []Member) []server.Member {
	var in []server.Member
	for _, m := range list {
		if m.Revoked.IsZero() {
			in = append(in, server.Member{Key: m.Key, Role: m.Role, Name: m.Name})
		}
	}
	return in
}

// followMembers acts on changes of the members until ctx ends.
func (s *Service) followMembers(ctx context.Context, srv *server.Server) error {
	var last []byte // taken over again at once: they may have changed since the hub began
	tick := time.NewTicker(membersEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := os.ReadFile(s.folder.file("members.json"))
		if err != nil || bytes.Equal(now, last) {
			continue // it is replaced whole
		}
		if err := s.members(ctx, srv); err != nil {
			s.say("warning: the members were not taken over: %s", err)
			continue
		}
		if last != nil {
			s.say("the members have changed")
		}
		last = now
	}
}

// answer answers a question of an operator.
func (s *Service) answer(q fleet.Question) (any, error) {
	switch q.Verb {
	case askRun:
		return answerOf(q, s.call)
	case askResume:
		return answerOf(q, s.resume)
	case askFollow:
		return answerOf(q, s.follow)
	case askWave:
		return answerOf(q, s.answerWave)
	case askStop:
		return answerOf(q, s.stopRun)
	case askResult:
		return answerOf(q, s.result)
	case askTaken:
		return answerOf(q, s.take)
	case askShow:
		return answerOf(q, s.show)
	case askStatus:
		return s.status()
	case askDrain:
		if q.Operator != fleet.Owner {
			return nil, &fleet.Refusal{Text: "only the owner of the hub can drain it", Hint: "run aixmend hub drain on its machine"}
		}
		st, err := s.status()
		s.drain() // which may stop it at once
		return st, err
	}
	return nil, &fleet.Refusal{Text: "this hub does not know the question " + strconv.Quote(q.Verb), Hint: "hub and operator must be of one version"}
}

// answerOf reads a question and answers it.
func answerOf[Q, A any](q fleet.Question, answer func(operator string, question Q) (A, error)) (any, error) {
	var question Q
	if err := q.Read(&question); err != nil {
		return nil, err
	}
	return answer(q.Operator, question)
}
