//go:build unix

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"aixmend/inventory"
)

// script writes a program and an inventory that names it as its source, and
// returns the inventory.
func script(t *testing.T, timeout, body string) (folder, inventory string) {
	t.Helper()
	folder = t.TempDir()
	files := map[string]string{"list.sh": "#!/bin/sh\n" + body, "inventory.yaml": "apiVersion: aixmend/v1\nsource: {exec: [./list.sh, --list]" + timeout + "}\n"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return folder, filepath.Join(folder, "inventory.yaml")
}

// loadWith loads with programs that end with the test.
func loadWith(ctx context.Context, paths ...string) (*inventory.Inventory, error) {
	o := testOptions()
	o.Run = Programs(ctx)
	return o.Load(paths...)
}

func TestSource(t *testing.T) {
	_, path := script(t, "", `echo "a warning" >&2
[ "$1" = --list ] && cat <<END
{"_meta": {"hostvars": {"aix1": {"ansible_host": "10.0.0.1", "ansible_port": 2222}}},
 "prod": {"hosts": ["aix1", "aix2"], "vars": {"ansible_user": "ops"}}, "test": ["aix2"], "site": {"children": ["prod"]}}
END`)
	inv, err := loadWith(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	const want = "aix1 at 10.0.0.1 user ops port 2222 in site,prod\naix2 at aix2 user ops in site,test,prod\n"
	if got := described(inv); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Settings of ours stand beneath those of the list: the defaults of the file
// that names the program, and the groups, wherever they are defined.
func TestSourceBesideOurs(t *testing.T) {
	folder := write(t, map[string]string{
		"ours.yaml": "apiVersion: aixmend/v1\ndefaults: {ssh: {user: dflt, port: 1}, rmc_nic: en7}\n" +
			"groups: {prod: {ssh: {user: ofgroup, identity: /k/g}, concurrency: 3}}\nhosts: {aix9: {groups: [test]}}\nsource: {exec: [list]}\n",
	})
	o := testOptions()
	o.Run = func(argv []string, timeout time.Duration) ([]byte, error) {
		if fmt.Sprint(argv, timeout) != "[list] 30s" {
			t.Errorf("run with %v, %v", argv, timeout)
		}
		return []byte(`{"_meta": {"hostvars": {"aix1": {"ansible_port": 5}}}, "prod": ["aix1"], "test": ["aix2"]}`), nil
	}
	inv, err := o.Load(filepath.Join(folder, "ours.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "aix1 at aix1 user ofgroup port 5 key /k/g nic en7 in prod\naix2 at aix2 user dflt port 1 nic en7 in test\naix9 at aix9 user dflt port 1 nic en7 in test\n"
	if got := described(inv); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if g, _ := inv.Group("prod"); g.Concurrency != 3 {
		t.Errorf("group %+v", g)
	}
}

// Whatever a program does instead of printing a list: the place, what happened,
// and what to do.
func TestSourceGoesWrong(t *testing.T) {
	const wants = "\n  hint: it must print JSON as Ansible's --list does, and nothing else on stdout"
	const byHand = "\n  hint: run it yourself and read its output"
	at := "inventory.yaml:2:9: the source could not be read: LIST: "
	for name, c := range map[string]struct{ timeout, body, want string }{
		"exits 3":     {"", "echo first >&2; echo 'no \033database' >&2; exit 3", at + "exit status 3: no ?database" + byHand},
		"killed":      {"", "kill -9 $$", at + "signal: killed" + byHand},
		"nothing":     {"", "true", "output of LIST:1:1: is empty" + wants},
		"half":        {"", `printf '{"prod": {"hosts": ["aix1",\n "ai'`, "output of LIST:2:5: the JSON breaks off in the middle" + wants},
		"text":        {"", "echo loading; echo '{}'", "output of LIST:1:1: is not JSON" + wants},
		"more":        {"", "echo '{} {}'", "output of LIST:1:4: more follows after the end of the value" + wants},
		"list":        {"", "echo '[1]'", "output of LIST:1:1: is not the list of an inventory: the whole must be a map\n  hint: wanted what Ansible's --list prints: groups with hosts, and _meta with hostvars"},
		"no hosts":    {"", `echo '{"_meta": {"hostvars": {}}}'`, "output of LIST:1:1: names no host\n  hint: wanted what Ansible's --list prints: groups with hosts, and _meta with hostvars"},
		"wrong group": {"", `echo '{"prod": 7}'`, `output of LIST:1:10: group "prod" must be a list of hosts, or a map of hosts, children and vars`},
		"hosts map":   {"", `echo '{"prod": {"hosts": {"a": {}}}}'`, `output of LIST:1:20: hosts of group "prod" must be a list`},
		"bytes":       {"", `printf '{"\377": 1}'`, "output of LIST:1:3: is not UTF-8 text (byte 0xff)" + wants},
	} {
		t.Run(name, func(t *testing.T) {
			folder, path := script(t, c.timeout, c.body)
			_, err := loadWith(t.Context(), path)
			checkMessage(t, folder, err, strings.ReplaceAll(c.want, "LIST", "list.sh"))
		})
	}
}

// A program that hangs is cut off when its time is over.
func TestSourceHangs(t *testing.T) {
	folder, path := script(t, ", timeout: 100ms", "exec sleep 1000")
	_, err := loadWith(t.Context(), path)
	checkMessage(t, folder, err, "inventory.yaml:2:9: the source could not be read: list.sh: timed out after 100ms\n"+
		"  hint: give it more time with timeout: 2m, or let it print less")
}

// A program whose caller is gone is cut off, with everything that it has started.
func TestSourceIsCutOff(t *testing.T) {
	folder, path := script(t, "", "exec 3>\"${0%/*}/alive\"; echo waiting >&2; (echo x >&3; exec sleep 1000) & wait")
	alive := filepath.Join(folder, "alive")
	if err := syscall.Mkfifo(alive, 0o600); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the caller is gone")
	ctx, cut := context.WithCancelCause(t.Context())
	loaded := make(chan error, 1)
	go func() {
		_, err := loadWith(ctx, path)
		loaded <- err
	}()
	pipe, err := os.Open(alive) // as soon as the program has it
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := io.ReadFull(pipe, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	cut(gone)
	if err := <-loaded; !errors.Is(err, gone) || !strings.HasSuffix(strings.Split(err.Error(), "\n")[0], "list.sh: the caller is gone: waiting") {
		t.Errorf("got %v", err)
	}
	// The end of the pipe is when nobody who was started has it any more.
	if err := pipe.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := pipe.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("what the program started lives: %v", err)
	}
}

// A program that prints without end is cut off, and what it printed not kept.
func TestSourceFloods(t *testing.T) {
	folder, path := script(t, ", timeout: 10m", "exec head -c 1000000000 /dev/zero")
	_, err := loadWith(t.Context(), path)
	checkMessage(t, folder, err, "inventory.yaml:2:9: the source could not be read: list.sh: it printed more than 64 MB\n  hint: run it yourself and read its output")
}

// A source is only run by who gives a runner, and only when the file is right.
func TestSourceIsNotRun(t *testing.T) {
	o := testOptions()
	parse := func(text string) string {
		_, err := o.Parse("i.yaml", []byte("apiVersion: aixmend/v1\n"+text))
		if err == nil {
			t.Fatalf("%s is read", text)
		}
		return err.Error()
	}
	if got := parse("source: {exec: [x]}\n"); got != "i.yaml:2:9: no program is run here" {
		t.Error(got)
	}
	o.Run = func([]string, time.Duration) ([]byte, error) {
		t.Error("it is run")
		return nil, nil
	}
	for text, want := range map[string]string{
		"source:\n":                          "i.yaml:2:8: source names neither exec nor powervs\n  hint: write exec: [PROGRAM, ARGUMENT, ...] or powervs: {workspaces: [NAME]}",
		"source: {exec: []}\n":               "i.yaml:2:9: exec names no program",
		"source: {exec: [x], timeout: 0s}\n": "i.yaml:2:30: timeout must be more than 0 and at most 1h0m0s",
		"source: {exec: [x]}\nhosts: 7\n":    "i.yaml:3:8: hosts must be a map, found the number 7",
	} {
		if got := parse(text); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}
