package controller

import (
	"encoding/json"
	"fmt"
	"time"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// known returns the controller's own facts about the host, made once.
func (w *walk) known() playbooks.Given {
	if w.evidence.given != nil {
		return *w.evidence.given
	}
	w.evidence.given = &playbooks.Given{RunID: w.commandsOf(), Verb: string(w.Verb), Inventory: w.inventory(), Captured: w.captured(), Upload: w.Upload}
	if w.Playbook.Uses("captures") {
		w.evidence.given.Captures = w.kept()
	}
	if w.Baseline != nil {
		w.evidence.given.Baseline = w.Baseline(w.host.Name)
	}
	return *w.evidence.given
}

// kept is the fact about the captures that the capture verb took of the host.
func (w *walk) kept() facts.Captures {
	c := facts.Captures{Asked: w.Params.Text("capture"), List: []facts.Past{}}
	list, err := w.Captures.Taken(w.host.Name, c.Asked)
	if err != nil {
		c.Problem = err.Error()
	}
	for _, kept := range list {
		c.List = append(c.List, Remember(kept))
	}
	return c
}

// Remember makes a fact of a capture.
func Remember(c outcome.Capture) facts.Past {
	p := facts.ReadPast(c.Facts)
	p.Known, p.Host, p.ID, p.Label, p.Purpose = true, c.Host, c.ID, c.Label, c.Purpose
	p.Date = c.Created.UTC().Format(time.DateOnly)
	p.From = "capture " + c.ID + " of " + p.Date
	return p
}

// inventory is the fact about the host's entry in the inventory.
func (w *walk) inventory() facts.Inventory {
	return inventoryFact(w.host, time.Now())
}

// inventoryFact makes the fact of a host; acceptances are those that hold at now.
func inventoryFact(host inventory.Host, now time.Time) facts.Inventory {
	return facts.Inventory{Name: host.Name, RMCNIC: host.RMCNIC, Accepted: host.Accepted(now)}
}

// captured is the fact about the host's newest capture, read once: the capture of this walk
// must not count as an earlier one.
func (w *walk) captured() facts.Captured {
	if w.evidence.captured != nil {
		return *w.evidence.captured
	}
	w.evidence.captured = &facts.Captured{}
	c, err := w.Captures.Newest(w.host.Name, w.RunID)
	if err != nil || c == nil {
		return *w.evidence.captured
	}
	*w.evidence.captured = facts.Captured{Known: true, ID: c.ID, Date: c.Created.UTC().Format(time.DateOnly), NICs: facts.ReadPast(c.Facts).NICs}
	var then struct {
		Bootinfo facts.Word
		Lspv     facts.Disks
	}
	if text, err := json.Marshal(c.Facts); err != nil || json.Unmarshal(text, &then) != nil {
		return *w.evidence.captured
	}
	w.evidence.captured.BootDisk = then.Bootinfo.Text
	for _, d := range then.Lspv.List {
		if d.Name == then.Bootinfo.Text {
			w.evidence.captured.BootPVID = d.PVID
		}
	}
	return *w.evidence.captured
}

// recallCaptured is the fact about the newest capture before the run, as the report has it;
// the NICs are in the capture alone.
func (w *walk) recallCaptured(written map[string]any) *facts.Captured {
	var c facts.Captured
	if !recallFact(written, "captured", &c) {
		return nil
	}
	if kept, err := w.Captures.Load("captures/" + w.host.Name + "/" + c.ID); err == nil {
		c.NICs = facts.ReadPast(kept.Facts).NICs
	}
	return &c
}

// recallFact reads a fact from a report, and reports whether it is there.
func recallFact(written map[string]any, name string, into any) bool {
	was, there := written[name]
	if !there {
		return false
	}
	text, err := json.Marshal(was)
	return err == nil && json.Unmarshal(text, into) == nil
}

// recall judges a reloaded report again.
func (w *walk) recall() (err error) {
	if w.evidence.diagnosis != nil {
		return nil
	}
	if w.evidence.diagnosis, err = w.Playbook.Recall(w.Params, w.known(), w.out.Facts, w.out.FactErrors); err != nil {
		return fmt.Errorf("its report: %w", err)
	}
	return w.recallBefore()
}

// recallBefore judges the capture again: the host before its first change.
func (w *walk) recallBefore() error {
	if w.evidence.before != nil || !w.course.Begun() || w.out.Capture == "" {
		return nil
	}
	kept, err := w.Captures.Load(w.out.Capture)
	if err != nil {
		return err
	}
	if w.evidence.before, err = w.Playbook.Recall(w.Params, w.known(), kept.Facts, nil); err != nil {
		return fmt.Errorf("capture %s: %w", w.out.Capture, err)
	}
	return nil
}

// wishes returns the operator's present allowances for this host.
func (w *walk) wishes() playbooks.Wishes {
	now := time.Now()
	return playbooks.Wishes{
		Allowed: w.Allowed, MendWarnings: w.MendWarnings,
		Waived: func(id string) bool { by := waiver(w.host, id); return by != nil && by.ActiveAt(now) },
		Tried:  func(rung string) bool { return w.course.Entered(rung) > 0 },
		Refused: func(rung string) string {
			refused := w.course.Refused(rung)
			if n := w.attempts(rung); refused == "" && n > 0 {
				return fmt.Sprintf("it was begun %d times on this host within 24 hours, interrupted attempts included, and the fault is there again: find the cause, raise --attempts (now %d), or collect the data of a support case: aixmend recover --playbook support-data -l %s", n, w.MaxAttempts, w.host.Name)
			}
			return refused
		},
	}
}

// attempts is how often earlier runs began a rung on the host, if that is too often, else
// 0: see retry.Rung. A rung that this run began is not counted.
func (w *walk) attempts(rung string) int {
	if w.Attempts == nil || w.MaxAttempts <= 0 || w.course.Entered(rung) > 0 {
		return 0
	}
	if n := w.Attempts(w.host.Name, rung); n >= w.MaxAttempts {
		return n
	}
	return 0
}
