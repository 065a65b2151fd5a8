package ssh

import (
	"os"
	"syscall"
	"testing"

	"aixmend/transport"
)

// A file that does not fit on this machine is an error of this machine, and its part does
// not stay to fill the disk.
func TestDownloadOntoAFullDisk(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		if err := syscall.Mount("none", p.local, "tmpfs", 0, "size=2m"); err != nil {
			t.Skipf("no disk that can be filled: %v", err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(p.local, syscall.MNT_DETACH) })
		p.stock()
		files := p.files()
		_, err := files.Get(t.Context(), p.download())
		wantError(t, err, transport.KindFile, "download: "+p.far+"/to: ", "on this machine", "no space left")
		p.holds(p.local, nil)
		// The connection is as good as before.
		p.write(p.far+"/small", []byte("small"))
		down := p.download()
		down.From = p.far + "/small"
		if _, err := files.Get(t.Context(), down); err != nil {
			t.Error(err)
		}
		p.holds(p.local, map[string][]byte{"got": []byte("small")})
	})
}

// A sparse file of the host costs what it claims, and no more than the limit.
func TestSparseClaims(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		file, err := os.Create(p.far + "/to")
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Truncate(1 << 40); err != nil {
			t.Skipf("no sparse files: %v", err)
		}
		_ = file.Close()
		down := p.download()
		down.MaxBytes = mebi
		_, err = p.files().Get(t.Context(), down)
		wantError(t, err, transport.KindFile, "larger than the limit of 1048576 bytes: 1099511627776 bytes")
		p.holds(p.local, nil)
	})
}
