//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

const (
	imagesFolder = "/usr/sys/inst.images"
	nfsImages    = "nim.example:/export/rsct"
	broughtTo    = "/var/aixmend/images*" // what is brought to a host
)

// imageFiles are images as installp reads them from a disk, by name.
func imageFiles(filesets []aixsim.Fileset) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range filesets {
		files[aixsim.ImageName(f)] = aixsim.ImageFile(f, bytes.Repeat([]byte(f.Name+"\x00\xff\n"), 10000))
	}
	return files
}

// startUpdating starts a host whose RSCT is to be updated from files in a folder
// of its own, with the table of contents that inutoc makes.
func (lab *sshLab) startUpdating(t *testing.T, name string, o hostOptions) *sshHost {
	t.Helper()
	change := o.change
	o.change = func(s *aixsim.State) {
		if change != nil {
			change(s)
		}
		for name, data := range imageFiles(s.Images[imagesFolder]) {
			s.Files[imagesFolder+"/"+name] = aixsim.File{Content: string(data)}
		}
		s.Images = nil
	}
	if o.illness == "" {
		o.illness = "rsct-below-minimum"
	}
	h := lab.start(t, name, o)
	if len(h.there(t, imagesFolder)) > 0 {
		h.standin(t, "/usr/sbin/inutoc", imagesFolder)
	}
	return h
}

// updating are the arguments of a recover that may update RSCT.
func updating(set ...string) []string {
	args := []string{"recover", "--yes", "--allow", "rsct-update", "--set", "wait=8s"}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	return args
}

// updated fails the test unless the host's RSCT is at the images' level, applied
// and not committed, and RMC is connected.
func (d *desk) updated(h *sshHost) {
	d.t.Helper()
	report := d.report(h.name)
	if h.level(d.t) != "3.2.6.2 A" || !h.connected(d.t) || report.Outcome != outcome.Recovered {
		d.t.Errorf("%s: RSCT is at %s, connected %v; %s: %s\n%v", h.name, h.level(d.t), h.connected(d.t), report.Outcome, report.Reason, statuses(report))
	}
	if said := h.standin(d.t, "/usr/bin/lppchk", "-v"); said != "" {
		d.t.Errorf("%s: lppchk says %s", h.name, said)
	}
}

// R5 from a folder on the host; once more, nothing is left to do.
func testSSHUpdate(t *testing.T, lab *sshLab) {
	h := lab.startUpdating(t, "folder", hostOptions{})
	d := lab.sit(t, rows("host_ed25519", h)...)
	if got := h.level(t); got != "3.1.5.0 C" || h.connected(t) {
		t.Fatalf("RSCT is at %s already, connected %v", got, h.connected(t))
	}
	d.run(updating("images=" + imagesFolder)...).exits(0)
	d.updated(h)
	settled := h.tree(t)
	d.run(updating("images=" + imagesFolder)...).exits(0)
	if diff := cmp.Diff(settled, h.tree(t)); diff != "" || len(d.report("folder").Changes) > 0 {
		t.Errorf("the second time: %v (-before +after)\n%s", statuses(d.report("folder")), diff)
	}
}

// R5 over NFS: what is mounted is unmounted, whatever came of it. Where that
// can't be, the report says what is left.
func testSSHUpdateNFS(t *testing.T, lab *sshLab) {
	export := func(installp, from string) hostOptions {
		return hostOptions{change: func(s *aixsim.State) {
			s.Exports = map[string][]aixsim.Fileset{from: s.Images[imagesFolder]}
			s.Images, s.Installp = nil, installp
		}}
	}
	good := lab.startUpdating(t, "good", export("", nfsImages))
	noop := lab.startUpdating(t, "noop", export("noop", nfsImages))
	denied := lab.startUpdating(t, "denied", export("", "nim.example:/export/other"))
	o := export("", nfsImages)
	strip := o.change
	o.change = func(s *aixsim.State) {
		strip(s)
		s.Behaviours = map[string]aixsim.Behaviour{"umount": {Exit: 1, Stderr: "umount: 0506-349 Cannot unmount: The requested resource is busy.\n"}}
	}
	busy := lab.startUpdating(t, "busy", o)
	d := lab.sit(t, rows("host_ed25519", good, noop, denied, busy)...)
	d.run(updating("images=" + nfsImages)...).exits(3)
	d.updated(good)
	for _, h := range []*sshHost{noop, denied} {
		if report := d.report(h.name); report.Outcome != outcome.Failed || h.level(t) != "3.1.5.0 C" {
			t.Errorf("%s: RSCT is at %s; %s: %s", h.name, h.level(t), report.Outcome, report.Reason)
		}
	}
	if reason := d.report("denied").Reason; !strings.Contains(reason, "access denied") {
		t.Errorf("denied: %s", reason)
	}
	d.updated(busy)
	if said := finding(d.report("busy"), "left-behind"); len(busy.now(t).Mounts) != 1 || !strings.Contains(said, "/usr/sbin/umount "+busy.now(t).Mounts[0].Point) {
		t.Errorf("busy: mounted %v; left-behind: %q", busy.now(t).Mounts, said)
	}
	for _, h := range []*sshHost{good, noop, denied} {
		mounted := strings.Contains(strings.Join(h.effects(t), "\n"), "mount "+nfsImages)
		if left := h.there(t, broughtTo); len(h.now(t).Mounts)+len(left) > 0 || mounted == (h == denied) {
			t.Errorf("%s: mounted %v, and now %v; left behind: %q", h.name, mounted, h.now(t).Mounts, left)
		}
	}
}

