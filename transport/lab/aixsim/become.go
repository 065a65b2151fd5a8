package aixsim

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Rights say whom a user of a host may become with one of its tools, see
// State.Become.
type Rights struct {
	Tool     string // sudo, dzdo, pbrun, su
	Variant  string
	Password string
	Rules    []string
	Host     string
	User     string
	Root     bool // the user is root already
}

// Rights returns the rights that a tool gives; false when it is not installed.
func (s *State) Rights(tool, user string, uid int) (Rights, bool) {
	r := Rights{Tool: tool, Variant: s.Become[tool], Password: s.Password, Rules: s.Sudoers, Host: s.Hostname, User: user, Root: uid == 0}
	if r.Variant == "" && tool == "sudo" {
		r.Variant = s.Sudo
	}
	if r.Variant == "" && tool == "su" {
		r.Variant = "password"
	}
	return r, r.Variant != ""
}

// BecomeIO is the input and output of a tool.
type BecomeIO struct {
	// Stdin is read a byte at a time: the bytes after the password are the
	// command's.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Resolve finds a command; "" is none.
	Resolve func(name string) string
	// Same lists the paths under which the same file can be called.
	Same func(name string) []string
}

// becoming is one call of a tool.
type becoming struct {
	Rights
	BecomeIO
	quiet   bool   // -n: ask nobody
	stdin   bool   // the password comes on standard input
	list    bool   // -l: tell whether it is allowed
	prompt  string // the prompt for a password
	command []string
	done    bool // nothing is to be run
}

// Call is a call of the tool with arguments. It returns the command to run as
// root; nil when nothing is, with the exit status. Words of the form NAME=VALUE
// may come first.
func (r Rights) Call(args []string, io BecomeIO) (command []string, exit int) {
	b := &becoming{Rights: r, BecomeIO: io}
	read := b.readSudo
	switch r.Tool {
	case "pbrun":
		read = b.readPbrun
	case "su":
		read = b.readSu
	}
	if usage := read(args); usage != "" {
		return nil, b.say("usage: %s %s", r.Tool, usage)
	}
	if b.done {
		return nil, 0
	}
	if b.list {
		return nil, b.answerList()
	}
	return b.decide()
}

// say turns the user away, or tells why: its value is the exit status.
func (b *becoming) say(format string, args ...any) int {
	fmt.Fprintf(b.Stderr, format+"\n", args...)
	return 1
}

// readSudo reads the arguments of sudo and dzdo; it returns the usage when
// they are not understood.
func (b *becoming) readSudo(args []string) string {
	const usage = "-h | -K | -k | -V\nusage: sudo [-nS] [-p prompt] [-u user] [VAR=value] {-l | -i | -s | command [arg ...]}"
	b.prompt = "Password:"
	f := getopt(args, "nSlp:u:g:kKHEPisbv")
	if f.bad != 0 {
		return usage
	}
	if u := f.last('u'); u != "" && u != "root" && u != "#0" {
		return usage
	}
	if f.has('p') {
		b.prompt = strings.NewReplacer("%u", b.User, "%p", b.User, "%U", "root", "%h", b.Host, "%H", b.Host, "%%", "%").Replace(f.last('p'))
	}
	b.quiet, b.stdin, b.list, b.command = f.has('n'), f.has('S'), f.has('l'), f.rest
	switch {
	case f.has('i'), f.has('s'):
		b.command = []string{"/usr/bin/ksh"}
		if len(f.rest) > 0 {
			b.command = append(b.command, "-c", strings.Join(f.rest, " "))
		}
	case len(f.rest) == 0 && (f.has('k') || f.has('K')):
		b.done = true
	case len(f.rest) == 0 && !b.list:
		return usage
	}
	return ""
}

// readPbrun reads the arguments of pbrun, which knows no -n, -l and -S (K).
func (b *becoming) readPbrun(args []string) string {
	const usage = "[-u user] [-h host] command [arg ...]"
	b.prompt, b.stdin = "Password:", true
	f := getopt(args, "u:h:")
	if f.bad != 0 || len(f.rest) == 0 || f.last('u') != "" && f.last('u') != "root" {
		return usage
	}
	b.command = f.rest
	return ""
}

// readSu reads su [-] [root] [-c SCRIPT...]: the arguments behind the name are
// the shell's.
func (b *becoming) readSu(args []string) string {
	b.prompt, b.stdin = "root's Password: ", true
	login := len(args) > 0 && args[0] == "-"
	if login {
		args = args[1:]
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if args[0] != "root" {
			return "[-] [root [-c command]]"
		}
		args = args[1:]
	}
	b.command = append([]string{"/usr/bin/ksh"}, args...)
	return ""
}

// plain is the command without the variables in front of it.
func plain(command []string) []string {
	i := 0
	for i < len(command) && strings.Contains(command[i], "=") && !strings.HasPrefix(command[i], "/") {
		i++
	}
	return command[i:]
}

