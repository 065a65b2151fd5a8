package playbooks

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/playbooks/onhost"
	"aixmend/transport/lab/suite"
	"aixmend/transport/shell"
)

// What the printed rules grant, tried with the real sudo: the login can run what the
// playbook runs, and nothing else as root.

// sheets returns the rules of all embedded playbooks, for changes too or not.
func sheets(t *testing.T, changes bool) string {
	t.Helper()
	var b strings.Builder
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := p.Sudoers("ops", changes)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(text)
	}
	return b.String()
}

// attack is one call of sudo by the login.
type attack struct {
	words []string // behind sudo -n
	env   []string // the login's own, with PATH
	dir   string
}

func (a attack) String() string { return fmt.Sprintf("%q in %s with %q", a.words, a.dir, a.env) }

const (
	plainPath = "PATH=/usr/bin:/bin"
	ownPath   = "PATH=/home/ops/b:/usr/bin:/bin"
)

// evil are variables that make a program do something else.
var evil = []string{
	"LD_PRELOAD=/home/ops/b/evil.so", "LD_LIBRARY_PATH=/home/ops/b", "LD_AUDIT=/home/ops/b/evil.so", "LIBPATH=/home/ops/b", "SHLIB_PATH=/home/ops/b",
	"LDR_PRELOAD=/home/ops/b/evil.so", "LDR_PRELOAD64=/home/ops/b/evil.so", "LDR_CNTRL=MAXDATA=0", "MALLOCDEBUG=x", "ODMDIR=/home/ops", "ODMPATH=/home/ops", "ENV=/home/ops/b/env", "BASH_ENV=/home/ops/b/env",
	"SHELLOPTS=xtrace", "BASHOPTS=x", "PS4=$(helper)", "IFS=s", "CDPATH=/home/ops", "FPATH=/home/ops/b", "PERL5LIB=/home/ops/b", "PERL5OPT=-Mevil", "PERLLIB=/home/ops/b", "PYTHONPATH=/home/ops/b", "PYTHONSTARTUP=/home/ops/b/env",
	"TZ=/home/ops/b/zone", "TERMINFO=/home/ops/b", "TERMCAP=/home/ops/b", "TERMPATH=/home/ops/b", "NLSPATH=/home/ops/b/%N", "LOCPATH=/home/ops/b", "LC_ALL=/home/ops/b", "LANG=/home/ops/b", "LC_MESSAGES=../../home/ops/b", "LANGUAGE=/home/ops/b",
	"SUDO_EDITOR=/home/ops/b/helper", "VISUAL=/home/ops/b/helper", "EDITOR=/home/ops/b/helper", "PAGER=/home/ops/b/helper", "SUDO_ASKPASS=/home/ops/b/helper", "HOSTALIASES=/etc/shadow", "RES_OPTIONS=x", "RESOLV_HOST_CONF=/etc/shadow", "GCONV_PATH=/home/ops/b",
	"TMPDIR=/home/ops", "GREP_OPTIONS=-r", "GREP_COLORS=x", "LESSOPEN=|helper", "CT_MANAGEMENT_SCOPE=4", "CT_CONTACT=elsewhere", "CT_IP_AUTHENT=0", "HOME=/home/ops", "USER=nobody", "LOGNAME=nobody", "SHELL=/home/ops/b/helper", "MAIL=/home/ops/x",
	"BASH_FUNC_helper%%=() { echo OWNED; }", "CLUSTER_OVERRIDE=yes", "POSIXLY_CORRECT=1", "_=x", "EXTENDED_HISTORY=ON", "HISTFILE=/etc/motd",
}

// passes are the variables that a command may have: sudo's own, and two of the login's.
var passes = []string{"HOME", "LANG", "LC_ALL", "LOGNAME", "MAIL", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "SUDO_COMMAND", "SUDO_GID", "SUDO_HOME", "SUDO_UID", "SUDO_USER", "TERM", "USER", "_"}

// swapped returns a copy of words with one of them replaced.
func swapped(words []string, i int, by ...string) []string {
	return slices.Concat(words[:i], by, words[i+1:])
}