// uploading are the ways in which images get onto a host. They are removed,
// whatever came of the update.
var uploading = map[string]struct {
	sshd     string // its SFTP
	noisy    bool   // who logs in is told a lot, over SFTP too
	ssh      string // of the inventory
	via      string
	installp string
}{
	"internal": {sshd: internalSFTP, via: "sftp"},
	"program":  {sshd: "Subsystem sftp " + sftpServer() + "\n", via: "sftp"},
	"without":  {via: "exec"},
	"nowhere":  {sshd: "Subsystem sftp /usr/lib/no-sftp-server\n", via: "exec"},
	"noisy":    {sshd: internalSFTP, noisy: true, via: "exec"},
	"sudo":     {sshd: internalSFTP, ssh: ", user: ops, become: sudo", via: "exec"},
	"vain":     {sshd: internalSFTP, via: "sftp", installp: "noop"},
}

const internalSFTP = "Subsystem sftp internal-sftp\n"

// R5 by upload: over the SFTP that is in sshd, over the program, and where there
// is neither, or none that works, over commands.
func testSSHUpdateUpload(t *testing.T, lab *sshLab) {
	var list []row
	var images map[string][]byte
	hosts, stored := map[string]*sshHost{}, map[string]*calls{}
	for name, c := range uploading {
		o := hostOptions{change: func(s *aixsim.State) {
			images = imageFiles(s.Images[imagesFolder])
			s.Images, s.Installp = nil, c.installp
		}}
		if c.noisy {
			o = noisy(o)
		}
		o.sshd += c.sshd
		hosts[name] = lab.startUpdating(t, name, o)
		stored[name] = hosts[name].storedAtUpdate(t)
		list = append(list, row{sshHost: hosts[name], key: "host_rsa", ssh: c.ssh})
	}
	d := lab.sit(t, list...)
	for name, data := range images {
		noError(t, writeMode(filepath.Join(d.dir, "rsct", name), data, 0o644))
	}
	d.run(updating("upload=rsct")...).exits(3) // one is in vain
	for name, h := range hosts {
		t.Run(name, func(t *testing.T) {
			if name == "program" && sftpServer() == "" {
				leaveOut(t, "OpenSSH's sftp-server is not installed: apt-get install openssh-sftp-server")
			}
			if name == "sudo" && nosuid(t, lab.dir) {
				leaveOut(t, noSetUID)
			}
			at := *d
			at.t = t
			at.uploaded(h, images, stored[name].all())
		})
	}
}

// storedAtUpdate notes name and hash of the images that lie on the host when
// they are installed.
func (h *sshHost) storedAtUpdate(t *testing.T) *calls {
	t.Helper()
	seen := new(calls)
	h.watch(t, "/usr/sbin/installp", func(done bool, args string) bool {
		if done || !strings.HasPrefix(args, "-agXY ") {
			return true
		}
		files, err := filepath.Glob(h.path(broughtTo + "/*.U"))
		for _, name := range files {
			data, failed := os.ReadFile(name)
			err = errors.Join(err, failed)
			seen.add(fmt.Sprintf("%s %x", filepath.Base(name), sha256.Sum256(data)))
		}
		if err != nil {
			t.Errorf("%s: %v", h.name, err)
		}
		return true
	})
	return seen
}

