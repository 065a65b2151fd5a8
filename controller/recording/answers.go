package recording

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Answer is the answer of a host to an open question.
type Answer struct {
	Number int
	Asks   string
	// Lines are one or two lines of text, printable and bounded.
	Lines []string
}

// Answers returns the host's answers to the open questions, in their order.
func (r *Recording) Answers() []Answer {
	says := map[int]func() []string{
		1: r.switches, 2: r.nodeIDs, 3: r.tools, 4: r.tokens, 5: r.noCluster, 6: r.autoconf, 7: r.cloudInit,
		8: func() []string { return []string{"not in a recording: only the cloud API has it"} }, 9: r.cluster0, 10: r.shell,
	}
	var list []Answer
	for _, q := range Questions() {
		if q.Asks == "" {
			continue
		}
		lines := says[q.Number]()
		for i, line := range lines {
			lines[i] = printable(line)
		}
		list = append(list, Answer{q.Number, q.Asks, lines})
	}
	return list
}

// answeredBy returns an entry with an exit status, or why there is none.
func (r *Recording) answeredBy(id string) (*Entry, string) {
	e := r.byID(id)
	switch {
	case e == nil:
		return nil, "not recorded"
	case e.Exit == nil:
		return nil, "no answer: " + e.NoAnswer
	}
	return e, ""
}

var (
	section    = regexp.MustCompile(`^=== (ent?[0-9]+)$`)
	portVLAN   = regexp.MustCompile(`(?m)^\s*Port VLAN ID:\s*(\S+)`)
	switchID   = regexp.MustCompile(`(?m)^\s*Switch ID:\s*(\S+)`)
	inet       = regexp.MustCompile(`(?m)^\s+inet6? (\S+)`)
	interfaces = regexp.MustCompile(`(?m)^(\w+):\s+flags=`)
)

// switches answers question 1 with the VLAN and switch of each adapter and the kinds of
// address on its interface.
func (r *Recording) switches() []string {
	e, why := r.answeredBy(questionEntstat)
	if e == nil {
		if e, _ = r.answeredBy("entstat"); e == nil {
			return []string{why}
		}
	}
	on := r.addresses()
	var told []string
	name, text := "", ""
	end := func() {
		if name == "" {
			return
		}
		told = append(told, fmt.Sprintf("%s: VLAN %s, switch %s%s", name, first(portVLAN, text), first(switchID, text), on["en"+strings.TrimLeft(name, "ent")]))
	}
	for line := range strings.Lines(string(e.Stdout)) {
		if m := section.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			end()
			name, text = m[1], ""
			continue
		}
		text += line
	}
	end()
	if len(told) == 0 {
		return []string{"no adapter listed"}
	}
	return []string{strings.Join(told, "; ")}
}

// addresses returns the kinds of live addresses, by interface.
func (r *Recording) addresses() map[string]string {
	on := map[string]string{}
	e, _ := r.answeredBy("ifconfig")
	if e == nil {
		return on
	}
	name := ""
	for line := range strings.Lines(string(e.Stdout)) {
		if m := interfaces.FindStringSubmatch(line); m != nil {
			name = m[1]
		}
		m := inet.FindStringSubmatch(line)
		switch {
		case m == nil:
		case strings.HasPrefix(strings.ToLower(m[1]), "fe80:"):
			on[name] += ", link-local address"
		case strings.Contains(m[1], "."):
			on[name] += ", IPv4"
		}
	}
	return on
}

// first returns the first submatch of a pattern; "not shown": no match.
func first(pattern *regexp.Regexp, text string) string {
	if m := pattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return "not shown"
}

var hexID = regexp.MustCompile(`^[0-9a-fA-F]{9,16}$`)

