package main

import (
	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

func (a *app) newsOf(*journal.Store, *outcome.Run, string) (*drift.Drift, bool, error) {
	return nil, false, nil
}
