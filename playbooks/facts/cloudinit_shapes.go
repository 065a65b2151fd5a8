package facts

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	// ifaceLine also matches behind "settings=", where the first line of the
	// text stands.
	ifaceLine = regexp.MustCompile(`(?:^|[\s=])iface\s+(\S+)\s+inet6?(?:\s|$)`)
	devInfo   = regexp.MustCompile(`(?:^|\s)dev (\S+) info \{`)
	// dictToken is either a key that opens a dict, or an address.
	dictToken = regexp.MustCompile(`u?'([A-Za-z0-9._-]{1,32})':\s*\{|u?'address':\s*u?'([0-9A-Fa-f:.%/]{1,64})'`)
	pyItem    = regexp.MustCompile(`^u?(?:'([^'"\\]*)'|"([^'"\\]*)")`)
)

// readStanza reads shape 1, the text:
//
//	iface eth1 inet6 static
//	    address fe80::f8d4:43ff:fe3e:d120
//
// An address line without its iface line, or one that is the last line and has
// no newline (it may be cut), is evidence of nothing.
func (l *logReader) readStanza(line string) {
	if strings.Contains(line, "iface") { // few lines need the expression
		if parts := ifaceLine.FindStringSubmatch(line); parts != nil {
			l.stanza = ethernetOf(parts[1])
			return
		}
	}
	words := strings.Fields(line)
	if len(words) == 0 || l.stanza == "" {
		return
	}
	switch words[0] {
	case "address":
		if len(words) == 2 && !l.mayBeCut {
			l.add(l.stanza, words[1], shapeSettings)
		}
	case "netmask", "gateway", "broadcast", "network", "hwaddress", "mtu":
	default:
		if line[0] != ' ' && line[0] != '\t' {
			l.stanza = ""
		}
	}
}

// readDict walks a Python dict from key to key: the address belongs to the
// last interface key before it, or to the given one.
func (l *logReader) readDict(text, current string, shape int) {
	for _, token := range dictToken.FindAllStringSubmatch(text, -1) {
		key, address := token[1], token[2]
		switch {
		case key == "ipv6" || key == "ipv4":
		case key != "":
			current = ethernetOf(key)
		case current != "":
			l.add(current, address, shape)
		}
	}
}

// readCommand reads shapes 2 and 3: the chdev command as a Python list.
func (l *logReader) readCommand(text string) {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "running") {
		return
	}
	shape := shapeCommand
	if strings.Contains(lower, "running command") {
		shape = shapeLogger
	}
	opening := strings.LastIndexAny(text[:strings.Index(text, "chdev")], "[(")
	if opening < 0 {
		return
	}
	items, ok := pyList(text[opening:])
	if !ok || path.Base(items[0]) != "chdev" {
		return
	}
	if strings.Contains(text, "netaddr") {
		l.begin(l.boots.sawCommand())
	}
	name, address := "", ""
	for i, item := range items {
		if after, isName := strings.CutPrefix(item, "-l"); isName {
			if after == "" && i+1 < len(items) {
				after = items[i+1]
			}
			name = ethernetOf(after)
		}
		if after, isAddress := strings.CutPrefix(strings.TrimPrefix(item, "-a"), "netaddr6="); isAddress {
			address = after
		}
	}
	l.add(name, address, shape)
}

// pyList reads a whole list or tuple of plain strings: ['a', u'b'].
func pyList(text string) ([]string, bool) {
	closing := byte(']')
	if strings.HasPrefix(text, "(") {
		closing = ')'
	} else if !strings.HasPrefix(text, "[") {
		return nil, false
	}
	text = text[1:]
	items := []string{}
	for len(items) < 64 {
		text = strings.TrimLeft(text, " ")
		if text != "" && text[0] == closing {
			return items, len(items) > 0
		}
		parts := pyItem.FindStringSubmatch(text)
		if parts == nil {
			return nil, false
		}
		items = append(items, parts[1]+parts[2])
		text = strings.TrimLeft(text[len(parts[0]):], " ")
		rest, comma := strings.CutPrefix(text, ",")
		if !comma && (text == "" || text[0] != closing) {
			return nil, false
		}
		text = rest
	}
	return nil, false
}

// readTable reads shapes 4 and 5. A header with the columns Device and Address
// opens a table, any other header closes it; rows without a header are the rest
// of a table that was cut, and are not read.
func (l *logReader) readTable(text string) {
	_, row, _ := strings.Cut(text, "ci-info:")
	row = strings.TrimSpace(row)
	if !strings.HasPrefix(row, "|") || !strings.HasSuffix(row, "|") || len(row) < 2 {
		if strings.Contains(row, "Net device info") {
			l.begin(l.boots.sawTitle())
		}
		if strings.Trim(row, "+-") != "" {
			l.columns = nil // a title
		}
		return
	}
	cells := strings.Split(row[1:len(row)-1], "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	switch {
	case cells[0] == "Device" && slices.Contains(cells, "Address"):
		l.begin(l.boots.sawHeader())
		l.columns = cells
		return
	case cells[0] == "Route" || cells[0] == "Device":
		l.columns = nil
		return
	case len(cells) != len(l.columns):
		return
	}
	name := ethernetOf(cells[0])
	if name == "" {
		return
	}
	if at := slices.Index(l.columns, "IPv6 Addresses"); at >= 0 {
		if items, ok := pyList(cells[at]); ok {
			for _, item := range items {
				l.add(name, item, shapeOldTable)
			}
		}
		return
	}
	l.add(name, cells[slices.Index(l.columns, "Address")], shapeNewTable)
}