// uploaded fails the test unless the report and the host agree on what was
// uploaded, on how, and on what became of it.
func (d *desk) uploaded(h *sshHost, images map[string][]byte, stored []string) {
	d.t.Helper()
	c, report := uploading[h.name], d.report(h.name)
	details := ""
	for _, c := range report.Changes {
		if c.Step == "upload-images" {
			details += c.Detail
		}
	}
	for name, data := range images {
		sum := fmt.Sprintf("%x", sha256.Sum256(data))
		if want := fmt.Sprintf("%s, %d bytes, sha256 %s, over %s", name, len(data), sum, c.via); !strings.Contains(details, want) {
			d.t.Errorf("the report lacks %q: %s", want, details)
		}
		if !slices.Contains(stored, name+" "+sum) {
			d.t.Errorf("%s with sha256 %s was not on the host when it was installed: %q", name, sum, stored)
		}
	}
	if left := h.there(d.t, broughtTo); len(left) > 0 || len(stored) != len(images) {
		d.t.Errorf("left behind: %q; there were %q", left, stored)
	}
	if c.installp == "" {
		d.updated(h)
	} else if h.level(d.t) != "3.1.5.0 C" || report.Outcome != outcome.Failed {
		d.t.Errorf("RSCT is at %s; %s: %s", h.level(d.t), report.Outcome, report.Reason)
	}
}

// R5: an upload whose link dies goes on over a new connection, over SFTP and over
// commands.
func testSSHUpdateUploadLinkDies(t *testing.T, lab *sshLab) {
	hosts := map[string]*sshHost{}
	var list []row
	var images map[string][]byte
	for name, sshd := range map[string]string{"sftp": internalSFTP, "exec": ""} {
		h := lab.startUpdating(t, name, hostOptions{sshd: sshd, change: func(s *aixsim.State) {
			images = imageFiles(s.Images[imagesFolder])
			s.Images = nil
		}})
		w := h.wire(t)
		w.cutAt = 1 << 20
		hosts[name] = h
		list = append(list, w.row("host_ed25519"))
	}
	d := lab.sit(t, list...)
	total := 0
	for name, data := range images {
		noError(t, writeMode(filepath.Join(d.dir, "rsct", name), data, 0o644))
		total += len(data)
	}
	if total < 2<<20 {
		t.Fatalf("%d bytes of images: the link would not die while they are sent", total)
	}
	d.run(updating("upload=rsct")...).exits(0)
	for name, h := range hosts {
		d.updated(h)
		tries, sums := 0, 0
		for _, c := range d.report(name).Changes {
			if c.Step == "upload-images" {
				tries++
				sums += strings.Count(c.Detail, "sha256")
			}
		}
		if tries != 2 || sums != len(images) {
			t.Errorf("%s: uploaded in %d tries, with %d hashes of %d images: %+v", name, tries, sums, len(images), d.report(name).Changes)
		}
		if left := h.there(t, broughtTo); len(left) > 0 {
			t.Errorf("%s: left behind: %q", name, left)
		}
	}
}

// R5: the link dies while installp runs. Seen to have happened it is applied;
// not seen, it may still run, and is never begun again.
func testSSHUpdateLinkDies(t *testing.T, lab *sshLab) {
	want := map[string]struct {
		outcome outcome.Outcome
		level   string
		calls   []string
	}{
		"dies-before": {outcome.Unknown, "3.1.5.0 C", []string{"-agXY = begun, cut"}},
		"dies-after":  {outcome.Recovered, "3.2.6.2 A", []string{"-agXY = begun", "-agXY = done, cut"}},
	}
	var list []row
	hosts, seen := map[string]*sshHost{}, map[string]*calls{}
	for name := range want {
		h := lab.startUpdating(t, name, hostOptions{})
		w := h.wire(t)
		hosts[name], seen[name] = h, h.cutsOnce(t, w, "/usr/sbin/installp", "-agXY", name == "dies-after")
		list = append(list, w.row("host_ed25519"))
	}
	d := lab.sit(t, list...)
	d.run(append(updating("images="+imagesFolder), "--set", "wait=4s")...).exits(8)
	for name, h := range hosts {
		report := d.report(name)
		if diff := cmp.Diff(want[name].calls, seen[name].all()); diff != "" || report.Outcome != want[name].outcome || h.level(t) != want[name].level {
			t.Errorf("%s: RSCT is at %s; %s: %s\n%s", name, h.level(t), report.Outcome, report.Reason, diff)
		}
		h.quiet(t)
	}
}

