package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gopkg.in/yaml.v3"
)

// nfpmConfig is packaging/nfpm.yaml, as far as it is used.
type nfpmConfig struct {
	Name          string                         `yaml:"name"`
	Arch          string                         `yaml:"arch"`
	Platform      string                         `yaml:"platform"`
	Version       string                         `yaml:"version"`
	VersionSchema string                         `yaml:"version_schema"`
	Release       string                         `yaml:"release"`
	Section       string                         `yaml:"section"`
	Priority      string                         `yaml:"priority"`
	Maintainer    string                         `yaml:"maintainer"`
	Description   string                         `yaml:"description"`
	Recommends    []string                       `yaml:"recommends"`
	Overrides     map[string]map[string][]string `yaml:"overrides"`
	Contents      []map[string]any               `yaml:"contents"`
	Scripts       map[string]string              `yaml:"scripts"`
	RPM           map[string]string              `yaml:"rpm"`
}

// Every script of the packages can be run; nothing that varies goes into them.
func TestPackageConfig(t *testing.T) {
	text, err := os.ReadFile("../../packaging/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var nfpm nfpmConfig
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&nfpm); err != nil {
		t.Fatal(err)
	}
	if len(nfpm.Scripts) != 3 || nfpm.RPM["buildhost"] != "localhost" {
		t.Errorf("scripts %v, rpm %v", nfpm.Scripts, nfpm.RPM)
	}
	for name, script := range nfpm.Scripts {
		if info, err := os.Stat(filepath.Join("../..", script)); err != nil || info.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s: %s can't be run: %v", name, script, err)
		}
	}
}

// scriptHost is a folder in which the scripts of the packages run as if it were /. The
// programs that would change this machine are stubs, which write their calls down.
type scriptHost struct {
	root, stubs, calls string
}

