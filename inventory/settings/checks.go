package settings

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"aixmend/inventory/naming"
	"aixmend/inventory/ranges"
	"aixmend/transport/endpoint"
)

// Checks of single values. Each returns the fault of a value, without its name and to
// be read after it, such as "is not ...", or nil.

var (
	labelPattern   = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$`)
	nicPattern     = regexp.MustCompile(`^en[0-9]+$`)
	findingPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	guardPattern   = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	zonePattern    = regexp.MustCompile(`^[A-Za-z0-9._-]{0,32}$`)
)

// CheckName checks the name of a host or a group.
func CheckName(name string) error {
	switch {
	case name == "all":
		return errors.New("is taken: it stands for all hosts")
	case !naming.IsFile(name):
		return fmt.Errorf("must be 1 to %d letters, digits, dots, underscores and hyphens, and begin with a letter or digit", naming.Max)
	}
	return nil
}

// CheckGroup checks the name of a group of Ansible's. It may hold more than CheckName
// takes, such as "Power Servers" or "tag:Name=prod": it is no file name. It may not
// hold characters with a meaning in a pattern of --limit.
func CheckGroup(name string) error {
	const rule = "must be 1 to %d printable characters, none of , * ? [ ] and \\, and begin with a letter, a digit or an underscore"
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case name == "all":
		return errors.New("is taken: it stands for all hosts")
	case len(name) > naming.Max || first != '_' && !unicode.IsLetter(first) && !unicode.IsDigit(first),
		strings.ContainsAny(name, `,*?[]\`) || strings.HasSuffix(name, " ") || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf(rule, naming.Max)
	}
	return nil
}

// CheckAddress checks an IPv4 address, an IPv6 address or a DNS name (RFC 1123, and
// underscores, which ssh, /etc/hosts and DNS take).
func CheckAddress(address string) error {
	if address == "" {
		return errors.New("is empty")
	}
	if ip, err := netip.ParseAddr(address); err == nil {
		if !zonePattern.MatchString(ip.Zone()) {
			return errors.New("has an IPv6 zone that names no interface")
		}
		return nil
	}
	if strings.Contains(address, ":") {
		return errors.New("is not an IPv6 address; a port belongs in ssh.port")
	}
	labels := strings.Split(strings.TrimSuffix(address, "."), ".")
	last := labels[len(labels)-1]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return errors.New("is not an IPv4 address")
	}
	if len(address) > ranges.MaxAddress {
		return fmt.Errorf("is longer than %d characters", ranges.MaxAddress)
	}
	for _, label := range labels {
		if !labelPattern.MatchString(label) {
			return errors.New("is neither an IP address nor a DNS name (letters, digits, hyphens, underscores and dots)")
		}
	}
	return nil
}

// NormalAddress returns the one spelling of an address that two are compared
// by.
func NormalAddress(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil {
		return ip.Unmap().String()
	}
	return strings.ToLower(strings.TrimSuffix(address, "."))
}

// CheckUser checks a login. It may not begin with a hyphen, for programs that
// would take it for an option.
func CheckUser(user string) error {
	switch {
	case user == "":
		return errors.New("is empty")
	case strings.HasPrefix(user, "-"):
		return errors.New("must not begin with a hyphen")
	case strings.ContainsFunc(user, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return errors.New("must not hold spaces or control characters")
	}
	return nil
}

// checkAlias checks a name of known_hosts.
func checkAlias(name string) error {
	if strings.ContainsAny(name[:1], "#@|-") || strings.ContainsAny(name, ",*?!") || CheckUser(name) != nil {
		return errors.New("is no name that can stand in known_hosts")
	}
	return nil
}

// CheckPort checks a TCP port.
func CheckPort(port int) error {
	if port < 1 || port > 65535 {
		return errors.New("must be from 1 to 65535")
	}
	return nil
}

// maxJumps bounds the bastions on one way.
const maxJumps = 16

// CheckJump checks a way: bastions, commas between, or none.
func CheckJump(jump string) error {
	names := strings.Split(jump, ",")
	if len(names) > maxJumps {
		return fmt.Errorf("names %d bastions, there can be %d on one way", len(names), maxJumps)
	}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if err := checkBastion(name); err != nil {
			if len(names) > 1 {
				return fmt.Errorf("holds %q, which %w", name, err)
			}
			return err
		}
		switch {
		case name == "none" && len(names) > 1:
			return errors.New("holds none beside bastions; none stands alone")
		case slices.ContainsFunc(names[:i], func(other string) bool { return strings.TrimSpace(other) == name }):
			return fmt.Errorf("names %s twice", name)
		}
	}
	return nil
}

// checkBastion checks [user@]host[:port]; brackets are for an IPv6 address.
func checkBastion(name string) error {
	e, err := endpoint.Parse(name)
	if err != nil {
		return err
	}
	if e.User != "" {
		if err := CheckUser(e.User); err != nil {
			return fmt.Errorf("is not [user@]host[:port]: the user %w", err)
		}
	}
	if strings.Contains(name, "[") && !strings.Contains(e.Host, ":") {
		return errors.New("is not [user@]host[:port]: brackets are for an IPv6 address")
	}
	if err := CheckAddress(e.Host); err != nil {
		return fmt.Errorf("is not [user@]host[:port]: the host %w", err)
	}
	return nil
}

// parseDate reads YYYY-MM-DD as midnight UTC.
func parseDate(text string) (time.Time, error) {
	date, err := time.Parse(time.DateOnly, text)
	if err != nil || date.IsZero() {
		return time.Time{}, errors.New("is not a day written YYYY-MM-DD")
	}
	return date, nil
}

// checkLine checks text that is printed on one line.
func checkLine(line string) error {
	switch {
	case strings.TrimSpace(line) == "":
		return errors.New("is empty")
	case strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("must be one line of printable text")
	}
	return nil
}

// ExpandHome returns path with a leading ~ or ~/ replaced by home. It is an
// error when home is needed and empty, and when path begins with ~user.
func ExpandHome(path, home string) (string, error) {
	rest, found := strings.CutPrefix(path, "~")
	switch {
	case !found:
		return path, nil
	case rest != "" && rest[0] != '/':
		return "", errors.New("the home folder of another user is not supported, write the whole path")
	case home == "":
		return "", errors.New("the home folder is not known, write the whole path")
	}
	return filepath.Join(home, rest), nil
}

// none is a value that unsets the value of an outer place.
const none = "none"

// checkNIC checks the name of an interface.
func checkNIC(nic string) error {
	if !nicPattern.MatchString(nic) {
		return errors.New("is not the name of an interface such as en1")
	}
	return nil
}
