package aixsim

import (
	"testing"
	"testing/synctest"
	"time"
)

// as is a host where an ordinary user has a tool.
func as(tool, variant string) func(*State) {
	return func(s *State) {
		s.Unprivileged, s.Password = true, "s3cret pass"
		s.Become = map[string]string{tool: variant}
	}
}

// ruled is a host with rules, and a password that the user has.
func ruled(tool, password string) func(*State) {
	return func(s *State) {
		as(tool, "rules")(s)
		s.Password = password
		s.Sudoers = []string{"/usr/bin/id -u", "/usr/bin/cat /etc/hosts", `/usr/bin/whoami ""`, "/usr/sbin/chdev -l en1 -a *"}
	}
}

func TestSudo(t *testing.T) {
	const required = "sudo: a password is required"
	const refused = "Sorry, user root is not allowed to execute '/usr/bin/id' as root on aixvm1."
	runCases(t, []commandCase{
		{name: "Become is as good as Sudo", change: as("sudo", "nopasswd"), command: "sudo -n id -u; sudo id -u", out: "0\n0\n"},
		{name: "a variable comes along", change: as("sudo", "nopasswd"), command: "sudo -n A=1 B=2 /usr/bin/sh -c 'echo $A$B'", out: "12\n"},
		{name: "the environment does not", change: as("sudo", "nopasswd"), command: "A=1; export A; sudo -n /usr/bin/sh -c 'echo -$A-$SSH_CONNECTION-$SUDO_USER-$HOME'", out: "---root-/\n"},
		{name: "password, nobody to ask", change: as("sudo", "password"), command: "sudo -n id -u", exit: 1, err: required + "\n"},
		{name: "no terminal", change: as("sudo", "password"), command: "sudo id -u", exit: 1, err: "sudo: a terminal is required to read the password; either use the -S option"},
		{name: "password on standard input", change: as("sudo", "password"), command: "sudo -S id -u", stdin: "s3cret pass\n", out: "0\n", err: "Password:"},
		{name: "what follows it is the command's", change: as("sudo", "password"), command: "sudo -S -p 'pw of %u on %h: ' /usr/bin/sh -s", stdin: "s3cret pass\nid -u\nread x\ny\necho \"<$x>\"\n", out: "0\n<y>\n", err: "pw of root on aixvm1: "},
		{name: "no prompt", change: as("sudo", "password"), command: "sudo -S -p '' id -u", stdin: "s3cret pass\n", out: "0\n"},
		{name: "with a carriage return", change: as("sudo", "password"), command: "sudo -S -p '' id -u", stdin: "s3cret pass\r\n", out: "0\n"},
		{name: "wrong", change: as("sudo", "password"), command: "sudo -S -p '' id -u", stdin: "wrong\n", exit: 1, err: "Sorry, try again.\n\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n"},
		{name: "wrong, then right", change: as("sudo", "password"), command: "sudo -S -p '' id -u", stdin: "wrong\ns3cret pass\n", out: "0\n", err: "Sorry, try again.\n"},
		{name: "wrong three times", change: as("sudo", "password"), command: "sudo -S -p '' id -u; cat", stdin: "a\nb\nc\ns3cret pass\n", out: "s3cret pass\n", err: "sudo: 3 incorrect password attempts"},
		{name: "none", change: as("sudo", "password"), command: "sudo -S -p '' id -u </dev/null", exit: 1, err: "sudo: no password was provided\n" + required},
		{name: "a password that nobody knows", change: func(s *State) { as("sudo", "password")(s); s.Password = "" }, command: "sudo -S -p '' id -u", stdin: "\n\n\n", exit: 1, err: "3 incorrect"},
		{name: "denied takes none", change: as("sudo", "denied"), command: "sudo -S -p '' id -u", stdin: "s3cret pass\n", exit: 1, err: "Sorry, try again."},
		{name: "requiretty", change: as("sudo", "requiretty"), command: "sudo -n id -u; sudo -n -l", exit: 1, err: "sudo: sorry, you must have a tty to run sudo"},
		{name: "root needs nothing", change: func(s *State) { s.Sudo = "denied" }, command: "sudo -n id -u", out: "0\n"},
		{name: "no command", change: as("sudo", "nopasswd"), command: "sudo -n", exit: 1, err: "usage: sudo"},
		{name: "no such command", change: as("sudo", "nopasswd"), command: "sudo -n nosuch", exit: 1, err: "sudo: nosuch: command not found"},
		{name: "another user", change: as("sudo", "nopasswd"), command: "sudo -n -u ops id -u", exit: 1, err: "usage: sudo"},
		{name: "rules let pass", change: ruled("sudo", ""), command: "sudo -n id -u; sudo -n /usr/bin/cat /etc/hosts | head -n 1; sudo -n whoami; sudo -n -- chdev -l en1 -a mtu=1400 -P",
			out: "0\n127.0.0.1 loopback localhost\nroot\nen1 changed\n"},
		{name: "rules refuse", change: ruled("sudo", ""), command: "sudo -n id", exit: 1, err: refused},
		{name: "a path by another way", change: ruled("sudo", ""), command: "cd /usr; sudo -n bin/../bin/id -u; sudo -n /usr/bin/cat /etc/hosts /etc/passwd", exit: 1, out: "0\n", err: "'/usr/bin/cat /etc/hosts /etc/passwd'"},
		{name: "who has a password is asked first", change: ruled("sudo", "pw"), command: "sudo -n id -u; sudo -n id", exit: 1, out: "0\n", err: required},
		{name: "and refused then", change: ruled("sudo", "pw"), command: "sudo -S -p '' id", stdin: "pw\n", exit: 1, err: refused},
		{name: "-l of what is allowed", change: ruled("sudo", "pw"), command: "sudo -n -l id -u; sudo -nl /usr/sbin/chdev -l en1 -a 'a b'", out: "/usr/bin/id -u\n/usr/sbin/chdev -l en1 -a a b\n"},
		{name: "-l of what is not says nothing", change: ruled("sudo", "pw"), command: "sudo -n -l id", exit: 1, out: nothing},
		{name: "-l", change: ruled("sudo", "pw"), command: "sudo -n -l", has: []string{"User root may run the following commands on aixvm1:\n    (root) NOPASSWD: /usr/bin/id -u, /usr/bin/cat /etc/hosts"}},
		{name: "-l wants a password where all do", change: as("sudo", "password"), command: "sudo -S -p '' -l id; sudo -n -l id", stdin: "s3cret pass\n", exit: 1, out: "/usr/bin/id\n", err: required},
		{name: "-k", change: as("sudo", "denied"), command: "sudo -k; echo $?", out: "0\n"},
		{name: "-i", change: as("sudo", "nopasswd"), command: "sudo -n -i id -u", out: "0\n"},
		{name: "not installed", change: func(s *State) { s.Become = map[string]string{"dzdo": "nopasswd"} }, command: "sudo -n id", exit: 127, err: "not found"},
		{name: "by a behaviour", change: func(s *State) {
			as("sudo", "nopasswd")(s)
			s.behave("sudo", Behaviour{Exit: 1, Stderr: "sudo: unable to resolve host\n"})
		}, command: "sudo -n id", exit: 1, err: "unable to resolve"},
	})
}

