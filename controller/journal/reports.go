package journal

import (
	"bufio"
	"encoding/json"
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
	if err := r.store.disk.Write(filepath.Join(r.store.RunDir(r.id), "request.json"), append(text, '\n')); err != nil {
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
	err := r.checkpoints.Make(r.store.disk, dir)
	if err == nil {
		err = r.store.disk.WriteContent(filepath.Join(dir, h.Host+".json"), durable.JSON(h))
	}
	if err != nil {
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
	if err := r.store.disk.WriteUnsynced(filepath.Join(dir, h.Host+".json"), durable.JSON(h)); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	if err := r.store.disk.WriteUnsynced(filepath.Join(dir, h.Host+".md"), durable.Bytes(markdown)); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	return nil
}

// WritePage writes report.html.
func (r *Run) WritePage(write func(io.Writer) error) error {
	path := filepath.Join(r.store.RunDir(r.id), "report.html")
	if err := r.store.disk.WriteContent(path, func(to io.Writer) error {
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
	if err := r.store.disk.MkdirAll(path); err != nil {
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
	return r.store.disk.WriteUnsynced(filepath.Join(path, "case.txt"), durable.Bytes(text))
}

// Finish writes run.json and points "latest" to the run. If every host has its report,
// it removes the checkpoints. A report of a host that was changed is on the disk before: a
// rollback needs it.
func (r *Run) Finish(run outcome.Run) error {
	text, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	dir := r.store.RunDir(r.id)
	if err := r.syncReports(run.Hosts); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	if run.Unfinished == 0 { // every report is written
		if err := r.store.disk.RemoveAll(r.store.checkpointsDir(r.id)); err != nil {
			return fmt.Errorf("run folder: %w", err)
		}
	}
	if err := r.store.disk.Write(filepath.Join(dir, "run.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	return r.store.pointLatest(r.id)
}

// syncReports makes durable the names of all reports, and the reports of the hosts that were
// captured: others were not changed, and can be read again.
func (r *Run) syncReports(hosts []outcome.HostSummary) error {
	dir := filepath.Join(r.store.RunDir(r.id), "hosts")
	written := durable.Written{Since: r.begun, Folders: []string{dir}}
	for _, h := range hosts {
		path := filepath.Join(dir, h.Name+".json")
		if _, err := os.Stat(path); err == nil && h.Capture != "" { // an adopted run may lack it
			written.Files = append(written.Files, path)
		}
	}
	if len(written.Files) == 0 {
		return r.store.disk.SyncDir(dir)
	}
	return r.store.group.Sync(written)
}

// LoadHost reads the report of a host of this run.
func (r *Run) LoadHost(host string) (*outcome.Host, error) { return r.store.LoadHost(r.id, host) }