// nodeIDs answers question 2 with the lengths of the node id files and the output of
// lsnodeid.
func (r *Recording) nodeIDs() []string {
	var lines []string
	if e, why := r.answeredBy(questionNodeID); e == nil {
		lines = append(lines, "files: "+why)
	} else {
		lines = append(lines, strings.Join(counted(string(e.Stdout)), "; "))
	}
	e, why := r.answeredBy(questionLsnodeid)
	switch {
	case e == nil:
		return append(lines, "lsnodeid: "+why)
	case hexID.MatchString(e.Stdout.text()):
		return append(lines, fmt.Sprintf("lsnodeid: exit %d, one line of %d hex digits", *e.Exit, len(e.Stdout.text())))
	}
	return append(lines, "lsnodeid: "+e.short())
}

// counted returns the number of lines of each node id file.
func counted(text string) []string {
	var told []string
	name, lines := "", []string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "=== end" && name != "":
			says := fmt.Sprintf("%s: %d lines", name, len(lines))
			if len(lines) > 0 && hexID.MatchString(lines[0]) {
				says += fmt.Sprintf(", the first has %d hex digits", len(lines[0]))
			}
			told, name = append(told, says), ""
		case strings.HasPrefix(line, "=== "):
			name, lines = strings.TrimPrefix(line, "=== "), nil
		case name != "":
			lines = append(lines, line)
		}
	}
	if len(told) == 0 {
		return []string{"the node id files are not shown"}
	}
	return told
}

// short returns the exit status of an entry and the first line of its output.
func (e *Entry) short() string {
	if e.Exit == nil {
		return e.NoAnswer
	}
	for _, stream := range []Stream{e.Stdout, e.Stderr} {
		if line, _, _ := strings.Cut(strings.TrimSpace(string(stream)), "\n"); line != "" {
			return fmt.Sprintf("exit %d, %q", *e.Exit, printable(line))
		}
	}
	return fmt.Sprintf("exit %d, no output", *e.Exit)
}

// tools answers question 3 with the path of rmcrefreshMD and the exit codes of the tools.
func (r *Recording) tools() []string {
	says := "rmcrefreshMD: not found"
	if e, why := r.answeredBy(questionTools); e == nil {
		says = why
	} else if path := r.System.Tools["rmcrefreshMD"]; path != "" {
		says = "rmcrefreshMD: " + path + " (never run)"
	}
	lines := []string{says}
	for id, tool := range map[string]string{questionRecfgct: "recfgct -h", questionRmcctrl: "rmcctrl -h"} {
		if e := r.byID(id); e != nil {
			lines = append(lines, tool+": "+e.short())
		}
	}
	slices.Sort(lines)
	return []string{strings.Join(lines, "; ")}
}

var domainRow = regexp.MustCompile(`^\s*(\S)\s+(\S)\s+(?:0x)?[0-9a-fA-F]{9,16}\s`)

// tokens answers question 4 with the pairs of tokens that rmcdomainstatus shows.
func (r *Recording) tokens() []string {
	found := map[string]int{}
	for _, id := range []string{"domain", "q4_domain"} {
		e, why := r.answeredBy(id)
		if e == nil {
			if id == "domain" {
				continue
			}
			return []string{why}
		}
		for line := range strings.Lines(string(e.Stdout)) {
			if m := domainRow.FindStringSubmatch(line); m != nil {
				found[m[1]+" "+m[2]]++
			}
		}
	}
	if len(found) == 0 {
		return []string{"no rows shown"}
	}
	var told []string
	for pair := range found {
		told = append(told, fmt.Sprintf("%q", pair))
	}
	slices.Sort(told)
	return []string{"tokens " + strings.Join(told, ", ")}
}

