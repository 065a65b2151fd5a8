package facts

import (
	"fmt"
	"strings"
)

// ParseLinkAddresses reads the link#N rows of `netstat -in` (procedure D4).
// The MAC stands there in dotted hex without leading zeros (0.0.c9.d9.e8.bf);
// a row without an address has 8 words in place of 9, and tells nothing. A
// name with "*" is an interface that is down (K).
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
	for line := range all {
		words := strings.Fields(line)
		if len(words) < 8 || !strings.HasPrefix(words[2], "link#") {
			continue
		}
		rows++
		name := strings.TrimSuffix(words[0], "*")
		mac := canonicalMAC(words[3])
		if len(words) != 9 || mac == "" || !interfaceName.MatchString(name) || seen[name] == mac {
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
