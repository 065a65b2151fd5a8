package job

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/live"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/cause"
)

// progressEvery is the time between two lines about a file in transfer.
const progressEvery = 5 * time.Second

// shownFailures is how many causes for which hosts end badly get a line each.
const shownFailures = 10

// observer prints lines on stderr: transfers and hosts that end badly, and each move of
// each host where verbose.
func (j *Job) observer(c *console.Console) controller.Observer {
	if j.Settings.Quiet {
		return nil
	}
	writer := zerolog.ConsoleWriter{Out: c.Fitted(), NoColor: !c.ErrColor(), TimeFormat: time.TimeOnly}
	return &moves{
		log: zerolog.New(zerolog.SyncWriter(writer)).With().Timestamp().Logger(), say: c.Say, everything: j.Settings.Verbose, files: map[string]transfer{},
		index: map[string]*failures{},
	}
}

// watched runs an engine with a live view, where a person looks at a terminal that can
// show one, else with a heartbeat.
func (j *Job) watched(c *console.Console, e *controller.Engine, run func() (controller.Result, error)) (controller.Result, error) {
	if j.Settings.Quiet {
		return run()
	}
	o := live.Options{Out: c.Screen(), Verb: j.Request.Verb, Kind: j.Kind(), Hosts: len(j.Request.Hosts), Color: c.ErrColor()}
	if o.Out != nil && !j.Settings.Verbose {
		if v := live.Start(o); v != nil {
			e.Observer = onView{v, e.Observer}
			c.Show(v)
			defer c.Show(nil)
			defer v.Stop() // after a panic, too
			return run()
		}
	}
	beat, stop := live.BeatOn(c, o, false)
	defer stop()
	if m, ok := e.Observer.(*moves); ok {
		defer m.rest()
	}
	e.Observer = beating{beat, e.Observer}
	return run()
}

// beating is an observer that a heartbeat listens to.
type beating struct {
	beat *live.Heartbeat
	controller.Observer
}

// Moved implements controller.Observer.
func (b beating) Moved(host string, to controller.State, why string, until time.Time) {
	b.beat.Moved(host, to, why, until)
	b.Observer.Moved(host, to, why, until)
}

// Transferred implements controller.Observer.
func (b beating) Transferred(host, file string, done, total int64) {
	b.beat.Transferred(host, file, done, total)
	b.Observer.Transferred(host, file, done, total)
}

// WaveBegun implements controller.Observer.
func (b beating) WaveBegun(n, of, hosts int) {
	b.beat.WaveBegun(n, of, hosts)
	b.Observer.WaveBegun(n, of, hosts)
}

// Ended implements controller.Observer.
func (b beating) Ended(h outcome.HostSummary) {
	b.beat.Ended(h)
	b.Observer.Ended(h)
}

// onView shows a run in a live view, and prints the results of open changes as lines.
type onView struct {
	*live.View
	lines controller.Observer
}

// Settled implements controller.Observer.
func (o onView) Settled(s controller.Settled) { o.lines.Settled(s) }

// Following implements controller.Observer.
func (o onView) Following(hosts int, until time.Time) { o.lines.Following(hosts, until) }

type moves struct {
	log        zerolog.Logger
	say        func(format string, args ...any)
	everything bool

	mu    sync.Mutex
	files map[string]transfer // by host and file
	bad   []*failures         // in the order of their first hosts
	index map[string]*failures
}

// failures are hosts that ended badly for the same cause. The first gets a line at once.
type failures struct {
	first, next outcome.HostSummary
	more        []string // hosts after the first
	differ      bool     // not all reasons of more are those of next
}

// transfer is a file in transfer: when its last line was printed, if any.
type transfer struct {
	last  time.Time
	shown bool
}

// Moved implements controller.Observer.
func (m *moves) Moved(host string, to controller.State, note string, _ time.Time) {
	if m.everything {
		m.log.Info().Str("host", host).Str("state", string(to)).Msg(note)
	}
}

// WaveBegun implements controller.Observer.
func (m *moves) WaveBegun(n, of, hosts int) {
	if m.everything {
		m.log.Info().Int("wave", n).Int("of", of).Int("hosts", hosts).Msg("wave started")
	}
}

// Ended implements controller.Observer. It prints trouble at once.
func (m *moves) Ended(h outcome.HostSummary) {
	switch h.Outcome {
	case outcome.Failed, outcome.Unknown, outcome.Unreachable:
	default:
		return
	}
	why := h.Reason
	if h.Outcome == outcome.Unreachable { // with the address and the key of each host
		why = cause.Head(h.Reason)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := string(h.Shown()) + ": " + why
	if f := m.index[key]; f != nil {
		if len(f.more) == 0 {
			f.next = h
		}
		f.more, f.differ = append(f.more, h.Name), f.differ || h.Reason != f.next.Reason
		return
	}
	f := &failures{first: h}
	m.index[key], m.bad = f, append(m.bad, f)
	switch n := len(m.bad); {
	case n <= shownFailures:
		m.say("%s: %s: %s", h.Name, h.Shown(), report.Clean(h.Reason, false))
	case n == shownFailures+1:
		m.say("hosts failed for more causes: the summary lists them all")
	}
}

// rest prints a line for the other hosts of each cause, when the run has ended.
func (m *moves) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.bad[:min(len(m.bad), shownFailures)] {
		if len(f.more) == 0 {
			continue
		}
		why := f.next.Reason
		if f.differ {
			why = cause.Head(why)
		}
		m.say("%s: %s: %s", report.Clean(report.Compact(f.more), false), f.next.Shown(), report.Clean(why, false))
	}
}

// Following implements controller.Observer.
func (m *moves) Following(hosts int, until time.Time) {
	m.say("waiting until %s at most for Power Virtual Server to show the recovery of %s; Ctrl-C ends the wait", until.Local().Format(time.TimeOnly), report.Hosts(hosts))
}

// Settled implements controller.Observer.
func (m *moves) Settled(s controller.Settled) {
	m.log.Info().Str("host", s.Host).Str("step", s.Step).Str("status", s.Status).Msg(report.Clean(s.Detail, false))
}

// Transferred implements controller.Observer.
func (m *moves) Transferred(host, file string, done, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := host + " " + file
	t, begun := m.files[key]
	if !begun {
		t.last = time.Now()
		m.files[key] = t
	}
	// Quick transfers get no line.
	late := time.Since(t.last) >= progressEvery
	if !late && !m.everything && (done < total || !t.shown) {
		return
	}
	if !late && done > 0 && done < total {
		return
	}
	m.files[key] = transfer{last: time.Now(), shown: true}
	m.log.Info().Str("host", host).Str("file", file).Int64("bytes", done).Int64("of", total).Msg("transferring")
}
