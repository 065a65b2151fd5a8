package outage

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"aixmend/controller/journal/durable"
)

// Changes that were not synced may be lost in each way, and those that were are there.
func TestLosses(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(d durable.Disk, dir string) error
		lost  Kind // -1: nothing can be lost
	}{
		{"a name that was not synced", func(d durable.Disk, dir string) error {
			return d.WriteUnsynced(dir+"/a", durable.Bytes([]byte("text")))
		}, Nothing},
		{"content that was not synced", func(d durable.Disk, dir string) error {
			if err := d.WriteUnsynced(dir+"/a", durable.Bytes([]byte("text"))); err != nil {
				return err
			}
			return d.SyncDir(dir)
		}, Nothing},
		{"a name that came before its content", func(d durable.Disk, dir string) error { return d.New(dir+"/a", []byte("text")) }, Names},
		{"a folder above that was not synced", func(d durable.Disk, dir string) error {
			if err := d.MkdirAll(dir + "/new"); err != nil {
				return err
			}
			return d.Write(dir+"/new/a", []byte("text"))
		}, Nothing},
		{"an old name again", func(d durable.Disk, dir string) error {
			if err := d.Write(dir+"/b", []byte("text")); err != nil {
				return err
			}
			return d.Rename(dir+"/b", dir+"/a")
		}, Nothing},
		{"nothing of what was synced", func(d durable.Disk, dir string) error { return d.Write(dir+"/a", []byte("text")) }, -1},
		{"nothing of a folder that was", func(d durable.Disk, dir string) error {
			if err := d.MakeFolder(dir + "/new"); err != nil {
				return err
			}
			return d.Write(dir+"/new/a", []byte("text"))
		}, -1},
		{"nothing of lines that were", func(d durable.Disk, dir string) error {
			if err := d.Append(dir+"/a", []byte("te")); err != nil {
				return err
			}
			return d.Append(dir+"/a", []byte("text"))
		}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, root := &Recorder{}, t.TempDir()
			if err := c.write(durable.Watched(rec, true), root); err != nil {
				t.Fatal(err)
			}
			rec.Claim(func(state string) error {
				for _, at := range []string{"a", "new/a"} {
					if text, _ := os.ReadFile(filepath.Join(state, at)); string(text) == "text" {
						return nil
					}
				}
				return fmt.Errorf("it is lost")
			})
			for kind := Nothing; kind < Some+50; kind++ {
				err := rec.Make(t.TempDir(), root, rec.Moments()-1, kind)
				if (kind == Everything || c.lost < 0) && err != nil || kind == c.lost && err == nil {
					t.Errorf("%s: %v", kind, err)
				}
			}
		})
	}
}
