package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/cmd/aixmend/simulated"
)

// benchAliases is how many hosts the sshd plays.
const benchAliases = 50

// BenchmarkSSHD runs the same twelve commands on the system's sshd on loopback, which
// plays fifty hosts: by batch, by aixmend with parsing, findings and reports, and by
// what else is installed of pdsh, clush and ansible, in turn.
func BenchmarkSSHD(b *testing.B) {
	if tool("sshd") == "" || tool("ssh-keygen") == "" {
		b.Skip("sshd is not installed: apt-get install openssh-server")
	}
	var all results
	b.Run("hosts=50", func(b *testing.B) {
		world := newBenchWorld(b)
		clients := world.clients(b)
		rows := make([]measured, len(clients))
		for b.Loop() {
			for i, c := range clients {
				rows[i].add(measure(b, c.command()))
				world.hangUp()
			}
		}
		for i, c := range clients {
			rows[i].tool, rows[i].fleetSize = c.name, fleetSize{0, benchAliases, benchAliases}
			if i > 0 {
				rows[i].floor = &rows[0]
				b.ReportMetric(ratio(&rows[i], rows[i].floor, wallOf), "x-batch/"+strings.ReplaceAll(c.name, " ", "-"))
			}
		}
		all.rows = rows
	})
	all.print(os.Stdout)
}

// benchClient is one program to be measured.
type benchClient struct {
	name    string
	command func() *exec.Cmd
}

// benchWorld is a folder with an sshd and what the clients need to reach it.
type benchWorld struct{ dir, user string }

func (w *benchWorld) path(name string) string { return filepath.Join(w.dir, name) }

func newBenchWorld(b *testing.B) *benchWorld {
	b.Helper()
	me, err := user.Current()
	noError(b, err)
	w := &benchWorld{dir: b.TempDir(), user: me.Username}
	for _, key := range []string{"host", "id_ed25519"} {
		noError(b, output(tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", w.path(key)))
	}
	port := w.serve(b)
	public, err := os.ReadFile(w.path("host.pub"))
	noError(b, err)
	inventory := strings.Replace(simulated.InventoryHead, "user: root", "user: "+w.user, 1)
	config := fmt.Sprintf("Host bench*\nPort %d\nUser %s\nIdentityFile %s\nIdentitiesOnly yes\nUserKnownHostsFile %s\n", port, w.user, w.path("id_ed25519"), w.path("known_hosts"))
	var addresses, names, known strings.Builder
	for i := range benchAliases {
		name, address := fmt.Sprintf("bench%02d", i), benchAddress(i)
		inventory += fmt.Sprintf("  %s: {address: %q, ssh: {port: %d}}\n", name, address, port)
		config += fmt.Sprintf("Host %s\nHostName %s\n", name, address)
		fmt.Fprintf(&addresses, "%s:%d\n", address, port)
		fmt.Fprintln(&names, name)
		fmt.Fprintf(&known, "[%s]:%d %s", address, port, public)
	}
	for name, text := range map[string]string{
		"inventory.yaml": inventory,
		"known_hosts":    known.String(),
		"addresses":      addresses.String(),
		"ansible.hosts":  names.String(),
		"ssh_config":     config,
		"playbook.yaml":  benchPlaybook(),
		"tasks.yaml":     benchTasks(),
	} {
		noError(b, os.WriteFile(w.path(name), []byte(text), 0o600))
	}
	return w
}

// listeners is how many addresses an sshd listens on: it takes sixteen at most.
const listeners = 16

// serve starts sshds that listen on an address of loopback for each host, and
// returns their port.
func (w *benchWorld) serve(b *testing.B) int {
	b.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	noError(b, err)
	port := free.Addr().(*net.TCPAddr).Port
	noError(b, free.Close())
	for first := 0; first < benchAliases; first += listeners {
		config := fmt.Sprintf("Port %d\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPidFile none\n"+
			"PermitRootLogin prohibit-password\nPasswordAuthentication no\nMaxStartups 1000\n", port, w.path("host"), w.path("id_ed25519.pub"))
		for i := first; i < min(first+listeners, benchAliases); i++ {
			config += "ListenAddress " + benchAddress(i) + "\n"
		}
		name := w.path(fmt.Sprintf("sshd_config.%d", first))
		noError(b, os.WriteFile(name, []byte(config), 0o600))
		w.start(b, name, fmt.Sprintf("%s:%d", benchAddress(first), port))
	}
	return port
}

func benchAddress(i int) string { return fmt.Sprintf("127.0.0.%d", i+1) }

// start starts an sshd and waits until it answers.
func (w *benchWorld) start(b *testing.B, config, address string) {
	b.Helper()
	log, err := os.Create(config + ".log")
	noError(b, err)
	server := exec.Command(tool("sshd"), "-D", "-e", "-f", config)
	server.Stderr = log
	noError(b, server.Start())
	b.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = log.Close()
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); ; <-tick.C {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(log.Name())
			b.Fatalf("sshd does not answer: %v\n%s", err, text)
		}
	}
}