// variants are the attacks that are tried on each line of a sheet, and the others of which
// a share is.
func variants(g granted) (each, others []attack) {
	other := func(words ...string) {
		others = append(others, attack{words: words, env: []string{plainPath}, dir: "/home/ops/links"})
	}
	w, last := g.words, len(g.words)-1
	for i := range w {
		for _, end := range []string{"\t-r", "\n-r", "/../" + path.Base(w[i]), "x", " "} {
			other(swapped(w, i, w[i]+end)...)
		}
		if up := strings.ToUpper(w[i]); up != w[i] {
			other(swapped(w, i, up)...)
		}
		if strings.HasPrefix(w[i], "/") {
			other(swapped(w, i, "../../.."+w[i])...)
			other(swapped(w, i, "/"+w[i])...)
			other(swapped(w, i, "/usr/.."+w[i])...)
		}
		if i > 1 {
			other(slices.Concat(w[:i-1], []string{w[i-1] + " " + w[i]})...)          // the rest left out
			other(slices.Concat(w[:i-1], []string{w[i-1] + " " + w[i]}, w[i+1:])...) // two arguments as one
			other(slices.Concat(w[:i-1], []string{w[i], w[i-1]}, w[i+1:])...)        // the other way round
		}
	}
	for i := range w[last] {
		for _, by := range []string{"*", "?", "/", " ", "\n", "/../x", "777"} {
			other(swapped(w, last, w[last][:i]+by+w[last][i+1:])...)
		}
	}
	for _, more := range [][]string{{"/etc/shadow"}, {"-a", "-e", "/etc/motd", "all"}, {""}, {"\n/etc/shadow"}, {"*"}} {
		other(append(slices.Clone(w), more...)...)
	}
	other(slices.Insert(slices.Clone(w), 1, "-f")...)
	other(slices.Insert(slices.Clone(w), 1, "")...)
	other(w[:max(last, 1)]...) // the last argument left out
	base := path.Base(w[0])
	own := func(name, dir string) attack {
		return attack{slices.Concat([]string{name}, w[1:]), []string{ownPath}, dir}
	}
	others = append(others, own("./"+base, "/home/ops/b"), own("/home/ops/b/"+base, "/"))
	each = []attack{
		own(base, "/home/ops/b"),
		{append(slices.Clone(w), "-r"), []string{ownPath}, "/home/ops/b"},
		{swapped(w, last, w[last]+" -r"), []string{ownPath}, "/home/ops/b"},
		{swapped(w, last, w[last]+"/../../etc/shadow"), []string{ownPath}, "/home/ops/b"},
		{w, append([]string{ownPath}, evil...), "/home/ops/b"},
	}
	if last > 1 {
		each = append(each, attack{[]string{w[0], strings.Join(w[1:], " ")}, []string{ownPath}, "/home/ops/links"})
	}
	return each, others
}

