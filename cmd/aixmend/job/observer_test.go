package job

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/inventory"
)

// A run is never silent for more than a minute where no terminal shows it, unless -q asks
// for silence. Lines of its own take the place of the heartbeat.
func TestHeartbeatWithoutATerminal(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings Settings
		terminal bool
		term     string
		want     string
	}{
		{"pipe", Settings{}, false, "", "a: failed: x\naudit: 1 of 2 hosts ended after 1m40s; 1 not begun\n"},
		{"verbose", Settings{Verbose: true}, false, "xterm", "a: failed: x\naudit: 1 of 2 hosts ended after 1m40s; 1 not begun\n"},
		{"a terminal that draws nothing", Settings{}, true, "dumb", "a: failed: x\naudit: 1 of 2 hosts ended after 1m40s; 1 not begun\n"},
		{"quiet", Settings{Quiet: true}, false, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var errs bytes.Buffer
				con := console.New(console.Streams{Err: &errs, ErrTerminal: c.terminal}, nil, func(name string) string {
					return map[string]string{"TERM": c.term}[name]
				})
				j := &Job{Settings: c.settings}
				j.Request.Verb, j.Request.Hosts = controller.Audit, make([]inventory.Host, 2)
				e := &controller.Engine{Observer: j.observer(con)}
				if _, err := j.watched(con, e, func() (controller.Result, error) {
					time.Sleep(40 * time.Second) // by synctest's clock: it takes no real time
					if e.Observer != nil {
						e.Observer.Ended(outcome.HostSummary{Name: "a", Outcome: outcome.Failed, Reason: "x"})
					}
					time.Sleep(70 * time.Second) // by synctest's clock, too
					synctest.Wait()
					return controller.Result{}, nil
				}); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Hour) // by synctest's clock: a line that came late would be seen
				if got := strings.TrimSpace(errs.String()); got != strings.TrimSpace(c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
			})
		})
	}
}

// Without a terminal the first host of a cause is told at once, all others of it in one line
// when the run has ended.
func TestHostsOfOneCause(t *testing.T) {
	var errs bytes.Buffer
	con := console.New(console.Streams{Err: &errs}, nil, func(string) string { return "" })
	j := &Job{}
	j.Request.Verb, j.Request.Hosts = controller.Audit, make([]inventory.Host, 9)
	e := &controller.Engine{Observer: j.observer(con)}
	ends := func(name string, o outcome.Outcome, reason string) {
		e.Observer.Ended(outcome.HostSummary{Name: name, Outcome: o, Reason: reason})
	}
	if _, err := j.watched(con, e, func() (controller.Result, error) {
		ends("aix2", outcome.Unreachable, "host-key-unknown: the host's key is not known: 10.0.0.2 offered A")
		ends("aix1", outcome.Unreachable, "host-key-unknown: the host's key is not known: 10.0.0.1 offered B")
		ends("aix4", outcome.Failed, "x")
		ends("aix5", outcome.Failed, "x")
		ends("aix3", outcome.Unreachable, "host-key-unknown: the host's key is not known: 10.0.0.3 offered C")
		ends("aix6", outcome.Failed, "y")
		ends("aix7", outcome.Healthy, "")
		return controller.Result{}, nil
	}); err != nil {
		t.Error(err)
	}
	want := `aix2: unreachable: host-key-unknown: the host's key is not known: 10.0.0.2 offered A
aix4: failed: x
aix6: failed: y
aix[1,3]: unreachable: host-key-unknown
aix5: failed: x
`
	if got := errs.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
