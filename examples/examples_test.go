package examples

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"testing"

	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/playbooks"
)

// checks maps file patterns to the check of those files. A file that matches no pattern
// fails the test.
var checks = map[string]func(*testing.T, string){
	"inventory*.yaml":                    checkInventory,
	"playbook*.yaml":                     checkPlaybook,
	"config.yaml":                        func(*testing.T, string) {}, // TestConfigFilesOfTheDocs of the command holds it
	"crontab":                            checkCrontab,
	"*.sh":                               checkScript,
	"github-actions.yaml":                checkGitHub,
	"gitlab-ci.yaml":                     checkGitLab,
	"Jenkinsfile":                        checkJenkins,
	"tekton.yaml":                        checkTekton,
	"systemd/*.service":                  checkService,
	"systemd/*.timer":                    checkUnit,
	"grafana-dashboard.json":             checkDashboard,
	"prometheus-alerts.yaml":             checkAlerts,
	"prometheus.yaml":                    checkScrape,
	"nagios.cfg":                         checkNagios,
	"sudoers-rmc-restore":                checkSudoers,
	"ansible/site.yaml":                  checkPlays,
	"ansible/roles/*/tasks/main.yaml":    checkTasks,
	"ansible/roles/*/handlers/main.yaml": checkTasks,
	"ansible/roles/*/defaults/main.yaml": checkYAML,
	"ansible/roles/*/meta/main.yaml":     checkYAML,
	"*.go":                               func(*testing.T, string) {}, // the compiler checks these
}

func TestEveryExampleIsChecked(t *testing.T) {
	used := map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		t.Run(file, func(t *testing.T) {
			for _, pattern := range slices.Sorted(maps.Keys(checks)) {
				if matched, _ := path.Match(pattern, file); matched {
					used[pattern] = true
					checks[pattern](t, file)
					return
				}
			}
			t.Errorf("no check covers this file: add one to checks")
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pattern := range checks {
		if !used[pattern] {
			t.Errorf("no file matches %s", pattern)
		}
	}
}

// leftOut is a group of hosts without SSH; the inventory skips them.
const leftOut = "windows"

func checkInventory(t *testing.T, file string) {
	var findings []string
	for _, name := range playbooks.Names() {
		p, err := playbooks.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		findings = append(findings, p.FindingIDs()...)
	}
	inv, err := load.Options{Home: t.TempDir(), KnownFindings: func() []string { return findings }, KnownChecks: playbooks.GuardChecks, Sources: load.Sources{Run: load.Programs(t.Context())}}.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inv.Select(); err != nil {
		t.Error(err)
	}
	if len(inv.Hosts) == 0 {
		t.Error("no hosts")
	}
	for _, g := range inv.Groups {
		if len(g.Hosts) == 0 && g.Name != leftOut {
			t.Errorf("group %s has no hosts: the example shows nothing", g.Name)
		}
	}
}

func TestGroupSettings(t *testing.T) {
	inv, err := load.Options{Home: "/home/ops"}.Load("inventory-groups.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]inventory.SSH{
		"aixprd02": {User: "root", Become: "none"},
		"aixprd50": {User: "aixmend", Port: 2222, Become: "sudo"},
		"aixdb01":  {User: "root", Become: "none"},
	} {
		want.Identity, want.KnownHosts = "/home/ops/.ssh/id_ed25519", "/home/ops/.ssh/known_hosts"
		h, ok := inv.Host(name)
		if !ok || h.SSH != want {
			t.Errorf("%s: %+v, want %+v", name, h.SSH, want)
		}
	}
	if h, _ := inv.Host("aixprd20"); h.Address != "10.1.2.22" {
		t.Errorf("aixprd20 is at %q", h.Address)
	}
	if h, _ := inv.Host("aixdb01"); h.RMCNIC != "en1" {
		t.Errorf("aixdb01: rmc_nic is %q", h.RMCNIC)
	}
	if h, _ := inv.Host("aixdb02"); len(h.Waivers) != 1 {
		t.Errorf("aixdb02 has %d waivers", len(h.Waivers))
	}
	if h, _ := inv.Host("aixdb03"); len(h.Accepts) != 1 || h.Accepts[0].Check != "hacmp" {
		t.Errorf("aixdb03 accepts %+v", h.Accepts)
	}
}

func TestForeignInventories(t *testing.T) {
	for file, want := range map[string]map[string]inventory.Host{
		"inventory-ansible.yaml": {
			"aixprd07": {Address: "aixprd07.example.com", SSH: inventory.SSH{User: "aixmend", Become: "sudo", Jump: "ops@bastion.example.com"}},
			"aixdb01": {Address: "10.1.3.3", RMCNIC: "en1", SSH: inventory.SSH{
				User: "aixmend", Become: "sudo", Jump: "ops@bastion.example.com", BecomePassword: `{"exec":["pass","show","unix/sudo"]}`,
			}},
			"aixtst2.example.com": {Address: "aixtst2.example.com", SSH: inventory.SSH{User: "root", Port: 2222, Become: "none", Jump: "ops@bastion.example.com"}},
		},
		"inventory-dynamic.yaml": {
			"aixprd02": {Address: "10.1.2.4", SSH: inventory.SSH{User: "aixmend", Port: 2222, Become: "sudo", Jump: "bastion.example.com"}},
			"aixlab1":  {Address: "10.9.0.1", SSH: inventory.SSH{Become: "none", Jump: "bastion.example.com"}},
		},
	} {
		inv, err := load.Options{Home: "/home/ops", Sources: load.Sources{Run: load.Programs(t.Context())}}.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, host := range want {
			host.SSH.Identity = "/home/ops/.ssh/id_ed25519"
			h, ok := inv.Host(name)
			if !ok || h.SSH != host.SSH || h.Address != host.Address || h.RMCNIC != host.RMCNIC {
				t.Errorf("%s: %s: %+v, want %+v", file, name, h, host)
			}
		}
	}
}

// changing are the example playbooks that change hosts, with their number of rungs. A
// test of cmd/aixmend runs each of them.
var changing = map[string]int{"playbook-subsystem.yaml": 2}

// checkPlaybook loads a playbook. It must be read-only unless changing lists it.
func checkPlaybook(t *testing.T, file string) {
	p, err := playbooks.Load("./" + file)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rungs) != changing[file] {
		t.Errorf("has %d rungs, wanted %d", len(p.Rungs), changing[file])
	}
	if slices.Contains(playbooks.Names(), p.Name) {
		t.Errorf("the name %s is taken by an embedded playbook", p.Name)
	}
}
