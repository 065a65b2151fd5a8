package controller_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
)

// liar is a connection whose host lists other files than it has.
type liar struct {
	transport.Conn
	names string
}

func (l liar) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	t, err := l.Conn.Run(ctx, commands)
	for i, c := range commands {
		if strings.Contains(c.Line, "for f in *") {
			t.Results[i].Stdout = []byte(l.names)
		}
	}
	return t, err
}

// Files gives the ability of the connection below.
func (l liar) Files() (transport.Files, bool) { return transport.FilesOf(l.Conn) }

// A name that a host gives becomes one here only if it is plain: nothing leaves
// the run's folder, and nothing in it is written over.
func TestSupportDataOfAHostThatLies(t *testing.T) {
	t.Parallel()
	many := ""
	for i := range 51 {
		many += fmt.Sprintf("snap%d.pax\n", i)
	}
	lists := []string{
		"../evil\n", "..\n", "/etc/passwd\n", "a/b\n", ".hidden\n", "-rf\n", "case.txt\n", "evil\x1b[31m\n", `a\b` + "\n", "a b\n", "C:evil\n",
		strings.Repeat("x", 201) + "\n", strings.Repeat("x", 1<<20), many,
	}
	b := newBench(t, slices.Repeat([]string{"healthy"}, len(lists))...)
	b.use("support-data")
	lies := map[string]string{}
	for i, host := range b.hosts {
		lies[host.Name] = lists[i]
	}
	e := b.engine(controller.Recover)
	inner := e.Dialer
	e.Dialer = transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		conn, err := inner.Dial(ctx, target)
		if err != nil {
			return nil, err
		}
		return liar{conn, lies[target.Name]}, nil
	})
	for name, h := range b.runEngine(e) {
		if h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "can't be a file of support data here") || len(h.Reason) > 2000 {
			t.Errorf("%.40q: %s: %.300s", lies[name], h.Outcome, h.Reason)
		}
	}
	if len(b.ended) != len(lists) {
		t.Errorf("%d hosts have ended", len(b.ended))
	}
	must(t, filepath.WalkDir(filepath.Dir(b.store.Root()), func(path string, entry fs.DirEntry, err error) error {
		known := []string{"id", "known_hosts", "journal.jsonl", "lock"}
		if err == nil && entry.Type().IsRegular() && !slices.Contains(known, entry.Name()) && !strings.Contains(path, "/captures/healthy") && !strings.Contains(path, "/runs/r1/checkpoints/healthy") {
			t.Errorf("%s was written", path)
		}
		return err
	}))
}

// A file that is larger than its bound: of what a change may touch it is no
// good capture, and nothing is changed; of the rest a part is kept, and named
// as one.
func TestCaptureOfHugeFiles(t *testing.T) {
	t.Parallel()
	const host, log, id = "address-removed-smitty", "/var/log/cloud-init-output.log", "/etc/ct_node_id"
	const bound = 10_000
	huge := func(path string) *bench {
		b := newBench(t, host)
		// An embedded playbook is compiled once a process, for all tests: this one is its own.
		text, err := playbooks.Source(b.playbook.Name)
		must(t, err)
		b.playbook, err = playbooks.Parse(b.playbook.Name+".yaml", text)
		must(t, err)
		for i := range b.playbook.Capture.Files {
			b.playbook.Capture.Files[i].MaxBytes = bound
		}
		b.fleet.Host(host).Mutate(func(s *aixsim.State) {
			file := s.Files[path]
			file.Content += strings.Repeat("# filler\n", 10*bound/9)
			s.Files[path] = file
		})
		return b
	}
	b := huge(log)
	h := b.run(controller.Capture)[host]
	dir := filepath.Join(b.store.Root(), filepath.FromSlash(h.Capture))
	info, err := os.Stat(filepath.Join(dir, "files"+log))
	if h.Capture == "" || err != nil || info.Size() != bound {
		t.Fatalf("%s: %s; %v, %v", h.Outcome, h.Reason, info, err)
	}
	kept, err := b.store.LoadCapture(host, filepath.Base(dir))
	must(t, err)
	i := slices.IndexFunc(kept.Items, func(item outcome.CaptureItem) bool { return item.Path == log })
	if item := kept.Items[i]; item.Truncated < 9*bound || !strings.Contains(item.Error, "bytes more than are kept") {
		t.Errorf("%+v", item)
	}

	b = huge(id)
	h = b.run(controller.Recover)[host]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "no good capture, so nothing was changed: file "+id+": ") || len(b.changed(host)) > 0 {
		t.Errorf("%s: %s; changed by %q", h.Outcome, h.Reason, b.changed(host))
	}
}
