package examples

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aixmend/inventory"
	"aixmend/playbooks"
)

// checks says how each file of this folder is proved. A file that none of the
// patterns matches fails the test.
var checks = map[string]func(*testing.T, string){
	"inventory*.yaml": checkInventory,
	"playbook*.yaml":  checkPlaybook,
	"crontab":         checkCrontab,
	"list-hosts.sh":   checkScript,
	"*.go":            func(*testing.T, string) {}, // the compiler's
}

func TestEveryExampleIsChecked(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			for _, pattern := range slices.Sorted(maps.Keys(checks)) {
				if matched, _ := path.Match(pattern, e.Name()); matched {
					used[pattern] = true
					checks[pattern](t, e.Name())
					return
				}
			}
			t.Errorf("nothing checks this file: add a check for it")
		})
	}
	for pattern := range checks {
		if !used[pattern] {
			t.Errorf("no file matches %s", pattern)
		}
	}
}

// leftOut is a group whose hosts are not reached over SSH.
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
	inv, err := inventory.Options{Home: t.TempDir(), KnownFindings: func() []string { return findings }, Run: inventory.Programs(t.Context())}.Load(file)
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
			t.Errorf("group %s has no hosts: it shows nothing", g.Name)
		}
	}
}

func TestGroupsShowWhatTheySay(t *testing.T) {
	inv, err := inventory.Options{Home: "/home/ops"}.Load("inventory-groups.yaml")
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
}

// checkScript sees to it that the program is one; inventory-dynamic.yaml runs it.
func checkScript(t *testing.T, file string) {
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Error("can't be run", info, err)
	}
}

func TestForeignInventoriesShowWhatTheySay(t *testing.T) {
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
		inv, err := inventory.Options{Home: "/home/ops", Run: inventory.Programs(t.Context())}.Load(file)
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

// changing are the playbooks that change hosts, and how many rungs they have: a
// test of cmd/aixmend runs each of them.
var changing = map[string]int{"playbook-subsystem.yaml": 1}

// checkPlaybook loads a playbook; one of a person's own must only read, but for
// those of changing.
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

// cronFields are what the five time fields may hold.
var cronFields = []struct {
	name     string
	min, max int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 7}}

func checkCrontab(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	jobs := 0
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		jobs++
		for _, problem := range cronProblems(line) {
			t.Errorf("%s:%d: %s", file, i+1, problem)
		}
	}
	if jobs == 0 {
		t.Error("no job")
	}
}

var (
	cronNumber = regexp.MustCompile(`[0-9]+`)
	cronField  = regexp.MustCompile(`^(\*|[0-9]+(-[0-9]+)?)(/[0-9]+)?(,[0-9]+(-[0-9]+)?)*$`)
)

// cronProblems tells what is wrong with a job: five fields, then a command
// that runs with no environment at all and asks nobody.
func cronProblems(line string) []string {
	words := strings.Fields(line)
	if len(words) < len(cronFields)+1 {
		return []string{"wants five fields and a command"}
	}
	var problems []string
	for i, f := range cronFields {
		ok := cronField.MatchString(words[i])
		times, _, _ := strings.Cut(words[i], "/")
		for _, number := range cronNumber.FindAllString(times, -1) {
			n, err := strconv.Atoi(number)
			ok = ok && err == nil && f.min <= n && n <= f.max
		}
		if !ok {
			problems = append(problems, f.name+" is "+words[i])
		}
	}
	command := words[len(cronFields):]
	if !path.IsAbs(command[0]) {
		problems = append(problems, "the command is no absolute path: "+command[0])
	}
	if strings.ContainsAny(strings.Join(command, " "), "~$%") {
		problems = append(problems, "cron knows no ~ and few variables, and % ends the command")
	}
	if path.Base(command[0]) == "aixmend" {
		problems = append(problems, jobProblems(command[1:])...)
	}
	return problems
}

// fileFlags name files and folders: cron starts in a folder of its own.
var fileFlags = []string{"-i", "--inventory", "--state", "--known-hosts", "--identity", "--junit", "--prometheus", "--markdown", "--html", "--sarif"}

func jobProblems(args []string) []string {
	var problems []string
	if len(args) == 0 || args[0] != "audit" || !slices.Contains(args, "-q") {
		problems = append(problems, "a job says audit and -q")
	}
	for _, needed := range []string{"-i", "--state"} {
		if !slices.Contains(args, needed) {
			problems = append(problems, needed+" is missing: its default is the working folder")
		}
	}
	for i, arg := range args {
		if slices.Contains(fileFlags, arg) && (i+1 == len(args) || !path.IsAbs(args[i+1])) {
			problems = append(problems, arg+" wants an absolute path")
		}
	}
	return problems
}

func TestCronProblems(t *testing.T) {
	good := "30 2 * * 1-5 /usr/local/bin/aixmend audit -q -i /etc/a.yaml --state /var/lib/a"
	if got := cronProblems(good); got != nil {
		t.Errorf("%q: %q", good, got)
	}
	for _, bad := range []string{
		"30 2 * * /usr/local/bin/aixmend audit",
		"60 2 * * * /usr/local/bin/aixmend audit -q -i /etc/a.yaml --state /var/lib/a",
		"30 2 * * * aixmend audit -q -i /etc/a.yaml --state /var/lib/a",
		"30 2 * * * /usr/local/bin/aixmend recover -q -i /etc/a.yaml --state /var/lib/a",
		"30 2 * * * /usr/local/bin/aixmend audit -q -i a.yaml --state /var/lib/a",
		"30 2 * * * /usr/local/bin/aixmend audit -q -i /etc/a.yaml",
		"30 2 * * * /usr/local/bin/aixmend audit -q -i /etc/a.yaml --state $HOME/a",
	} {
		if cronProblems(bad) == nil {
			t.Errorf("%q passes", bad)
		}
	}
}
