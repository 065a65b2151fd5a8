package aixsim

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"aixmend/transport/lab/sshtest"
)

// probeScript is a script such as a controller sends: n framed probes, about
// 10 KB at 45.
func probeScript(n int, nonce string) string {
	probes := []string{"/usr/bin/uname -s", "/usr/bin/oslevel -s", "/usr/bin/id -u", "/usr/bin/lslpp -Lcq 'rsct.*'", "/usr/bin/lssrc -s ctrmc",
		"for d in /usr/sbin/rsct/bin /opt/rsct/bin; do if [ -x $d/rmcdomainstatus ]; then $d/rmcdomainstatus -s ctrmc; break; fi; done", "/usr/sbin/ifconfig -a",
		"/usr/sbin/lsdev -Cc if -F name:status", "/usr/bin/netstat -in", "/usr/bin/head -n 1 /etc/ct_node_id", "/usr/bin/df -k /var /tmp",
		"/usr/bin/grep -n -e netaddr6 -e autoconf6 /etc/rc.tcpip", "/usr/bin/odmget -q name=cluster0 CuAt", "/usr/sbin/lspv", "/usr/bin/date -u +%Y%m%d%H%M%S"}
	var b strings.Builder
	b.WriteString("LC_ALL=C; export LC_ALL; LANG=C; export LANG; unset ODMDIR\n")
	for i := range n {
		fmt.Fprintf(&b, "printf '\\n%s %d begin\\n'; printf '\\n%s %d begin\\n' >&2\n{ %s; } </dev/null\nrc=$?\nprintf '\\n%s %d end %%d\\n' \"$rc\"; printf '\\n%s %d end\\n' >&2\n",
			nonce, i, nonce, i, probes[i%len(probes)], nonce, i, nonce, i)
	}
	return b.String()
}

// BenchmarkScript runs 45 framed probes in one script, without SSH.
func BenchmarkScript(b *testing.B) {
	h := NewHost(Healthy("aixvm1", 1), HostOptions{LogLimit: -1})
	defer h.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		script := probeScript(45, fmt.Sprintf("@@%016x", i))
		exit := h.ServeExec(context.Background(), &sshtest.Exec{User: "root", Command: script, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
		if exit != 0 {
			b.Fatal(exit)
		}
	}
	b.ReportMetric(float64(len(probeScript(45, "@@0123456789abcdef"))), "script-bytes")
}

// BenchmarkParse is the part of it that reads the script.
func BenchmarkParse(b *testing.B) {
	script := probeScript(45, "@@0123456789abcdef")
	for b.Loop() {
		if _, err := parse(script); err != nil {
			b.Fatal(err)
		}
	}
}
