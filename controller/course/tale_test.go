package course_test

import (
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// tale is a record that is told by hand.
type tale struct {
	*course.Record
	w   course.Wishes
	now time.Time
}

func newTale() *tale {
	return &tale{course.New(), course.Wishes{Verb: course.VerbRecover, Leases: true, Settle: time.Minute, Wait: 15 * time.Minute, Every: 30 * time.Second}, time.Unix(1_000_000, 0)}
}

func (s *tale) next() course.Action { return s.Next(s.now, s.w) }

// tell applies an event.
func (s *tale) tell(event string, change func(*course.Event)) {
	s.now = s.now.Add(time.Second)
	e := course.Event{}
	e.Event, e.Time = event, s.now
	if change != nil {
		change(&e)
	}
	s.Apply(e)
}

func (s *tale) looks(l course.Look) {
	l.Complete = true
	if l.Fates == nil {
		l.Fates = map[int]course.Fate{}
	}
	s.tell(outcome.EventLooked, func(e *course.Event) { e.Look = &l })
}

// begins goes up to the first step of a rung.
func (s *tale) begins(rung course.Rung) {
	s.tell(course.Linked, nil)
	s.looks(course.Look{Targets: rung.Fixes, Open: rung.Fixes, Plan: []course.Rung{rung}})
	s.leases(rung)
	s.looks(course.Look{Targets: rung.Fixes, Open: rung.Fixes, Plan: []course.Rung{rung}})
	s.tell(outcome.EventCaptured, func(e *course.Event) { e.Detail = "capture" })
	s.enters(rung)
}

func (s *tale) leases(rung course.Rung) {
	s.tell(course.Leased, func(e *course.Event) { e.Status, e.Rung = course.LeaseTaken, rung.ID })
}

func (s *tale) enters(rung course.Rung) {
	s.tell(outcome.EventRung, func(e *course.Event) { e.Rung, e.Fixes, e.Begun = rung.ID, rung.Fixes, &rung.RungBegun })
}

// sends sends a change; how is why there is no exit status.
func (s *tale) sends(rung, step string, part course.Part, of, exit int, how, answer string) int {
	s.tell(outcome.EventIntent, func(e *course.Event) {
		e.Change, e.Rung, e.Step, e.Part, e.Of = len(s.Changes)+1, rung, course.Name(step, part), string(part), of+1
	})
	s.tell(outcome.EventResult, func(e *course.Event) {
		e.Change, e.How, e.Status, e.Answer, e.Started = len(s.Changes), how, outcome.Applied, answer, true
		switch how {
		case "":
			e.Exit = &exit
		case outcome.HowUnsent:
			e.Status = outcome.NotApplied
		default:
			e.Status = outcome.UnknownIf
		}
	})
	return len(s.Changes) - 1
}

func (s *tale) notes(a course.Action) {
	s.tell(outcome.EventResult, func(e *course.Event) { e.Change, e.Status, e.Says = a.Change+1, a.Status, a.Detail })
}

func rung(number int, id string, steps ...course.Step) course.Rung {
	r := course.Rung{ID: id, Fixes: []string{"of-" + id}}
	r.RungBegun = outcome.RungBegun{Number: number, Title: id, Steps: steps}
	return r
}

func stepOf(id string) course.Step {
	return course.Step{ID: id, Command: id, Undo: "undo " + id, Timeout: time.Minute}
}
