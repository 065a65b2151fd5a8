package html

import (
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/folded"
	"aixmend/transport/shell"
)

// Bounds of the parts about next steps: somebody reads them first, and in a hurry.
const (
	pageTasks = 8
	planBytes = 256 << 10
)

// nowOf returns the next steps of a run.
func nowOf(e report.Evidence) pageNow {
	now := pageNow{Known: e.Next != nil}
	for i, t := range e.Now {
		if i >= pageTasks && i < len(e.Now)-1 { // the last one is a look at the end
			now.More++
			continue
		}
		names := ""
		if len(t.Hosts) > 0 {
			names = namesOf(t.Hosts)
		}
		now.Tasks = append(now.Tasks, pageTask{report.Clean(t.Text, false), report.Clean(t.Why, false), names, cleanNext(t.Next)})
	}
	return now
}

// nextOf returns the next step of a fold.
func nextOf(e report.Evidence, f report.Fold) pageNext {
	if e.Next == nil {
		return pageNext{}
	}
	return cleanNext(e.Next(f))
}

func cleanNext(n report.Next) pageNext {
	return pageNext{report.Clean(n.Step, false), report.Clean(strings.Join(n.Command, " "), false)}
}

// planOf folds the plans of a run that has them; "" for any other.
func planOf(run outcome.Run) string {
	for _, h := range run.Hosts {
		if len(h.Plan) == 0 {
			continue
		}
		text := folded.Text(run.Hosts, report.TextOptions{})
		if kept := head(text, planBytes); kept != text {
			return kept + "\n… " + report.More(len(text)-len(kept), "byte") + "; the part of each host has its plan"
		}
		return text
	}
	return ""
}

// pageBack says how to roll a run back; the zero value where nothing in it can be.
type pageBack struct {
	Hosts   int // with a change that has an undo
	Command string
}

// add counts a host.
func (b *pageBack) add(h outcome.Host) {
	for _, c := range h.Changes {
		if c.Status != outcome.Undone && c.Undo != "" && !strings.HasPrefix(c.Undo, "none") {
			b.Hosts++
			return
		}
	}
}

// of adds the command. The hosts of sites and of other runs are not rolled back by it.
func (b pageBack) of(e report.Evidence) pageBack {
	if b.Hosts == 0 || e.Next == nil || e.Run.Undoes != "" {
		return pageBack{}
	}
	b.Command = report.Clean(e.Typed("aixmend recover --undo "+shell.Word(e.Run.ID)), false)
	return b
}

// turns are how hosts fare beside the run before.
type turns map[string]since

// turnsOf compares the hosts of a run with the run before; nil where there is none.
func turnsOf(e report.Evidence) turns {
	if e.Before == nil {
		return nil
	}
	all := make(turns)
	for _, h := range e.Run.Hosts {
		if s := sinceOf(e.Before, h); s.turn != same {
			all[h.Name] = s
		}
	}
	return all
}

// worse counts those of some hosts that are worse.
func (t turns) worse(hosts []string) int {
	n := 0
	for _, name := range hosts {
		if t[name].turn == worse {
			n++
		}
	}
	return n
}

// beforeOf names the run before, with the numbers of hosts that changed.
func beforeOf(e report.Evidence, all turns) *pageBefore {
	if e.Before == nil {
		return nil
	}
	b := &pageBefore{ID: report.Clean(e.Before.ID, false), Kind: report.Clean(e.Before.Kind, false), Started: timeOf(e.Before.Started), All: e.Before.All}
	for _, s := range all {
		b.Appeared += len(s.appeared)
		switch s.turn {
		case worse:
			b.Worse++
		case better:
			b.Better++
		case first:
			b.First++
		}
	}
	return b
}
