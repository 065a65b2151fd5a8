package sshconfig

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"aixmend/transport/sshtext"
)

// because is why a block perhaps applies.
type because struct {
	at   place
	text string
}

// doubt is a place at which the settings of a host are not known.
type doubt struct {
	at   place
	text string
	// hang are the settings that hang on it; none: it is one setting by itself.
	hang []hanging
	// instead are the settings of the inventory that lift it; empty: none does.
	instead []string
	// unsafe: an answer of ssh does not count.
	unsafe bool
}

// hanging is a setting that hangs on a doubt.
type hanging struct {
	keyword string
	at      place
}

// maxHanging bounds the settings that a message lists.
const maxHanging = 5

func (d doubt) String() string {
	text := d.at.String() + ": " + d.text
	if len(d.hang) == 0 {
		return text
	}
	var list []string
	for _, h := range d.hang[:min(len(d.hang), maxHanging)] {
		list = append(list, fmt.Sprintf("%s (%s)", h.keyword, h.at.beside(d.at)))
	}
	if more := len(d.hang) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return text + ", and " + strings.Join(list, ", ") + " depends on it"
}

// doubtful is the error for doubts that nobody has decided, with the way out; why says why
// ssh has not.
func doubtful(doubts []doubt, why string) error {
	var texts, instead []string
	lifted := true
	for _, d := range doubts[:min(len(doubts), maxHanging)] {
		texts = append(texts, d.String())
	}
	if more := len(doubts) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	for _, d := range doubts {
		lifted = lifted && len(d.instead) > 0
		for _, setting := range d.instead {
			instead = add(instead, setting)
		}
	}
	slices.Sort(instead)
	if !lifted {
		instead = nil
	}
	return errors.New(strings.Join(texts, "; ") + " (" + why + "); " + wayOut(strings.Join(instead, ", ")))
}

// leaveOut is the way out that always helps.
const leaveOut = "leave ssh_config out with ssh.config: none in the inventory (aixmend_ssh in Ansible's)"

// applies evaluates the condition of a block that stands where outer says, and why a block
// perhaps applies.
func (e *evaluator) applies(b *block, outer verdict) (verdict, because) {
	switch {
	case outer == off:
		return off, because{}
	case b.kind == blockAlways:
		return outer, e.outer
	case b.kind == blockHost:
		return min(outer, holds(matchHost(e.host, b.hosts))), e.outer
	}
	result, why := outer, e.outer
	if b.kind == blockBroken { // the conditions that could be read may still be false
		result, why = perhaps, because{b.at, b.fault}
	}
	for _, c := range b.criteria {
		v := e.criterion(c)
		if v == perhaps && result == on {
			why = because{b.at, "Match " + c.name + " is not decided here"}
		}
		result = min(result, v)
	}
	return result, why
}

// criterion evaluates one condition.
func (e *evaluator) criterion(c criterion) verdict {
	var yes bool
	switch c.name {
	case "all":
		yes = true
	case "canonical", "final":
		yes = e.second
	case "host":
		name := e.host
		if e.hostName != "" {
			name = e.expandedHost()
		}
		yes = sshtext.MatchList(strings.ToLower(name), strings.ToLower(c.arg))
	case "originalhost":
		yes = sshtext.MatchList(strings.ToLower(e.address), strings.ToLower(c.arg))
	case "user":
		login := e.settings.user
		if login == "" {
			login = e.localUser
		}
		yes = sshtext.MatchList(login, c.arg)
	case "localuser":
		yes = sshtext.MatchList(e.localUser, c.arg)
	case "tagged":
		tag := e.words["tag"].text
		yes = tag == c.arg || tag != "" && sshtext.MatchList(tag, c.arg)
	default: // exec, localnetwork, command, version, sessiontype
		return perhaps
	}
	return holds(yes != c.negated)
}

// doubt adds a doubt that is new.
func (e *evaluator) doubt(d doubt) {
	if !slices.ContainsFunc(e.doubts, func(other doubt) bool { return other.at == d.at && other.text == d.text }) {
		e.doubts = append(e.doubts, d)
	}
}

// hang notes that a setting hangs on a block that perhaps applies, where it would count.
func (e *evaluator) hang(i *item, why because) {
	if !e.open(i.keyword) {
		return
	}
	at := slices.IndexFunc(e.doubts, func(d doubt) bool { return d.at == why.at && d.text == why.text })
	setting := keywords[i.keyword]
	if at < 0 {
		at = len(e.doubts)
		e.doubts = append(e.doubts, doubt{at: why.at, text: why.text, instead: []string{}})
	}
	d := &e.doubts[at]
	if slices.ContainsFunc(d.hang, func(h hanging) bool { return h.at == i.at }) {
		return
	}
	switch {
	case setting.instead == "":
		d.instead = nil
	case d.instead != nil:
		d.instead = add(d.instead, setting.instead)
	}
	d.hang = append(d.hang, hanging{setting.name, i.at})
}

// unread notes that a line which applies, or perhaps does, can't be read.
func (e *evaluator) unread(i *item) {
	known := keywords[i.keyword]
	d := doubt{at: i.at, text: short(i.keyword) + " can't be read: " + i.fault, unsafe: i.unsafe}
	switch {
	case i.keyword == "":
		d.text = "the file can't be read: " + i.fault
	case known.effect == unheard:
		if e.ignored != "" && sshtext.MatchList(i.keyword, e.ignored) {
			return
		}
	case known.effect == structure:
		d.text = known.name + " can't be read: " + i.fault
	case !e.open(i.keyword):
		return
	default:
		d.text = known.name + " can't be read: " + i.fault
	}
	if known.instead != "" {
		d.instead = []string{known.instead}
	}
	e.doubt(d)
}

// hostNameError is the error of a HostName with a token that ssh does not know.
type hostNameError struct {
	name string
	err  error
}

func (e *hostNameError) Error() string {
	return fmt.Sprintf("HostName %s: %v; %s", sshtext.Short(e.name), e.err, leaveOut)
}
