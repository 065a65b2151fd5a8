// Package retry holds every retry rule as data: the code has one table, and
// docs/reliability.md shows it.
//
// A changing command is never repeated blindly. The rules that concern one (Step,
// Arming, Undo) count attempts of which a look, or the host itself, said that the
// one before did not happen.
package retry

import "time"

// Rule says how often an operation is attempted, and how far apart.
type Rule struct {
	// Name is the attempted operation, as in the documentation.
	Name string
	// Attempts counts the first one too; 0: as many as fit into Within.
	Attempts int
	// First is the wait before the second attempt; 0: none, or one that the rule's
	// user takes from elsewhere.
	First time.Duration
	// Factor is by how much each further wait is longer than the one before, at most
	// Max. 0 with a First: each wait is First.
	Factor float64
	Max    time.Duration
	// Jitter is the share by which a wait may be longer or shorter, 0 to 1.
	Jitter float64
	// Each bounds one attempt, Within all of them with their waits; 0: no bound here.
	Each, Within time.Duration
	// Ends names everything else that ends the attempts, and the consequence of the last.
	Ends string
}

// Connections.
var (
	// Dial: a bastion or sshd that was restarting is back after a second; one that still
	// fails is down, and a fleet must not wait for it. A timeout has waited
	// long enough, and a refused login would only count towards a lock.
	Dial = Rule{
		Name: "connect to a host", Attempts: 2, First: time.Second, Factor: 1.5, Max: time.Minute, Jitter: 0.5,
		Ends: "not repeated: a timeout, a refused login, a host key that does not match; then `unreachable`",
	}
	// Bastion is how long the failure of a bastion is remembered: all hosts behind it
	// get the same answer at once. First is shorter than that of Dial, so that the
	// second dial of a host finds the failure forgotten.
	Bastion = Rule{
		Name: "connect to a bastion that failed", First: 500 * time.Millisecond, Factor: 2, Max: 30 * time.Second,
		Ends: "until then every host behind it gets the same error; one that can't pass (login, host key) is kept for the run",
	}
	// Channel: sshd drops connections at random above MaxStartups, and bastions limit
	// their channels. Both pass in tenths of a second, while a fleet starts.
	Channel = Rule{
		Name: "open a connection through a bastion", Attempts: 5, First: 100 * time.Millisecond, Factor: 2, Max: time.Minute, Jitter: 0.5,
		Ends: "`--connect-timeout`",
	}
	// Request: a bastion that drops a request for a channel does not say so. Half of the
	// time that is left passes before each further request; the first answer counts.
	Request = Rule{
		Name: "ask a bastion that does not answer for the same connection", Attempts: 3,
		Ends: "`--connect-timeout`; each further request comes when half of the time left is over",
	}
	// Session: sshd handles all pending messages before it cleans up. If it allows one
	// session, and the end of the last one arrived right before this request, that one
	// still counted. After the answer it no longer does.
	Session = Rule{
		Name: "open a session that the server refused", Attempts: 2,
		Ends: "the refusal is the error",
	}
	// Sessions: after a command that hung, the rest of a look runs in a new session.
	// Servers allow 10 at once (MaxSessions), and the one that hung may still count.
	Sessions = Rule{
		Name: "open a session for one look", Attempts: 4,
		Ends: "the commands that are left are not run",
	}
	// KnownHosts: whoever holds the lock writes one small file.
	KnownHosts = Rule{
		Name: "lock a known_hosts file", First: 20 * time.Millisecond, Within: 10 * time.Second,
		Ends: "the key is not stored",
	}
	// Rewrite: a known_hosts file that another program changed meanwhile is read and
	// written anew; the number only keeps this from going on for ever.
	Rewrite = Rule{
		Name: "write a known_hosts file that others change", Attempts: 20,
		Ends: "the key is not stored",
	}
)

