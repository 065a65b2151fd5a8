package ssh

import (
	"testing"
	"time"

	"aixmend/transport"
)

func TestZZTurns(t *testing.T) {
	p := &depot{rig: openSSH(t, "Subsystem sftp internal-sftp\nMaxSessions 2"), far: t.TempDir(), local: t.TempDir()}
	p.from = p.file("from", "bytes")
	conn := p.dial()
	files := conn.(transport.Files)
	timed := func(what string, f func() error) {
		began := time.Now()
		if err := f(); err != nil {
			t.Fatal(what, err)
		}
		if d := time.Since(began); d > 900*time.Millisecond {
			t.Logf("%s: %s", what, d)
		}
	}
	for range 60 {
		timed("put", func() error { _, err := files.Put(t.Context(), p.upload()); return err })
		timed("run", func() error {
			_, err := conn.Run(t.Context(), []transport.Command{probe("p", "echo x")})
			return err
		})
		timed("get", func() error { _, err := files.Get(t.Context(), p.download()); return err })
	}
}