// attacks are tried once.
func attacks() []attack {
	const lease, next, plan = "/etc/aixmend.lease", "/etc/aixmend.lease.next", "/etc/aixmend.plan.0123456789abcdef0123456789abcdef"
	long := onhost.NewLease("20261122T103000.123Z-3f9ac2", "aixprd01", "ops@ctl", "f01d.17", time.Unix(1e9, 0)).String()
	var list []attack
	for _, line := range []string{
		// what the rules of an older version let pass
		"/usr/sbin/entstat -d en0 -r", "/usr/bin/entstat -d en0 -r", "/usr/sbin/installp -Ld /home/ops -a -e /etc/motd all", "/usr/sbin/installp -Ld /home/ops",
		"/usr/bin/mv /var/adm/aixmend/support.x/../../../../home/ops/f /var/adm/aixmend/../../../etc/passwd", "/usr/bin/rm -r /var/adm/aixmend/support.x /etc/motd",
		"/usr/bin/rm -r /var/adm/aixmend/support.x/../../../../etc", "/usr/bin/cp -p /home/ops/f /etc/passwd", "/usr/bin/cp -p /etc/aixmend.x/../shadow /home/ops/s", "/usr/bin/ln -s x /etc/aixmend.lease -f /etc/passwd",
		"/usr/bin/ln -s /home/ops/f /etc/aixmend.lease", "/usr/bin/ln -s security /etc/aixmend.lease", "/usr/bin/ln -s run=x /etc/aixmend.plan.x/../../home/ops/y", "/usr/bin/lscfg -vpl ent0 -r", "/usr/sbin/lsattr -El en0 -a netaddr -F value -r",
		"/usr/sbin/lsattr -El hdisk0", "/usr/sbin/lsattr -El en100", "/usr/sbin/entstat -d en100", "/usr/sbin/lscfg -vpl ent100", "/usr/sbin/lscfg -vpl en0", "/usr/sbin/entstat -d en", "/usr/sbin/entstat -d en0/../x", "/usr/sbin/entstat -d enA",
		"/usr/bin/mkdir -m 700 /var/adm/aixmend", "/usr/sbin/chdev -l en0 -a state=down", "/usr/sbin/chdev -l inet0 -a route=x", "/usr/sbin/inutoc /var/adm/aixmend/images.x", "/usr/sbin/snap -gtkc -d /tmp", "/usr/sbin/rsct/install/bin/recfgct -n", "/usr/sbin/umount /var",
		"/usr/sbin/mount -o ro h:/x /etc", "/usr/bin/tr / .", "/usr/bin/chmod 4755 /bin/sh", "/usr/bin/odmdelete -o CuAt", "/usr/bin/odmadd /home/ops/x",
		// ways to a shell
		"/usr/bin/sh", "/usr/bin/sh -c id", "/bin/sh", "/bin/sh -c id", "/usr/bin/ksh", "/usr/bin/env", "/usr/bin/perl -e 1", "/usr/bin/vi /etc/passwd", "/usr/bin/su", "/usr/bin/su - root", "/usr/bin/sudo -n id", "/usr/sbin/visudo", "/home/ops/b/helper", "./helper", "helper",
		"-s", "-s id", "-i", "-i id", "-s /usr/bin/id -u", "-i /usr/bin/id -u", "-e /etc/passwd", "-e /etc/rc.tcpip", "sudoedit /etc/passwd", "sudoedit /usr/bin/id", "-A -s",
		// another user or group, another folder, another root folder
		"-u ops /usr/bin/id -u", "-u other /usr/bin/id -u", "-u #4712 /usr/bin/id -u", "-u #-1 /usr/bin/id -u", "-u #4294967295 /usr/bin/id -u", "-u other -s", "-g ops /usr/bin/id -u", "-g 0 /usr/bin/id -u", "-u other -g root /usr/bin/id -u",
		"-D /home/ops /usr/bin/id -u", "-D /home/ops /usr/bin/rm -f " + lease, "-D / /usr/bin/ls -p /var/ct", "-R /home/ops /usr/bin/id -u", "-R / -D / /usr/bin/id -u", "-C 9 /usr/bin/id -u", "-P /usr/bin/id -u", "-b /usr/bin/id -u -r", "-H /usr/bin/id -u x", "-T 1 /usr/bin/id -x",
		"-h elsewhere /usr/bin/id -u", "-U root -l", "-E /usr/bin/id -u", "-E /opt/rsct/bin/lsrpdomain", "--preserve-env=PATH /opt/rsct/bin/lsrpdomain", "--preserve-env=LD_PRELOAD /usr/bin/id -u", "-r x -t y /usr/bin/id -u",
		// more than one command, and what a shell would make of it
		"/usr/bin/id -u; id", "/usr/bin/id -u && id", "/usr/bin/id -u | /bin/sh", "/usr/bin/id -u `id`", "/usr/bin/id -u $(id)", "/usr/bin/id -u >/etc/motd", "/usr/bin/id -un", "/usr/bin/id -uu", "/usr/bin/id -u -", "/usr/bin/id", "/usr/bin/id --", "/usr/bin/id -u --",
		// reading and writing something else
		"/usr/bin/cat /etc/shadow", "/usr/bin/cat /etc/hosts /etc/shadow", "/usr/bin/cat /etc/hosts/../shadow", "/usr/bin/cat /etc/../etc/shadow", "/usr/bin/cat -", "/usr/bin/cat", "/usr/bin/cat -n /etc/hosts", "/usr/bin/cat /etc/host?", "/usr/bin/cat /etc/*",
		"/usr/bin/head -n 1 /etc/shadow", "/usr/bin/head -n 9 /etc/ct_node_id", "/usr/bin/tail -n 10 /etc/shadow", "/usr/bin/tail -f /etc/shadow", "/usr/bin/tail -c 200000 /var/log/cloud-init-output.log/../../../etc/shadow", "/usr/bin/grep -n -e . /etc/shadow", "/usr/bin/grep -f /etc/shadow /etc/rc.tcpip",
		"/usr/bin/grep -e : : :B: -e : : :[?]:", "/usr/bin/ls -p /", "/usr/bin/ls -ld /etc/shadow", "/usr/bin/ls -lR /", "/usr/bin/date -s 2000-01-01", "/usr/bin/date -u 0101000070", "/usr/bin/date -u -f /etc/shadow", "/usr/bin/hostname evil", "/usr/bin/df -k / /tmp", "/usr/bin/sleep 9999",
		"/usr/bin/bootlist -m normal hdisk9", "/usr/bin/bootlist -m normal -i", "/usr/bin/errpt -a -i /home/ops/x", "/usr/bin/errclear 0", "/usr/sbin/ifconfig en0 down", "/usr/sbin/ifconfig -a down", "/usr/bin/lslpp -R /home/ops -Lcq", "/usr/bin/netstat -in -Zi", "/usr/sbin/lspv -u", "/usr/bin/lssrc -h evil -s ctrmc", "/usr/bin/odmget -q x CuAt",
		"/usr/bin/stopsrc -s ctrmc", "/opt/rsct/bin/rmcctrl -d", "/opt/rsct/bin/rmcctrl -z -A", "/opt/rsct/bin/rmcctrl -k", "/opt/rsct/bin/rmcrefreshMD -s ctrmc -x", "/opt/rsct/bin/lsrpdomain -x",
		// the lease and the mark of a plan
		"/usr/bin/ln -s " + long + " /etc/passwd", "/usr/bin/ln -s " + long + " /home/ops/x", "/usr/bin/ln -s " + long + " " + lease + "/", "/usr/bin/ln -s " + long + "x " + lease, "/usr/bin/ln -s " + long[:20] + "/" + long[21:] + " " + lease, "/usr/bin/ln -sf " + long + " " + lease,
		"/usr/bin/ln " + long + " " + lease, "/usr/bin/ln -s " + long + " " + lease + " /tmp", "/usr/bin/ln -s -f " + long + " " + lease, "/usr/bin/ln -s run=x " + plan, "/usr/bin/ln -s " + long + " " + plan, "/usr/bin/ln -s run=20261122T103000.123Z-3f9ac2 " + plan + "0",
		"/usr/bin/ln -s run=20261122T103000.123Z-3f9ac2 " + plan[:len(plan)-1] + "/", "/usr/bin/ln -s run=20261122T103000.123Z/3f9ac2 " + plan, "/usr/bin/mv -f " + next + " /etc/passwd", "/usr/bin/mv -f /home/ops/f " + lease, "/usr/bin/mv " + next + " " + lease, "/usr/bin/mv -f " + lease + " " + next,
		"/usr/bin/rm -f /etc/motd", "/usr/bin/rm -rf " + lease, "/usr/bin/rm -f " + lease + " /etc/motd", "/usr/bin/rm -f " + lease + "/../motd", "/usr/bin/rm -f " + plan, "/usr/bin/rm -f /etc/aixmend.lease.nex?",
	} {
		list = append(list, attack{strings.Fields(line), []string{ownPath}, "/home/ops/b"})
	}
	for _, words := range [][]string{
		{"/usr/bin/hostname", ""}, {"/usr/sbin/lspv", ""}, {"/usr/sbin/entstat", "-d", "en0 -r"}, {"/usr/sbin/entstat", "-d en0", "-r"}, {"/usr/sbin/entstat", "-d", "en0\n-r"}, {"/usr/sbin/entstat", "-d", "en0\t-r"}, {"/usr/sbin/entstat", "-d", "en\n"},
		{"/usr/bin/id", "-u", ""}, {"/usr/bin/id", "", "-u"}, {"/usr/bin/id", " -u"}, {"/usr/bin/id", "-u "}, {"", "/usr/bin/id", "-u"}, {"/usr/bin/id -u"}, {"/usr/bin/id\n", "-u"}, {"--", "/usr/bin/id", "-x"}, {"/usr/bin/cat", "/etc/hosts", "\n/etc/shadow"}, {"/usr/bin/cat", "/etc/hosts\n/etc/shadow"},
		{"/usr/bin/grep", "-e", ":", ":", ":B:", "-e", ":", ":", ":[?]:"}, {"/usr/bin/grep", "-e", ": : :B:", "-e", ": : :[?]:"}, {"/usr/bin/ln", "-s", long + " " + lease}, {"/usr/bin/ln", "-s", long + " " + next}, {"/usr/bin/ln", "-s " + long, lease}, {"/usr/bin/ln", "-s", "run=20261122T103000.123Z-3f9ac2 " + plan},
	} {
		list = append(list, attack{words, []string{ownPath}, "/home/ops/links"})
	}
	for i := 4; i < len(long); i += 9 { // a target that leads elsewhere
		list = append(list, attack{[]string{"/usr/bin/ln", "-s", long[:i] + "/" + long[i+1:], lease}, []string{ownPath}, "/home/ops/b"},
			attack{[]string{"/usr/bin/ln", "-s", long[:i] + " " + long[i+1:], next}, []string{ownPath}, "/home/ops/b"})
	}
	for _, v := range append([]string{"PATH=/home/ops/b", "FOO=bar", "LC_ALL=C", "SUDO_USER=root"}, evil...) {
		list = append(list,
			attack{[]string{v, "/opt/rsct/bin/lsrpdomain"}, []string{plainPath}, "/home/ops/b"},
			attack{[]string{"/opt/rsct/bin/lsrpdomain"}, []string{v, ownPath}, "/home/ops/b"})
	}
	return list
}

