package ansible

import (
	"errors"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/transport/plain"
	"aixmend/transport/sshtext"
)

// argumentsOf takes a variable with arguments for ssh apart. The same text is taken
// apart once, unless it is a template.
func (r *reading) argumentsOf(v variable) arguments {
	value := r.values[v].value
	if known, done := r.a.args[value]; done {
		return known
	}
	line, ok := r.text(v)
	if !ok {
		return arguments{}
	}
	args := arguments{about: aboutWay}
	words, err := splitWords(line.V)
	if err == nil {
		var rest []string
		args.options, rest, err = getopt(words, r.values[v].name, line.Pos)
		if len(rest) > 0 {
			args.about, err = aboutAddress, errors.New(settings.Quote(rest[0])+" would be the host that ssh connects to")
		}
	}
	args.wrong = err
	if !isTemplate(value.Text()) {
		r.a.args[value] = args
	}
	return args
}

// arguments takes the settings of a variable.
func (r *reading) arguments(v variable) {
	args := r.argumentsOf(v)
	if args.wrong != nil {
		r.doubt(args.about, r.values[v].value.Pos(), "%s: %v", r.values[v].name, args.wrong)
		if args.about == aboutWay {
			return
		}
	}
	for _, o := range args.options {
		r.option(o)
	}
}

// option takes one setting.
func (r *reading) option(o option) {
	k, known := keywords[o.keyword]
	value, err := o.value()
	switch {
	case !known && slices.ContainsFunc(r.command.ignored, func(pattern string) bool {
		matches, _ := path.Match(strings.ToLower(pattern), o.keyword)
		return matches
	}):
	case !known:
		r.doubt(aboutWay, o.at, "%s in %s is no setting of ssh that is known here", settings.Quote(o.name), o.from)
	case k.effect == taken:
		r.take(o, k.about)
	case o.rest == "" && o.letter == 'o':
		r.doubt(aboutWay, o.at, "%s in %s has no value", o.name, o.from)
	case err == nil && k.harmlessValue(strings.ToLower(value)):
	case k.isFault(value, err):
		r.doubt(k.about, o.at, "%s in %s is not read", o.name, o.from)
	case k.effect == told:
		r.told(o, k)
	}
}

// told warns of a setting that is ignored.
func (r *reading) told(o option, k keyword) {
	what := ""
	if o.keyword == "stricthostkeychecking" {
		what = ": host keys are always checked"
	}
	r.a.warn(o.keyword, o.at, k.hint, "%s in %s is ignored%s", o.name, o.from, what)
}

// take takes a setting that says how the host is reached.
func (r *reading) take(o option, about question) {
	switch o.keyword {
	case "proxycommand":
		r.proxyCommand(settings.Text{V: strings.TrimLeft(o.rest, " \t="), Pos: o.at}, "the ProxyCommand in "+o.from)
		return
	case "proxyjump":
		r.proxyJump(o)
		return
	case "userknownhostsfile", "globalknownhostsfile":
		r.hostFiles(o)
		return
	}
	value, err := o.value()
	if err != nil {
		r.doubt(about, o.at, "%s: %v", o.from, err)
		return
	}
	text := settings.Text{V: value, Pos: o.at}
	switch o.keyword {
	case "port":
		r.port(text, "the port in "+o.from)
	case "user":
		first(&r.doc.User, text)
	case "identityfile", "identityfile2":
		r.key(text, o.from)
	case "-F":
		r.configFile(text, o.from)
	case "ignoreunknown":
		r.command.ignored = strings.Split(value, ",")
	case "certificatefile":
		first(&r.doc.Cert, text)
	case "identityagent":
		r.agent(text, o.from)
	case "hostkeyalias":
		text.V = strings.ToLower(value) // as ssh does
		first(&r.doc.KeyAlias, text)
	}
}

// agent takes the socket of the agent, or the variable of the environment that names it.
func (r *reading) agent(socket settings.Text, from string) {
	switch name, variable := strings.CutPrefix(socket.V, "$"); {
	case socket.V == "SSH_AUTH_SOCK":
		return
	case variable && !strings.HasPrefix(name, "{"):
		if socket.V = os.Getenv(name); socket.V == "" {
			socket.V = "none" // as for ssh: the agent is named, and it is not there
		}
	case strings.EqualFold(socket.V, "none"):
		socket.V = "none"
	}
	first(&r.doc.Agent, socket)
}

// first takes a value, unless an earlier one was given.
func first(into *settings.Text, value settings.Text) {
	if !into.Set() {
		*into = value
	}
}

// key takes a key. ssh offers each key that it is given, and this program one.
func (r *reading) key(file settings.Text, from string) {
	switch {
	case strings.EqualFold(file.V, "none"):
		r.doubt(aboutKey, file.Pos, "IdentityFile none in %s is not read", from)
	case r.doc.Identity.Set() && r.doc.Identity.V != file.V:
		r.a.warn("keys "+from, file.Pos, "say which one with aixmend_ssh: {identity: FILE}", "the key in %s is not tried: a host is shown one key, the first that is named", from)
	default:
		first(&r.doc.Identity, file)
	}
}

