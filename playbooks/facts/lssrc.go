package facts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// statusNotOnFile is the status of a subsystem that the SRC does not know.
const statusNotOnFile = "not on file"

// srcStates are the states that are known by name (C; "warned to stop" D).
var srcStates = []string{"active", "inoperative", "stopping", "starting", "warned", "warned to stop"}

// srcState is a state, known or not: one word or a few.
var srcState = regexp.MustCompile(`^\p{L}[\p{L}-]*(?: \p{L}[\p{L}-]*){0,3}$`)

// ParseSubsystem reads `lssrc -s NAME` (procedure D2). The first word of a row
// is the name; the state, which may be several words, stands in the column that
// the header calls Status, or behind the PID, or behind the group. Group and PID
// may be absent. Only exactly "active" is active. Message 0513-085 (C) means
// "not on file", which is an answer, and so is exit 44, the probe's word for a name
// that the list of all subsystems does not have. Of several instances an active one
// is told.
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
	var header srcHeader
	for line := range all {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if next, ok := parseSRCHeader(line, words); ok {
			header = next
			continue
		}
		if !header.there && !endsInSRCState(words) {
			continue // a banner
		}
		row, err := header.parseRow(line, words)
		if err != nil {
			return Subsystem{}, err
		}
		if found != nil && found.Name != row.Name {
			return Subsystem{}, fmt.Errorf("lssrc names two subsystems: %s", quoted(line))
		}
		if found == nil || row.rank() > found.rank() {
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

// srcHeader is where the header puts the state: from one column on to another,
// counted in bytes; end is 0 where nothing stands behind it.
type srcHeader struct {
	there      bool
	start, end int
}

func parseSRCHeader(line string, words []string) (srcHeader, bool) {
	at := slices.Index(words, "Status")
	if words[0] != "Subsystem" || at < 0 {
		return srcHeader{}, false
	}
	h := srcHeader{there: true, start: strings.Index(line, "Status")}
	if at+1 < len(words) {
		behind := h.start + len("Status")
		h.end = behind + strings.Index(line[behind:], words[at+1])
	}
	return h, true
}

// endsInSRCState reports whether the words end in a state that is known.
func endsInSRCState(words []string) bool {
	return slices.ContainsFunc(srcStates, func(state string) bool {
		tail := strings.Fields(state)
		return len(words) > len(tail) && slices.Equal(words[len(words)-len(tail):], tail)
	})
}

// parseRow reads NAME [GROUP] [PID] STATUS, by the columns where the row keeps
// to them.
func (h srcHeader) parseRow(line string, words []string) (Subsystem, error) {
	if row, ok := h.parseColumns(line); ok {
		return row, nil
	}
	row := Subsystem{Name: clean(words[0], maxName)}
	rest := words[1:]
	if at := slices.IndexFunc(rest[:min(2, len(rest))], isPID); at >= 0 {
		row.takeMiddle(rest[:at+1])
		rest = rest[at+1:]
	} else if len(rest) > 1 && !slices.Contains(srcStates, strings.Join(rest, " ")) {
		row.takeMiddle(rest[:1])
		rest = rest[1:]
	}
	if !row.takeState(strings.Join(rest, " ")) {
		return Subsystem{}, notUnderstood("lssrc", line)
	}
	return row, nil
}

// parseColumns reads a row that keeps to the columns of the header: a word
// begins where the state does.
func (h srcHeader) parseColumns(line string) (Subsystem, bool) {
	if !h.there || len(line) <= h.start || line[h.start] == ' ' || h.start > 0 && line[h.start-1] != ' ' {
		return Subsystem{}, false
	}
	state := line[h.start:]
	if h.end > 0 && h.end < len(line) {
		if line[h.end-1] != ' ' {
			return Subsystem{}, false // the state reaches into the next column
		}
		state = line[h.start:h.end]
	}
	before := strings.Fields(line[:h.start])
	if len(before) == 0 {
		return Subsystem{}, false
	}
	row := Subsystem{Name: clean(before[0], maxName)}
	return row, row.takeMiddle(before[1:]) && row.takeState(strings.Join(strings.Fields(state), " "))
}

// takeMiddle reads [GROUP] [PID], and passes over columns behind the PID; it
// returns false for anything else.
func (s *Subsystem) takeMiddle(words []string) bool {
	at := slices.IndexFunc(words[:min(2, len(words))], isPID)
	if at >= 0 {
		pid, _ := parseNumber(words[at], 10)
		s.PID = int(pid)
	} else if at = len(words); at > 1 {
		return false
	}
	if at > 0 {
		s.Group = clean(words[0], maxName)
	}
	return true
}

// takeState keeps a state; it returns false for text that is none.
func (s *Subsystem) takeState(state string) bool {
	s.Status = clean(state, maxName)
	s.Active = s.Status == "active"
	return srcState.MatchString(state)
}

func isPID(word string) bool {
	_, ok := parseNumber(word, 10)
	return ok
}

// rank orders the instances of one subsystem: an active one is told before one in
// any other state, and a stopped one last.
func (s Subsystem) rank() int {
	switch s.Status {
	case "active":
		return 2
	case "inoperative":
		return 0
	}
	return 1
}
