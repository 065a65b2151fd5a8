package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/controller/report/html"
)

// files declares a flag for each format of a file.
func (f *flags) files(c *cobra.Command) {
	if f.Files == nil { // of all verbs it is the same one
		f.Files = map[string]string{}
	}
	for _, format := range formats.All() {
		c.Flags().Var(fileFlag{f.Files, format.Name}, format.Name, "write `FILE`: "+format.About)
	}
}

// fileFlag is the value of a flag that names the file of a format.
type fileFlag struct {
	files  map[string]string
	format string
}

func (v fileFlag) String() string { return v.files[v.format] }
func (v fileFlag) Type() string   { return "string" }

// Set implements pflag.Value. An empty name asks for nothing.
func (v fileFlag) Set(path string) error {
	v.files[v.format] = path
	return nil
}

// wantsFiles tells whether a file is asked for.
func (f *flags) wantsFiles() bool {
	for _, path := range f.Files {
		if path != "" {
			return true
		}
	}
	return false
}

// checkFiles finds out before a run whether its files can be written after it.
func (f *flags) checkFiles() error {
	seen := f.named()
	for _, format := range formats.All() {
		path := f.Files[format.Name]
		if path == "" {
			continue
		}
		if path == "-" {
			return usagef("/dev/stdout is a file, too", "--%s -: wanted the name of a file", format.Name)
		}
		if other := seen[place(path)]; other != "" {
			return usagef("", "--%s and --%s name the same file: %s", other, format.Name, path)
		}
		seen[place(path)] = format.Name
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return usagef("name a file in it", "--%s %s: it is a folder", format.Name, path)
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return usagef("make it first", "--%s %s: there is no folder %s", format.Name, path, filepath.Dir(path))
		}
		if err := canWrite(path); err != nil {
			return usagef("", "--%s: %w", format.Name, err)
		}
	}
	return nil
}

// named are the files that the run reads, or writes otherwise, by their places: a
// report takes none of them.
func (f *flags) named() map[string]string {
	files := map[string]string{}
	for _, file := range f.Inventories {
		files[place(file)] = "inventory"
	}
	for flag, file := range map[string]string{
		"out": f.Out, "plan": f.plan, "playbook": f.Playbook, "identity": f.Identity, "known-hosts": f.KnownHosts, "ssh-config": f.SSHConfig,
	} {
		if file != "" {
			files[place(file)] = flag
		}
	}
	return files
}

// canWrite finds out whether a file can be written whole: that takes a new one in
// its folder. What is there and is no plain file is written to as it is.
func canWrite(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil
	}
	probe, err := os.CreateTemp(filepath.Dir(place(path)), ".tmp-")
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", path, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// place is one name of a file for all that it has.
func place(path string) string {
	if there, err := filepath.EvalSymlinks(path); err == nil {
		path = there
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return path
}

// evidence is a run as the formats take it.
func evidence(store *journal.Store, run outcome.Run) (report.Evidence, error) {
	e := report.Evidence{Run: run, Hosts: documents(store, run)}
	if run.Succeeded() {
		e.LastSuccess = run.Finished
		return e, nil
	}
	ids, err := store.RunIDs()
	if err != nil {
		return e, err
	}
	for _, id := range ids { // the newest first; of a run that can't be read nothing is known
		earlier, err := store.LoadRun(id)
		if err == nil && earlier.Command == run.Command && earlier.Playbook.Name == run.Playbook.Name &&
			earlier.Succeeded() && earlier.Started.Before(run.Started) {
			e.LastSuccess = earlier.Finished
			break
		}
	}
	return e, nil
}

// documents are those of a run's hosts, read ahead of who takes them, some at a
// time: to read one takes about as long as to render it.
func documents(store *journal.Store, run outcome.Run) iter.Seq2[outcome.Host, error] {
	type read struct {
		host outcome.Host
		err  error
	}
	return func(yield func(outcome.Host, error) bool) {
		ahead, enough := make(chan chan read, 2*runtime.GOMAXPROCS(0)), make(chan struct{})
		go func() {
			defer close(ahead)
			for _, h := range run.Hosts {
				one := make(chan read, 1)
				select {
				case ahead <- one:
				case <-enough:
					return
				}
				go func() {
					host, err := document(store, run.ID, h)
					one <- read{host, err}
				}()
			}
		}()
		defer func() {
			close(enough)
			for one := range ahead { // nothing is left behind
				<-one
			}
		}()
		for one := range ahead {
			r := <-one
			if !yield(r.host, r.err) || r.err != nil {
				return
			}
		}
	}
}

// document is that of one host; of one that left none what the run says of it.
func document(store *journal.Store, run string, h outcome.HostSummary) (outcome.Host, error) {
	kept, err := store.LoadHost(run, h.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return outcome.Host{Schema: outcome.HostSchema, RunID: run, Host: h.Name, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason}, nil
	case err != nil:
		return outcome.Host{}, err
	}
	return *kept, nil
}

// writeFiles writes report.html into the folder of the run, and the files that
// were asked for.
func (a *app) writeFiles(store *journal.Store, dir *journal.Run, run outcome.Run, files map[string]string) error {
	e, err := evidence(store, run)
	if err != nil {
		return err
	}
	problems := []error{dir.WritePage(func(to io.Writer) error { return html.Write(to, e) })}
	return errors.Join(append(problems, a.saveFiles(e, files))...)
}

// saveAgain writes the files that are asked for of a run that has ended.
func (a *app) saveAgain(store *journal.Store, run outcome.Run) error {
	if !a.flags.wantsFiles() {
		return nil
	}
	e, err := evidence(store, run)
	if err != nil {
		return err
	}
	return a.saveFiles(e, a.flags.Files)
}

// saveFiles writes the files that were asked for. One that fails does not keep the
// others from being written.
func (a *app) saveFiles(e report.Evidence, files map[string]string) error {
	var problems []error
	for _, format := range formats.All() {
		path := files[format.Name]
		if path == "" {
			continue
		}
		write := func(to io.Writer) error { return format.Write(to, e) }
		if err := a.saveFile(path, format.Private, write); err != nil {
			problems = append(problems, fmt.Errorf("--%s: %w", format.Name, err))
		}
	}
	return errors.Join(problems...)
}

// saveFile writes a file whole or not at all. What is there and is no plain file,
// a pipe or a terminal, is written to as it is; so is stdout, wherever it leads.
func (a *app) saveFile(path string, private bool, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	if err == nil && a.isOut(info) {
		buffered := bufio.NewWriter(a.out)
		if err := write(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}
	if err == nil && !info.Mode().IsRegular() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		buffered := bufio.NewWriter(file)
		return errors.Join(write(buffered), buffered.Flush(), file.Close())
	}
	return journal.WriteReport(path, private, write)
}

// isOut tells whether a file is what stdout leads to: in its place nothing else may
// be put while it is written to.
func (a *app) isOut(info os.FileInfo) bool {
	out, ok := plainWriter(a.out).(*os.File)
	if !ok {
		return false
	}
	there, err := out.Stat()
	return err == nil && os.SameFile(info, there)
}
