//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/console"
)

// readFlags are the flags whose files and folders are read. Every other flag that takes
// one names an output.
var readFlags = []string{"config", "inventory", "identity", "ssh-config", "plan", "playbook", "state", "known-hosts", "hub", "join", "trust-playbook", "key", "allowed-signers", "revoked-signers", "plans", "token-file", "tls-cert", "tls-key", "nats-ca"}

// written is a flag of a verb that names a file or a folder to be written.
type written struct {
	verb, flag string
	folder     bool
}

// outputs are the outputs of all verbs, from the flags themselves.
func outputs(t *testing.T) []written {
	t.Helper()
	list := []written{{verb: "hostkeys", flag: "known-hosts"}}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			value, _ := pflag.UnquoteUsage(f)
			if words := strings.Split(value, "|"); !slices.Contains(readFlags, f.Name) && (slices.Contains(words, "FILE") || slices.Contains(words, "DIR")) {
				list = append(list, written{strings.TrimPrefix(cmd.CommandPath(), "aixmend "), f.Name, value == "DIR"})
			}
		})
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(tree(t))
	return list
}

// Links, pipes and folders that another user put where a file is to be written are refused
// before anything is run, for every output of every verb.
func TestNobodyRedirectsAnOutput(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	dir := t.TempDir()
	inventory := write(t, dir+"/inventory.yaml", "apiVersion: aixmend/v1\nhosts:\n  aix1: {address: 127.0.0.1, ssh: {port: 1}}\n")
	noError(t, os.MkdirAll(dir+"/state/runs", 0o700))
	arguments := map[string][]string{"report": {"latest"}, "replay": {dir + "/aix1.recording.json"}, "hostkeys": {"--only-new"}, "init": {"aix1"}, "hub init": {"--name", "127.0.0.1"}, "hub site add": {"fra"}, "hub operator add": {"ops"}, "hub revoke": {"fra"}}
	all := outputs(t)
	if len(all) < 30 {
		t.Errorf("only %d outputs: %v", len(all), all)
	}
	for _, o := range all {
		for name, at := range plantedIn(t, o.folder) {
			args := append(strings.Fields(o.verb), arguments[o.verb]...)
			cmd, _, err := tree(t).Find(args)
			noError(t, err)
			for flag, value := range map[string]string{"inventory": inventory, "state": dir + "/state", "yes": "true", "ssh-config": "none"} {
				if cmd.Flags().Lookup(flag) != nil {
					args = append(args, "--"+flag+"="+value)
				}
			}
			args = append(args, "--"+o.flag, at.path)
			var out, errs strings.Builder
			code := run(args, console.Streams{Out: &out, Err: &errs})
			if code != 2 || !strings.Contains(errs.String(), "belongs to user 4711") || !strings.Contains(errs.String(), "hint: ") {
				t.Errorf("%s: aixmend %s: exit code %d\n%s", name, strings.Join(args, " "), code, errs.String())
			}
			at.untouched(t)
		}
	}
	if runs, err := os.ReadDir(dir + "/state/runs"); err != nil || len(runs) > 0 {
		t.Errorf("something was run: %v, %v", runs, err)
	}
}

// trap is a path that another user has prepared, and the folder where it leads.
type trap struct{ path, victim string }

// plantedIn prepares a folder like /tmp.
func plantedIn(t *testing.T, folder bool) map[string]trap {
	t.Helper()
	dir := t.TempDir()
	victim, shared := filepath.Join(dir, "victim"), filepath.Join(dir, "shared")
	at := func(name string) trap { return trap{filepath.Join(shared, name), victim} }
	noError(t, errors.Join(os.Mkdir(victim, 0o755), os.Mkdir(shared, 0o755), os.Chmod(shared, 0o777|os.ModeSticky)))
	write(t, filepath.Join(victim, "file"), "precious")
	traps := map[string]trap{"a link on the way": at("way/new")}
	noError(t, os.Symlink(victim, at("way").path))
	if folder {
		traps["a link"] = at("link")
		noError(t, os.Symlink(victim, at("link").path))
	} else {
		traps["a link"], traps["a link to nothing"] = at("link"), at("nothing")
		noError(t, errors.Join(os.Symlink(filepath.Join(victim, "file"), at("link").path), os.Symlink(filepath.Join(victim, "new"), at("nothing").path)))
		traps["a pipe"] = at("pipe")
		noError(t, syscall.Mkfifo(at("pipe").path, 0o666))
	}
	entries, err := os.ReadDir(shared)
	noError(t, err)
	for _, e := range entries {
		noError(t, os.Lchown(filepath.Join(shared, e.Name()), 4711, 4711))
	}
	return traps
}

// untouched fails if anything was written where the trap leads.
func (p trap) untouched(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(p.victim)
	if text, readErr := os.ReadFile(filepath.Join(p.victim, "file")); err != nil || len(entries) != 1 || readErr != nil || string(text) != "precious" {
		t.Errorf("%s: the victim has %v and %q, %v, %v", p.path, entries, text, err, readErr)
	}
}

// The man pages are written by name, too.
func TestManPagesFollowNoLinkOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	at := plantedIn(t, true)["a link"]
	noError(t, errors.Join(os.Symlink(filepath.Join(at.victim, "file"), filepath.Join(filepath.Dir(at.path), "aixmend.1")),
		os.Lchown(filepath.Join(filepath.Dir(at.path), "aixmend.1"), 4711, 4711)))
	for _, folder := range []string{at.path, filepath.Dir(at.path)} {
		var errs strings.Builder
		if code := run([]string{"man", folder}, console.Streams{Out: &errs, Err: &errs}); code == 0 || !strings.Contains(errs.String(), "belongs to user 4711") {
			t.Errorf("man %s: exit code %d\n%s", folder, code, errs.String())
		}
		at.untouched(t)
	}
}
