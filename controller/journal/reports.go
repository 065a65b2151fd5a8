package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// WriteRequest writes the request of the run and syncs it. It is called before the run
// does anything.
func (r *Run) WriteRequest(request any) error {
	text, err := json.MarshalIndent(request, "", "  ")
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	if err := durable.Write(filepath.Join(r.store.RunDir(r.id), "request.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	return nil
}

// WriteCheckpoint writes the checkpoint of a host: its report when a rung begins, from
// which resume continues. It is on the disk when it returns.
func (r *Run) WriteCheckpoint(h outcome.Host) error {
	if err := naming.CheckFile("host", h.Host); err != nil {
		return err
	}
	dir := r.store.checkpointsDir(r.id)
	if err := errors.Join(os.MkdirAll(dir, durable.DirMode), durable.SyncDir(r.store.RunDir(r.id))); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	if err := durable.WriteContent(filepath.Join(dir, h.Host+".json"), durable.JSON(h)); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	return nil
}

// WriteHost writes a host's reports as JSON and Markdown. Readers always see complete
// files; Finish syncs their names.
func (r *Run) WriteHost(h outcome.Host, markdown []byte) error {
	if err := naming.CheckFile("host", h.Host); err != nil {
		return err
	}
	dir := filepath.Join(r.store.RunDir(r.id), "hosts")
	if err := durable.WriteUnsynced(filepath.Join(dir, h.Host+".json"), durable.JSON(h)); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	if err := durable.WriteUnsynced(filepath.Join(dir, h.Host+".md"), durable.Bytes(markdown)); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	return nil
}

// WritePage writes report.html.
func (r *Run) WritePage(write func(io.Writer) error) error {
	path := filepath.Join(r.store.RunDir(r.id), "report.html")
	if err := durable.WriteContent(path, func(to io.Writer) error {
		buffered := bufio.NewWriterSize(to, 1<<16)
		if err := write(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}); err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	return nil
}

// Support creates the folder for the support data of a host. It returns its path, and
// its name relative to the state folder.
func (r *Run) Support(host string) (path, name string, err error) {
	if err := naming.CheckFile("host", host); err != nil {
		return "", "", err
	}
	path = filepath.Join(r.store.RunDir(r.id), "support", host)
	if err := os.MkdirAll(path, durable.DirMode); err != nil {
		return "", "", fmt.Errorf("support data: %w", err)
	}
	return path, "runs/" + r.id + "/support/" + host, nil
}

// WriteCase writes the text of a support case for a host.
func (r *Run) WriteCase(host string, text []byte) error {
	path, _, err := r.Support(host)
	if err != nil {
		return err
	}
	return durable.WriteUnsynced(filepath.Join(path, "case.txt"), durable.Bytes(text))
}

// Finish writes run.json and points "latest" to the run. If every host has its report,
// it removes the checkpoints.
func (r *Run) Finish(run outcome.Run) error {
	text, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	dir := r.store.RunDir(r.id)
	if err := durable.SyncDir(filepath.Join(dir, "hosts")); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	if run.Unfinished == 0 { // every report is written
		if err := os.RemoveAll(r.store.checkpointsDir(r.id)); err != nil {
			return fmt.Errorf("run folder: %w", err)
		}
	}
	if err := durable.Write(filepath.Join(dir, "run.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	return r.store.pointLatest(r.id)
}

// LoadHost reads the report of a host of this run.
func (r *Run) LoadHost(host string) (*outcome.Host, error) { return r.store.LoadHost(r.id, host) }