// configFile takes the ssh_config of the host. ssh finds it from the working folder, and
// expands nothing in its name.
func (r *reading) configFile(file settings.Text, from string) {
	if strings.EqualFold(file.V, "none") {
		file.V = "none"
	} else {
		if info, err := os.Stat(file.V); err != nil || info.IsDir() {
			r.doubt(aboutConfig, file.Pos, "the ssh_config %s in %s: %v", settings.Quote(file.V), from, cannotBeRead(file.V, err))
			return
		}
	}
	r.doc.Config = file // of several the last one wins
}

func cannotBeRead(path string, err error) error {
	switch {
	case err == nil:
		return errors.New("is a folder")
	case strings.HasPrefix(path, "~"):
		return errors.New("ssh expands no ~ there")
	}
	return plain.Cause(err)
}

// hostFiles takes the files of known host keys. Those of the user and those of the system
// are two settings of ssh, of which either leaves the other as it is.
func (r *reading) hostFiles(o option) {
	files, err := o.values()
	if err != nil {
		r.doubt(aboutTrust, o.at, "%s: %v", o.from, err)
		return
	}
	kept := realFiles(files)
	into := &r.command.userFiles
	if o.keyword == "globalknownhostsfile" {
		into = &r.command.systemFiles
		for _, file := range kept {
			if strings.HasPrefix(file, "~") || strings.ContainsAny(file, "%$") {
				r.doubt(aboutTrust, o.at, "%s in %s: ssh expands nothing in %s", o.name, o.from, settings.Quote(file))
				return
			}
		}
	}
	if len(kept) < len(files) {
		r.a.warn("known_hosts", o.at, "store the keys in known_hosts", "%s=%s in %s is ignored: host keys are always checked", o.name, files[slices.IndexFunc(files, isNoFile)], o.from)
	}
	if len(kept) == 0 || len(*into) > 0 {
		return
	}
	for _, file := range kept {
		*into = append(*into, settings.Text{V: file, Pos: o.at})
	}
	at := o.at
	user, system := r.command.userFiles, r.command.systemFiles
	if len(user) == 0 {
		user = []settings.Text{{V: "user", Pos: at}}
	}
	if len(system) == 0 {
		system = []settings.Text{{V: "system", Pos: at}}
	}
	r.doc.KnownHosts.List = slices.Concat(user, system)
}

// proxyJump takes a ProxyJump. ssh refuses a second -J, and one behind a ProxyCommand.
func (r *reading) proxyJump(o option) {
	if o.letter == 'J' && (r.command.letterJump || r.command.way) {
		r.doubt(aboutWay, o.at, "-J in %s comes behind another way, which ssh refuses", o.from)
		return
	}
	jump, err := sshtext.Jumps(strings.TrimLeft(o.rest, " \t="))
	switch {
	case err != nil:
		r.doubt(aboutWay, o.at, "ProxyJump in %s: %v", o.from, err)
	case !r.command.way:
		r.doc.Jump, r.command.noJump = settings.Text{V: jump, Pos: o.at}, jump == "none"
	}
	r.command.way, r.command.letterJump = true, r.command.letterJump || o.letter == 'J'
}

// proxyCommand takes a ProxyCommand that goes through a host by ssh. Another one is
// a fault: without it another machine may be reached, or none.
func (r *reading) proxyCommand(command settings.Text, whose string) {
	if none := strings.EqualFold(command.V, "none"); r.command.way {
		if r.command.noJump && !none { // it counts for ssh 9.2, against its manual
			r.doubt(aboutWay, command.Pos, "%s comes behind ProxyJump none, and may count or not", whose)
		}
		return
	}
	r.command.way = true
	if strings.EqualFold(command.V, "none") {
		r.doc.Jump = settings.Text{V: "none", Pos: command.Pos}
		return
	}
	through, err := throughSSH(command.V)
	if err != nil {
		r.doubt(aboutWay, command.Pos, "%s is not read: %v", whose, err)
		return
	}
	r.doc.Jump = settings.Text{V: through.jump, Pos: command.Pos}
	for i := range through.options {
		through.options[i].from, through.options[i].at = whose, command.Pos
	}
	for _, o := range through.ignored {
		o.from, o.at = whose, command.Pos
		r.told(o, keywords[o.keyword])
	}
	r.command.through, r.command.throughAt, r.command.throughFrom = through, command.Pos, whose
}

// port takes a port that is written as text or as a number.
func (r *reading) port(port settings.Text, name string) {
	if r.doc.Port.Set() {
		return
	}
	n, err := strconv.Atoi(port.V)
	if err != nil {
		r.doubt(aboutPort, port.Pos, "%s %s is not a whole number", name, settings.Quote(port.V))
		return
	}
	r.doc.Port = settings.Number{V: n, Pos: port.Pos}
}
