package anonymize

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aixmend/controller/recording/redact"
	"aixmend/inventory/naming"
)

// removedText replaces base64 that holds a name or an address.
const removedText = "[removed: base64]"

// text returns a text without names, addresses and ids. It replaces runs of name and number
// characters; the rest is kept byte for byte.
func (a *Anonymizer) text(text string, at place) string {
	text = redact.EachBlob(text, func(b string) string {
		if redact.Hides(b, func(plain string) bool { return redact.Printable(plain) && a.runs(plain, place{}) != plain }) {
			return removedText
		}
		return b
	})
	return a.runs(text, at)
}

func ofRun(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(".:_-", c) >= 0
}

func (a *Anonymizer) runs(text string, at place) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		if !ofRun(text[i]) {
			b.WriteByte(text[i])
			i++
			continue
		}
		end := i
		for end < len(text) && ofRun(text[end]) {
			end++
		}
		b.WriteString(a.run(text[i:end], text[end:], at))
		i = end
	}
	return b.String()
}

// run returns the replacement of a run; after is the text that follows it.
func (a *Anonymizer) run(run, after string, at place) string {
	parts := strings.Split(run, ":")
	if len(parts) > 400 { // not an address in any known form
		return a.segments(parts, after, at)
	}
	var done []string
	for i := 0; i < len(parts); {
		became, n := "", 0
		if !at.levels {
			became, n = a.colons(parts[i:])
		}
		if n > 0 {
			done = append(done, became)
			i += n
			continue
		}
		behind := ":"
		if i == len(parts)-1 {
			behind = after
		}
		done = append(done, a.segment(parts[i], behind, at))
		i++
	}
	return strings.Join(done, ":")
}

func (a *Anonymizer) segments(parts []string, after string, at place) string {
	for i := range parts {
		parts[i] = a.segment(parts[i], after, at)
	}
	return strings.Join(parts, ":")
}

// colons returns the replacement of an address with colons at the start of parts, and the
// number of its parts; 0: there is no address.
func (a *Anonymizer) colons(parts []string) (string, int) {
	for n := min(9, len(parts)); n >= 3; n-- {
		if n == 6 {
			if mac, ok := parseMAC(parts[:6]); ok {
				return a.grouped(mac, parts[:6], ":"), n
			}
		}
		candidate := strings.Join(parts[:n], ":")
		addr, err := netip.ParseAddr(strings.TrimRight(candidate, "."))
		if err != nil || !addr.Is6() {
			continue
		}
		first := addr.As16()
		if !addr.Is4In6() && (first[0] < 0x20 || addr.IsMulticast()) {
			continue
		}
		return a.ipv6(addr).String() + candidate[len(strings.TrimRight(candidate, ".")):], n
	}
	return "", 0
}

// grouped returns the replacement of a MAC in the notation of its groups.
func (a *Anonymizer) grouped(mac uint64, groups []string, between string) string {
	mac = a.mac(mac)
	padded := slices.ContainsFunc(groups, func(g string) bool { return len(g) == 2 && g[0] == '0' }) || !slices.ContainsFunc(groups, func(g string) bool { return len(g) == 1 })
	upper := strings.ContainsAny(strings.Join(groups, ""), "ABCDEF")
	out := make([]string, 6)
	for i := range out {
		n := mac >> (40 - 8*i) & 0xff
		switch {
		case padded:
			out[i] = fmt.Sprintf("%02x", n)
		default:
			out[i] = strconv.FormatUint(n, 16)
		}
		if upper {
			out[i] = strings.ToUpper(out[i])
		}
	}
	return strings.Join(out, between)
}

