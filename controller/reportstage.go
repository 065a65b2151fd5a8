package controller

import (
	"errors"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport"
)

// open opens a stage, and closes the one before.
func (w *walk) open(name string) {
	w.shut(outcome.StageOK, "")
	began := time.Now()
	w.out.Stages = append(w.out.Stages, outcome.Stage{Name: name, Started: began.UTC(), Steps: []outcome.Command{}})
	w.stage = &openStage{len(w.out.Stages) - 1, began}
}

// within makes sure that a stage of a name is open.
func (w *walk) within(name string) {
	if w.stage == nil || w.out.Stages[w.stage.at].Name != name {
		w.open(name)
	}
}

// shut closes the open stage, with its decision.
func (w *walk) shut(status, note string) {
	if w.stage == nil {
		return
	}
	s := &w.out.Stages[w.stage.at]
	s.Status, s.Note = status, note
	s.DurationMS = time.Since(w.stage.began).Milliseconds()
	w.stage = nil
}

// record adds the commands of a transcript to the open stage.
func (w *walk) record(commands []transport.Command, t transport.Transcript) {
	s := &w.out.Stages[len(w.out.Stages)-1]
	s.Steps = append(s.Steps, steps(commands, t)...)
	if w.out.Noise == "" {
		w.out.Noise = text(t.Noise)
	}
}

// steps are the commands of a transcript that were run.
func steps(commands []transport.Command, t transport.Transcript) []outcome.Command {
	list := []outcome.Command{}
	for i, r := range t.Results {
		if errors.Is(r.Err, transport.ErrNotRun) {
			continue
		}
		step := outcome.Command{
			ID: r.ID, Command: commands[i].Line, Mutating: commands[i].Mutating, ExitStatus: r.Exit,
			Stdout: text(r.Stdout), Stderr: text(r.Stderr),
			Truncated: r.StdoutDropped + r.StderrDropped, DurationMS: r.Duration.Milliseconds(),
		}
		if r.Err != nil {
			step.ExitStatus, step.Error = -1, r.Err.Error()
		}
		list = append(list, step)
	}
	return list
}