// merges says why a command does no more where two of its arguments come as one, which
// sudo can't tell from two. A command that is not here runs in the test itself.
func merges() map[string]string {
	const reads = "it only reads, whatever its arguments are; of a blank it makes a wrong option or an unknown name"
	return map[string]string{
		"/usr/bin/entstat": "its options are single letters, of which -r and -t would change something: neither is among the characters of -d enN", "/usr/sbin/entstat": "the same",
		"/usr/bin/bootlist": "without a disk among its arguments it changes nothing", "/usr/bin/errpt": reads, "/usr/bin/lslpp": reads, "/usr/bin/lssrc": reads, "/usr/bin/odmget": reads,
		"/usr/sbin/lsattr": reads, "/usr/sbin/lscfg": reads, "/usr/sbin/lsdev": reads,
		"/opt/rsct/bin/rmcdomainstatus": reads, "/usr/sbin/rsct/bin/rmcdomainstatus": reads,
		"/opt/rsct/bin/rmcrefreshMD": "it refreshes, or does not", "/usr/sbin/rsct/bin/rmcrefreshMD": "the same",
	}
}

// hostileSite is a site that is careless with everything else.
const hostileSite = "Defaults setenv, !env_reset, !secure_path, closefrom_override, runcwd=*, runchroot=*\nDefaults env_keep += \"LD_PRELOAD ODMDIR PATH TZ ENV BASH_ENV FOO\"\nDefaults env_check += \"TZ FOO\""