var (
	uuidText = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	hexText  = regexp.MustCompile(`^(0[xX])?([0-9a-fA-F]+)$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
	code     = regexp.MustCompile(`^(U[0-9A-Z]{4,5}\.[0-9A-Z]{3}\.)([0-9A-Z]{7})(.*)$`)
	length   = regexp.MustCompile(`^/([0-9]{1,2})\b`)
	domains  = regexp.MustCompile(`(?i)\.(?:com|net|org|edu|gov|mil|int|info|biz|local|internal|intern|lan|corp|intra|home|localdomain|test|example|invalid|cloud|io|de|uk|fr|nl|ch|at|es|it|eu|us|ca|au|jp|in|br|pl|se|no|fi|dk|be|cz|ru|cn)$`)
)

// segment returns the replacement of a run without colons; after is the text that follows.
func (a *Anonymizer) segment(text, after string, at place) string {
	core := strings.Trim(text, "._-")
	if core == "" {
		return text
	}
	start := strings.Index(text, core)
	return text[:start] + a.core(core, after, at) + text[start+len(core):]
}

func (a *Anonymizer) core(core, after string, at place) string {
	if m := code.FindStringSubmatch(core); m != nil {
		return m[1] + a.serial(m[2]) + a.pieces(m[3], after, at)
	}
	if uuidText.MatchString(core) {
		return a.dashed(core)
	}
	if groups := strings.Split(core, "-"); len(groups) == 6 {
		if mac, ok := parseMAC(groups); ok && a.macs[mac] {
			return a.grouped(mac, groups, "-")
		}
	}
	return a.pieces(core, after, at)
}

// pieces returns the replacement of a core that is not a location code or a UUID.
func (a *Anonymizer) pieces(core, after string, at place) string {
	if core == "" {
		return core
	}
	if became, ok := a.dotted(core, after, at); ok {
		return became
	}
	if became, ok := a.qualified(core, at); ok {
		return became
	}
	labels := strings.Split(core, ".")
	for i, label := range labels {
		labels[i] = a.label(label, after, at)
	}
	return strings.Join(labels, ".")
}

// dashed returns the replacement of a UUID.
func (a *Anonymizer) dashed(uuid string) string {
	plain := a.uuid(strings.ReplaceAll(uuid, "-", ""))
	if strings.ContainsAny(uuid, "ABCDEF") {
		plain = strings.ToUpper(plain)
	}
	return strings.Join([]string{plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]}, "-")
}

// dotted returns the replacement of dotted numbers, and reports whether they are an address.
func (a *Anonymizer) dotted(core, after string, at place) (string, bool) {
	parts := strings.Split(core, ".")
	if len(parts) < 2 {
		return "", false
	}
	if reverse, ok := strings.CutSuffix(strings.ToLower(core), ".in-addr.arpa"); ok {
		octets := strings.Split(reverse, ".")
		slices.Reverse(octets)
		if addr, err := netip.ParseAddr(strings.Join(octets, ".")); err == nil {
			octets = strings.Split(a.ipv4(addr).String(), ".")
			slices.Reverse(octets)
			return strings.Join(octets, ".") + ".in-addr.arpa", true
		}
		return "", false
	}
	if at.levels || a.levels[core] {
		return core, onlyNumbers.MatchString(core)
	}
	if mac, ok := parseMAC(parts); ok {
		return a.grouped(mac, parts, "."), true
	}
	octets := 0
	for octets < len(parts) && octets < 4 && octet(parts[octets]) {
		octets++
	}
	switch {
	case octets == 4 && len(parts) == 4:
		return a.ipv4(netip.MustParseAddr(plainOctets(parts))).String(), true
	case octets == 4: // followed by a port or the rest of a name
		tail := strings.Join(parts[4:], ".")
		return a.ipv4(netip.MustParseAddr(plainOctets(parts[:4]))).String() + "." + a.pieces(tail, after, place{levels: true}), true
	case octets == len(parts):
		return a.beginning(parts, after, at)
	}
	return "", false
}

// beginning returns the replacement of two or three octets if they are the prefix of an
// address: followed by a prefix length, or in a routing table and of a known network.
func (a *Anonymizer) beginning(parts []string, after string, at place) (string, bool) {
	bits := 8 * len(parts)
	m := length.FindStringSubmatch(after)
	if m != nil {
		if n, _ := strconv.Atoi(m[1]); n >= 9 && n <= 32 {
			bits = min(bits, n)
		}
	}
	whole := append(slices.Clone(parts), "0", "0")[:4]
	addr := netip.MustParseAddr(plainOctets(whole))
	known := slices.ContainsFunc(a.networks, func(p netip.Prefix) bool {
		return netip.PrefixFrom(addr, 8*len(parts)).Masked().Contains(p.Addr())
	})
	if m == nil && !(at.routes && known) {
		return "", false
	}
	became := strings.Split(addr4(a.prefix4(number4(addr), bits)).String(), ".")
	return strings.Join(became[:len(parts)], "."), true
}

func octet(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n <= 255 && len(text) <= 3
}

// plainOctets joins octets without leading zeros.
func plainOctets(parts []string) string {
	plain := make([]string, len(parts))
	for i, p := range parts {
		n, _ := strconv.Atoi(p)
		plain[i] = strconv.Itoa(n)
	}
	return strings.Join(plain, ".")
}

// qualified returns the replacement of a name with its domain, and reports whether it is
// one.
func (a *Anonymizer) qualified(core string, at place) (string, bool) {
	if at.levels || !strings.Contains(core, ".") {
		return "", false
	}
	lower := strings.ToLower(core)
	for domain := lower; domain != ""; _, domain, _ = strings.Cut(domain, ".") {
		if a.domains[domain] {
			return a.under(core[:len(core)-len(domain)], domain, at), true
		}
	}
	m := domains.FindString(lower)
	if m == "" || ofVendor(lower) || strings.ContainsRune(lower, '_') || !naming.IsFile(core) {
		return "", false
	}
	labels := strings.Split(lower, ".")
	if len(m) == 3 && len(labels) < 3 { // many file names end in two letters
		return "", false
	}
	from := max(len(labels)-2, 0)
	if len(labels) > 2 {
		from = 1
	}
	domain := strings.Join(labels[from:], ".")
	return a.under(core[:len(core)-len(domain)], domain, at), true
}

// under returns the replacements of the labels before a domain, and of the domain.
func (a *Anonymizer) under(before, domain string, at place) string {
	var names []string
	for label := range strings.SplitSeq(strings.TrimSuffix(before, "."), ".") {
		if label != "" {
			names = append(names, a.name(label))
		}
	}
	return strings.Join(append(names, a.domain(domain)), ".")
}

// label returns the replacement of a word without dots: a name, or words joined by - and _
// of which some are names.
func (a *Anonymizer) label(label, after string, at place) string {
	if a.names[strings.ToLower(label)] {
		return a.name(label)
	}
	if became, ok := a.hex(label, at); ok {
		return became
	}
	words := strings.FieldsFunc(label, func(r rune) bool { return r == '-' || r == '_' })
	if len(words) < 2 || len(words) > 12 {
		return label
	}
	var b strings.Builder
	rest := label
	for rest != "" {
		if rest[0] == '-' || rest[0] == '_' {
			b.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		n := a.longest(rest)
		if a.names[strings.ToLower(rest[:n])] {
			b.WriteString(a.name(rest[:n]))
		} else if became, ok := a.hex(rest[:n], at); ok {
			b.WriteString(became)
		} else {
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return b.String()
}

// longest returns the length of the longest known name at the start of a text; without
// one, of the first word.
func (a *Anonymizer) longest(text string) int {
	word := -1
	for end := len(text); end > 0; {
		if a.names[strings.ToLower(text[:end])] {
			return end
		}
		word = end
		end = strings.LastIndexAny(text[:end], "-_")
	}
	return word
}

// hex returns the replacement of a serial number, a hex number or a decimal id, and reports
// whether label is one that is replaced.
func (a *Anonymizer) hex(label string, at place) (string, bool) {
	if at.levels {
		return "", false
	}
	if a.serials[strings.ToUpper(label)] {
		return a.serial(label), true
	}
	if len(label) == 9 && a.serials[strings.ToUpper(label[2:])] { // after the code of the plant
		return label[:2] + a.serial(label[2:]), true
	}
	if n := len(label); digits.MatchString(label) && (n >= 17 && n <= 20) {
		if id, err := strconv.ParseUint(label, 10, 64); err == nil {
			return strconv.FormatUint(a.id(id), 10), true
		}
	}
	if id, err := strconv.ParseUint(label, 10, 64); err == nil && len(label) >= 9 && label[0] != '0' && a.ids[id] && len(label) != 16 {
		return strconv.FormatUint(a.id(id), 10), true
	}
	m := hexText.FindStringSubmatch(label)
	if m == nil {
		return "", false
	}
	became, ok := a.hexDigits(m[2], at)
	if ok && strings.ContainsAny(m[2], "ABCDEF") {
		became = strings.ToUpper(became)
	}
	return m[1] + became, ok
}

func (a *Anonymizer) hexDigits(text string, at place) (string, bool) {
	n, err := strconv.ParseUint(text, 16, 64)
	mixed := strings.ContainsAny(text, "abcdefABCDEF") && strings.ContainsAny(text, "0123456789")
	switch l := len(text); {
	case l == 32:
		if strings.Trim(text[16:], "0") == "" {
			first, _ := a.hexDigits(text[:16], at)
			return first + text[16:], true
		}
		return a.uuid(text), true
	case err != nil:
		return "", false
	case a.ids[n] && l >= 9 && l <= 16 || l == 16:
		return fmt.Sprintf("%0*x", l, a.id(n)), true
	case l == 12 && (a.macs[n] || mixed):
		return fmt.Sprintf("%012x", a.mac(n)), true
	}
	return "", false
}
