package facts

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// The shapes in which an injected address stands in the log, numbered as in
// aix-facts section 2.
const (
	shapeSettings = 1 // Debian style text, or its translation, a Python dict
	shapeCommand  = 2 // "running  ['/usr/sbin/chdev', ...]", "dev eth1 info {...}"
	shapeLogger   = 3 // the same through the logger of 0.7.5
	shapeOldTable = 4 // ci-info table with a column "IPv6 Addresses"
	shapeNewTable = 5 // ci-info table with one row for each address
)

const (
	maxLogged = 256     // addresses kept
	maxLog    = 1 << 20 // bytes of the log's end that are read
)

// ParseCloudInit reads the end of /var/log/cloud-init-output.log (procedure
// D7). The log holds several boots, of which the last alone counts (see
// bootTracker): an address of an earlier one says nothing about this one. In it
// the last address wins, for each interface and kind (link-local or not). ethN
// is written enN. The text may begin in the middle of a boot, and begin and end
// in the middle of a line. Text that does not parse is no evidence, nor is
// loopback, "::" or multicast. Shapes 1 and 3 to 5 are seen in code (C); that
// shape 2 is the injection is inferred (I).
func ParseCloudInit(o Output) (CloudInit, error) {
	if o.Exit == exitAbsent {
		return CloudInit{Addresses: []LoggedAddress{}}, nil
	}
	if o.Exit != 0 {
		return CloudInit{}, failed("reading the cloud-init log", o)
	}
	if o.Truncated {
		return CloudInit{}, errCut
	}
	text := o.Stdout[max(0, len(o.Stdout)-maxLog):]
	log := logReader{boots: bootTracker{lined: hasBootLine(text)}}
	whole := bytes.LastIndexByte(text, '\n') + 1
	for line := range splitLines(text[:whole]) {
		log.read(line)
	}
	log.mayBeCut = true
	for line := range splitLines(text[whole:]) {
		log.read(line)
	}
	return CloudInit{Present: true, Addresses: log.sorted()}, nil
}

// logReader remembers where in the log it is.
type logReader struct {
	stanza   string   // interface of the iface stanza, "" outside
	columns  []string // header of the ci-info table, nil outside
	mayBeCut bool     // the line has no newline after it
	found    []LoggedAddress
	boots    bootTracker
}

// begin forgets the boots before, where a new one begins.
func (l *logReader) begin(begins bool) {
	if begins {
		l.stanza, l.columns, l.found = "", nil, nil
	}
}

func (l *logReader) read(line string) {
	if len(line) > maxLine {
		return
	}
	text := strings.TrimSpace(line)
	if message, stage, ok := bootLineOf(line); ok {
		l.begin(l.boots.begins(message, stage))
		return
	}
	if strings.Contains(text, "_write_network settings=") {
		l.begin(l.boots.sawSettings())
	}
	switch {
	case strings.Contains(text, "ci-info:"):
		l.stanza = ""
		l.readTable(text)
	case strings.Contains(text, "Translated ubuntu style"):
		l.begin(l.boots.sawTranslation())
		l.stanza = ""
		shape := shapeSettings
		if strings.Contains(text, "DEBUG") {
			shape = shapeLogger
		}
		l.readDict(text, "", shape)
	case strings.Contains(text, "chdev"):
		l.stanza = ""
		l.readCommand(text)
	case strings.Contains(text, " info {") && devInfo.MatchString(text):
		l.begin(l.boots.sawCommand())
		l.stanza = ""
		l.readDict(text, ethernetOf(devInfo.FindStringSubmatch(text)[1]), shapeCommand)
	default:
		l.readStanza(line)
	}
}

// add keeps an address; a later one takes the place of an earlier one of the
// same interface and kind.
func (l *logReader) add(name, address string, shape int) {
	addr, _, err := parseIPv6(address)
	if err != nil || !usableIPv6(addr) {
		return
	}
	entry := LoggedAddress{
		Interface: name,
		Address:   addr.String(),
		LinkLocal: addr.IsLinkLocalUnicast(),
		Shape:     shape,
	}
	at := slices.IndexFunc(l.found, func(a LoggedAddress) bool {
		return a.Interface == entry.Interface && a.LinkLocal == entry.LinkLocal
	})
	switch {
	case at >= 0:
		l.found[at] = entry
	case len(l.found) < maxLogged:
		l.found = append(l.found, entry)
	}
}

// sorted puts the addresses in the order of interfaces, link-local first.
func (l *logReader) sorted() []LoggedAddress {
	list := append([]LoggedAddress{}, l.found...)
	slices.SortStableFunc(list, func(a, b LoggedAddress) int {
		switch {
		case a.Interface == b.Interface && a.LinkLocal:
			return -1
		case a.Interface == b.Interface:
			return 1
		case a.Interface == "" || b.Interface == "":
			return strings.Compare(a.Interface, b.Interface)
		}
		return ethernetNumber(a.Interface) - ethernetNumber(b.Interface)
	})
	return list
}

var linuxName = regexp.MustCompile(`^(?:eth|en)(0|[1-9][0-9]{0,4})$`)

// ethernetOf writes ethN as enN, as the AIX port does; "" for other names.
func ethernetOf(name string) string {
	if parts := linuxName.FindStringSubmatch(name); parts != nil {
		return "en" + parts[1]
	}
	return ""
}
