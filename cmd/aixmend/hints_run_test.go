package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/dumps"
)

// Hints are run, not only parsed: those of a few scripts always, with -hints.run all. A call of a script keeps each hint that it prints, with a
// copy of the script's folder at that moment; when the script has ended, and its simulated
// fleet still listens, the hints are run there as if somebody had pasted them: without a
// terminal, and without --yes, so that none changes a host.

// runHints runs those of all scripts. Which script prints a hint first, and so where it is run, depends on
// the order of the scripts.
var runHints = flag.Bool("hints.run", false, "run the hints that all scripts print, not only parse them; make hints does")

// alwaysRun reports whether the hints of a script are always run. These print hints of most
// kinds for a few seconds of running them.
func alwaysRun(script string) bool { return script == "script-summary" || script == "script-explain" }

// Variables of a call that keeps its hints: the folder for those of all scripts, and the
// folder of its script in there.
const (
	hintsOfAll    = "HINTS_OF_ALL_TESTS"
	hintsOfScript = "HINTS_OF_THIS_SCRIPT"
)

// keptHint is a hint that a call printed.
type keptHint struct {
	Words   []string // without aixmend
	Printed []string // the words of the call that printed it
	Folder  string   // in which that was, below the copy
	Work    string   // the script's folder
	Program string
	Env     []string
}

// noticedMain is main. A call of a script keeps the hints that it prints.
func noticedMain() {
	folder := os.Getenv(hintsOfScript)
	device := slices.ContainsFunc(os.Args, func(w string) bool { return strings.Contains(w, "/dev/") })
	if folder == "" || device { // a report on /dev/stdout has its place in the file of stdout
		main()
	}
	dumps.Forbid()
	var out, errs notice
	code := run(os.Args[1:], console.Streams{In: os.Stdin, Out: out.beside(os.Stdout), Err: errs.beside(os.Stderr)})
	if !slices.Contains(os.Args, "json") {
		keepHints(folder, out.text.String()+"\n"+errs.text.String())
	}
	os.Exit(code)
}

// notice keeps the text that is written to a stream.
type notice struct {
	io.Writer
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notice) beside(w io.Writer) io.Writer {
	n.Writer = w
	return n
}

// Write writes to the stream, too.
func (n *notice) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text.Write(p)
	return n.Writer.Write(p)
}

// keepHints keeps the hints of a text that no call has printed before. Faults of the test
// are printed, and fail its script.
func keepHints(folder, text string) {
	work, here := os.Getenv("WORK"), ""
	if at, err := os.Getwd(); err == nil {
		here, _ = filepath.Rel(work, at)
	}
	for _, h := range hintsIn(text) {
		kept := keptHint{Words: h.words, Printed: os.Args[1:], Folder: here, Work: work, Env: os.Environ()}
		kept.Program, _ = os.Executable()
		name := fmt.Sprintf("%x", sha256.Sum256([]byte(h.shape(work))))[:16]
		seen, err := os.OpenFile(filepath.Join(os.Getenv(hintsOfAll), name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil { // another call was first
			continue
		}
		_ = seen.Close()
		encoded, err := json.Marshal(kept)
		if err == nil {
			copyFolder(work, filepath.Join(folder, name, "work"))
			err = os.WriteFile(filepath.Join(folder, name, "hint.json"), encoded, 0o600)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "the test can't keep a hint:", err)
			os.Exit(1)
		}
	}
}

// plainHosts matches hosts that need no quotes. Names that need some are a hint of their own.
var plainHosts = regexp.MustCompile(`^[a-z][a-z-]*(?:,[a-z][a-z-]*)*$`)

// shape is the same for hints that differ in the id of a run only, or in plain hosts.
func (h hint) shape(work string) string {
	words := slices.Clone(h.words)
	for i, word := range words {
		if i > 0 && (words[i-1] == "-l" || words[0] == "explain" && i == 2) && plainHosts.MatchString(word) {
			words[i] = "HOSTS"
		}
	}
	text := strings.Join(words, "\x00")
	if h.err != nil {
		text = h.text + h.err.Error()
	}
	return runIDs.ReplaceAllString(strings.ReplaceAll(text, work, "W"), "R")
}

// copyFolder copies the files of a folder, as far as they can be read: another call may be
// writing there.
func copyFolder(from, to string) {
	_ = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		info, err := entry.Info()
		switch {
		case err != nil:
		case entry.IsDir() && rel == ".tmp":
			return fs.SkipDir
		case entry.IsDir():
			_ = os.MkdirAll(at, info.Mode().Perm()|0o700)
		case entry.Type()&fs.ModeSymlink != 0:
			if target, err := os.Readlink(path); err == nil {
				_ = os.Symlink(strings.Replace(target, from, to, 1), at)
			}
		case entry.Type().IsRegular():
			if text, err := os.ReadFile(path); err == nil {
				_ = os.WriteFile(at, text, info.Mode().Perm())
			}
		}
		return nil
	})
}

