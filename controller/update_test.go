package controller_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

const imagesFolder = "/usr/sys/inst.images"

// updating is a bench with one host whose RSCT is to be updated.
func updating(t *testing.T, illness string, change func(*aixsim.State)) (*bench, *controller.Engine) {
	t.Helper()
	b := newBench(t, illness)
	b.fleet.Host(illness).Mutate(func(s *aixsim.State) {
		s.Files[imagesFolder+"/.toc"] = aixsim.File{Content: "0 0000000000 2\n"}
		if change != nil {
			change(s)
		}
	})
	b.set = append(b.set, "images="+imagesFolder)
	e := b.engine(controller.Recover)
	e.Allowed = []string{"rsct-update"}
	return b, e
}

func level(s *aixsim.State) string {
	for _, f := range s.Filesets {
		if f.Name == "rsct.core.rmc" {
			return f.Level + " " + f.State
		}
	}
	return "absent"
}

// R5: RSCT below the minimum is updated from a folder on the host, applied and
// not committed, and what it blocked is mended after it.
func TestUpdateFromAFolder(t *testing.T) {
	t.Parallel()
	b, e := updating(t, "rsct-below-minimum", nil)
	h := b.runEngine(e)["rsct-below-minimum"]
	s := b.fleet.Host("rsct-below-minimum").Snapshot()
	if h.Outcome != outcome.Recovered || level(s) != "3.2.6.2 A" || !b.fleet.Host("rsct-below-minimum").Connected() {
		t.Fatalf("%s: %s; RSCT %s\n%v", h.Outcome, h.Reason, level(s), statuses(h))
	}
	if got := statuses(h); got[0] != "make-log-folder applied" || got[1] != "apply-update applied" {
		t.Errorf("changes %v: the preview and the check are none", got)
	}
	// A second time nothing is changed.
	sent := len(b.changed("rsct-below-minimum"))
	e = b.engine(controller.Recover)
	e.Allowed = []string{"rsct-update"}
	if h = b.runEngine(e)["rsct-below-minimum"]; len(h.Changes) > 0 || len(b.changed("rsct-below-minimum")) != sent {
		t.Errorf("a second recover: %s, %v", h.Outcome, statuses(h))
	}
}

// R5: a preview that fails blocks the rung; nothing has changed, and a person
// must act.
func TestUpdateBlockedByItsPreview(t *testing.T) {
	t.Parallel()
	b, e := updating(t, "rsct-update-blocked", nil)
	h := b.runEngine(e)["rsct-update-blocked"]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "preview-update") || len(h.Changes) > 0 {
		t.Errorf("%s: %s, %v", h.Outcome, h.Reason, statuses(h))
	}
	if got := b.changed("rsct-update-blocked"); len(got) > 0 {
		t.Errorf("changed by %q", got)
	}
}

// R5: images that can't be right are refused, and the reason says why.
func TestUpdateRefusesImages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*aixsim.State)
		want   string
	}{
		"older": {func(s *aixsim.State) {
			for i := range s.Images[imagesFolder] {
				s.Images[imagesFolder][i].Level = "3.1.4.0"
			}
		}, "installed is 3.1.5.0"},
		"foreign": {func(s *aixsim.State) {
			s.Images[imagesFolder] = []aixsim.Fileset{{Name: "bos.net.tcp.client", Level: "7.2.5.200", Type: "F"}}
		}, "rsct.core.rmc"},
		"no folder": {func(s *aixsim.State) {
			delete(s.Images, imagesFolder)
			delete(s.Files, imagesFolder+"/.toc")
		}, "images"},
		"no table of contents": {func(s *aixsim.State) {
			delete(s.Files, imagesFolder+"/.toc")
			s.Files[imagesFolder+"/readme"] = aixsim.File{Content: "x"}
		}, "table of contents"},
		"no room": {func(s *aixsim.State) { s.FileSystems = fullVar(s.FileSystems) }, "64 MB"},
		"live cluster": {func(s *aixsim.State) {
			s.Cluster.CAA, s.Cluster.Nodes = "prodcl", []string{"a", "b"}
		}, "cluster guard"},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := updating(t, "rsct-below-minimum", c.change)
			h := b.runEngine(e)["rsct-below-minimum"]
			if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, c.want) || len(h.Changes) > 0 {
				t.Errorf("%s: %s, %v", h.Outcome, h.Reason, statuses(h))
			}
			if got := level(b.fleet.Host("rsct-below-minimum").Snapshot()); got != "3.1.5.0 C" {
				t.Errorf("RSCT is at %s", got)
			}
		})
	}
}

func fullVar(list []aixsim.FileSystem) []aixsim.FileSystem {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Mount == "/var" {
			list[i].FreeKB = 100
		}
	}
	return list
}

// R5: an update that does not do what it should is rejected again.
func TestUpdateIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*aixsim.State){
		"exit 0 and the level stays":       func(s *aixsim.State) { s.Installp = "noop" },
		"lppchk complains":                 func(s *aixsim.State) { s.Installp = "inconsistent" },
		"out of space in the middle of it": func(s *aixsim.State) { s.Installp = "half" },
	} {
		t.Run(name, func(t *testing.T) {
			b, e := updating(t, "rsct-below-minimum", change)
			h := b.runEngine(e)["rsct-below-minimum"]
			s := b.fleet.Host("rsct-below-minimum").Snapshot()
			if h.Outcome != outcome.Failed || !strings.HasPrefix(level(s), "3.1.5.0") || strings.HasSuffix(level(s), "B") {
				t.Errorf("%s: %s; RSCT %s\n%v", h.Outcome, h.Reason, level(s), statuses(h))
			}
			if got := statuses(h); len(got) != 3 || got[0] != "make-log-folder applied" || got[1] != "apply-update undone" || !strings.HasPrefix(got[2], "apply-update-undo ") {
				t.Errorf("changes %v", got)
			}
		})
	}
}

