package facts

import (
	"iter"
	"regexp"
	"strings"
)

var domainNodeID = regexp.MustCompile(`^(0[xX])?[0-9a-fA-F]{1,16}$`)

const maxMembers = 256

// domainRead is one answer of rmcdomainstatus.
type domainRead struct {
	known       bool   // at least one section header was understood
	odd         string // a line outside every section
	rows        int    // rows in all sections
	peer        bool
	mcps        []Member
	up, pending bool
}

// ParseDomain reads the answer of `rmcdomainstatus -s ctrmc` (procedure D3),
// and the second one after a line "=== again" where the probe asked twice: then
// the second is judged, and "i" counts as pending only if both had it. No
// output is the answer "none", and so is exit 44, the probe's word for a daemon
// that the SRC does not show as active: the words of rmcdomainstatus about that
// are not known (K). Tokens: S I i O documented, X and Z seen only.
func ParseDomain(o Output) (Domain, error) {
	if notThere(o) {
		return Domain{}, failed("rmcdomainstatus", o)
	}
	all, err := lines(o)
	if err != nil {
		return Domain{}, err
	}
	reads, err := readDomain(all)
	if err != nil {
		return Domain{}, err
	}
	first, judged := reads[0], reads[len(reads)-1]
	domain := Domain{State: "none", MCPs: []Member{}, PeerDomain: first.peer || judged.peer}
	if o.Exit == exitAbsent && judged.rows == 0 {
		return domain, nil
	}
	if o.Exit != 0 && judged.rows == 0 {
		return Domain{}, failed("rmcdomainstatus", o)
	}
	for _, read := range reads {
		if !read.known && read.odd != "" {
			return Domain{}, notUnderstood("rmcdomainstatus", read.odd)
		}
	}
	domain.MCPs = append(domain.MCPs, judged.mcps...)
	switch {
	case judged.up:
		domain.State = "connected"
	case len(judged.mcps) == 0:
	case judged.pending && first.pending && len(reads) > 1:
		domain.State = "pending"
	default:
		domain.State = "down"
	}
	return domain, nil
}

// readDomain splits the output at "=== again"; it returns one or two reads.
func readDomain(all iter.Seq[string]) ([]domainRead, error) {
	reads := []domainRead{{}}
	section := ""
	for line := range all {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		read := &reads[len(reads)-1]
		text := strings.Join(words, " ")
		switch {
		case text == "=== again" && len(reads) == 1:
			reads = append(reads, domainRead{})
			section = ""
		case strings.HasPrefix(text, "==="):
			return nil, notUnderstood("rmcdomainstatus", line)
		case strings.Contains(text, "Domain Status"):
			section = domainSection(text)
			if section == "" { // whatever it lists may be a peer domain
				return nil, notUnderstood("rmcdomainstatus", line)
			}
			read.known = true
			read.peer = read.peer || section == "peer"
		case section == "":
			read.odd = line
		default:
			read.rows++
			if section != "mcp" {
				continue
			}
			if len(read.mcps) == maxMembers {
				return nil, errTooMany
			}
			read.addMCP(words)
		}
	}
	return reads, nil
}

// domainSection names the section that a header line opens, "" when unknown.
func domainSection(header string) string {
	header = strings.TrimRight(strings.ToLower(header), ": ")
	if strings.HasPrefix(header, "peer domain status") {
		return "peer"
	}
	switch header {
	case "management domain status: managed nodes":
		return "nodes"
	case "management domain status: management control points":
		return "mcp"
	}
	return ""
}

// addMCP reads token1 token2 nodeid number address. A row of another shape is
// kept whole as the token, so that it is seen and never counts as connected.
func (r *domainRead) addMCP(words []string) {
	member := Member{}
	rest := words[1:]
	if len(rest) > 0 && len(rest[0]) == 1 {
		member.Queue = clean(rest[0], 1)
		rest = rest[1:]
	}
	if len(rest) == 0 || !domainNodeID.MatchString(rest[0]) {
		r.mcps = append(r.mcps, Member{Token: clean(strings.Join(words, " "), 64)})
		return
	}
	member.Token = clean(words[0], 64)
	member.NodeID = rest[0]
	if len(rest) > 1 {
		member.Number = clean(rest[1], 64)
	}
	if len(rest) > 2 {
		member.Address = clean(rest[2], maxText)
	}
	r.up = r.up || words[0] == "I"
	r.pending = r.pending || words[0] == "i"
	r.mcps = append(r.mcps, member)
}