func newScriptHost(t *testing.T, folders []string, programs ...string) scriptHost {
	t.Helper()
	h := scriptHost{root: t.TempDir(), stubs: t.TempDir()}
	h.calls = filepath.Join(h.stubs, "calls")
	for _, folder := range folders {
		if err := os.MkdirAll(filepath.Join(h.root, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range programs {
		stub := "#!/bin/sh\necho \"${0##*/} $*\" >>" + h.calls + "\n"
		if program == "getent" {
			stub += "exit 2\n" // there is no such user
		}
		if err := os.WriteFile(filepath.Join(h.stubs, program), []byte(stub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range []string{"rm", "rmdir"} {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Skipf("the package scripts run on Linux, and this system has no %s: %v", program, err)
		}
		if err := os.Symlink(path, filepath.Join(h.stubs, program)); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

var absolutePath = regexp.MustCompile(`(^|[\s"=])/(etc|var|run)/`)

// run runs a script and returns the calls of the stubs, with paths as on a real host.
func (h scriptHost) run(t *testing.T, script, argument string) []string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skipf("the package scripts run on Linux, and this system has no sh: %v", err)
	}
	text, err := os.ReadFile(filepath.Join("../../packaging", script))
	if err != nil {
		t.Fatal(err)
	}
	moved := absolutePath.ReplaceAllString(string(text), "${1}"+h.root+"/$2/")
	cmd := exec.CommandContext(t.Context(), sh, "-c", moved, script, argument)
	// A script that missed the replacement must not find a program to do harm with.
	cmd.Env = []string{"PATH=" + h.stubs}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", script, argument, err, out)
	}
	calls, err := os.ReadFile(h.calls)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	list := strings.ReplaceAll(string(calls), h.root, "")
	return strings.FieldsFunc(list, func(r rune) bool { return r == '\n' })
}

// Removal stops and disables the timer, the hub and the workers; an upgrade leaves them alone.
func TestPackageScripts(t *testing.T) {
	const (
		booted  = "run/systemd/system"
		stop    = "systemctl stop aixmend-audit.timer aixmend-audit.service aixmend-hub.service aixmend-worker@*.service"
		disable = "systemctl disable aixmend-audit.timer aixmend-hub.service aixmend-worker@.service"
	)
	state := []string{"etc/aixmend", "var/lib/aixmend", "var/cache/aixmend"}
	for _, c := range []struct {
		script, argument string
		folders          []string
		programs, want   []string
	}{
		{
			"postinstall", "configure", append(state, booted), []string{"systemd-sysusers", "systemd-tmpfiles", "systemctl", "chgrp"},
			[]string{"systemd-sysusers aixmend.conf", "chgrp aixmend /etc/aixmend", "systemd-tmpfiles --create aixmend.conf", "systemctl daemon-reload"},
		},
		{
			"postinstall", "1", []string{"etc/aixmend"}, []string{"getent", "useradd", "chgrp", "install"},
			[]string{
				"getent passwd aixmend", "useradd --system --user-group --home-dir /var/lib/aixmend --no-create-home --shell /usr/sbin/nologin aixmend",
				"getent passwd aixmend-hub", "useradd --system --user-group --home-dir /var/lib/aixmend-hub --no-create-home --shell /usr/sbin/nologin aixmend-hub", "chgrp aixmend /etc/aixmend",
				"install -d -m 0700 -o aixmend -g aixmend /var/lib/aixmend", "install -d -m 0700 -o aixmend -g aixmend /var/lib/aixmend-worker",
				"install -d -m 0700 -o aixmend-hub -g aixmend-hub /var/lib/aixmend-hub", "install -d -m 0755 -o aixmend -g aixmend /var/cache/aixmend",
			},
		},
		{"preremove", "upgrade", []string{booted}, []string{"systemctl"}, nil},
		{"preremove", "1", []string{booted}, []string{"systemctl"}, nil},
		{"preremove", "remove", []string{booted}, []string{"systemctl"}, []string{stop, disable}},
		{"preremove", "0", []string{booted}, []string{"systemctl"}, []string{stop, disable}},
		{"preremove", "remove", nil, []string{"systemctl"}, []string{disable}},
		{"preremove", "remove", nil, nil, nil},
		{"postremove", "remove", append(state, booted), []string{"systemctl"}, []string{"systemctl daemon-reload"}},
		{"postremove", "purge", state, []string{"systemctl"}, nil},
	} {
		h := newScriptHost(t, c.folders, c.programs...)
		if diff := cmp.Diff(c.want, h.run(t, c.script, c.argument), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.script, c.argument, diff)
		}
	}
}

// A purge removes metrics and empty folders, keeps evidence and configuration, and
// follows no link that the service's user could have put into its folder.
func TestPurgeKeepsEvidence(t *testing.T) {
	for _, c := range []struct {
		argument string
		gone     bool
	}{{"purge", true}, {"0", true}, {"remove", false}, {"upgrade", false}, {"1", false}} {
		h := newScriptHost(t, []string{"etc/aixmend", "var/lib/aixmend/runs", "var/lib/systemd/timers", "var/cache/aixmend", "home/person"})
		const stamp, metrics, planted, others, evidence = "var/lib/systemd/timers/stamp-aixmend-audit.timer", "var/cache/aixmend/aixmend.prom", "var/cache/aixmend/planted", "home/person/mail", "var/lib/aixmend/runs/run.json"
		for _, file := range []string{stamp, metrics, others, evidence} {
			if err := os.WriteFile(filepath.Join(h.root, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(filepath.Join(h.root, "home/person"), filepath.Join(h.root, planted)); err != nil {
			t.Fatal(err)
		}
		h.run(t, "postremove", c.argument)
		for file, gone := range map[string]bool{
			others: false, evidence: false,
			metrics: c.gone, planted: c.gone, stamp: c.gone, "etc/aixmend": c.gone,
		} {
			if _, err := os.Lstat(filepath.Join(h.root, file)); os.IsNotExist(err) != gone {
				t.Errorf("postremove %s: %s: %v, wanted gone: %t", c.argument, file, err, gone)
			}
		}
	}
}

func TestPackageVersions(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("the package's version script is run by a shell, which is not here: %v", err)
	}
	for described, want := range map[string]string{
		"v1.2.3":                    "1.2.3",
		"v1.2.3-rc1":                "1.2.3~rc1",
		"v1.2.3-5-gabcdef0":         "1.2.3+5.gabcdef0",
		"v1.2.3-rc1-7-g00ff-dirty":  "1.2.3~rc1+7.g00ff+dirty",
		"abcdef0":                   "0~20260131.gabcdef0",
		"abcdef0-dirty":             "0~20260131.gabcdef0+dirty",
		"site/odd name-1-gabcdef0:": "0~20260131.gsite.odd.name.1.gabcdef0.",
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "../../packaging/version", described, "20260131").Output()
		got := strings.TrimSpace(string(out))
		if err != nil || got != want {
			t.Errorf("%s: %q, wanted %q (%v)", described, got, want, err)
		}
		if !regexp.MustCompile(`^[0-9][A-Za-z0-9.+~]*$`).MatchString(got) {
			t.Errorf("%s: %q is no version of a package", described, got)
		}
	}
}