// attacked returns a system in which the login has prepared what it can.
func attacked(t *testing.T, sheet string) *sudoRoot {
	t.Helper()
	r := newSudoRoot(t, hostileSite, sheet)
	own := "#!/bin/sh\necho OWNED as $(/real/id -u)\n"
	r.file("/home/ops/b/helper", own, 0o755)
	r.file("/home/ops/b/env", "echo OWNED\n", 0o755)
	r.file("/home/ops/f", "root::0:0::/:/bin/sh\n", 0o644)
	r.must(os.MkdirAll(r.dir+"/home/ops/links", 0o755))
	link := func(to, name string) {
		if name != "" && !strings.Contains(name, "/") && len(name) < 250 {
			if err := os.Symlink(to, filepath.Join(r.dir+"/home/ops/links", name)); err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
		}
	}
	for i, g := range grantedBy(sheet) { // each word, and each two that are next to each other
		for j, w := range g.words {
			link("/etc/shadow", w)
			if j > 1 {
				link("/etc/shadow", g.words[j-1]+" "+w)
			}
		}
		name := r.dir + "/home/ops/b/" + path.Base(g.words[0])
		if i%2 == 0 { // a link to the real one, or one of its own
			_ = os.Symlink(g.words[0], name)
		} else if _, err := os.Lstat(name); err != nil {
			r.file("/home/ops/b/"+path.Base(g.words[0]), own, 0o755)
		}
	}
	for _, name := range []string{":", ":B:", ":[?]:", "-e"} {
		link("/etc/shadow", name)
	}
	return r
}