// atOnce is how many hints run at a time: they wait most of their time, and each has a copy of
// its script's folder.
const atOnce = 8

// pasting runs the hints of the scripts of a test.
type pasting struct {
	folder string
	slots  chan struct{}

	mu     sync.Mutex
	run    map[string]int // by verb
	left   map[string][]string
	faults []string
}

// newPasting returns the pasting of a test, which reports at its end.
func newPasting(t *testing.T) *pasting {
	t.Helper()
	p := &pasting{folder: t.TempDir(), slots: make(chan struct{}, atOnce), run: map[string]int{}, left: map[string][]string{}}
	t.Cleanup(func() {
		for _, verb := range slices.Sorted(maps.Keys(p.run)) {
			t.Logf("hints that were run: %3d aixmend %s", p.run[verb], verb)
		}
		for _, kind := range slices.Sorted(maps.Keys(p.left)) {
			t.Logf("hints that were not run: %s: %s", kind, strings.Join(slices.Compact(slices.Sorted(slices.Values(p.left[kind]))), "; "))
		}
		for _, fault := range p.faults {
			t.Error(fault)
		}
	})
	return p
}

// follow runs the hints of a script when it has ended.
func (p *pasting) follow(env *testscript.Env) error {
	mine := filepath.Join(p.folder, "of-"+filepath.Base(env.WorkDir))
	all, always := p.folder, alwaysRun(filepath.Base(env.WorkDir))
	if always { // a hint counts here, whichever script has printed it, too
		all = filepath.Join(mine, "all")
		if err := os.MkdirAll(all, 0o700); err != nil {
			return err
		}
	}
	env.Setenv(hintsOfAll, all)
	env.Setenv(hintsOfScript, mine)
	env.Defer(func() {
		if !always && !*runHints {
			return
		}
		kept, _ := filepath.Glob(filepath.Join(mine, "*", "hint.json"))
		var all sync.WaitGroup
		for _, file := range kept {
			all.Go(func() {
				p.slots <- struct{}{}
				defer func() { <-p.slots }()
				if err := p.paste(file); err != nil {
					p.mu.Lock()
					p.faults = append(p.faults, fmt.Sprintf("%s: %v", filepath.Base(env.WorkDir), err))
					p.mu.Unlock()
				}
			})
		}
		all.Wait()
	})
	return nil
}