// One host.
var (
	// Read: reading changes nothing, so a host on which nothing was changed is read
	// once more when the link breaks; a second break is the host's.
	Read = Rule{
		Name: "read a host before any change", Attempts: 2,
		Ends: "`unreachable`; after a change the host is read again until `wait` is over",
	}
	// Lease: asking for the lease may be repeated, since taking it twice has the same
	// result.
	Lease = Rule{
		Name: "take the lease when the link breaks", Attempts: 3,
		Ends: "nothing is changed",
	}
	// Fence: a lease that was lost can be taken anew, unless another run has it. The
	// host refused each of these changes, so none of them happened.
	Fence = Rule{
		Name: "send a change that the fence refused", Attempts: 3,
		Ends: "at once where another run holds the lease; then the rest of the rung is not sent",
	}
	// Step: once, and once more only where a look has shown that it did not happen
	// (procedure E4). Two links that broke before the step was sent count as one.
	Step = Rule{
		Name: "send a step, begin a rung", Attempts: 2,
		Ends: "`unknown` where no look can tell whether it happened; then the rest of the rung is not sent",
	}
	// Check: a step that only checks may be repeated.
	Check = Rule{
		Name: "run a checking step when the link breaks", Attempts: 2,
		Ends: "the rung failed",
	}
	// Arming: one more than Step, since an arming is ended before it is sent again.
	Arming = Rule{
		Name: "arm a timed undo", Attempts: 3,
		Ends: "the step is not sent",
	}
	// Disarm: ending a timed undo may be repeated; it is retried until it has run by
	// itself, for afterwards there is nothing to end. The wait is short, since the
	// undo's own time is running.
	Disarm = Rule{
		Name: "end a timed undo", Attempts: 4, First: 2 * time.Second,
		Ends: "the undo's own time; then the report names the undo with its time",
	}
	// Undo: an undo is sent once. Looks ask whether it ran when its answer was lost.
	Undo = Rule{
		Name: "see whether an undo ran", Attempts: 2,
		Ends: "`wait`; then `unknown`",
	}
	// Rung counts over runs: a rung that did not help for long hides a cause that a
	// person must find. It is the default of --attempts.
	Rung = Rule{
		Name: "begin the same rung on a host, over runs", Attempts: 3, Within: 24 * time.Hour,
		Ends: "`--attempts`; then the host is handed over",
	}
	// CaptureID: two runs may capture a host in the same millisecond; the id is then
	// that of the next one.
	CaptureID = Rule{
		Name: "find a free capture id", Attempts: 10, First: time.Millisecond,
		Ends: "nothing is waited for: the id counts in milliseconds",
	}
)

// Others.
var (
	// Hook: a broken network, 429 and 5xx may pass; a run does not wait longer for
	// those it tells of its end.
	Hook = Rule{
		Name: "send a web hook", Attempts: 3, First: 500 * time.Millisecond, Factor: 1.5, Max: time.Minute, Jitter: 0.5,
		Each: 10 * time.Second, Within: 30 * time.Second,
		Ends: "any other answer; `Retry-After` is honoured; then a warning",
	}
	// Cloud: the API of Power Virtual Server limits its callers and fails for seconds at a
	// time; a run waits for it before its hosts are judged, so not for long.
	Cloud = Rule{
		Name: "ask Power Virtual Server, or for a token", Attempts: 4, First: time.Second, Factor: 2, Max: 20 * time.Second, Jitter: 0.5,
		Each: 20 * time.Second, Within: time.Minute,
		Ends: "any other answer; `Retry-After` is honoured; then a source of hosts is an error, and the cloud's health is unknown",
	}
)

// Rules lists all of them, in the order of the documentation.
func Rules() []Rule {
	return []Rule{
		Dial, Bastion, Channel, Request, Session, Sessions, KnownHosts, Rewrite,
		Read, Lease, Fence, Step, Check, Arming, Disarm, Undo, Rung, CaptureID,
		Hook, Cloud,
	}
}
