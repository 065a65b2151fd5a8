package outcome

import (
	"fmt"
	"slices"
	"strings"
)

// Standings holds the states of the hosts of an open run, from its journal (procedure
// E10).
type Standings struct {
	// Hosts are those of the run, sorted.
	Hosts []string
	state map[string]Entry // the newest state of a host
	read  map[string]bool
	ended map[string]bool
	sent  map[string]bool // a changing command
}

// Stand reads the journal of a run of some hosts.
func Stand(hosts []string, entries []Entry) Standings {
	s := Standings{Hosts: slices.Sorted(slices.Values(hosts)), state: map[string]Entry{}, read: map[string]bool{}, ended: map[string]bool{}, sent: map[string]bool{}}
	for _, e := range entries {
		switch {
		case e.Host == "":
		case e.Event == EventState:
			s.state[e.Host], s.ended[e.Host] = e, false
		case e.Event == EventLooked:
			s.read[e.Host] = true
		case e.Event == EventIntent:
			s.sent[e.Host] = true
		case e.Event == EventEnded:
			s.ended[e.Host] = true
		}
	}
	return s
}

// States in which a host waits for others; package controller has them all.
const (
	waitingState   = "waiting"
	gatheringState = "gathering"
	doneState      = "done" // without an end of its own: it was cut off
)

// Host words the state of a host, with the names of the hosts that it waits for; "" for one
// that has ended.
func (s Standings) Host(host string) string {
	e, begun := s.state[host]
	unread := s.names(func(h string) bool { return !s.read[h] && !s.ended[h] })
	changing := s.names(func(h string) bool {
		return s.read[h] && !s.ended[h] && s.state[h].State != waitingState && s.state[h].State != gatheringState
	})
	switch {
	case s.ended[host]:
		return ""
	case !begun:
		return "not connected yet"
	case (e.State == waitingState || e.State == gatheringState) && unread != "":
		return "waiting until every host is read; not read yet: " + unread
	case e.State == waitingState && changing != "":
		return "waiting for its wave; still in progress: " + changing
	case e.State == waitingState:
		return "waiting for its wave"
	case e.Detail != "" && !strings.HasPrefix(e.Detail, "for: "): // the name of an action, of earlier versions
		return e.State + ": " + e.Detail
	}
	return e.State
}

// Rest is Host of a run on which no process works any more.
func (s Standings) Rest(host string) string {
	switch e := s.state[host]; {
	case s.ended[host]:
		return ""
	case s.sent[host] && e.State == doneState:
		return string(CutOff)
	case s.sent[host]:
	case !s.read[host]:
		return "its turn never came: it was not read"
	case e.State == doneState || e.State == waitingState || e.State == gatheringState:
		return "its turn never came: nothing was changed"
	}
	return s.Host(host)
}

// Ended is the number of hosts that have ended.
func (s Standings) Ended() int {
	n := 0
	for _, h := range s.Hosts {
		if s.ended[h] {
			n++
		}
	}
	return n
}

// Run words the states of all hosts in one line, with the names of those that others wait
// for.
func (s Standings) Run() string {
	ended, waves, others, at := 0, 0, 0, 0
	for _, h := range s.Hosts {
		switch e, begun := s.state[h]; {
		case s.ended[h]:
			ended++
		case !begun:
		case e.State == waitingState:
			waves++
		case e.State == gatheringState:
			others++
		default:
			at++
		}
	}
	parts := []string{fmt.Sprintf("%d of %d ended", ended, len(s.Hosts))}
	for _, p := range []struct {
		n    int
		what string
	}{{at, "in progress"}, {waves, "waiting for their wave"}, {others, "waiting for other hosts"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if unread := s.names(func(h string) bool { return !s.read[h] && !s.ended[h] }); unread != "" && waves+others > 0 {
		parts = append(parts, "not read yet: "+unread)
	}
	return strings.Join(parts, ", ")
}

// Left words the states of the hosts of a run on which no process works any more.
func (s Standings) Left() string {
	text := fmt.Sprintf("%d of %d ended", s.Ended(), len(s.Hosts))
	cut := 0 // after a change, as of a run that has written its reports
	for host := range s.sent {
		if !s.ended[host] {
			cut++
		}
	}
	if cut > 0 {
		text += fmt.Sprintf(", %d %s", cut, CutOff)
	}
	return text
}

// names lists hosts; of many the first.
func (s Standings) names(want func(host string) bool) string {
	const most = 5
	var list []string
	for _, h := range s.Hosts {
		if want(h) {
			list = append(list, h)
		}
	}
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}