// noCluster answers question 5 with the exit codes and output of lscluster.
func (r *Recording) noCluster() []string {
	e, why := r.answeredBy(questionCluster)
	if e == nil {
		return []string{why}
	}
	var told []string
	flag, said := "", ""
	for line := range strings.Lines(string(e.Stdout)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "=== exit "):
			told = append(told, fmt.Sprintf("%s: exit %s, %q", flag, strings.TrimPrefix(line, "=== exit "), said))
		case strings.HasPrefix(line, "=== "):
			flag, said = strings.TrimPrefix(line, "=== lscluster "), ""
		case said == "":
			said = printable(line)
		}
	}
	if len(told) == 0 {
		return []string{e.short()}
	}
	if len(told) > 2 {
		return []string{strings.Join(told[:2], "; "), strings.Join(told[2:], "; ")}
	}
	return told
}

// autoconf answers question 6 as far as rc.tcpip shows it; only a change would answer it.
func (r *Recording) autoconf() []string {
	lines := []string{"only a change would show it"}
	if e, _ := r.answeredBy("q6_autoconf6"); e != nil && *e.Exit == 0 {
		lines[0] += fmt.Sprintf("; rc.tcpip has %d lines with autoconf6, ndpd or dhcpcd", strings.Count(string(e.Stdout), "\n")-1)
	}
	return lines
}

// shapes are the known forms of a cloud-init log.
var shapes = []struct {
	name string
	is   *regexp.Regexp
}{
	{"settings and their translation", regexp.MustCompile(`Translated ubuntu style network settings`)},
	{"chdev as a list", regexp.MustCompile(`\[?'?/usr/sbin/chdev'?, ?'-l'`)},
	{"ci-info table", regexp.MustCompile(`(?m)^ci-info: [|+]`)},
	{"netstat", regexp.MustCompile(`(?m)^(Name|Destination)\s+(Mtu|Gateway)`)},
}

// cloudInit answers question 7 with the size and the known forms of the log.
func (r *Recording) cloudInit() []string {
	e, why := r.answeredBy(questionLog)
	switch {
	case e == nil:
		return []string{why}
	case *e.Exit == 44:
		return []string{"/var/log/cloud-init-output.log does not exist"}
	}
	text := string(e.Stdout)
	if log, _ := r.answeredBy("cloud_init"); log != nil {
		text = string(log.Stdout)
	}
	var has []string
	for _, s := range shapes {
		if s.is.MatchString(text) {
			has = append(has, s.name)
		}
	}
	if len(has) == 0 {
		has = []string{"none of the known"}
	}
	return []string{fmt.Sprintf("%d bytes read; forms: %s", len(text), strings.Join(has, ", "))}
}

// cluster0 answers question 9 as far as the ODM stanzas of cluster0 show it.
func (r *Recording) cluster0() []string {
	count := func(id, class string) string {
		e, why := r.answeredBy(id)
		if e == nil {
			return class + ": " + why
		}
		return fmt.Sprintf("%s: %d stanzas (exit %d)", class, strings.Count("\n"+string(e.Stdout), "\n"+class+":"), *e.Exit)
	}
	return []string{"only a change would show it; " + count("cuat", "CuAt") + ", " + count("cudv", "CuDv")}
}

var (
	shellVersion = regexp.MustCompile(`(?m)^KSH_VERSION=(.*)$`)
	isPrintf     = regexp.MustCompile(`(?m)^printf is .*$`)
)

// shell answers question 10 with the shell's own words about printf: where it is no builtin,
// each call starts a process. The ksh88 of AIX sets no KSH_VERSION (K).
func (r *Recording) shell() []string {
	e, why := r.answeredBy(questionShell)
	if e == nil {
		return []string{why}
	}
	text := string(e.Stdout)
	version := "no KSH_VERSION, as ksh88"
	if m := shellVersion.FindStringSubmatch(text); m != nil && m[1] != "" {
		version = "KSH_VERSION " + m[1]
	}
	is, starts := isPrintf.FindString(text), "yes"
	switch {
	case is == "":
		is, starts = "printf is not shown", "not known"
	case strings.Contains(is, "builtin"):
		starts = "no"
	}
	return []string{fmt.Sprintf("%s: %s; %s", starts, is, version)}
}
