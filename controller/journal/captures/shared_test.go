package captures

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/controller/journal/durable"
	"aixmend/controller/journal/outage"
	"aixmend/controller/outcome"
)

// slow is a recorder of a disk on which a shared sync takes its time.
type slow struct{ *outage.Recorder }

func (s slow) Syncing(path string, shared bool) (synced func()) {
	if shared {
		time.Sleep(time.Millisecond) // of the bubble: it ends when all others wait
	}
	return s.Recorder.Syncing(path, shared)
}

// once is how often the name of the folder of captures is synced.
const once = 1

// keepAll keeps a capture of each of 100 hosts at one time, and returns the number of syncs.
func keepAll(t *testing.T, oneByOne bool) (all, shared int) {
	t.Helper()
	const hosts = 100
	rec, root := &outage.Recorder{}, t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "captures"), durable.DirMode); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		f := On(durable.Watched(slow{rec}, oneByOne), root)
		var wait sync.WaitGroup
		for i := range hosts {
			wait.Go(func() {
				c := outcome.Capture{Schema: outcome.CaptureSchema, Host: fmt.Sprint("aix", i), ID: "c1"}
				where, err := f.Keep(c, captured())
				if err == nil {
					err = f.Check(where)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	})
	return rec.Syncs()
}

// Hosts that end together share their syncs: two rounds, and the first host of each alone. Far
// apart they take two each.
func TestCapturesShareSyncs(t *testing.T) {
	all, shared := keepAll(t, false)
	if shared == 0 {
		t.Skip("this file system can't be synced as a whole")
	}
	if all != shared+once || all > 4+once {
		t.Errorf("%d syncs, %d of them shared, for 100 hosts", all, shared)
	}
}

// Where nothing is shared, each file and each folder is synced once, and no file twice.
func TestCapturesSyncOneByOne(t *testing.T) {
	files, folders := len(captured())+2, 6 // with capture.json and the manifest; captures, the host's, its own, files, files/etc, probes
	if all, shared := keepAll(t, true); shared != 0 || all != once+100*(files+folders+1) {
		t.Errorf("%d syncs, %d of them shared, want %d a host and %d", all, shared, files+folders+1, once)
	}
}

// A capture that can't be kept leaves nothing behind, wherever it failed.
func TestNothingIsLeftOfAFailedCapture(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"before the files are synced": func(dir string) error { return os.Remove(filepath.Join(dir, "probes", "empty")) },
		"before it counts":            func(dir string) error { return os.Remove(filepath.Join(dir, pending)) },
		"after it counts":             func(dir string) error { return os.WriteFile(filepath.Join(dir, "capture.json"), nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "captures", "aixprd01", "c1")
			rec := &breaking{Recorder: &outage.Recorder{}, now: name, hit: func() error { return spoil(dir) }}
			where, err := On(durable.Watched(rec, true), root).Keep(outcome.Capture{Host: "aixprd01", ID: "c1"}, captured())
			if err == nil || rec.err != nil {
				t.Errorf("kept %s: %v", where, rec.err)
			}
			if _, err := os.Lstat(dir); !os.IsNotExist(err) {
				t.Errorf("its folder: %v", err)
			}
		})
	}
}

// breaking breaks something in the middle of a capture.
type breaking struct {
	*outage.Recorder
	now string
	hit func() error
	err error
}

func (b *breaking) Syncing(path string, shared bool) (synced func()) {
	first := filepath.Base(path) == "capture.json"
	if first && b.now != "after it counts" {
		b.err = b.hit()
	}
	return b.Recorder.Syncing(path, shared)
}

func (b *breaking) Changing(do func() (durable.Change, bool)) {
	b.Recorder.Changing(func() (durable.Change, bool) {
		c, made := do()
		if b.now == "after it counts" && c.Do == durable.Renamed {
			b.err = b.hit()
		}
		return c, made
	})
}
