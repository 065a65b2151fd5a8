package main

import (
	"aixmend/cmd/aixmend/approve"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/request"
)

// recoverOptions are the flags of recover.
type recoverOptions struct {
	walking
	changing
	braking
	detail
	approval    approve.Required
	plan, undo  string
	yes, dryRun bool
}

// check checks the flags.
func (o *recoverOptions) check() error {
	return o.walking.check(evidence.Named{Flag: "plan", Path: o.plan})
}

// asked are the flags that define the run.
func (o *recoverOptions) asked() request.Asked {
	a := o.walking.asked()
	o.changing.ask(&a)
	a.Waves, a.MaxFail, a.BrakeUnreachable, a.Pause = o.waves, o.maxFail, o.brakeUnreachable, o.pause
	return a
}

// ask adds the flags to a request.
func (o *changing) ask(a *request.Asked) {
	a.Allow, a.MendWarnings, a.Attempts = o.allow, o.mendWarnings, int(o.attempts)
}