func TestOtherToolsToBecomeRoot(t *testing.T) {
	const login = "3004-300 You entered an invalid login name or password."
	runCases(t, []commandCase{
		{name: "dzdo", change: as("dzdo", "nopasswd"), command: "/usr/bin/dzdo -n id -u; dzdo -n -l id", out: "0\n/usr/bin/id\n"},
		{name: "dzdo asks", change: as("dzdo", "password"), command: "dzdo -n id -u; dzdo -S -p '' id -u", stdin: "s3cret pass\n", out: "0\n", err: "dzdo: a password is required"},
		{name: "dzdo rules", change: ruled("dzdo", ""), command: "dzdo -n id -u; dzdo -n id", exit: 1, out: "0\n", err: "Sorry, user root is not allowed to execute '/usr/bin/id'"},
		{name: "pbrun", change: as("pbrun", "nopasswd"), command: "/usr/local/bin/pbrun id -u; /usr/local/bin/pbrun -u root /usr/bin/sh -c 'id -u'", out: "0\n0\n"},
		{name: "pbrun is not on the path", change: as("pbrun", "nopasswd"), command: "pbrun id -u", exit: 127, err: "not found"},
		{name: "pbrun knows no -n", change: as("pbrun", "nopasswd"), command: "/usr/local/bin/pbrun -n id; /usr/local/bin/pbrun -l id; /usr/local/bin/pbrun -S id", exit: 1, err: "usage: pbrun"},
		{name: "pbrun rules", change: ruled("pbrun", ""), command: "/usr/local/bin/pbrun id -u; /usr/local/bin/pbrun id", exit: 1, out: "0\n", err: "Request rejected by pbmasterd on aixvm1."},
		{name: "pbrun asks", change: as("pbrun", "password"), command: "/usr/local/bin/pbrun id -u; /usr/local/bin/pbrun id -u", stdin: "s3cret pass\nwrong\n", exit: 1, out: "0\n", err: "Password:Password:Request rejected"},
		{name: "su", change: as("su", "password"), command: "/usr/bin/su root -c 'id -u; read x; echo $x'", stdin: "s3cret pass\nmore\n", out: "0\nmore\n", err: "root's Password: "},
		{name: "su -", change: as("su", "password"), command: "A=1; export A; /usr/bin/su - root -c 'id -u; echo -$A$HOME'; su root -c 'echo $A'", stdin: "s3cret pass\ns3cret pass\n", out: "0\n-/\n1\n", err: "root's Password: "},
		{name: "su without a command reads one", change: as("su", "password"), command: "su", stdin: "s3cret pass\nid -u\n", out: "0\n", err: "root's Password: "},
		{name: "su is on every AIX, and nobody knows the password", change: func(s *State) { s.Unprivileged = true }, command: "/usr/bin/su root -c id", stdin: "\n", exit: 1, err: login},
		{name: "su, wrong", change: as("su", "password"), command: "su root -c id; cat", stdin: "wrong\ns3cret pass\n", out: "s3cret pass\n", err: login + "\n3004-501 Cannot su to \"root\""},
		{name: "su of root", command: "su root -c 'id -u'", out: "0\n"},
		{name: "su knows root only", change: as("su", "nopasswd"), command: "su ops -c id", exit: 1, err: "usage: su"},
		{name: "no rules for su", change: ruled("su", ""), command: "su root -c id", exit: 1, err: "3004-501"},
	})
}

// TestPasswordIsNowhere: it is in no log and in no state but where it was.
func TestPasswordIsNowhere(t *testing.T) {
	s := Healthy("aixvm1", 1)
	as("sudo", "password")(s)
	m := boot(t, s)
	m.feed("sudo -S -p '' /usr/sbin/chdev -l en1 -a mtu=1400", "s3cret pass\n")
	for _, entry := range m.host.Log() {
		for _, word := range entry.Argv {
			if word == s.Password {
				t.Errorf("%q", entry.Argv)
			}
		}
	}
	if got := m.host.Snapshot().NICs[1].Attrs.MTU; got != "1400" {
		t.Errorf("mtu %q", got)
	}
}

// TestPasswordPromptWaits: without an answer the session hangs.
func TestPasswordPromptWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Healthy("aixvm1", 1)
		as("su", "password")(s)
		m := boot(t, s)
		session, err := m.client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		in, err := session.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Start("/usr/bin/su root -c id"); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- session.Wait() }()
		time.Sleep(time.Hour)
		if len(ended) > 0 {
			t.Error("it did not wait")
		}
		in.Close()
		if err := <-ended; err == nil {
			t.Error("let in without a password")
		}
	})
}
