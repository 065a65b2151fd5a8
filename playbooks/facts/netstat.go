package facts

import (
	"fmt"
	"slices"
	"strings"
)

// ParseLinkAddresses reads the link#N rows of `netstat -in` (procedure D4).
// The MAC stands in the column Address, in dotted hex without leading zeros
// (0.0.c9.d9.e8.bf, C); a row without an address tells nothing. Other columns
// may be there, such as ZoneID, and may be empty (C). A name with "*" is an
// interface that is down (K).
func ParseLinkAddresses(o Output) (LinkAddresses, error) {
	if o.Exit != 0 {
		return LinkAddresses{}, failed("netstat", o)
	}
	all, err := lines(o)
	if err != nil {
		return LinkAddresses{}, err
	}
	found := LinkAddresses{List: []LinkAddress{}}
	seen := map[string]string{}
	rows := 0
	header := linkHeader{3}
	for line := range all {
		words := strings.Fields(line)
		if next, ok := parseLinkHeader(words); ok {
			header = next
			continue
		}
		if len(words) < 4 || !slices.ContainsFunc(words[1:4], isLink) {
			continue
		}
		rows++
		name := strings.TrimSuffix(words[0], "*")
		mac := header.mac(words)
		if mac == "" || !interfaceName.MatchString(name) || seen[name] == mac {
			continue
		}
		if seen[name] != "" || len(found.List) == maxRows {
			return LinkAddresses{}, fmt.Errorf("%s has two hardware addresses, or too many rows", name)
		}
		seen[name] = mac
		found.List = append(found.List, LinkAddress{Interface: name, MAC: mac})
	}
	if rows == 0 {
		return LinkAddresses{}, notUnderstood("netstat", firstText(o.Stdout))
	}
	return found, nil
}

// linkHeader is where the header puts the address, counted in words.
type linkHeader struct{ address int }

func parseLinkHeader(words []string) (linkHeader, bool) {
	at := slices.Index(words, "Address")
	return linkHeader{at}, at > 0 && words[0] == "Name"
}

func isLink(word string) bool { return strings.HasPrefix(word, "link#") }

// mac returns the hardware address of a row, or "". Where a column before it is
// empty the word stands further to the left. One that ends the row may be cut.
func (h linkHeader) mac(words []string) string {
	for at := min(h.address, len(words)-2); at > 1; at-- {
		if isLink(words[at]) {
			break
		}
		if mac := canonicalMAC(words[at]); mac != "" && strings.Contains(words[at], ".") {
			return mac
		}
	}
	return ""
}