// R5: images over NFS are mounted for the update and unmounted after it,
// whatever came of it.
func TestUpdateOverNFS(t *testing.T) {
	t.Parallel()
	for _, installp := range []string{"", "noop"} {
		b, _ := updating(t, "rsct-below-minimum", func(s *aixsim.State) {
			s.Exports = map[string][]aixsim.Fileset{"nim.example:/export/rsct": s.Images[imagesFolder]}
			s.Images, s.Installp = nil, installp
		})
		b.set = append(b.set, "images=nim.example:/export/rsct")
		e := b.engine(controller.Recover)
		e.Allowed = []string{"rsct-update"}
		h := b.runEngine(e)["rsct-below-minimum"]
		s := b.fleet.Host("rsct-below-minimum").Snapshot()
		want := map[string]outcome.Outcome{"": outcome.Recovered, "noop": outcome.Failed}[installp]
		if h.Outcome != want || len(s.Mounts) > 0 {
			t.Errorf("%q: %s: %s; mounts %v\n%v", installp, h.Outcome, h.Reason, s.Mounts, statuses(h))
		}
	}
}

// R5: images of this machine are uploaded, installed and removed again.
func TestUpdateByUpload(t *testing.T) {
	t.Parallel()
	b, _ := updating(t, "rsct-below-minimum", nil)
	host := b.fleet.Host("rsct-below-minimum")
	b.uploading(host)
	e := b.engine(controller.Recover)
	e.Allowed = []string{"rsct-update"}
	h := b.runEngine(e)["rsct-below-minimum"]
	s := host.Snapshot()
	if h.Outcome != outcome.Recovered || level(s) != "3.2.6.2 A" {
		t.Fatalf("%s: %s; RSCT %s\n%v", h.Outcome, h.Reason, level(s), statuses(h))
	}
	for name := range s.Files {
		if strings.HasPrefix(name, "/var/aixmend/images") {
			t.Errorf("%s was left behind", name)
		}
	}
	if !strings.Contains(h.Changes[1].Detail, "sha256") {
		t.Errorf("the upload does not say what it moved: %q", h.Changes[1].Detail)
	}
}

// uploading moves the images of a host into a folder here that is to be uploaded.
func (b *bench) uploading(host *aixsim.Host) {
	folder := b.t.TempDir()
	for _, f := range host.Snapshot().Images[imagesFolder] {
		must(b.t, os.WriteFile(filepath.Join(folder, aixsim.ImageName(f)), aixsim.ImageFile(f, []byte(strings.Repeat(f.Name, 1000))), 0o600))
	}
	host.Mutate(func(s *aixsim.State) { s.Images = nil })
	b.set = append(b.set, "images=", "upload="+folder)
	b.upload.Folder = folder
}

// R5, V5: a link that dies in an upload, or in the fetching of support data, is
// taken up again over a new connection, and what was moved is not moved again.
func TestTransferGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	b.use("support-data")
	began := map[string]int{}
	cut := false
	b.transferred = func(host, file string, done int64) {
		if done > 0 {
			return
		}
		if began[file]++; strings.HasSuffix(file, ".tar.gz") && !cut {
			cut = true
			b.fleet.Server(host).CloseConnections()
		}
	}
	h := b.run(controller.Recover)["healthy"]
	if h.Outcome != outcome.Healthy || !cut {
		t.Fatalf("%s: %s; cut %v", h.Outcome, h.Reason, cut)
	}
	checkSupport(t, b, h, "ctsnap", "snap.pax")
	for file, n := range began {
		if want := map[bool]int{true: 2, false: 1}[strings.HasSuffix(file, ".tar.gz")]; n != want {
			t.Errorf("%s was begun %d times", file, n)
		}
	}
	if got := strings.Count(strings.Join(statuses(h), " "), "collect-rsct-data"); got != 1 {
		t.Errorf("the data were collected %d times", got)
	}
}

// A warning is mended only where that is asked for and allowed.
func TestUpdateOfAWarning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allow []string
		mend  bool
		want  outcome.Outcome
	}{
		{nil, true, outcome.Degraded},
		{[]string{"rsct-update"}, false, outcome.Degraded},
		{[]string{"rsct-update"}, true, outcome.Recovered},
	} {
		b, e := updating(t, "rsct-below-recommended", func(s *aixsim.State) {
			s.Images = map[string][]aixsim.Fileset{imagesFolder: {{Name: "rsct.core.rmc", Level: "3.2.6.2", Type: "F", State: "A"}}}
		})
		e.Allowed, e.MendWarnings = c.allow, c.mend
		if h := b.runEngine(e)["rsct-below-recommended"]; h.Outcome != c.want {
			t.Errorf("%v %v: %s: %s", c.allow, c.mend, h.Outcome, h.Reason)
		}
	}
}
