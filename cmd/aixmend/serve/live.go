package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/naming"
)

// Bounds of a stream.
const (
	maxStream   = 12 * time.Hour
	maxNews     = 200     // lines at once
	maxPart     = 4 << 20 // bytes of a journal that are read at once
	maxBusyList = 50
)

// follower reads the journal of a run that goes on, from where it was read last.
type follower struct {
	site  *Site
	id    string
	at    int64
	total int
	state map[string]string          // of the hosts that have begun and not ended
	ended map[string]outcome.Outcome // by host
	news  []line                     // since they were taken last
}

// line is an event of a host, in words.
type line struct {
	At   string `json:"at"`
	Host string `json:"host"`
	Text string `json:"text"`
}

// progress is how far a run is.
type progress struct {
	Total  int            `json:"total"`
	Ended  int            `json:"ended"`
	Counts map[string]int `json:"counts"`
	Busy   []line         `json:"busy"`
	News   []line         `json:"news"`
}

// follow begins to read a run.
func (s *Site) follow(id string) (*follower, error) {
	f := &follower{site: s, id: id, state: map[string]string{}, ended: map[string]outcome.Outcome{}}
	var asked struct {
		Hosts []struct{} `json:"hosts"`
	}
	if s.has(id, "request.json") && s.store.LoadRequest(id, &asked) == nil {
		f.total = len(asked.Hosts)
	}
	return f, f.read()
}

// errMore: a part of the journal is not read yet.
var errMore = errors.New("more")

// read reads on to the end of the journal.
func (f *follower) read() error {
	for {
		if err := f.part(); !errors.Is(err, errMore) {
			return err
		}
	}
}

func (f *follower) part() error {
	if !f.site.has(f.id, "journal.jsonl") {
		return journal.ErrRunning
	}
	file, err := f.site.root.Open("runs/" + f.id + "/journal.jsonl")
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, f.at, maxPart))
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	for l := range bytes.Lines(text[:whole]) {
		var e outcome.Entry
		if json.Unmarshal(l, &e) == nil && e.Host != "" && naming.IsFile(e.Host) {
			f.add(e)
		}
	}
	f.at += int64(whole)
	if whole > 0 && len(text) == maxPart {
		return errMore
	}
	return nil
}

// add folds an event.
func (f *follower) add(e outcome.Entry) {
	text := ""
	switch e.Event {
	case outcome.EventState:
		delete(f.ended, e.Host)
		f.state[e.Host] = report.Clean(e.State, false)
	case outcome.EventRung:
		text = "rung " + e.Rung + " begins"
	case outcome.EventIntent:
		text = "sends " + e.Step
	case outcome.EventResult:
		text = e.Step + ": " + e.Status
	case outcome.EventCaptured:
		text = "captured"
	case outcome.EventEnded:
		text = e.Status + ": " + e.Detail
		delete(f.state, e.Host)
		f.ended[e.Host] = outcome.Outcome(e.Status)
	}
	if text == "" {
		return
	}
	f.news = append(f.news, line{report.Stamp(e.Time), e.Host, report.Clean(text, false)})
	f.news = f.news[max(0, len(f.news)-maxNews):]
}

// progress takes the news.
func (f *follower) progress() progress {
	p := progress{Total: max(f.total, len(f.ended)+len(f.state)), Ended: len(f.ended), Counts: map[string]int{}, Busy: []line{}, News: f.news}
	for _, o := range f.ended {
		p.Counts[report.Clean(string(o), false)]++
	}
	for _, host := range slices.Sorted(maps.Keys(f.state)) {
		if len(p.Busy) == maxBusyList {
			break
		}
		p.Busy = append(p.Busy, line{Host: host, Text: f.state[host]})
	}
	f.news = nil
	return p
}

// events streams how far a run is, until it has ended.
func (s *Site) events(w http.ResponseWriter, r *http.Request) {
	id := s.known(w, r)
	if id == "" {
		return
	}
	select {
	case s.guard.streams <- struct{}{}:
	default:
		busy(w)
		return
	}
	defer func() { <-s.guard.streams }()
	f, err := s.follow(id)
	if err != nil {
		fail(w, http.StatusNotFound, errors.New("the run can't be followed"))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	out := http.NewResponseController(w)
	tick := time.NewTicker(s.poll)
	defer tick.Stop()
	for until := time.Now().Add(maxStream); time.Now().Before(until); {
		name := "progress"
		if !s.store.Running(id) {
			name = "end"
		}
		if f.read() != nil {
			return
		}
		text, err := json.Marshal(f.progress())
		if err != nil {
			return
		}
		_ = out.SetWriteDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(w, "event: "+name+"\ndata: "+string(text)+"\n\n"); err != nil || out.Flush() != nil || name == "end" {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}
