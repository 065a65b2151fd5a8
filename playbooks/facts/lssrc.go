package facts

import (
	"fmt"
	"strings"
)

// statusNotOnFile is the status of a subsystem that the SRC does not know.
const statusNotOnFile = "not on file"

// ParseSubsystem reads `lssrc -s NAME` (procedure D2). Group and PID may be
// absent from the row: the last word is the status, the first the name, the
// PID the last but one if numeric. Message 0513-085 (C) means "not on file",
// which is an answer, and so is exit 44, the probe's word for a name that the list
// of all subsystems does not have. Of several instances an active one is told.
func ParseSubsystem(o Output) (Subsystem, error) {
	unknown := o.Exit == exitAbsent || hasMessage(o, "0513-085") && !notThere(o)
	if o.Exit != 0 {
		if unknown {
			return Subsystem{Status: statusNotOnFile}, nil
		}
		return Subsystem{}, failed("lssrc", o)
	}
	all, err := lines(o)
	if err != nil {
		return Subsystem{}, err
	}
	var found *Subsystem
	header := false
	for line := range all {
		words := strings.Fields(line)
		if len(words) == 0 || isSRCHeader(words) {
			header = header || len(words) > 0
			continue
		}
		if !header && !isSRCStatus(words[len(words)-1]) {
			continue // a banner
		}
		row, err := parseSRCRow(words, line)
		if err != nil {
			return Subsystem{}, err
		}
		if found != nil && found.Name != row.Name {
			return Subsystem{}, fmt.Errorf("lssrc names two subsystems: %s", quoted(line))
		}
		if found == nil || row.Active && !found.Active {
			found = &row
		}
	}
	switch {
	case found != nil:
		return *found, nil
	case unknown:
		return Subsystem{Status: statusNotOnFile}, nil
	}
	return Subsystem{}, notUnderstood("lssrc", firstText(o.Stdout))
}

func isSRCHeader(words []string) bool {
	return words[0] == "Subsystem" && words[len(words)-1] == "Status"
}

func isSRCStatus(word string) bool {
	switch word {
	case "active", "inoperative", "stopping", "starting", "warned":
		return true
	}
	return false
}

// parseSRCRow reads NAME [GROUP] [PID] STATUS.
func parseSRCRow(words []string, line string) (Subsystem, error) {
	n := len(words)
	if n < 2 || n > 4 {
		return Subsystem{}, notUnderstood("lssrc", line)
	}
	row := Subsystem{Name: clean(words[0], maxName), Status: clean(words[n-1], maxName)}
	row.Active = row.Status == "active"
	middle := words[1 : n-1]
	if len(middle) > 0 {
		if pid, ok := parseNumber(middle[len(middle)-1], 10); ok {
			row.PID = int(pid)
			middle = middle[:len(middle)-1]
		}
	}
	switch len(middle) {
	case 0:
	case 1:
		row.Group = clean(middle[0], maxName)
	default:
		return Subsystem{}, notUnderstood("lssrc", line)
	}
	return row, nil
}