func TestSudoersGrantNothingElse(t *testing.T) {
	t.Parallel()
	sheet := sheets(t, true)
	rules := grantedBy(sheet)
	r := attacked(t, sheet)
	byHand := attacks()
	list, others := slices.Clone(byHand), []attack{}
	seen := map[string]bool{}
	for _, g := range rules {
		if !seen[g.line] {
			seen[g.line] = true
			each, more := variants(g)
			list, others = append(list, each...), append(others, more...)
		}
	}
	for i := 0; i < len(others); i += suite.Rounds(29, 1) { // 29 has no factor in common with how they are made
		list = append(list, others[i])
	}
	before := r.tree()
	r.try(list)
	said, ran := r.judge(rules, list)
	for p, is := range r.tree() {
		if before[p] != is && !ourMarks.MatchString(p) {
			t.Errorf("%s is %s now, and was %q", p, is, before[p])
		}
	}
	for p := range before {
		if _, err := os.Lstat(r.dir + p); err != nil {
			t.Errorf("%s is gone", p)
		}
	}
	t.Logf("%d lines; %d attacks by hand, %d made of the lines; sudo refused %d, and ran %d commands that the playbooks run, %d of them with two arguments in one",
		len(seen), len(byHand), len(list)-len(byHand), said, ran[0], ran[1])
	if len(byHand) < 200 || len(list) < 1000 || ran[0] < len(seen) {
		t.Errorf("too few attacks: %d by hand, %d in all; %d commands ran", len(byHand), len(list), ran[0])
	}
}

// ourMarks matches what the login may make and remove: the lease, and marks of plans.
var ourMarks = regexp.MustCompile(`^/etc(/aixmend\.(lease|lease\.next|plan\.[0-9a-f]{32}))?$`)