// clients are those that are installed, batch first.
func (w *benchWorld) clients(b *testing.B) []benchClient {
	b.Helper()
	c := fmt.Sprint(benchAliases)
	names := fmt.Sprintf("bench[00-%02d]", benchAliases-1)
	list := []benchClient{
		{"batch", func() *exec.Cmd { return command(b, w.dir, "benchbatch", w.dir, w.user, c) }},
		{"aixmend audit", func() *exec.Cmd {
			return command(b, w.dir, "benchaixmend", "audit", "-i", w.path("inventory.yaml"), "-c", c,
				"--playbook", w.path("playbook.yaml"), "--state", filepath.Join(b.TempDir(), "state"), "--connect-timeout", "60s")
		}},
	}
	other := func(name, program string, env []string, args ...string) {
		path := tool(program)
		if path == "" {
			fmt.Printf("%s is not installed, and is left out\n", program)
			return
		}
		list = append(list, benchClient{name, func() *exec.Cmd {
			c := exec.Command(path, args...)
			c.Env, c.Dir = append(os.Environ(), env...), w.dir
			return c
		}})
	}
	config := "-F " + w.path("ssh_config")
	ansible := []string{"ANSIBLE_SSH_ARGS=" + config + " -o ControlMaster=auto -o ControlPersist=60s", "ANSIBLE_SSH_CONTROL_PATH_DIR=" + w.path("cp"), "ANSIBLE_LOCAL_TEMP=" + w.path("tmp")}
	other("pdsh, one script", "pdsh", []string{"PDSH_SSH_ARGS_APPEND=" + config}, "-R", "ssh", "-f", c, "-w", names, batchScript())
	other("clush, one script", "clush", nil, "-q", "-o", config, "-f", c, "-w", names, batchScript())
	other("ansible, one raw task", "ansible", ansible, "all", "-i", w.path("ansible.hosts"), "-f", c, "-m", "raw", "-a", batchScript())
	other("ansible, twelve raw tasks", "ansible-playbook", ansible, "-i", w.path("ansible.hosts"), "-f", c, w.path("tasks.yaml"))
	return list
}

// hangUp ends the connections that ansible leaves open.
func (w *benchWorld) hangUp() {
	sockets, _ := filepath.Glob(w.path("cp/*")) // the pattern is good
	for _, socket := range sockets {
		_ = exec.Command(tool("ssh"), "-o", "ControlPath="+socket, "-O", "exit", "any").Run()
	}
}

// benchPlaybook reads the twelve commands; what is one word is parsed and judged.
func benchPlaybook() string {
	var b strings.Builder
	b.WriteString("apiVersion: aixmend/v1\nname: bench\ntitle: Twelve commands\nabout: Twelve commands that every system has.\n" +
		"params:\n  probe_timeout: {type: duration, default: 30s, about: how long one probe may take}\nprobes:\n")
	words := map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true, 8: true, 10: true}
	for i, c := range benchCommands {
		fmt.Fprintf(&b, "  - {id: p%d, run: %q%s}\n", i, c, map[bool]string{true: ", parse: word"}[words[i]])
	}
	b.WriteString("findings:\n")
	for i := range benchCommands {
		if words[i] {
			fmt.Fprintf(&b, "  - {id: odd-%d, severity: warning, when: 'p%d.text == \"odd\"', title: 'it says {{ p%[2]d.text }}', evidence: ['it says {{ p%[2]d.text }}'], remedy: none, source: bench}\n", i, i)
		}
	}
	return b.String()
}

// benchTasks is the same for ansible.
func benchTasks() string {
	var b strings.Builder
	b.WriteString("- hosts: all\n  gather_facts: false\n  tasks:\n")
	for i, c := range benchCommands {
		fmt.Fprintf(&b, "    - {name: p%d, raw: %q}\n", i, c)
	}
	return b.String()
}

// The playbook of the benchmark is one: only make bench would find that it is not.
func TestBenchPlaybook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.yaml")
	write(t, path, benchPlaybook())
	if s := call(t, nil, "playbook", "check", path); s.code != 0 {
		t.Errorf("exit %d: %s", s.code, s.err)
	}
}