// decide lets the command pass or turns it away.
func (b *becoming) decide() ([]string, int) {
	if b.Root {
		return b.command, 0
	}
	if b.Variant == "requiretty" {
		return nil, b.say("%s: sorry, you must have a tty to run %s", b.Tool, b.Tool)
	}
	name, words, ok := b.find()
	if !ok && b.Tool != "su" { // which looks for its shell when it knows who asks
		return nil, b.say("%s: %s: command not found", b.Tool, words[0])
	}
	allowed := b.allows(name, words[1:])
	if !b.trusted(allowed) && !b.authenticate() {
		return nil, 1
	}
	if !allowed {
		return nil, b.refuse(name, words[1:])
	}
	return b.command, 0
}

// find resolves the command, without the variables in front of it.
func (b *becoming) find() (name string, words []string, ok bool) {
	if words = plain(b.command); len(words) == 0 {
		return "", []string{""}, false
	}
	name = b.Resolve(words[0])
	return name, words, name != ""
}

// allows reports whether the user, once authenticated, may run a command.
func (b *becoming) allows(name string, args []string) bool {
	switch b.Variant {
	case "rules":
		return b.Tool != "su" && permitted(b.Rules, append(b.Same(name), name), args)
	case "nopasswd", "password":
		return true
	}
	return false
}

// trusted reports whether no password is asked for.
func (b *becoming) trusted(allowed bool) bool {
	switch b.Variant {
	case "nopasswd":
		return true
	case "rules":
		return allowed || b.Password == ""
	}
	return false
}

// refuse is the answer to a user who is known and may not do this.
func (b *becoming) refuse(name string, args []string) int {
	switch b.Tool {
	case "pbrun":
		return b.say("Request rejected by pbmasterd on %s.", b.Host)
	case "su":
		return b.say("3004-501 Cannot su to \"root\" : Authentication is denied.")
	}
	what := strings.Join(append([]string{name}, args...), " ")
	return b.say("Sorry, user %s is not allowed to execute '%s' as root on %s.", b.User, what, b.Host)
}

// tries is how often sudo asks.
const tries = 3

// authenticate asks for the password.
func (b *becoming) authenticate() bool {
	if b.quiet || !b.stdin {
		if !b.quiet {
			b.say("%s: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper", b.Tool)
		}
		b.say("%s: a password is required", b.Tool)
		return false
	}
	if b.Tool == "su" || b.Tool == "pbrun" {
		return b.askOnce()
	}
	for try := 0; try < tries; try++ {
		right, ended := b.ask()
		switch {
		case right:
			return true
		case ended:
			b.say("\n%s: no password was provided", b.Tool)
			b.attempts(try)
			return false
		}
		b.say("Sorry, try again.")
	}
	b.attempts(tries)
	return false
}

// attempts is sudo's last message.
func (b *becoming) attempts(n int) {
	switch n {
	case 0:
		b.say("%s: a password is required", b.Tool)
	case 1:
		b.say("%s: 1 incorrect password attempt", b.Tool)
	default:
		b.say("%s: %d incorrect password attempts", b.Tool, n)
	}
}

// askOnce is how su and pbrun ask.
func (b *becoming) askOnce() bool {
	if right, _ := b.ask(); right {
		return true
	}
	if b.Tool == "su" {
		b.say("3004-300 You entered an invalid login name or password.\n3004-501 Cannot su to \"root\" : Authentication is denied.")
	} else {
		b.say("Request rejected by pbmasterd on %s.", b.Host)
	}
	return false
}

// ask reads one password; ended tells that there was none.
func (b *becoming) ask() (right, ended bool) {
	fmt.Fprint(b.Stderr, b.prompt)
	line, eof := readLine(b.Stdin, true)
	if eof && line == "" {
		return false, true
	}
	return b.Variant != "denied" && b.Password != "" && strings.TrimSuffix(line, "\r") == b.Password, false
}

// answerList is sudo -l [COMMAND]: its path when it is allowed, else nothing.
func (b *becoming) answerList() int {
	name, words, ok := "", plain(b.command), true
	if len(words) > 0 {
		name, words, ok = b.find()
	}
	switch {
	case b.Variant == "requiretty" && !b.Root:
		return b.say("%s: sorry, you must have a tty to run %s", b.Tool, b.Tool)
	case !b.Root && !b.trusted(b.Variant == "rules") && !b.authenticate(): // listpw=any: one rule without a password is enough
		return 1
	case len(words) == 0:
		return b.listAll()
	case !ok:
		return b.say("%s: %s: command not found", b.Tool, words[0])
	case !b.Root && !b.allows(name, words[1:]):
		return 1
	}
	fmt.Fprintf(b.Stdout, "%s\n", strings.Join(append([]string{name}, words[1:]...), " "))
	return 0
}

// listAll is sudo -l.
func (b *becoming) listAll() int {
	rules := []string{"ALL"}
	tag := "NOPASSWD: "
	switch {
	case b.Root:
	case b.Variant == "rules":
		rules = slices.Clone(b.Rules)
	case b.Variant == "password":
		tag = ""
	}
	fmt.Fprintf(b.Stdout, "User %s may run the following commands on %s:\n    (root) %s%s\n", b.User, b.Host, tag, strings.Join(rules, ", "))
	return 0
}
