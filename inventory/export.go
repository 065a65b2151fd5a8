package inventory

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"aixmend/inventory/naming"
	"aixmend/inventory/strictyaml"
)

// Export writes hosts of the inventory, with their groups and the bastions, as
// one file in the native form. Loaded from the working folder it gives the same
// hosts. Settings that all hosts share become defaults, those that all hosts of a group share
// a setting of the group, and hosts that differ by a number only become one
// entry with a range. Groups of Ansible's whose names the native form does not take are left
// out, and a comment names them; their settings are written with the hosts.
func (inv *Inventory) Export(hosts []Host) []byte {
	hosts, left := nativeGroups(hosts)
	e := &exporter{defaults: map[string]string{}, groups: map[string]map[string]string{}}
	e.share(inv, hosts)
	fmt.Fprintf(&e.out, "apiVersion: %s\n", APIVersion)
	for _, name := range left {
		fmt.Fprintf(&e.out, "# The group %q is left out: its name can't be one of this file.\n", name)
	}
	if len(e.defaults) > 0 {
		fmt.Fprintf(&e.out, "\ndefaults: %s\n", flow(e.defaults))
	}
	e.writeBastions(inv.Bastions)
	e.writeGroups(inv, hosts)
	e.out.WriteString("\nhosts:\n")
	e.writeHosts(hosts)
	return e.out.Bytes()
}

// nativeGroups returns the hosts without the groups whose names only Ansible takes, and the
// names of these.
func nativeGroups(hosts []Host) (kept []Host, left []string) {
	foreign := func(name string) bool { return !naming.IsFile(name) }
	for _, h := range hosts {
		if slices.ContainsFunc(h.Groups, foreign) {
			for _, name := range h.Groups {
				if foreign(name) {
					left = append(left, name)
				}
			}
			h.Groups = slices.DeleteFunc(slices.Clone(h.Groups), foreign)
		}
		kept = append(kept, h)
	}
	return kept, slices.Compact(slices.Sorted(slices.Values(left)))
}

// exporter writes one file. Settings are maps from keys, such as ssh.user, to
// values as YAML writes them.
type exporter struct {
	out      bytes.Buffer
	defaults map[string]string
	groups   map[string]map[string]string
}

// settingsText are the settings of a host by their keys.
func settingsText(h Host) map[string]string {
	keys := map[string]string{}
	put := func(key, value string) {
		if value != "" {
			keys[key] = scalar(value)
		}
	}
	s := h.SSH
	put("ssh.user", s.User)
	put("ssh.identity", s.Identity)
	put("ssh.certificate", s.Certificate)
	put("ssh.agent", s.Agent)
	put("ssh.host_key_alias", s.HostKeyAlias)
	if files := strings.Split(s.KnownHosts, "\n"); len(files) > 1 {
		for i := range files {
			files[i] = scalar(files[i])
		}
		keys["ssh.known_hosts"] = "[" + strings.Join(files, ", ") + "]"
	} else {
		put("ssh.known_hosts", s.KnownHosts)
	}
	put("ssh.config", s.Config)
	put("ssh.jump", s.Jump)
	put("ssh.become_mode", s.BecomeMode)
	put("rmc_nic", h.RMCNIC)
	put("cloud.instance", h.Cloud.Instance)
	put("cloud.workspace", h.Cloud.Workspace)
	if s.Port != 0 {
		keys["ssh.port"] = strconv.Itoa(s.Port)
	}
	if s.LegacyAlgorithms {
		keys["ssh.legacy_algorithms"] = "true"
	}
	switch s.Become {
	case "", BecomeNone:
	case BecomeCommand:
		keys["ssh.become"] = "{command: " + scalar(s.BecomeCommand) + "}"
	default:
		keys["ssh.become"] = s.Become
	}
	for key, source := range map[string]string{"ssh.become_password": s.BecomePassword, "ssh.password": s.Password, "ssh.passphrase": s.Passphrase} {
		switch source {
		case "":
		case PasswordSource{Prompt: true}.Key():
			keys[key] = "prompt"
		default:
			keys[key] = source // it is JSON, with the keys of the file
		}
	}
	if len(h.Waivers) > 0 {
		keys["waive"] = waiversText(h.Waivers)
	}
	if len(h.Accepts) > 0 {
		keys["accept"] = acceptancesText(h.Accepts)
	}
	return keys
}

