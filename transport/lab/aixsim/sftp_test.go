package aixsim

import (
	"io"
	"testing"

	"github.com/pkg/sftp"
)

// TestSFTP moves files into and out of the simulated host.
func TestSFTP(t *testing.T) {
	m := boot(t, Healthy("aixvm1", 1))
	c, err := sftp.NewClient(m.client)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w, err := c.Create("/tmp/image")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := m.wants("cat /tmp/image"); got != "content" {
		t.Errorf("on the host: %q", got)
	}
	r, err := c.Open("/etc/ct_node_id")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != nodeIDFile(NodeID(1)) {
		t.Errorf("read %q, %v", got, err)
	}
	r.Close()
	if err := c.Rename("/tmp/image", "/tmp/image2"); err != nil {
		t.Error(err)
	}
	if err := c.Remove("/tmp/image2"); err != nil {
		t.Error(err)
	}
	if list, err := c.ReadDir("/tmp"); err != nil || len(list) != 0 {
		t.Errorf("left in /tmp: %v, %v", list, err)
	}
	if _, err := c.Stat("/nosuch"); err == nil {
		t.Error("found a file that is none")
	}
}
