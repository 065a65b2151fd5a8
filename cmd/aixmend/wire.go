package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/explain"
	"aixmend/controller/report/formats"
	"aixmend/inventory"
	"aixmend/inventory/secrets"
	"aixmend/transport"
	"aixmend/transport/retry"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/sshconfig"
	"aixmend/transport/wrap"
)

// windows gives the slots that a host's connection takes: those of its groups
// that set a bound, by name, then that of the run.
func (j *job) windows() func(transport.Target) []*wrap.Window {
	all := wrap.NewWindow(j.window)
	of := map[string][]*wrap.Window{}
	for _, g := range j.Groups { // sorted by name
		if g.Concurrency == 0 {
			continue
		}
		w := wrap.NewWindow(g.Concurrency)
		for _, host := range g.Hosts {
			of[host] = append(of[host], w)
		}
	}
	return func(t transport.Target) []*wrap.Window {
		return append(of[t.Name][:len(of[t.Name]):len(of[t.Name])], all)
	}
}

// reach is how hosts are reached: what ssh_config says of them, and the dialler
// with its keys, passwords and known_hosts.
type reach struct {
	config *sshconfig.Config
	known  *hostkeys.KnownHosts
	ssh    *ssh.Dialer
}

// reach wires the way to the hosts of a run. Whoever has called it closes ssh.
func (a *app) reach(f asked, defined []inventory.Bastion) reach {
	passwords, config := secrets.New(a.prompt(), ""), a.sshConfig(f)
	between := bastions{f, defined, config}
	known := &hostkeys.KnownHosts{
		Default: append(hostkeys.UserFiles(home()), hostkeys.SystemFiles()...),
		Warn:    func(message string) { a.say("warning: %s", message) },
	}
	return reach{config: config, known: known, ssh: ssh.NewDialer(ssh.Options{
		ConnectTimeout: f.ConnectTimeout,
		Bastion:        between.find,
		BastionRate:    between.rate,
		Keys:           &auth.Keys{Home: home(), AgentSocket: os.Getenv("SSH_AUTH_SOCK"), Passphrase: passwords.Passphrase},
		Hosts:          known,
		Passwords:      passwords,
	})}
}

// dialer connects to targets as the inventory has them.
func (r reach) dialer() transport.Dialer { return r.config.Dialer(r.ssh) }

// targets are where and as whom hosts will be connected to.
func (r reach) targets(ctx context.Context, hosts []inventory.Host) ([]transport.Target, error) {
	targets, failed := make([]transport.Target, len(hosts)), make([]error, len(hosts))
	var work sync.WaitGroup
	for i, h := range hosts {
		work.Go(func() {
			t, err := r.config.Fill(ctx, controller.TargetOf(h))
			targets[i], failed[i] = t.Defaulted(), err
		})
	}
	work.Wait()
	return targets, errors.Join(failed...)
}

// engine wires a job to the real world.
func (a *app) engine(j *job, id string, store *journal.Store, dir *journal.Run) *controller.Engine {
	gate := wrap.Gate(wrap.Shut)
	if j.verb == controller.Recover {
		gate = j.within(a.open, id)
	}
	slots := wrap.NewSlots(j.windows())
	e := &controller.Engine{
		Options: controller.Options{
			RunID: id, Verb: j.verb, Playbook: j.playbook, Params: j.params,
			Allowed: j.flags.Allow, MendWarnings: j.flags.MendWarnings, Label: j.flags.Label,
			Baseline: j.baseline(store), Upload: j.upload,
			Waves: j.waves, Brake: j.brake, Owner: owner(), MadeBy: j.madeBy(),
		},
		Slots:    slots,
		Journal:  dir,
		Captures: store,
		Folders:  folders{dir},
		Sink:     sink{dir},
		Stop:     a.interrupts.stop,
	}
	if j.plan != nil {
		e.Journal = &planJournal{Run: dir, store: store, plan: j.plan.ID, run: id, marked: map[string]bool{}}
	}
	if process, err := dir.Process(); err == nil { // without it, a lease names the run but no process
		e.Process = process
	}
	if j.offline != nil {
		e.Dialer, e.Captures = wrap.Gated(wrap.Limited(j.offline.Dialer, slots), wrap.Shut), j.offline
	} else {
		e.Dialer = wrap.Gated(wrap.Limited(wrap.Retried(j.reach.dialer(), retry.Dial), slots), gate)
	}
	if !j.flags.quiet {
		e.Observer = a.mover(j.flags.verbose > 0)
	}
	return e
}

// owner is who takes the leases of hosts.
func owner() string {
	user, machine := whoami()
	return filepath.Base(user) + "@" + machine
}

// whoami is the user of this process, and the machine on which it runs.
func whoami() (name, machine string) {
	machine, err := os.Hostname()
	if err != nil {
		machine = "unknown"
	}
	name = os.Getenv("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return name, machine
}

// by is who begins a run.
func (a *app) by() outcome.By {
	user, machine := whoami()
	return outcome.By{User: user, Machine: machine, Terminal: a.terminal()}
}

// terminal is the name of the terminal at which somebody sits, "" where nobody does.
// Not every system says it: there it is what sshd said, or that there is one.
func (a *app) terminal() string {
	if !a.inTerminal && !a.errTerminal {
		return ""
	}
	for _, fd := range []string{"0", "2"} {
		if name, err := os.Readlink("/proc/self/fd/" + fd); err == nil && strings.HasPrefix(name, "/dev/") && name != os.DevNull {
			return name
		}
	}
	return cmp.Or(os.Getenv("SSH_TTY"), "unknown")
}

// open is the gate of recover: it lets changes pass until the run is stopped.
// What belongs to a step that was taken passes even then.
func (a *app) open(_ transport.Target, c transport.Command) error {
	if c.Finishes {
		return nil
	}
	select {
	case <-a.interrupts.stop:
		return transport.ErrGateShut
	default:
		return nil
	}
}

// sink writes each host's reports as it ends.
type sink struct{ dir *journal.Run }

// HostDone implements controller.Sink. A host that could not be helped gets the
// text of a support case beside its report.
func (s sink) HostDone(h outcome.Host) error {
	if h.Outcome == outcome.Failed || len(h.Support) > 0 {
		if err := s.dir.WriteCase(h.Host, []byte(explain.Case(h))); err != nil {
			return err
		}
	}
	return s.dir.WriteHost(h, formats.HostMarkdown(h))
}

// Keep implements controller.Sink.
func (s sink) Checkpoint(h outcome.Host) error { return s.dir.WriteCheckpoint(h) }

// Load implements controller.Sink.
func (s sink) Load(host string) (outcome.Host, error) {
	h, err := s.dir.LoadHost(host)
	if err != nil {
		return outcome.Host{}, err
	}
	return *h, nil
}

// Amend implements controller.Sink.
func (s sink) Amend(host string, change func(*outcome.Host)) error {
	h, err := s.dir.LoadHost(host)
	if err != nil {
		return err
	}
	change(h)
	return s.HostDone(*h)
}
