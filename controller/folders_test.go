package controller_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// worksThere matches commands that make, fill, use or remove a working folder.
var worksThere = regexp.MustCompile(`^/\S*/(mkdir|inutoc|ctsnap|snap|mount -o|installp -ag|rm -r) `)

// Where others could exchange a working folder, nothing is made, brought, collected or
// installed there, and nothing is removed through what they have put there.
func TestHostileFolders(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	hostile := map[string]struct {
		name string
		file aixsim.File
		why  string
	}{
		"/var is group-writable": {"/var", aixsim.File{Dir: true, Mode: 0o775, Owner: "bin", Group: "bin"}, "/var (owner bin, mode drwxrwxr-x): others can replace what is in it; let root own it and chmod go-w it"},
		"a link":                 {"/var/aixmend", aixsim.File{Link: "/home"}, "/var/aixmend (owner root, mode lrwxrwxrwx) is not a folder of root alone: see who made it, then move it away"},
		"somebody's":             {"/var/aixmend", aixsim.File{Dir: true, Mode: 0o700, Owner: "ops"}, "/var/aixmend (owner ops, mode drwx------) is not a folder of root alone"},
		"open to a group":        {"/var/aixmend", aixsim.File{Dir: true, Mode: 0o770}, "/var/aixmend (owner root, mode drwxrwx---) is not a folder of root alone"},
	}
	jobs := map[string]struct {
		playbook string
		prepare  func(b *bench)
	}{
		"upload": {"rmc-restore", func(b *bench) { b.uploading(b.fleet.Host(host)) }},
		"NFS": {"rmc-restore", func(b *bench) {
			b.fleet.Host(host).Mutate(func(s *aixsim.State) {
				s.Exports = map[string][]aixsim.Fileset{"nim.example:/export/rsct": s.Images[imagesFolder]}
				s.Images = nil
			})
			b.set = append(b.set, "images=nim.example:/export/rsct")
		}},
		"a folder of the host": {"rmc-restore", func(b *bench) { b.set = append(b.set, "images="+imagesFolder) }},
		"support data":         {"support-data", func(*bench) {}},
	}
	for what, h := range hostile {
		for how, job := range jobs {
			t.Run(how+" "+what, func(t *testing.T) {
				b, _ := updating(t, host, nil)
				b.set = slices.DeleteFunc(b.set, func(s string) bool { return strings.HasPrefix(s, "images=") })
				b.use(job.playbook)
				job.prepare(b)
				b.fleet.Host(host).Mutate(func(s *aixsim.State) {
					s.Files[h.name] = h.file
					s.Files["/home/support.r1/x"], s.Files["/home/images.r1/x"] = aixsim.File{Content: "theirs"}, aixsim.File{Content: "theirs"}
				})
				e := b.engine(controller.Recover)
				e.Allowed = []string{"rsct-update"}
				got := b.runEngine(e)[host]
				if got.Outcome == outcome.Recovered || got.Outcome == outcome.Healthy || !slices.ContainsFunc(got.Changes, func(c outcome.Change) bool { return strings.Contains(c.Detail, h.why) || said(got, h.why) }) {
					t.Errorf("%s: %s; want %q in %v", got.Outcome, got.Reason, h.why, statuses(got))
				}
				for _, entry := range b.fleet.Host(host).Log() {
					line := strings.Join(entry.Argv, " ")
					if worksThere.MatchString(line) {
						t.Errorf("it ran %s", line)
					}
				}
				files := b.fleet.Host(host).Snapshot().Files
				for _, name := range []string{"/home/support.r1/x", "/home/images.r1/x"} {
					if files[name].Content != "theirs" {
						t.Errorf("%s is gone", name)
					}
				}
			})
		}
	}
}

// said reports whether a command of a host's report printed a text.
func said(h outcome.Host, text string) bool {
	for _, stage := range h.Stages {
		for _, c := range stage.Steps {
			if strings.Contains(c.Stderr, text) {
				return true
			}
		}
	}
	return false
}
