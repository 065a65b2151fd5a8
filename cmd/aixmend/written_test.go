package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/manual"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
)

// writtenOnHosts returns the paths that docs/security.md lists as written on a host.
func writtenOnHosts(t *testing.T) (listed []*regexp.Regexp) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "docs/security.md"))
	noError(t, err)
	_, section, _ := strings.Cut(string(text), "\n### On a host\n")
	section, _, _ = strings.Cut(section, "\n#")
	names := strings.NewReplacer("RUN", `[0-9TZ.]+-[0-9a-f]{6}`, "STEP", `[a-z-]+`, "ID", `[0-9a-f]{32}`, "COPY", `[A-Za-z0-9._]+`)
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, span := range regexp.MustCompile("`(/[^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			path := names.Replace(regexp.QuoteMeta(span[1]))
			if folder, below := strings.CutSuffix(path, "/"); below {
				path = folder + `(/.*)?`
			}
			listed = append(listed, regexp.MustCompile("^"+path+"$"))
		}
	}
	return listed
}

// The files of the man page are those that docs/security.md lists on a host, but for AIX's own.
func TestFilesOnHosts(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, "docs/security.md"))
	noError(t, err)
	_, section, _ := strings.Cut(string(text), "\n### On a host\n")
	section, _, _ = strings.Cut(section, "\n#")
	var want, got []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			for _, span := range regexp.MustCompile("`(/[^`]*aixmend[^`]*)`").FindAllStringSubmatch(cells[1], -1) {
				want = append(want, span[1])
			}
		}
	}
	for _, f := range manual.Files() {
		if strings.HasPrefix(f.Means, "on a host: ") {
			got = append(got, strings.Split(f.Name, ", ")...)
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the files on a host (-docs/security.md +manual.Files):\n%s", diff)
	}
}

// Every path that a run writes on a host is in the list of docs/security.md, and every path of
// the list is written by some run: on one host of each illness with everything allowed, by a
// plan that is approved, an upload, and the rollback of all that.
func TestWrittenPathsAreListed(t *testing.T) {
	t.Parallel()
	var names []string
	for _, illness := range aixsim.Illnesses() {
		if illness.Pair == nil {
			names = append(names, illness.Name)
		}
	}
	hosts, err := namedHosts(names)
	noError(t, err)
	dir := t.TempDir()
	fleet, err := simulated.Start(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	images := filepath.Join(dir, "images")
	noError(t, os.Mkdir(images, 0o700))
	image := aixsim.ImageFile(aixsim.Fileset{Name: "rsct.core.rmc", Level: "3.2.6.2", State: "C", Type: "F"}, nil)
	noError(t, os.WriteFile(filepath.Join(images, "rsct.core.rmc.bff"), image, 0o600))
	before := map[string]int{}
	for _, n := range names {
		before[n] = len(fleet.Host(n).Effects())
	}
	on := func(args ...string) {
		t.Helper()
		if said := call(t, nil, append(args, "--state", filepath.Join(dir, "state"), "--cloud", "off")...); said.code == 1 || said.code == 2 {
			t.Fatalf("%v: %d\n%s%s", args, said.code, said.out, said.err)
		}
	}
	reach := []string{"-i", filepath.Join(dir, "inventory.yaml"), "--ssh-config", "none"}
	waits := []string{"--set", "settle=60ms", "--set", "wait=2s", "--set", "probe_timeout=3s"}
	file := filepath.Join(dir, "plan.json")
	on(slices.Concat([]string{"plan", "-l", "daemon-down", "--out", file}, reach, waits)...)
	on(slices.Concat([]string{"recover", "--yes", "--plan", file}, reach)...)
	on(slices.Concat([]string{"recover", "--yes", "--allow", "node-id,cluster0,rsct-update", "--mend-warnings", "--set", "upload=" + images, "--max-fail", "100%", "--wave", "100%"}, reach, waits)...)
	on("recover", "--undo", "latest", "--yes", "--max-fail", "100%", "--wave", "100%")

	listed, written := writtenOnHosts(t), map[string]bool{}
	for _, n := range names {
		for _, effect := range fleet.Host(n).Effects()[before[n]:] {
			verb, path, _ := strings.Cut(effect, " ")
			switch verb {
			case "link":
				path, _, _ = strings.Cut(path, " to ")
			case "rename":
				_, path, _ = strings.Cut(path, " ")
			case "write", "mkdir", "touch":
			case "chmod":
				_, path, _ = strings.Cut(path, " ")
			default:
				continue // a removal, or no file
			}
			written[strings.TrimSuffix(path, ": no space")] = true
		}
	}
	for path := range written {
		if !slices.ContainsFunc(listed, func(l *regexp.Regexp) bool { return l.MatchString(path) }) {
			t.Errorf("docs/security.md does not list %s", path)
		}
	}
	for _, l := range listed {
		rare := regexp.MustCompile(`fired|undo.*next`) // only after trouble
		if found := slices.ContainsFunc(slices.Collect(maps.Keys(written)), l.MatchString); !found && !rare.MatchString(l.String()) {
			t.Errorf("docs/security.md lists %s, and no run has written it", l)
		}
	}
}
