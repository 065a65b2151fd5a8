package facts

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// ifconfigHeader: "en0: flags=1e084863,814c0<UP,...>"; the part in <> may be lost.
var (
	ifconfigHeader = regexp.MustCompile(`^([a-z]{1,8}[0-9]{1,5}): flags=([0-9a-fA-F]{1,16})(?:,[0-9a-fA-F]{1,16})?(?:<([^<>]*)>)?(?:\s.*)?$`)
	headerLike     = regexp.MustCompile(`^[^\s:]+:(\s|$)`)
)

// Bits of the first flag word, for output that lost the names.
const (
	flagUp      = 0x1
	flagRunning = 0x40

	maxFlags     = 64
	maxAddresses = 1024 // per interface
)

// ParseIfconfig reads `ifconfig -a` (procedure D5). Address lines are known by
// their first word, indented or not. "::1" is left out wherever it stands. An
// address that does not parse, or that belongs to no interface, is an error: a
// fact with an address missing would make a repair overwrite it. An interface
// that is down is not in this output at all (K); see ParseDevices.
func ParseIfconfig(o Output) (Ifconfig, error) {
	if o.Exit != 0 {
		return Ifconfig{}, failed("ifconfig", o)
	}
	all, err := lines(o)
	if err != nil {
		return Ifconfig{}, err
	}
	found := Ifconfig{Interfaces: []Interface{}}
	seen := map[string]bool{}
	var current *Interface
	for line := range all {
		if headerLike.MatchString(line) {
			next, ok := parseInterfaceHeader(line)
			if !ok {
				current = nil // a banner; an address below it has no owner
				continue
			}
			if seen[next.Name] || len(found.Interfaces) == maxRows {
				return Ifconfig{}, fmt.Errorf("ifconfig shows %s twice, or too many", next.Name)
			}
			seen[next.Name] = true
			found.Interfaces = append(found.Interfaces, next)
			current = &found.Interfaces[len(found.Interfaces)-1]
			continue
		}
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "inet" && words[0] != "inet6" {
			continue
		}
		if current == nil {
			return Ifconfig{}, fmt.Errorf("address without an interface: %s", quoted(line))
		}
		if err := current.addAddress(words); err != nil {
			return Ifconfig{}, fmt.Errorf("%s: %w", current.Name, err)
		}
	}
	if len(found.Interfaces) == 0 {
		return Ifconfig{}, notUnderstood("ifconfig", firstText(o.Stdout))
	}
	return found, nil
}

func parseInterfaceHeader(line string) (Interface, bool) {
	parts := ifconfigHeader.FindStringSubmatch(line)
	if parts == nil || !interfaceName.MatchString(parts[1]) {
		return Interface{}, false
	}
	i := Interface{Name: parts[1], Flags: []string{}, IPv4: []string{}, IPv6: []string{}}
	for flag := range strings.SplitSeq(parts[3], ",") {
		flag = clean(flag, maxName)
		if flag == "" || len(i.Flags) == maxFlags {
			continue
		}
		i.Flags = append(i.Flags, flag)
		i.Up = i.Up || flag == "UP"
		i.Running = i.Running || flag == "RUNNING"
	}
	if len(i.Flags) == 0 {
		bits, _ := strconv.ParseUint(parts[2], 16, 64)
		i.Up = bits&flagUp != 0
		i.Running = bits&flagRunning != 0
	}
	return i, true
}

// addAddress reads "inet ADDR ..." or "inet6 ADDR[%ZONE]/LEN ...".
func (i *Interface) addAddress(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("no address after %s", words[0])
	}
	if len(i.IPv4)+len(i.IPv6) == maxAddresses {
		return errors.New("too many addresses")
	}
	if words[0] == "inet" {
		addr, err := netip.ParseAddr(words[1])
		if err != nil || !addr.Is4() {
			return fmt.Errorf("not an ipv4 address: %s", quoted(words[1]))
		}
		if !addr.IsUnspecified() {
			i.IPv4 = append(i.IPv4, addr.String())
		}
		return nil
	}
	addr, length, err := parseIPv6(words[1])
	if err != nil {
		return err
	}
	if addr.IsLoopback() || addr.IsUnspecified() {
		return nil
	}
	if length < 0 {
		return fmt.Errorf("address without a prefix length: %s", quoted(words[1]))
	}
	i.IPv6 = append(i.IPv6, fmt.Sprintf("%s/%d", addr, length))
	return nil
}
