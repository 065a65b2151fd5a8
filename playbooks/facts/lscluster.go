package facts

import (
	"regexp"
)

var (
	// caaListed: a line of a list of a cluster or its nodes (C).
	caaListed = regexp.MustCompile(`(?i)\b(cluster name|cluster uuid|node name|state of node)\s*[:=]|\bnumber of nodes[a-z ]*\s*[:=]\s*[1-9]|\bnodes examined\s*[:=]\s*[1-9]`)
	// caaStopped: the services of this node were stopped, so there is a cluster.
	caaStopped = regexp.MustCompile(`(?i)\bstopp(ed|ing)\b`)
	// caaOwn: lscluster's own words, not those of a shell or a tool that becomes root.
	caaOwn = regexp.MustCompile(`(?i)cluster|^\s*[0-9]{4}-[0-9]{3}`)
	// caaDenies: words of a message that says that something does not exist.
	caaDenies = regexp.MustCompile(`(?i)\b(no|not|none|never|without|inactive)\b`)
	// caaFailed: words of a failure, which says nothing about whether there is a cluster.
	caaFailed = regexp.MustCompile(`(?i)denied|permission|permitted|privilege|authori[sz]|password|` +
		`\b(unable|cannot|can't|could not|failed|failure|error)\b.*\b(read|open|access|contact|connect|reach|communicat\w*|allocat\w*|load|exec\w*)\b`)
)

// maxCAAMessage is how many lines of stdout are a message; a list has more.
const maxCAAMessage = 3

// ParseCAA reads `lscluster -c` and `lscluster -m` (procedure D10). A line that
// lists a cluster or a node is live, whatever the exit status, and so is a
// sentence that the services were stopped: they are part of a cluster. Silence
// with exit 0 lists nothing. The words and the exit status of lscluster where
// there is no cluster are not known (K): a silent failure, or a message of its own
// that is too short for a list, is Refused, which by itself is no answer (see
// DeriveCluster). Exit 44 is the probe's word for a tool that is not there.
// Anything else answers nothing.
func ParseCAA(o Output) (CAA, error) {
	if o.Exit == exitAbsent && blank(o.Stdout) {
		return CAA{}, nil
	}
	if o.Exit >= exitNotExecutable && o.Exit != 255 { // the shell's, or a signal
		return CAA{}, failed("lscluster", o)
	}
	all, err := lines(o)
	if err != nil {
		return CAA{}, err
	}
	said, long := "", 0
	for line := range all {
		if !blank([]byte(line)) {
			long++
		}
		if caaListed.MatchString(line) || caaStopped.MatchString(line) {
			return CAA{Installed: true, Live: true, Evidence: clean(line, maxText)}, nil
		}
		if said == "" {
			said = clean(line, maxText)
		}
	}
	for line := range splitLines(o.Stderr) {
		if len(line) > maxLine {
			return CAA{}, notUnderstood("lscluster", line)
		}
		if caaStopped.MatchString(line) {
			return CAA{Installed: true, Live: true, Evidence: clean(line, maxText)}, nil
		}
		if said == "" {
			said = clean(line, maxText)
		}
	}
	switch {
	case o.Exit == 0 && said == "":
		return CAA{Installed: true}, nil
	case o.Exit == 0 && !caaDenies.MatchString(said): // it succeeded, and not in listing nothing
	case long <= maxCAAMessage && (said == "" || caaOwn.MatchString(said)) && !caaFailed.MatchString(said):
		return CAA{Installed: true, Refused: true, Evidence: orNone(said)}, nil
	case o.Exit != 0:
		return CAA{}, failed("lscluster", o)
	}
	return CAA{}, notUnderstood("lscluster", said)
}
