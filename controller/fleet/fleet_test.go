package fleet_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/fleet/server"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
)

// yard is a hub with its server, and those who may join it.
type yard struct {
	*fleet.Hub
	t         *testing.T
	authority *fleet.Authority
	config    server.Config
	seed      string // of the hub
	server    *server.Server
}

func newYard(t *testing.T) *yard {
	t.Helper()
	if !server.Available {
		t.Skip("this program has no hub")
	}
	authority, err := fleet.NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	settings, err := authority.Server(time.Now(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	seed, public, err := fleet.NewSeed()
	if err != nil {
		t.Fatal(err)
	}
	y := &yard{t: t, authority: authority, seed: seed, config: server.Config{
		Folder: t.TempDir(), Host: "127.0.0.1", TLS: settings, Hub: server.Member{Key: public, Role: fleet.RoleHub, Name: "hub"},
	}}
	y.begin()
	t.Cleanup(y.end)
	return y
}

// begin starts the server, on the port of the last time.
func (y *yard) begin() {
	y.t.Helper()
	s, err := server.Start(y.config)
	if err != nil {
		y.t.Fatal(err)
	}
	conn, err := s.Connect(y.seed)
	if err != nil {
		y.t.Fatal(err)
	}
	if y.Hub, err = fleet.NewHub(y.t.Context(), conn); err != nil {
		y.t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.Address())
	y.config.Port, _ = strconv.Atoi(port)
	y.server = s
}

func (y *yard) end() {
	if err := y.server.Stop(); err != nil {
		y.t.Error(err)
	}
}

// pass makes a member and its join file.
func (y *yard) pass(role fleet.Role, name string) *fleet.Pass {
	y.t.Helper()
	seed, public, err := fleet.NewSeed()
	if err != nil {
		y.t.Fatal(err)
	}
	p := fleet.Pass{
		V: fleet.FileVersion, Role: role, Name: name, Hub: "127.0.0.1:" + strconv.Itoa(y.config.Port),
		Authority: string(y.authority.Certificate()), Seed: seed, Key: []byte("0123456789abcdef"),
	}
	y.config.Members = append(y.config.Members, server.Member{Key: public, Role: role, Name: name})
	if err := y.server.SetMembers(y.config.Members); err != nil {
		y.t.Fatal(err)
	}
	if role == fleet.RoleSite {
		if err := y.Admit(y.t.Context(), name); err != nil {
			y.t.Fatal(err)
		}
	}
	path := filepath.Join(y.t.TempDir(), name+".join")
	text, err := json.Marshal(p)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		y.t.Fatal(err)
	}
	read, err := fleet.ReadPass(path, role)
	if err != nil {
		y.t.Fatal(err)
	}
	return read
}

func (y *yard) worker(site string) *fleet.Worker { return y.join(y.pass(fleet.RoleSite, site)) }

func (y *yard) join(p *fleet.Pass) *fleet.Worker {
	y.t.Helper()
	w, err := fleet.Join(within(y.t), p, nil)
	if err != nil {
		y.t.Fatal(err)
	}
	y.t.Cleanup(w.Close)
	return w
}

// within bounds what must come; a test that passes never waits for it.
func within(t *testing.T) context.Context {
	ctx, done := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(done)
	return ctx
}

const run = "20261201T070000.000Z-3f9ac2"

func order(site string, hosts ...string) fleet.Order {
	return fleet.Order{Run: run, Site: site, Verb: "audit", Playbook: outcome.Playbook{Name: "rmc-restore"}, Hosts: hosts}
}

func reportOf(host string) *outcome.Host {
	return &outcome.Host{Schema: outcome.HostSchema, RunID: run, Host: host, Outcome: outcome.Healthy}
}

// An order that was not confirmed comes again, even to a worker that was killed; one that was
// confirmed never does, even after the hub was killed; and ordering twice is ordering once.
func TestOrdersComeAgain(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	p := y.pass(fleet.RoleSite, "fra")
	for range 2 {
		if err := y.Order(t.Context(), order("fra", "aix1", "aix2")); err != nil {
			t.Fatal(err)
		}
	}
	first := y.join(p)
	taken, err := first.Next(within(t))
	if err != nil || taken.Wrong != nil || len(taken.Hosts) != 2 || taken.Run != run {
		t.Fatal(taken, err)
	}
	first.Close() // as kill -9: not confirmed
	second := y.join(p)
	again, err := second.Next(within(t))
	if err != nil || again.Run != run {
		t.Fatal(again, err)
	}
	if err := again.Done(t.Context()); err != nil {
		t.Fatal(err)
	}
	y.end()
	y.begin()
	if err := y.Order(within(t), order("fra", "aix1", "aix2")); err != nil { // a hub that begins again orders all
		t.Fatal(err)
	}
	other := order("fra", "aix3")
	other.Run = "20261201T080000.000Z-000000"
	if err := y.Order(within(t), other); err != nil {
		t.Fatal(err)
	}
	next, err := second.Next(within(t))
	if err != nil || next.Run != other.Run {
		t.Fatal(next, err)
	}
}

// What is left of runs that are over goes when the hub begins, and what is of open runs stays.
func TestTidy(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	w := y.worker("fra")
	const old = "20261130T070000.000Z-111111"
	for _, id := range []string{old, run} {
		o := order("fra", "aix1")
		o.Run = id
		if err := errors.Join(y.Order(within(t), o), w.Send(within(t), id, fleet.Event{Ended: &fleet.Ended{}})); err != nil {
			t.Fatal(err)
		}
	}
	if err := y.Tidy(within(t), []string{run}); err != nil {
		t.Fatal(err)
	}
	if next, err := w.Next(within(t)); err != nil || next.Run != run {
		t.Error(next, err)
	}
	ctx, enough := context.WithCancel(within(t))
	if err := y.Events(ctx, run, func(fleet.Event) { enough() }, func(_ string, err error) { t.Error(err) }); err != nil || ctx.Err() != context.Canceled {
		t.Error("the event of the open run is gone", err)
	}
	if err := w.Send(within(t), old, fleet.Event{Ended: &fleet.Ended{Broken: "the only one"}}); err != nil {
		t.Fatal(err)
	}
	ctx, enough = context.WithCancel(within(t))
	if err := y.Events(ctx, old, func(e fleet.Event) {
		if e.Ended.Broken == "" {
			t.Error("the event of the old run is still there")
		}
		enough()
	}, func(_ string, err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
}

// The hub may close a run before the worker's confirmation comes: that holds up no order.
func TestDoneAfterTheRunWasClosed(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	w := y.worker("fra")
	if err := y.Order(t.Context(), order("fra", "aix1")); err != nil {
		t.Fatal(err)
	}
	taken, err := w.Next(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := y.Close(t.Context(), run, []string{"fra"}); err != nil {
		t.Fatal(err)
	}
	_ = taken.Done(t.Context()) // which has no limit of its own
	other := order("fra", "aix3")
	other.Run = "20261201T080000.000Z-000000"
	if err := y.Order(within(t), other); err != nil {
		t.Fatal(err)
	}
	if next, err := w.Next(within(t)); err != nil || next.Run != other.Run {
		t.Error(next, err)
	}
}

// What a worker has sent is there after the hub was killed, in its order, as often as it is
// asked for.
func TestEventsOutliveTheHub(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	w := y.worker("fra")
	for i := range 3 {
		if err := w.Send(within(t), run, fleet.Event{Step: gather.Ended, Host: reportOf(fmt.Sprintf("aix%d", i))}); err != nil {
			t.Fatal(err)
		}
	}
	y.end()
	y.begin()
	if err := w.Send(within(t), run, fleet.Event{Ended: &fleet.Ended{}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ctx, enough := context.WithCancel(within(t))
		var got []string
		err := y.Events(ctx, run, func(e fleet.Event) {
			if e.Ended != nil {
				got = append(got, "ended")
				enough()
			} else {
				got = append(got, e.Host.Host)
			}
		}, func(_ string, err error) { t.Error(err) })
		if text := strings.Join(got, " "); err != nil || text != "aix0 aix1 aix2 ended" {
			t.Error(text, err)
		}
	}
	if err := y.Close(t.Context(), run, []string{"fra"}); err != nil {
		t.Fatal(err)
	}
}

// A hub that was restored without its streams orders again: the end of the earlier order, whose
// reports are lost, does not end the part, and that of the new one does.
func TestLostStreams(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	w := y.worker("fra")
	take := func() *fleet.Taken {
		t.Helper()
		if err := y.Order(within(t), order("fra", "aix1")); err != nil {
			t.Fatal(err)
		}
		taken, err := w.Next(within(t))
		if err != nil {
			t.Fatal(err)
		}
		return taken
	}
	end := func(of *fleet.Taken, which string) {
		t.Helper()
		if err := w.Send(within(t), run, fleet.Event{Ended: &fleet.Ended{Streams: of.Streams, Broken: which}}); err != nil {
			t.Fatal(err)
		}
	}
	before := take()
	y.end()
	y.config.Folder = t.TempDir()
	y.begin()
	if err := y.Admit(within(t), "fra"); err != nil {
		t.Fatal(err)
	}
	end(before, "the earlier order")
	end(take(), "the same order again")
	ctx, enough := context.WithCancel(within(t))
	if err := y.Events(ctx, run, func(e fleet.Event) {
		if e.Ended.Broken != "the same order again" {
			t.Errorf("%s has ended the part", e.Ended.Broken)
		}
		enough()
	}, func(_ string, err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
}

// A site reaches its own subjects alone, whatever its user tries; and it can't pass for
// another one by what it writes.
func TestASiteReachesItsOwnSubjectsAlone(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	y.worker("par")
	thief := y.pass(fleet.RoleSite, "fra")
	reachesOwnSubjectsAlone(t, thief)
	w := y.join(thief)
	if err := w.Send(within(t), run, fleet.Event{Ended: &fleet.Ended{Broken: "x"}}); err != nil {
		t.Fatal(err)
	}
	foreign := reportOf("aix1")
	foreign.RunID = "another"
	mixed := []fleet.Event{{Step: gather.Ended, Host: reportOf("aix2")}, {Step: gather.Ended, Host: foreign}, {Step: gather.Ended, Host: reportOf("aix3")}}
	if err := w.Send(within(t), run, mixed...); err != nil {
		t.Fatal(err)
	}
	ctx, enough := context.WithCancel(within(t))
	var wrong error
	if err := y.Events(ctx, run, func(e fleet.Event) {
		if e.Site != "fra" {
			t.Error(e)
		}
		if e.Host != nil && e.Host.Host == "aix3" { // what comes with a wrong one counts
			enough()
		}
	}, func(site string, err error) { wrong = fmt.Errorf("%s: %w", site, err) }); err != nil || wrong == nil || wrong.Error() != "fra: its report can't be one" {
		t.Error(wrong, err)
	}
}

// reachesOwnSubjectsAlone tries the subjects of others, and of the server, with the key of site fra.
func reachesOwnSubjectsAlone(t *testing.T, thief *fleet.Pass) {
	t.Helper()
	conn, errs := fleet.Raw(t, thief)
	for _, subject := range []string{
		"aixmend.event.par.x", "aixmend.event.fra.x.y", "aixmend.site.par.hosts", "aixmend.site.par.beat", "aixmend.stop.par", "aixmend.order.fra.x", "aixmend.order.par.x",
		"aixmend.ask.fra.audit", "aixmend.turns.par", "$JS.API.STREAM.PURGE.EVENTS", "$JS.API.STREAM.DELETE.ORDERS", "$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.MSG.GET.EVENTS",
		"$JS.API.DIRECT.GET.EVENTS", "$JS.API.CONSUMER.MSG.NEXT.ORDERS.par", "$JS.API.CONSUMER.CREATE.EVENTS", "$JS.API.CONSUMER.DELETE.ORDERS.fra", "$JS.ACK.ORDERS.par.1.1.1.1.1", "$SYS.REQ.SERVER.PING",
	} {
		if err := conn.Publish(subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := conn.FlushWithContext(within(t)); err != nil {
			t.Fatal(err)
		}
		if !refused(errs, subject) {
			t.Errorf("a site may publish to %s", subject)
		}
	}
	for _, subject := range []string{">", "aixmend.>", "aixmend.event.fra.*", "aixmend.stop.par", "aixmend.stop.*", "aixmend.turns.fra", "_INBOX.>", "_INBOX.site.>", "_INBOX.site.par.>", "_INBOX.hub.hub.>", "$JS.>", "$SYS.>", "aixmend.ask.*.*"} {
		if _, err := conn.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		if err := conn.FlushWithContext(within(t)); err != nil {
			t.Fatal(err)
		}
		if !refused(errs, subject) {
			t.Errorf("a site may subscribe to %s", subject)
		}
	}
}

// refused waits for the server's refusal of a subject.
func refused(errs <-chan error, subject string) bool {
	select {
	case err := <-errs:
		return strings.Contains(err.Error(), `"`+subject+`"`)
	case <-time.After(10 * time.Second): // none comes
		return false
	}
}

// A member that is revoked is thrown out at once, and its join file is of no use.
func TestRevoked(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	p := y.pass(fleet.RoleSite, "fra")
	w := y.join(p)
	if err := w.Announce(within(t), fleet.Hosts{Names: []string{"aix1"}}); err != nil {
		t.Fatal(err)
	}
	if err := y.server.SetMembers(nil); err != nil {
		t.Fatal(err)
	}
	if err := y.Dismiss(within(t), "fra"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Next(within(t)); !errors.Is(err, fleet.ErrRevoked) {
		t.Error(err)
	}
	if _, err := fleet.Join(within(t), p, nil); !errors.Is(err, fleet.ErrRevoked) {
		t.Error(err)
	}
	if hosts, err := y.Hosts(within(t)); err != nil || len(hosts) != 0 {
		t.Error(hosts, err)
	}
}

// A client without the key of a member gets nothing from the port of a hub: no byte without TLS
// or with an older TLS, and no message.
func TestStrangersGetNothing(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	y.worker("fra")
	address := "127.0.0.1:" + strconv.Itoa(y.config.Port)
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(y.authority.Certificate())
	if conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: trust, MaxVersion: tls.VersionTLS12}); err == nil {
		conn.Close()
		t.Error("TLS 1.2 is spoken")
	}
	talk := func(conn net.Conn) string {
		t.Helper()
		defer conn.Close()
		if _, err := conn.Write([]byte("CONNECT {\"verbose\":true}\r\nSUB > 1\r\nPUB aixmend.site.fra.beat 1\r\nx\r\nPING\r\n")); err != nil {
			return ""
		}
		text, _ := io.ReadAll(conn) // until the server closes it
		return string(text)
	}
	plain, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if text := talk(plain); strings.Contains(text, "INFO") || strings.Contains(text, "OK") {
		t.Errorf("without TLS: %q", text)
	}
	secure, err := tls.Dial("tcp", address, &tls.Config{RootCAs: trust})
	if err != nil {
		t.Fatal(err)
	}
	if text := talk(secure); !strings.Contains(text, "Authorization Violation") || strings.Contains(text, "PONG") || strings.Contains(text, "MSG") {
		t.Errorf("without a key: %q", text)
	}
}

// A server that another authority vouches for gets nothing.
func TestAnotherHubIsNotTrusted(t *testing.T) {
	t.Parallel()
	y, other := newYard(t), newYard(t)
	p := y.pass(fleet.RoleSite, "fra")
	p.Hub = "127.0.0.1:" + strconv.Itoa(other.config.Port)
	if _, err := fleet.Join(within(t), p, nil); err == nil || errors.Is(err, fleet.ErrRevoked) || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
}

// An operator gets the answers and refusals of the hub unchanged. Where no answer comes, the
// error says why.
func TestAsking(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	p := y.pass(fleet.RoleOperator, "ops")
	o, err := fleet.Dial(within(t), p)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	var got string
	if err := o.Ask(within(t), "echo", "hello", &got); err == nil || !strings.Contains(err.Error(), "aixmend hub run does not run there") {
		t.Error(err)
	}
	serving, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		_ = y.Serve(serving, func(q fleet.Question) (any, error) {
			var text string
			if err := q.Read(&text); err != nil {
				return nil, err
			}
			if q.Verb == "no" {
				return nil, &fleet.Refusal{Text: "never", Hint: "ask another"}
			}
			return q.Operator + " says " + text, nil
		})
	})
	defer done.Wait()
	defer stop()
	for got == "" { // until it serves
		if err := o.Ask(within(t), "echo", "hello", &got); err != nil && !strings.Contains(err.Error(), "does not run there") {
			t.Fatal(err)
		}
	}
	if got != "ops says hello" {
		t.Error(got)
	}
	var no *fleet.Refusal
	if err := o.Ask(within(t), "no", "hello", &got); !errors.As(err, &no) || no.Text != "never" || no.Hint != "ask another" {
		t.Error(err)
	}
	if err := y.server.SetMembers(nil); err != nil {
		t.Fatal(err)
	}
	err = errors.New("the connection was lost") // one that waited is told so, the next one why
	for err != nil && strings.HasSuffix(err.Error(), "the connection was lost") {
		err = o.Ask(within(t), "echo", "hello", &got)
	}
	if !errors.Is(err, fleet.ErrRevoked) {
		t.Error(err)
	}
}

// What a worker announces of others, or garbled, is refused before it is sent.
func TestAnnouncements(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	w := y.worker("fra")
	for _, bad := range []fleet.Hosts{
		{Names: []string{"a", "a"}}, {Names: []string{"../x"}}, {Names: []string{""}}, {Names: []string{"a"}, Groups: map[string][]string{"g": {"b"}}},
		{Names: []string{"a"}, Groups: map[string][]string{"g\n": {"a"}}},
	} {
		if err := w.Announce(within(t), bad); err == nil {
			t.Error(bad)
		}
	}
	for _, good := range []fleet.Hosts{{}, {Names: []string{"aix1", "aix2"}, Groups: map[string][]string{"prod": {"aix2"}}}} {
		if err := w.Announce(within(t), good); err != nil {
			t.Error(err)
		}
	}
	hosts, err := y.Hosts(within(t))
	if err != nil || len(hosts) != 1 || hosts[0].Site != "fra" || len(hosts[0].Names) != 2 || hosts[0].Groups["prod"][0] != "aix2" {
		t.Error(hosts, err)
	}
	if a, err := w.Beat(within(t), fleet.Beat{Version: "v1", Runs: []string{run}}); err != nil || a.Instance != w.Instance() {
		t.Fatal(a, err)
	}
	if h := y.Heard("fra"); h.Version != "v1" || len(h.Runs) != 1 {
		t.Error(h)
	}
}

// A join file that others can read, or that is garbled, is refused without a word of it.
func TestJoinFiles(t *testing.T) {
	t.Parallel()
	seed, _, err := fleet.NewSeed()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "garbage": "{", "array": "[]", "version": `{"v":9}`, "role": `{"v":1,"role":"hub","name":"x","seed":"` + seed + `"}`,
		"name": `{"v":1,"role":"site","name":"a.b","seed":"` + seed + `"}`, "hub": `{"v":1,"role":"site","name":"a","hub":"x","seed":"` + seed + `"}`,
		"ca": `{"v":1,"role":"site","name":"a","hub":"h:1","authority":"x","seed":"` + seed + `"}`,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := fleet.ReadPass(path, fleet.RoleSite); err == nil || strings.Contains(err.Error(), seed) {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := fleet.ReadPass(path, fleet.RoleSite); err == nil || !strings.Contains(err.Error(), "chmod") {
			t.Errorf("%s that others can read: %v", name, err)
		}
	}
}

// An operator is told at once where nothing listens, and where it was looked for: nothing else
// bounds this wait. A worker waits for its hub, and says why.
func TestNoHub(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	operator, site := y.pass(fleet.RoleOperator, "ops"), y.pass(fleet.RoleSite, "fra")
	y.end()
	var none *fleet.NoHub
	if _, err := fleet.Dial(t.Context(), operator); !errors.As(err, &none) || none.Address != operator.Hub || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
	told := make(chan error, 100)
	go func() {
		if w, err := fleet.Join(within(t), site, func(err error) { told <- err }); err == nil {
			t.Cleanup(w.Close)
		}
	}()
	if err := <-told; err == nil || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
	y.begin()
	for err := range told {
		if err == nil {
			break // it is connected
		}
	}
	y.end()
	if err := <-told; err == nil {
		t.Error("the hub is gone, and the worker was not told")
	}
	y.begin()
}