// try runs attacks, several at a time.
func (r *sudoRoot) try(list []attack) {
	r.t.Helper()
	var group sync.WaitGroup
	next := make(chan int)
	for range 4 {
		group.Go(func() {
			for i := range next {
				a := list[i]
				out, errs := r.as(a.env, a.dir, slices.Concat([]string{"/usr/bin/sudo", "-n"}, a.words)...)
				if strings.Contains(out+errs, secretText) || strings.Contains(out+errs, "OWNED") {
					r.t.Errorf("%s: %s%s", a, out, errs)
				}
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	group.Wait()
}

// judge checks what ran as root: only what the rules say, with an environment of sudo's
// own. It returns how many calls were refused, and how many ran and how many of those
// had two arguments in one.
func (r *sudoRoot) judge(rules []granted, list []attack) (refused int, ran [2]int) {
	r.t.Helper()
	for _, c := range r.calls() {
		ran[0]++
		joined := strings.Join(c.words, "\x1f")
		exact := func(g granted) bool { return g.exact.MatchString(joined) }
		merged := func(g granted) bool {
			return g.exact.MatchString(strings.ReplaceAll(joined, " ", "\x1f")) && len(c.words) < len(g.words)
		}
		_, isReal := os.Stat(r.dir + "/real/" + path.Base(c.words[0]))
		switch why := merges()[c.words[0]]; {
		case slices.ContainsFunc(rules, exact):
		case slices.ContainsFunc(rules, merged) && (isReal == nil || why != ""):
			ran[1]++
		case slices.ContainsFunc(rules, merged):
			r.t.Errorf("the login ran %q as root: two arguments in one; if that is harmless, say why in merges", c.words)
		default:
			r.t.Errorf("the login ran %q as root", c.words)
		}
		for name := range c.env {
			if !slices.Contains(passes, name) {
				r.t.Errorf("%q ran with %s=%s", c.words, name, c.env[name])
			}
		}
		if p := c.env["PATH"]; p != "/usr/bin:/usr/sbin:/bin:/sbin:/etc" || strings.Contains(c.env["LC_ALL"]+c.env["LANG"], "/") {
			r.t.Errorf("%q ran with %v", c.words, c.env)
		}
		if target := c.words[min(2, len(c.words)-1)]; path.Base(c.words[0]) == "ln" && len(c.words) == 4 && (!strings.HasPrefix(target, "run=") || strings.ContainsAny(target, "/ ")) {
			r.t.Errorf("a link leads to %q", target)
		}
		if name := path.Base(c.words[0]); slices.Contains([]string{"ln", "mv", "rm"}, name) && c.dir != "/etc" {
			r.t.Errorf("%q ran in %s", c.words, c.dir)
		}
	}
	return len(list) - ran[0], ran
}

// The rules for audit grant nothing of what those for recover grant.
func TestSudoersForAuditChangeNothing(t *testing.T) {
	t.Parallel()
	audit := grantedBy(sheets(t, false))
	r := attacked(t, sheets(t, false))
	var list []attack
	for _, g := range grantedBy(sheets(t, true)) {
		if !slices.ContainsFunc(audit, func(a granted) bool { return a.line == g.line }) {
			r.file(g.words[0], standIn, 0o755)
			list = append(list, attack{g.words, []string{plainPath}, "/"})
		}
	}
	r.try(list)
	if calls := r.calls(); len(calls) > 0 || len(list) < 10 {
		t.Errorf("of %d changing commands it ran %v", len(list), calls)
	}
}

// Whatever the login does with the lines of the lease, in whatever order: it makes links
// of the lease and of plans in /etc, and nothing else anywhere.
func TestSudoersOfTheLeasePlantNothing(t *testing.T) {
	t.Parallel()
	sheet := sheets(t, true)
	r := attacked(t, sheet)
	var list []attack
	for _, g := range grantedBy(sheet) {
		if strings.Contains(g.line, "/etc/aixmend.") {
			w := g.words
			list = append(list, attack{w, []string{plainPath}, "/home/ops/links"})
			for i := 2; i < len(w); i++ {
				list = append(list, attack{slices.Concat(w[:i-1], []string{w[i-1] + " " + w[i]}, w[i+1:]), []string{plainPath}, "/home/ops/links"}, attack{w, []string{plainPath}, "/"})
			}
		}
	}
	before := r.tree()
	for i := range 2 * len(list) {
		r.try([]attack{list[i*7%len(list)]})
		for p, is := range r.tree() {
			if before[p] != is && !ourMarks.MatchString(p) {
				t.Fatalf("after %s: %s is %s, and was %q", list[i*7%len(list)], p, is, before[p])
			}
		}
	}
	if len(list) < 10 {
		t.Errorf("only %d calls", len(list))
	}
}

// sent is a text that a host gets.
type sent struct{ what, text string }

// notGranted are the probes that no rule can allow; the sheet names them.
var notGranted = []string{"images", "unsound"}

// sentBy returns the texts that audit sends, and recover for the rungs that are granted.
func sentBy(p *Playbook) []sent {
	var list []sent
	for _, probe := range slices.Concat(p.Playbook.Probes, p.Playbook.Capture.Probes) {
		if !probe.Login && !slices.Contains(notGranted, probe.ID) {
			list = append(list, sent{"probe " + probe.ID, probe.Run.V})
		}
	}
	for _, f := range p.Playbook.Capture.Files {
		list = append(list, sent{"file " + f.Path, "if [ ! -f '" + f.Path + "' ]; then exit 44; fi; /usr/bin/cat '" + f.Path + "'"})
	}
	for _, rung := range p.Playbook.Rungs {
		if rung.ID != "refresh" && rung.ID != "recycle" {
			continue
		}
		for _, step := range rung.Steps {
			list = append(list, sent{"step " + step.ID, step.Run.V})
			if !strings.HasPrefix(step.Undo.V, "none") {
				list = append(list, sent{"undo of " + step.ID, step.Undo.V})
			}
		}
	}
	var all []sent
	for _, bin := range []string{"/opt/rsct/bin", "/usr/sbin/rsct/bin"} {
		for _, x := range list {
			x.text = strings.NewReplacer("{{ rsct_paths.bin }}", bin, "{{ rsct_paths.refresh_md }}", bin+"/rmcrefreshMD", "{{ run }}", "20261122T103000.123Z-3f9ac2").Replace(x.text)
			all = append(all, x)
		}
	}
	return all
}

// ownTexts are the texts about the lease and the plan, in an order in which each command
// runs.
func ownTexts() []sent {
	lease := func(run, host, owner, process string) onhost.Lease {
		return onhost.NewLease(run, host, owner, process, time.Unix(1e9, 0))
	}
	const run, plan = "20261122T103000.123Z-3f9ac2", "0123456789abcdef0123456789abcdef"
	a := lease(run, "a", "ops@ctl", "f01d2b3c4d5e.01234567")
	b := lease(run, strings.Repeat("host-", 40), strings.Repeat("owner@", 40), strings.Repeat("process.", 40))
	c := lease(run, "", "", "")
	return []sent{
		{"taking the lease", onhost.LeaseTakeCommand(a)}, {"renewing it", onhost.LeaseReplaceCommand(a, b)}, {"replacing one that is gone", onhost.LeaseReplaceCommand(a, c)},
		{"giving it back", onhost.LeaseReleaseCommand(b)}, {"taking it again", onhost.LeaseTakeCommand(c)}, {"giving it back again", onhost.LeaseReleaseCommand(c)},
		{"the mark of a plan", onhost.MarkAppliedCommand(plan, run)}, {"the mark once more", onhost.MarkAppliedCommand(plan, run)},
	}
}

// asRoot is what aixmend_root does, and notes what sudo refuses. A command that is not
// there is none of sudo's business.
const asRoot = `exec 3>&2
root() {
	[ -f "$1" ] || return 127
	sudo -n -l "$@" >/dev/null 2>&1 </dev/null || printf 'refused: %s\n' "$*" >&3
	sudo -n "$@"
}
`

// What audit sends, and recover for the rungs that are granted, sudo lets pass: the very
// texts, run by the login in a shell. And each line is there for one of them.
func TestSudoersGrantWhatIsSent(t *testing.T) {
	t.Parallel()
	sheet := sheets(t, true)
	r := newSudoRoot(t, "", sheet)
	r.file("/answer/usr/sbin/lsdev", "en0\nen7\nen10\nen42\nent0\nent12\nlo0\n", 0o644)
	for _, bin := range []string{"/opt/rsct/bin", "/usr/sbin/rsct/bin"} {
		r.file("/answer"+bin+"/rmcdomainstatus", "  i A 0x1 1 x\n", 0o644)
	}
	for _, file := range []string{
		"/smit.log", "/smit.script", "/etc/ct_node_id", "/var/ct/cfg/ct_node_id", "/var/ct/cfg/current_cluster", "/var/adm/ras/bosinstlog", "/var/adm/ras/alt_disk_inst.log",
		"/etc/objrepos/HACMPcluster", "/var/log/cloud-init-output.log", "/etc/resolv.conf", "/etc/ntp.conf",
	} {
		r.file(file, "x\n", 0o644)
	}
	var texts []sent
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range sentBy(p) {
			if !slices.ContainsFunc(texts, func(y sent) bool { return x.text == y.text }) {
				texts = append(texts, x)
			}
		}
	}
	texts = append(texts, ownTexts()...)
	for round, now := range []struct {
		change func()
		texts  string // those with this word are sent again
	}{
		{func() {}, ""},
		{func() { r.must(os.RemoveAll(r.dir + "/usr/sbin/rsct")) }, "rsct"},
		{func() { r.must(os.Remove(r.dir + "/usr/sbin/entstat")) }, "entstat"},
		{func() { r.file("/usr/bin/lssrc", strings.Replace(standIn, "exit 0", "exit 1", 1), 0o755) }, "lssrc"},
	} {
		now.change()
		for _, x := range texts {
			if !strings.Contains(x.text, now.texts) {
				continue
			}
			split := shell.Split(x.text)
			if split.Whole() != "" {
				t.Errorf("%s: %s", x.what, split.Whole())
				continue
			}
			_, said := r.as([]string{plainPath, "LC_ALL=C"}, "/", "/bin/sh", "-c", asRoot+"( "+split.Prefixed("root")+"\n) 2>/dev/null")
			if said != "" {
				t.Errorf("round %d, %s: %s", round, x.what, said)
			}
		}
	}
	ran := r.calls()
	for _, g := range grantedBy(sheet) {
		if !slices.ContainsFunc(ran, func(c call) bool { return g.exact.MatchString(strings.Join(c.words, "\x1f")) }) {
			t.Errorf("no text sends %s", g.line)
		}
	}
	t.Logf("%d texts, %d commands", len(texts), len(ran))
}

// A site may want a terminal for everybody: not for these commands.
func TestSudoersWithoutATerminal(t *testing.T) {
	t.Parallel()
	r := newSudoRoot(t, "Defaults requiretty", sheets(t, true))
	for _, words := range [][]string{{"/usr/bin/id", "-u"}, {"/usr/bin/rm", "-f", "/etc/aixmend.lease"}} {
		if _, said := r.as(nil, "/", append([]string{"/usr/bin/sudo", "-n"}, words...)...); said != "" || len(r.calls()) != 1 {
			t.Errorf("%q: %s", words, said)
		}
	}
}
