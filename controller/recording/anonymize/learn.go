package anonymize

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aixmend/controller/recording"
	"aixmend/inventory/naming"
)

// place describes the answer that a text is part of.
type place struct {
	// levels: dotted numbers are fileset levels.
	levels bool
	// routes: dotted numbers may be prefixes of addresses.
	routes bool
	// ids: 9 to 16 hex digits are a node id.
	ids bool
}

func placeOf(e recording.Entry) place {
	command := string(e.Command)
	return place{
		levels: e.LevelsOnly(),
		routes: strings.Contains(command, "netstat"),
		ids:    strings.Contains(command, "node_id") || strings.Contains(command, "lsnodeid"),
	}
}

var (
	dotted4     = regexp.MustCompile(`\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b`)
	interface4  = regexp.MustCompile(`\binet ([0-9.]+) netmask (0x[0-9a-fA-F]{8})`)
	colonMAC    = regexp.MustCompile(`\b[0-9a-fA-F]{1,2}(?:[:-][0-9a-fA-F]{1,2}){5}\b`)
	dotMAC      = regexp.MustCompile(`\b[0-9a-fA-F]{1,2}(?:\.[0-9a-fA-F]{1,2}){5}\b`)
	plainMAC    = regexp.MustCompile(`(?:Network Address|Machine Id:?|MAC Address)[.: ]*([0-9a-fA-F]{12})\b`)
	someID      = regexp.MustCompile(`\b(?:0x)?[0-9a-fA-F]{9,16}\b`)
	decimalID   = regexp.MustCompile(`\bNodeID\s*=\s*([0-9]{1,20})\b`)
	namedAs     = regexp.MustCompile(`(?i)\b(?:node name|partition name|host ?name|cluster name|node id|system name|domain name|mnname|hmcname|nodenamelist|lpar ?name|name of node|local-hostname|fqdn|instance-id)["']?\s*[:=]\s*[{\["']*([A-Za-z0-9][A-Za-z0-9._-]*)`)
	namedLists  = regexp.MustCompile(`(?i)\b(?:nodenamelist|nodenames)\s*=\s*\{([^}]*)\}`)
	hostnameIs  = regexp.MustCompile(`(?m)^hostname\s+([A-Za-z0-9][A-Za-z0-9._-]*)\s`)
	resolvLine  = regexp.MustCompile(`(?m)^\s*(?:domain|search)[ \t]+([^\n#]+)`)
	hostsLine   = regexp.MustCompile(`(?m)^\s*[0-9a-fA-F.:]{3,}[ \t]+([^\n#]+)`)
	location    = regexp.MustCompile(`\bU[0-9A-Z]{4,5}\.[0-9A-Z]{3}\.([0-9A-Z]{7})\b`)
	serialIs    = regexp.MustCompile(`(?i)\b(?:IBM,[0-9]{2}|(?:machine )?serial(?: number)?[.:= ]+|[0-9]{4}-[0-9A-Z]{3}\*)([0-9A-Z]{7})\b`)
	word        = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9._-]*`)
	machineID   = regexp.MustCompile(`\b00[0-9A-F]{6}4C00\b`)
	onlyNumbers = regexp.MustCompile(`^[0-9.]*$`)
	model       = regexp.MustCompile(`^[0-9]{4}-[0-9a-z]{3}$`)
	device      = regexp.MustCompile(`^(?:en|ent|et|lo|sit|hdisk|cd|vscsi|fcs|fscsi|sys|inet|proc|mem|pci|vio|cluster|lv|hd|rootvg|tty|vty)[0-9]*$`)
)

// vendor are words that are never replaced, even if a host has that name.
var vendor = strings.Fields(`aix ibm rsct rmc root system localhost localdomain loopback none default active inoperative available
	defined unknown management managed master node nodes host hosts lpar domain cluster name true false up down yes no auto static
	link rsct_rm ctrmc ctcas caa ssh sshd aixmend openssh linux power powerpc example com net org local bin usr opt var etc tmp dev
	sbin log lib cfg iw ethernet0 mgmtswitch virtual adapter interface address start stop error ok not and the of on in is it`)

// learn collects the names and ids in a recording.
func (a *Anonymizer) learn(r *recording.Recording) {
	a.Learn(r.Host.Name, r.Host.Address)
	for _, e := range r.Commands {
		at := placeOf(e)
		for _, text := range []string{string(e.Stdout), string(e.Stderr)} {
			if at.levels {
				for _, level := range dotted4.FindAllString(text, -1) {
					a.levels[level] = true
				}
				continue
			}
			a.learnNumbers(text, at)
			a.learnNames(text, string(e.Command))
		}
	}
}

func (a *Anonymizer) learnNumbers(text string, at place) {
	for _, m := range interface4.FindAllStringSubmatch(text, -1) {
		addr, err := netip.ParseAddr(m[1])
		mask, bad := strconv.ParseUint(m[2][2:], 16, 32)
		if bits := leadingOnes(uint32(mask)); err == nil && bad == nil && addr.Is4() && bits > 0 {
			if p := netip.PrefixFrom(addr, bits).Masked(); !slices.Contains(a.networks, p) {
				a.networks = append(a.networks, p)
			}
		}
	}
	for _, m := range slices.Concat(colonMAC.FindAllString(text, -1), dotMAC.FindAllString(text, -1)) {
		if mac, ok := parseMAC(strings.FieldsFunc(m, func(r rune) bool { return strings.ContainsRune(":.-", r) })); ok {
			a.macs[mac] = true
		}
	}
	for _, m := range plainMAC.FindAllStringSubmatch(text, -1) {
		mac, _ := strconv.ParseUint(m[1], 16, 64)
		a.macs[mac] = true
	}
	for _, m := range machineID.FindAllString(text, -1) {
		mac, _ := strconv.ParseUint(m, 16, 64)
		a.macs[mac] = true
	}
	if at.ids {
		for _, m := range someID.FindAllString(text, -1) {
			if id, err := strconv.ParseUint(strings.TrimPrefix(m, "0x"), 16, 64); err == nil {
				a.ids[id] = true
			}
		}
	}
	for _, m := range decimalID.FindAllStringSubmatch(text, -1) {
		if id, err := strconv.ParseUint(m[1], 10, 64); err == nil {
			a.ids[id] = true
		}
	}
	for _, pattern := range []*regexp.Regexp{location, serialIs} {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			if strings.ContainsAny(m[1], "0123456789") {
				a.serials[strings.ToUpper(m[1])] = true
			}
		}
	}
}

// leadingOnes returns the length of a mask; 0: it is not a mask.
func leadingOnes(mask uint32) int {
	bits := 0
	for ; mask&(1<<31) != 0; mask <<= 1 {
		bits++
	}
	if mask != 0 {
		return 0
	}
	return bits
}

func (a *Anonymizer) learnNames(text, command string) {
	for _, pattern := range []*regexp.Regexp{namedAs, hostnameIs} {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			a.learnName(m[1])
		}
	}
	list := func(pattern *regexp.Regexp) {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			for _, name := range word.FindAllString(m[1], -1) {
				a.learnName(name)
			}
		}
	}
	list(namedLists)
	if strings.Contains(command, "/etc/hosts") {
		list(hostsLine)
	}
	for _, m := range resolvLine.FindAllStringSubmatch(text, -1) {
		if strings.Contains(command, "resolv.conf") {
			for _, domain := range word.FindAllString(m[1], -1) {
				a.learnDomain(domain)
			}
		}
	}
	lines := strings.Split(text, "\n")
	switch {
	case strings.HasPrefix(command, "/usr/bin/hostname"):
		a.learnName(lines[0])
	case strings.Contains(command, "/usr/bin/uname -"):
		a.learnUname(lines)
	case strings.Contains(command, "lsrpdomain"):
		for _, line := range lines[min(1, len(lines)):] {
			if fields := strings.Fields(line); len(fields) > 1 {
				a.learnName(fields[0])
			}
		}
	}
}

// learnUname collects the names in the output of uname -a and uname -L.
func (a *Anonymizer) learnUname(lines []string) {
	for _, line := range lines {
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 2 && fields[0] == "AIX":
			a.learnName(fields[1])
		case len(fields) == 2 && onlyNumbers.MatchString(fields[0]):
			a.learnName(fields[1])
		}
	}
}

// learnName adds a host name and its domain. It ignores fixed words, numbers and
// addresses.
func (a *Anonymizer) learnName(name string) {
	name = strings.ToLower(strings.Trim(name, ". \t\r\n"))
	if _, err := netip.ParseAddr(name); err == nil || !naming.IsFile(name) {
		return
	}
	host, domain, dotted := strings.Cut(name, ".")
	if dotted && onlyNumbers.MatchString(name) {
		return
	}
	if !fixed(host) {
		a.names[host] = true
	}
	if dotted {
		a.learnDomain(domain)
	}
}

// learnDomain adds a domain name. It ignores names without a dot, which are too common.
func (a *Anonymizer) learnDomain(name string) {
	name = strings.ToLower(strings.Trim(name, "."))
	if strings.Contains(name, ".") && !onlyNumbers.MatchString(name) && !ofVendor(name) {
		a.domains[name] = true
	}
}

// fixed reports whether a word is never replaced.
func fixed(name string) bool {
	if len(name) < 2 || model.MatchString(name) || onlyNumbers.MatchString(name) || device.MatchString(name) || slices.Contains(vendor, name) {
		return true
	}
	return false
}

// ofVendor reports whether a domain is a well-known vendor's or project's.
func ofVendor(domain string) bool {
	for _, known := range []string{"ibm.com", "openssh.com", "libssh.org", "canonical.com", "ubuntu.com", "cloud-init.io", "python.org"} {
		if domain == known || strings.HasSuffix(domain, "."+known) {
			return true
		}
	}
	return false
}

// parseMAC reads six groups of one or two hex digits.
func parseMAC(groups []string) (uint64, bool) {
	if len(groups) != 6 {
		return 0, false
	}
	var mac uint64
	for _, g := range groups {
		n, err := strconv.ParseUint(g, 16, 8)
		if err != nil || len(g) > 2 || len(g) == 0 {
			return 0, false
		}
		mac = mac<<8 | n
	}
	return mac, true
}
