package examples

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cronFields are the five time fields of a crontab line, with their ranges.
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
		if line == "" || strings.HasPrefix(line, "#") || cronVariable.MatchString(line) {
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
	cronNumber   = regexp.MustCompile(`[0-9]+`)
	cronVariable = regexp.MustCompile(`^[A-Z]+=\S+$`)
	cronField    = regexp.MustCompile(`^(\*|[0-9]+(-[0-9]+)?)(/[0-9]+)?(,[0-9]+(-[0-9]+)?)*$`)
)

// cronProblems returns the faults of a crontab line: it needs five time fields, then
// a command that runs in an empty environment and never prompts.
func cronProblems(line string) []string {
	words := strings.Fields(line)
	if len(words) < len(cronFields)+1 {
		return []string{"needs five fields and a command"}
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
		problems = append(problems, "the command is not an absolute path: "+command[0])
	}
	if strings.ContainsAny(strings.Join(command, " "), "~$%") {
		problems = append(problems, "cron does not expand ~ and sets few variables, and % ends the command")
	}
	if path.Base(command[0]) == "aixmend" {
		problems = append(problems, jobProblems(command[1:])...)
	}
	return problems
}

// fileFlags are the flags with a path. A cron job starts in another folder, so the path
// must be absolute.
var fileFlags = []string{"-i", "--inventory", "--state", "--known-hosts", "--identity", "--junit", "--prometheus", "--markdown", "--html", "--sarif"}

func jobProblems(args []string) []string {
	var problems []string
	prunes := len(args) > 1 && args[0] == "runs" && args[1] == "prune"
	if !prunes && (len(args) == 0 || args[0] != "audit" || !slices.Contains(args, "-q")) {
		problems = append(problems, "a job runs audit with -q, or runs prune")
	}
	for _, needed := range []string{"-i", "--state"} {
		if prunes && needed == "-i" {
			continue
		}
		if !slices.Contains(args, needed) {
			problems = append(problems, needed+" is missing: its default is the working folder")
		}
	}
	for i, arg := range args {
		if slices.Contains(fileFlags, arg) && (i+1 == len(args) || !path.IsAbs(args[i+1])) {
			problems = append(problems, arg+" needs an absolute path")
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