func waiversText(waivers []Waiver) string {
	var list []string
	for _, w := range waivers {
		until := ""
		if !w.Until.IsZero() {
			until = ", until: " + w.Until.Format(time.DateOnly)
		}
		list = append(list, "{finding: "+scalar(w.Finding)+until+", reason: "+scalar(w.Reason)+"}")
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// share finds the settings that all hosts have alike, and those that all hosts
// of a group have. A host never inherits another value than its own: each of
// its groups that has a setting has it from all of its hosts.
func (e *exporter) share(inv *Inventory, hosts []Host) {
	all := map[string]int{}
	inGroup := map[string]map[string]int{}
	size := map[string]int{}
	for _, h := range hosts {
		for key, value := range settingsText(h) {
			setting := key + "=" + value
			all[setting]++
			for _, g := range h.Groups {
				if inGroup[g] == nil {
					inGroup[g] = map[string]int{}
				}
				inGroup[g][setting]++
			}
		}
		for _, g := range h.Groups {
			size[g]++
		}
	}
	for setting, n := range all {
		if key, value, _ := strings.Cut(setting, "="); n == len(hosts) {
			e.defaults[key] = value
		}
	}
	e.shareWithBastions(inv, hosts)
	for _, g := range inv.Groups {
		e.groups[g.Name] = map[string]string{}
		for setting, n := range inGroup[g.Name] {
			key, value, _ := strings.Cut(setting, "=")
			if _, common := e.defaults[key]; n == size[g.Name] && n > 1 && !common {
				e.groups[g.Name][key] = value
			}
		}
	}
}

// writeGroups writes the groups that the hosts are in.
func (e *exporter) writeGroups(inv *Inventory, hosts []Host) {
	used := map[string]bool{}
	for _, h := range hosts {
		for _, g := range h.Groups {
			used[g] = true
		}
	}
	if len(used) > 0 {
		e.out.WriteString("\ngroups:\n")
	}
	for _, g := range inv.Groups {
		if !used[g.Name] {
			continue
		}
		keys := maps.Clone(e.groups[g.Name])
		if g.Concurrency > 0 {
			keys["concurrency"] = strconv.Itoa(g.Concurrency)
		}
		fmt.Fprintf(&e.out, "  %s: %s\n", scalar(g.Name), flow(keys))
	}
}

// exported is one line under hosts: one host, or several in step.
type exported struct {
	name, address counted
	same          bool // the name is the address
	rest          string
	count         int
	alone         Host
}

// counted is a text with the last number in it apart.
type counted struct {
	before, digits, after string
	number                int
}

var lastNumber = regexp.MustCompile(`^(.*?)([0-9]{1,9})([^0-9]*)$`)

func countedOf(text string) counted {
	m := lastNumber.FindStringSubmatch(text)
	if m == nil {
		return counted{before: text, number: -1}
	}
	n, _ := strconv.Atoi(m[2])
	return counted{m[1], m[2], m[3], n}
}

// follows reports whether a text is the one that a range of ours has n places
// after c.
func (c counted) follows(to counted, n int) bool {
	if c.number < 0 || to.number != c.number+n || c.before != to.before || c.after != to.after {
		return false
	}
	return to.digits == fmt.Sprintf("%0*d", c.width(), to.number)
}

// width is how many digits a range that begins here has at least.
func (c counted) width() int {
	if c.digits[0] == '0' {
		return len(c.digits)
	}
	return 0
}

// ranged is the range of count numbers.
func (c counted) ranged(count int) string {
	last := fmt.Sprintf("%0*d", c.width(), c.number+count-1)
	return c.before + "[" + c.digits + "-" + last + "]" + c.after
}

// writeHosts writes the hosts, those in step together.
func (e *exporter) writeHosts(hosts []Host) {
	order := slices.Clone(hosts)
	slices.SortStableFunc(order, func(x, y Host) int {
		a, b := countedOf(x.Name), countedOf(y.Name)
		return cmp.Or(strings.Compare(a.before, b.before), strings.Compare(a.after, b.after), a.number-b.number, strings.Compare(x.Name, y.Name))
	})
	var last *exported
	for _, h := range order {
		next := &exported{
			name: countedOf(h.Name), address: countedOf(h.Address), same: h.Name == h.Address,
			rest: e.rest(h), count: 1, alone: h,
		}
		if last != nil && last.takes(next) {
			last.count++
			continue
		}
		e.writeEntry(last)
		last = next
	}
	e.writeEntry(last)
}

// takes reports whether the next host fits at the end of an entry.
func (x *exported) takes(next *exported) bool {
	if x.rest != next.rest || x.same != next.same || !x.name.follows(next.name, x.count) {
		return false
	}
	return x.same || x.address.follows(next.address, x.count)
}

// rest are the settings of a host that it does not inherit, and its groups.
func (e *exporter) rest(h Host) string {
	keys := settingsText(h)
	maps.DeleteFunc(keys, func(key, value string) bool {
		if common, ok := e.defaults[key]; ok {
			return common == value
		}
		return slices.ContainsFunc(h.Groups, func(g string) bool { return e.groups[g][key] != "" })
	})
	if len(h.Groups) > 0 {
		var names []string
		for _, g := range h.Groups {
			names = append(names, scalar(g))
		}
		keys["groups"] = "[" + strings.Join(names, ", ") + "]"
	}
	text := flow(keys)
	return text[1 : len(text)-1]
}

func (e *exporter) writeEntry(x *exported) {
	if x == nil {
		return
	}
	name, address := x.alone.Name, x.alone.Address
	if x.count > 1 {
		name = x.name.ranged(x.count)
		if !x.same {
			address = x.address.ranged(x.count)
		}
	}
	var parts []string
	if !x.same {
		parts = append(parts, "address: "+scalar(address))
	}
	if x.rest != "" {
		parts = append(parts, x.rest)
	}
	fmt.Fprintf(&e.out, "  %s: {%s}\n", scalar(name), strings.Join(parts, ", "))
}

// flow writes settings as a map on one line, those of ssh and cloud in maps of their own.
func flow(keys map[string]string) string {
	inner, rest := map[string][]string{}, []string(nil)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if of, name, found := strings.Cut(key, "."); found {
			inner[of] = append(inner[of], name+": "+keys[key])
		} else {
			rest = append(rest, key+": "+keys[key])
		}
	}
	for _, of := range slices.Sorted(maps.Keys(inner)) {
		rest = append(rest, of+": {"+strings.Join(inner[of], ", ")+"}")
	}
	return "{" + strings.Join(rest, ", ") + "}"
}

// plainScalar is text that YAML takes for text without quotes.
var plainScalar = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./@-]*$`)

// scalar writes text as YAML does, in quotes where it could be taken for
// something else.
func scalar(text string) string {
	_, word := strictyaml.Truth(text)
	if plainScalar.MatchString(text) && !word && !slices.Contains([]string{"null", "nan", "inf"}, strings.ToLower(text)) {
		return text
	}
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // of a string it never fails
	return strings.TrimSuffix(quoted.String(), "\n")
}

// acceptancesText writes acceptances as YAML on one line.
func acceptancesText(list []Acceptance) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, "{check: "+scalar(a.Check)+", until: "+a.Until.Format(time.DateOnly)+", reason: "+scalar(a.Reason)+"}")
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// Scalar writes text as a scalar of YAML, in quotes where it could be taken for something
// else.
func Scalar(text string) string { return scalar(text) }
