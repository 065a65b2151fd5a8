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
	"aixmend/cmd/aixmend/remote"
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
	s := &Service{folder: f, version: o.Version, shelf: o.Shelf, say: o.Say, began: time.Now().UTC(), ctx: ctx, stop: end, showing: make(chan struct{}, showAtOnce), present: present{runs: map[string]*going{}}}
	if s.store, err = journal.Open(f.State()); err != nil {
		return err
	}
	address, err := s.begin(ctx)
	if err != nil {
		return unlessStopped(err)
	}
	defer s.server.Leave()
	if err := s.members(ctx); err != nil {
		return err
	}
	if err := s.clearAdoption(); err != nil {
		return err
	}
	open, err := s.continueRuns()
	if err != nil {
		return err
	}
	if err := s.hub.Tidy(ctx, open); err != nil {
		return err
	}
	ready(address)
	go func() { end(s.followMembers(ctx)) }()
	if err := s.hub.ServeWords(ctx, s.words); err != nil {
		return err
	}
	if err := s.hub.Serve(ctx, s.answer); err != nil {
		return err
	}
	return unlessStopped(context.Cause(ctx))
}

// unlessStopped is the reason why a hub has ended, nil where somebody has stopped it.
func unlessStopped(err error) error {
	if errors.Is(err, exit.ErrInterrupted) || errors.Is(err, errDrained) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// begin begins to listen, and says where.
func (s *Service) begin(ctx context.Context) (where string, err error) {
	set, err := s.folder.settings()
	if err != nil {
		return "", err
	}
	if set.NATS == nil {
		if s.server, where, err = s.beginServer(ctx, set); err != nil {
			return "", err
		}
		return "listens on " + where, nil
	}
	s.hub, err = fleet.Through{NATS: *set.NATS, Seed: set.Seed, Public: set.Public, Say: s.say}.Hub(ctx, func(err error) { s.stop(err) })
	var none *fleet.NoHub
	switch address := set.NATS.Address(); {
	case errors.Is(err, fleet.ErrRevoked):
		return "", exit.Usagef("aixmend hub accounts"+inDir(s.folder.path)+" prints what its configuration must include; then reload it", "the NATS %s does not let the hub in", address)
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &none):
		return "", exit.Usagef("", "the NATS %s can't be reached: %w", address, none.Unwrap())
	case err != nil:
		return "", exit.Usagef("", "the NATS %s: %w", address, err)
	}
	s.server, s.nats = s.hub, set.NATS.URL
	return "speaks through the NATS " + set.NATS.URL, nil
}

// beginServer starts the hub's own server.
func (s *Service) beginServer(ctx context.Context, set settings) (connecting, string, error) {
	authority, err := s.folder.authority()
	if err != nil {
		return nil, "", err
	}
	tls, err := authority.Server(time.Now(), append([]string{here(set.Listen)}, set.Names...)...)
	if err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(set.Listen)
	if err != nil {
		return nil, "", err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, "", err
	}
	if host == "" {
		host = "0.0.0.0"
	}
	list, err := s.folder.Members()
	if err != nil {
		return nil, "", err
	}
	srv, err := server.Start(server.Config{ // with its members: a worker that is refused takes that for a revocation
		Folder: s.folder.file("streams"), Host: host, Port: number, TLS: tls, Hub: fleet.Member{Key: set.Public, Role: fleet.RoleHub, Name: "hub"},
		Members: admitted(list),
	})
	if err != nil {
		return nil, "", err
	}
	conn, err := srv.Connect(set.Seed)
	if err == nil {
		s.hub, err = fleet.NewHub(ctx, conn)
	}
	if err != nil {
		return nil, "", errors.Join(err, srv.Stop())
	}
	return listening{srv}, srv.Address(), nil
}

// members lets those in who are members, and only those.
func (s *Service) members(ctx context.Context) error {
	list, err := s.folder.Members()
	if err != nil {
		return err
	}
	in := admitted(list)
	if err := s.server.SetMembers(in); err != nil {
		return err
	}
	for _, m := range list {
		switch still := slices.ContainsFunc(in, func(o fleet.Member) bool { return o.Role == m.Role && o.Name == m.Name }); {
		case m.Role != fleet.RoleSite:
		case m.Revoked.IsZero():
			err = errors.Join(err, s.hub.Admit(ctx, m.Name))
		case !still:
			err = errors.Join(err, s.hub.Dismiss(ctx, m.Name))
		}
	}
	return err
}

// followMembers acts on changes of the members until ctx ends.
func (s *Service) followMembers(ctx context.Context) error {
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
		if err := s.members(ctx); err != nil {
			s.say("warning: the members were not taken over: %s", err)
			continue
		}
		if last != nil {
			s.say("the members have changed")
		}
		last = now
	}
}

// answers are the answers to the questions of operators, by verb.
func (s *Service) answers() map[string]func(fleet.Question) (any, error) {
	kept := remote.Keeper{Store: s.store}
	return map[string]func(fleet.Question) (any, error){
		askRun: asked(s.call), askResume: asked(s.resume), askFollow: asked(s.follow), askWave: asked(s.answerWave), askStop: asked(s.stopRun),
		askResult: asked(s.result), askTaken: asked(s.take), askShow: asked(s.show), askBack: asked(refusing(s.back)), askHosts: asked(refusing(s.hosts)),
		remote.AskReports: asked(refusing(kept.Reports)), remote.AskNews: asked(refusing(kept.News)), remote.AskPlan: asked(refusing(kept.Plan)),
		askStatus: func(fleet.Question) (any, error) { return s.status() },
		askAdopt:  owners("adopt", "adopt runs", asked(s.adopt)),
		askDrain: owners("drain", "drain it", func(fleet.Question) (any, error) {
			st, err := s.status()
			s.drain() // which may stop it at once
			return st, err
		}),
	}
}

// answer answers a question of an operator.
func (s *Service) answer(q fleet.Question) (any, error) {
	answer, known := s.answers()[q.Verb]
	if !known {
		return nil, &fleet.Refusal{Text: "this hub does not know the question " + strconv.Quote(q.Verb), Hint: "hub and operator must be of one version"}
	}
	return answer(q)
}

// owners is an answer for the owner of the hub alone, who asks by a verb of hub.
func owners(verb, does string, answer func(fleet.Question) (any, error)) func(fleet.Question) (any, error) {
	return func(q fleet.Question) (any, error) {
		if q.Operator != fleet.Owner {
			return nil, &fleet.Refusal{Text: "only the owner of the hub can " + does, Hint: "run aixmend hub " + verb + " on its machine"}
		}
		return answer(q)
	}
}

// refusing gives the errors of an answer to the operator.
func refusing[Q, A any](answer func(operator string, question Q) (A, error)) func(string, Q) (A, error) {
	return func(operator string, question Q) (A, error) {
		a, err := answer(operator, question)
		if err != nil {
			err = refusal(err)
		}
		return a, err
	}
}

// asked reads a question and answers it.
func asked[Q, A any](answer func(operator string, question Q) (A, error)) func(fleet.Question) (any, error) {
	return func(q fleet.Question) (any, error) {
		var question Q
		if err := q.Read(&question); err != nil {
			return nil, err
		}
		return answer(q.Operator, question)
	}
}
