package onhost

// Text is shell text and its purpose.
type Text struct{ Purpose, Command string }

// Templates returns the changing commands that every changing run sends beside its steps,
// with word in the place of whatever differs from run to run: the rules of sudoers are made
// of them.
func Templates(word string) []Text {
	return []Text{
		{"the lease of the host", leaseTake(word)},
		{"the lease of the host", leaseReplace(word, word)},
		{"the lease of the host", leaseRelease(word)},
		{"the mark of an approved plan", markApplied(planMarkPath+word, word)},
	}
}

// DisarmTemplate is DisarmCommand with a run that is not checked.
func DisarmTemplate(step, run string) string { return disarm(marker(step), run) }
