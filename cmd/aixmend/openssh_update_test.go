//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/aixsim"
)

const (
	imagesFolder = "/usr/sys/inst.images"
	nfsImages    = "nim.example:/export/rsct"
	uploadFolder = "/var/adm/aixmend/images"
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

// R5 over NFS: what is mounted is unmounted, whatever came of it.
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
	d := lab.sit(t, rows("host_ed25519", good, noop, denied)...)
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
	for _, h := range []*sshHost{good, noop, denied} {
		mounted := strings.Contains(strings.Join(h.effects(t), "\n"), "mount "+nfsImages)
		if len(h.now(t).Mounts) > 0 || mounted == (h == denied) {
			t.Errorf("%s: mounted %v, and now %v", h.name, mounted, h.now(t).Mounts)
		}
	}
}

// uploading are the ways in which images get onto a host. Where the update is
// taken back they are still there, byte for byte; else they are removed.
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
	"kept":     {sshd: internalSFTP, via: "sftp", installp: "noop"},
}

const internalSFTP = "Subsystem sftp internal-sftp\n"

// R5 by upload: over the SFTP that is in sshd, over the program, and where there
// is neither, or none that works, over commands.
func testSSHUpdateUpload(t *testing.T, lab *sshLab) {
	var list []row
	var images map[string][]byte
	hosts := map[string]*sshHost{}
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
		list = append(list, row{sshHost: hosts[name], key: "host_rsa", ssh: c.ssh})
	}
	d := lab.sit(t, list...)
	for name, data := range images {
		noError(t, writeMode(filepath.Join(d.dir, "rsct", name), data, 0o644))
	}
	d.run(updating("upload=rsct")...).exits(3) // one is taken back
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
			at.uploaded(h, images)
		})
	}
}

// uploaded fails the test unless the report and the host agree on what was
// uploaded, on how, and on what became of it.
func (d *desk) uploaded(h *sshHost, images map[string][]byte) {
	d.t.Helper()
	c, report := uploading[h.name], d.report(h.name)
	details := ""
	for _, c := range report.Changes {
		if c.Step == "upload-images" {
			details += c.Detail
		}
	}
	for name, data := range images {
		sum := sha256.Sum256(data)
		want := fmt.Sprintf("%s, %d bytes, sha256 %s, over %s", name, len(data), hex.EncodeToString(sum[:]), c.via)
		if !strings.Contains(details, want) {
			d.t.Errorf("the report lacks %q: %s", want, details)
		}
	}
	if c.installp == "" {
		d.updated(h)
		if left := h.there(d.t, uploadFolder+"*"); len(left) > 0 {
			d.t.Errorf("left behind: %q", left)
		}
		return
	}
	if h.level(d.t) != "3.1.5.0 C" || report.Outcome != outcome.Failed {
		d.t.Errorf("RSCT is at %s; %s: %s", h.level(d.t), report.Outcome, report.Reason)
	}
	for name, data := range images {
		stored, err := os.ReadFile(h.path(uploadFolder + "/" + name))
		if err != nil || !bytes.Equal(stored, data) {
			d.t.Errorf("%s: %d bytes of %d are on the host, %v", name, len(stored), len(data), err)
		}
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
		if left := h.there(t, uploadFolder+"*"); len(left) > 0 {
			t.Errorf("%s: left behind: %q", name, left)
		}
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
		if report.Outcome != outcome.Failed || len(report.Changes) != 2 ||
			report.Changes[0].Status != outcome.Undone || report.Changes[1].Step != "apply-update-undo" {
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
		if diff := cmp.Diff(untouched[h.name], h.tree(t)); diff != "" {
			t.Errorf("%s: the host was changed (-before +after)\n%s", h.name, diff)
		}
	}
}
