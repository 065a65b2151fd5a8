package facts

import (
	"regexp"
	"strings"
)

var (
	caaPositive = regexp.MustCompile(`(?i)\b(cluster name|node name)\s*:`)
	caaNegative = regexp.MustCompile(`(?i)cluster services are not active|\bnot configured\b|\bno cluster\b`)
)

// ParseCAA reads `lscluster -c` and `lscluster -m` (procedure D10). Naming a
// cluster or a node is live, whatever the exit status. "Not active", "not
// configured" or "no cluster" (K, English under LC_ALL=C) is not live, and so is
// no output with exit 0. Anything else answers nothing.
func ParseCAA(o Output) (CAA, error) {
	if notThere(o) {
		return CAA{}, nil
	}
	all, err := lines(o)
	if err != nil {
		return CAA{}, err
	}
	negative := ""
	for line := range all {
		if caaPositive.MatchString(line) {
			return CAA{Installed: true, Live: true, Evidence: clean(line, maxText)}, nil
		}
		if negative == "" && caaNegative.MatchString(line) {
			negative = line
		}
	}
	for line := range splitLines(o.Stderr) {
		if negative == "" && len(line) <= maxLine && caaNegative.MatchString(line) {
			negative = line
		}
	}
	switch {
	case negative != "":
		return CAA{Installed: true, Evidence: clean(negative, maxText)}, nil
	case o.Exit != 0:
		return CAA{}, failed("lscluster", o)
	}
	if text := strings.TrimSpace(firstText(o.Stdout) + firstText(o.Stderr)); text != "" {
		return CAA{}, notUnderstood("lscluster", text)
	}
	return CAA{Installed: true}, nil
}
