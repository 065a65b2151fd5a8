package aixsim

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSupportData(t *testing.T) {
	large := func(s *State) { s.CtsnapBytes, s.SnapBytes = 300<<10, 300<<10 }
	full := func(s *State) { large(s); s.mountOf("/tmp").FreeKB = 200 }
	user := func(s *State) { s.Unprivileged = true }
	const collected = "Do you want to remove it? (y/n) "
	const snap = "/usr/sbin/snap -gtkc >/dev/null </dev/null"
	runCases(t, []commandCase{
		{name: "ctsnap", command: "/opt/rsct/bin/ctsnap -x runrpttr > /dev/null && ls /tmp/ctsupt | cut -d. -f1,2,4-", out: "ctsnap.aixvm1.log\nctsnap.aixvm1.tar.gz\n"},
		{name: "ctsnap -d", change: large, command: "/usr/sbin/rsct/bin/ctsnap -d /var/tmp/a/b -x runrpttr > /dev/null && ls -l /var/tmp/a/b | grep -c ' 3[01][0-9][0-9][0-9][0-9] '", out: "1\n"},
		{name: "ctsnap without room", change: full, command: "/opt/rsct/bin/ctsnap -x runrpttr; ls /tmp/ctsupt | grep -c gz; cat /tmp/ctsupt/*.log", out: "0\nctsnap: collecting RSCT data of aixvm1\nctsnap: There is not enough space in the file system.\n",
			err: "There is not enough space"},
		{name: "ctsnap needs root", change: user, command: "/opt/rsct/bin/ctsnap -x runrpttr", exit: 1, err: "0403-027"},
		{name: "snap", command: snap + "; ls -p /tmp/ibmsupt", out: "general/\nkernel/\nsnap.pax.Z\ntcpip/\n"},
		{name: "snap -d in two steps", change: large, command: "mkdir -p /var/tmp/s; snap -gt -d /var/tmp/s >/dev/null; snap -c -d /var/tmp/s >/dev/null </dev/null; ls /var/tmp/s; ls -l /var/tmp/s | grep -c ' 3[01][0-9][0-9][0-9][0-9] '", out: "general\nsnap.pax.Z\ntcpip\n1\n"},
		{name: "snap asks where there is data: nobody there", command: snap + "; snap -gtkc </dev/null", exit: 1, has: []string{collected}, err: "left as it is"},
		{name: "no", command: snap + "; touch /tmp/ibmsupt/mine; snap -gtkc; ls /tmp/ibmsupt/mine", stdin: "n\n", has: []string{collected, "/tmp/ibmsupt/mine"}, err: "left as it is"},
		{name: "yes", command: snap + "; touch /tmp/ibmsupt/mine; snap -gtkc >/dev/null; ls /tmp/ibmsupt; cat", stdin: "y\nthe rest", out: "general\nkernel\nsnap.pax.Z\ntcpip\nthe rest"},
		{name: "snap -r", command: snap + "; snap -r; ls -d /tmp/ibmsupt; snap -r", out: "Nothing to clean up\n", err: "0653-341"},
		{name: "snap -c of nothing", command: "snap -c", exit: 1, has: []string{"********Checking"}, err: "nothing in /tmp/ibmsupt"},
		{name: "snap without room", change: full, command: snap + "; echo $?; ls /tmp/ibmsupt | grep -c Z", exit: 1, out: "1\n0\n", err: "There is not enough space"},
		{name: "snap needs root", change: user, command: "/usr/sbin/snap -gtkc </dev/null", exit: 1, err: "0403-027"},
	})
}

// TestSnapWaits: snap that asks holds its session until somebody answers, and
// nothing else.
func TestSnapWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := boot(t, Healthy("aixvm1", 1))
		m.wants("snap -gc >/dev/null")
		session, err := m.client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		in, err := session.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Start("snap -gc"); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- session.Wait() }()
		time.Sleep(time.Hour)
		select {
		case err := <-ended:
			t.Errorf("ended: %v", err)
		default:
		}
		m.wants("chdev -l en0 -a mtu=1400") // the state is free
		if _, err := io.WriteString(in, "y\n"); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestTarball: what ctsnap writes can be unpacked, and its size is as told.
func TestTarball(t *testing.T) {
	data := tarball("aixvm1", 5000)
	z, err := gzip.NewReader(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(z)
	h, err := archive.Next()
	if err != nil {
		t.Fatal(err)
	}
	inside, err := io.ReadAll(archive)
	if err != nil || h.Name != "ctsnap.aixvm1/noise" || string(inside) != string(noise("aixvm1", 5000)) || len(data) > 8000 {
		t.Errorf("%s: %d bytes of %d, %v", h.Name, len(inside), len(data), err)
	}
}