// paste runs one kept hint.
func (p *pasting) paste(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var h keptHint
	if err := json.Unmarshal(text, &h); err != nil {
		return err
	}
	called := "aixmend " + strings.Join(h.Printed, " ")
	if h.Words == nil {
		return nil // its fault was told when it was printed
	}
	if kind := h.notRun(); kind != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.left[kind] = append(p.left[kind], "aixmend "+runIDs.ReplaceAllString(strings.Join(h.Words, " "), "R"))
		return nil
	}
	work := filepath.Join(filepath.Dir(file), "work")
	here := func(s string) string { return strings.ReplaceAll(s, h.Work, work) }
	words := slices.DeleteFunc(h.Words, func(w string) bool { return w == "--yes" })
	// Not the context of the test: it is cancelled when the script has ended, before its hints are run.
	ctx, cancel := context.WithTimeout(context.Background(), killLong)
	defer cancel()
	c := exec.CommandContext(ctx, h.Program)
	for _, w := range words {
		c.Args = append(c.Args, here(w))
	}
	c.Dir = filepath.Join(work, h.Folder)
	for _, v := range h.Env {
		if !strings.HasPrefix(v, hintsOfScript+"=") {
			c.Env = append(c.Env, here(v))
		}
	}
	out, err := c.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return fmt.Errorf("%s: %w", called, err)
	}
	p.mu.Lock()
	p.run[words[0]]++
	p.mu.Unlock()
	if code := c.ProcessState.ExitCode(); code < 0 || code > 8 || code == 1 || code == 2 && !refusal.Match(out) && !plugin.Match(out) {
		return fmt.Errorf("%s said: aixmend %s\nwhich ends with %d:\n%s", called, strings.Join(words, " "), code, out)
	}
	return nil
}

// refusal matches the documented refusals of verbs that ask where there is no terminal.
var refusal = regexp.MustCompile(`there is no terminal to ask on|without a terminal nobody can be asked`)

// plugin matches the status of a monitoring plugin, where 2 means that hosts have trouble.
var plugin = regexp.MustCompile(`(?m)^AIXMEND CRITICAL - `)

// notRun returns why a hint is not run, "" where it is.
func (h keptHint) notRun() string {
	words := h.Words
	switch {
	case slices.Contains(h.Printed, "--help") || slices.Contains(h.Printed, "help"):
		return "it is an example of the help, about hosts of its own"
	case slices.Equal(words, []string{"plan", "-l", "rsct-below-minimum", "--allow", "rsct-update"}):
		return "its script removed the request of the run, which names the inventory"
	case words[0] == "hub", words[0] == "worker", slices.Contains(words, "--hub"), slices.Contains(h.Printed, "hub"):
		return "it needs a hub with workers, and its tests run them"
	case slices.Equal(words, []string{"recover", "-i", "fleet/inventory.yaml", "--plan", "plan.json"}):
		return "its script changes the plan afterwards"
	case (len(words) == 1 || h.Printed[0] == "approve" || words[0] == "plan" && slices.Equal(h.Printed[:min(2, len(h.Printed))], []string{"plan", "show"})) && !takesInventory(h.Printed):
		return "the verb that names it takes no inventory"
	case slices.Contains(words, "20260104T000000.000Z-00000a"), slices.Contains(words, "29990101T000000.000Z-abcdef"):
		return "its script made the folder of the run by hand, without a journal"
	case slices.Equal(words, []string{"hostkeys"}) && !slices.Contains(h.Printed, "init"):
		return "the reason of a host, which documents keep, names the verb; NEXT has the command"
	case len(h.Printed) == 1 && misspelt(h.Printed[0]):
		return "it corrects the spelling of a verb; the rest of the call stays"
	case slices.Contains(words, "cloud.yaml"):
		return "the simulated cloud of the script ends before it"
	case words[0] == "demo":
		return "demo starts a fleet of its own, and its tests run it"
	case leftOpen(words) != "":
		return "only the reader knows a name in it"
	case understood(hintTree(), append([]string{"aixmend"}, words...), false) != nil:
		return "the verb is only mentioned"
	}
	return ""
}

// takesInventory reports whether a call has a flag for its inventory.
func takesInventory(call []string) bool {
	c, _, err := hintTree().Find(call)
	return err != nil || c.Flag("inventory") != nil
}

// misspelt reports whether a word is no verb.
func misspelt(word string) bool {
	_, _, err := hintTree().Find([]string{word})
	return err != nil
}