// R5: an update that does not do what it should is taken back.
func testSSHUpdateTakenBack(t *testing.T, lab *sshLab) {
	installp := func(how string) func(*aixsim.State) { return func(s *aixsim.State) { s.Installp = how } }
	var hosts []*sshHost
	for name, change := range map[string]func(*aixsim.State){
		"noop": installp("noop"), "half": installp("half"), "inconsistent": installp("inconsistent"),
		"nospace": func(s *aixsim.State) {
			images := s.Images[imagesFolder]
			images[len(images)-1].SizeKB = 8 << 20 // more than /usr has, and rootvg has none to give
		},
	} {
		hosts = append(hosts, lab.startUpdating(t, name, hostOptions{change: change}))
	}
	before := map[string][]aixsim.Fileset{}
	for _, h := range hosts {
		before[h.name] = h.now(t).Filesets
	}
	d := lab.sit(t, rows("host_ed25519", hosts...)...)
	d.run(updating("images=" + imagesFolder)...).exits(3)
	for _, h := range hosts {
		report := d.report(h.name)
		if report.Outcome != outcome.Failed || len(report.Changes) != 3 ||
			report.Changes[1].Status != outcome.Undone || report.Changes[2].Step != "apply-update-undo" {
			t.Errorf("%s: %s: %s\n%v", h.name, report.Outcome, report.Reason, statuses(report))
		}
		if diff := cmp.Diff(before[h.name], h.now(t).Filesets); diff != "" {
			t.Errorf("%s: filesets (-before +after)\n%s", h.name, diff)
		}
		if said := h.standin(t, "/usr/bin/lppchk", "-v"); said != "" {
			t.Errorf("%s: lppchk says %s", h.name, said)
		}
	}
}

// R5: a preview that fails, images that can't be right, and a host that must not
// be touched: no file of it changes, and the reason says why.
func testSSHUpdateRefused(t *testing.T, lab *sshLab) {
	want := map[string]struct {
		illness string
		change  func(*aixsim.State)
		reason  string
	}{
		"preview": {"rsct-update-blocked", nil, "preview-update"},
		"older": {"", func(s *aixsim.State) {
			for i := range s.Images[imagesFolder] {
				s.Images[imagesFolder][i].Level = "3.1.4.0"
			}
		}, "installed is 3.1.5.0"},
		"foreign": {"", func(s *aixsim.State) {
			s.Images[imagesFolder] = []aixsim.Fileset{{Name: "bos.net.tcp.client", Level: "7.2.5.300", Type: "F"}}
		}, "rsct.core.rmc"},
		"toolow": {"", func(s *aixsim.State) {
			for i := range s.Images[imagesFolder] {
				s.Images[imagesFolder][i].Level = "3.1.9.0"
			}
		}, "below 3.2.1.0"},
		"base": {"", func(s *aixsim.State) { // installp commits base levels at once
			for i := range s.Images[imagesFolder] {
				s.Images[imagesFolder][i].Type = " "
			}
		}, "could not be undone"},
		"unsound": {"", func(s *aixsim.State) {
			s.Filesets = append(s.Filesets, aixsim.Fileset{Name: "bos.games", Level: "7.2.0.0", State: "B", Type: " "})
		}, "bos.games"},
		"broken":   {"rsct-broken", nil, "RSCT must be at"},
		"nofolder": {"", func(s *aixsim.State) { s.Images = nil }, "no such folder"},
		"noroom": {"", func(s *aixsim.State) {
			for i := range s.FileSystems {
				s.FileSystems[i].FreeKB = 100
			}
		}, "64 MB"},
		"cluster": {"", func(s *aixsim.State) { s.Cluster.CAA, s.Cluster.Nodes = "prodcl", []string{"a", "b"} }, "cluster guard"},
	}
	untouched := map[string]map[string]string{}
	var hosts []*sshHost
	for name, c := range want {
		h := lab.startUpdating(t, name, hostOptions{illness: c.illness, change: c.change})
		hosts = append(hosts, h)
		untouched[name] = h.tree(t)
	}
	d := lab.sit(t, rows("host_ecdsa", hosts...)...)
	d.run(updating("images=" + imagesFolder)...).exits(3)
	for _, h := range hosts {
		report := d.report(h.name)
		if report.Outcome != outcome.NeedsAction || !strings.Contains(report.Reason, want[h.name].reason) || len(report.Changes) > 0 {
			t.Errorf("%s: %s: %s, %v", h.name, report.Outcome, report.Reason, statuses(report))
		}
		now := h.tree(t)
		if report.Lease != nil { // taken and given back: only the folder's time tells
			now["/etc"] = untouched[h.name]["/etc"]
		}
		if diff := cmp.Diff(untouched[h.name], now); diff != "" {
			t.Errorf("%s: the host was changed (-before +after)\n%s", h.name, diff)
		}
	}
}
