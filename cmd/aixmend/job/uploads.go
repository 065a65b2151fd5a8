package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/inventory/naming"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport/ownership"
)

// baseline returns the baseline of each host (--set baseline): an earlier run, else a
// capture by its id or label, or by HOST/ID under another name, else the run that the short
// form of an id means. nil: none is asked for.
func (j *Job) baseline(store *journal.Store) func(host string) facts.Past {
	ref := j.params.Text("baseline")
	if ref == "" {
		return nil
	}
	run, notRun := store.Resolve(ref)
	short, notShort := store.Named(ref)
	return func(host string) facts.Past {
		if notRun == nil {
			return runBaseline(store, run, host)
		}
		of, id := host, ref
		if other, rest, both := strings.Cut(ref, "/"); both {
			of, id = other, rest
		}
		c, err := store.Find(of, id)
		switch {
		case err != nil && notShort == nil:
			return runBaseline(store, short, host)
		case err != nil:
			return facts.Past{From: fmt.Sprintf("%q is neither a run nor a capture of this host: %v", ref, err)}
		}
		return controller.Remember(*c)
	}
}

// runBaseline is the facts that a run read from a host.
func runBaseline(store *journal.Store, run, host string) facts.Past {
	h, err := store.LoadHost(run, host)
	if err != nil {
		return facts.Past{From: err.Error()}
	}
	p := facts.ReadPast(h.Facts)
	if len(p.Has) == 0 {
		return facts.Past{From: "run " + run + " read nothing from this host: " + string(h.Outcome)}
	}
	p.Known, p.Host, p.ID, p.Date, p.From = true, host, run, h.Started.UTC().Format(time.DateOnly), "run "+run
	return p
}

// imagesPath matches a folder on the host, or on an NFS server.
var imagesPath = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9.-]*:)?/[^:]*$`)

// uploads checks the folder of --set upload before any host is touched. A relative one is
// relative to the working folder of the run, "" for that of this process.
func uploads(params playbooks.Params, working string) (facts.Upload, error) {
	up := facts.Upload{Folder: params.Text("upload")}
	images := params.Text("images")
	switch {
	case images != "" && up.Folder != "":
		return up, exit.Usagef("", "--set images and --set upload: use one of them")
	case images != "" && !imagesPath.MatchString(images) || slices.Contains(strings.Split(images, "/"), ".."):
		return up, exit.Usagef("", "--set images=%s: expected the absolute path of a folder on the host, or SERVER:/PATH, without ..", images)
	case up.Folder == "":
		return up, nil
	}
	list, err := uploadFiles(request.In(working, up.Folder))
	if err != nil {
		return up, exit.Usagef("it must be a folder of this machine that holds the images and nothing else", "--set upload=%s: %w", up.Folder, err)
	}
	for _, path := range list {
		info, err := os.Stat(path)
		if err != nil {
			return up, exit.Usagef("", "--set upload=%s: %w", up.Folder, err)
		}
		up.Files++
		up.Bytes += info.Size()
	}
	return up, nil
}

// uploadFiles returns the paths of the files in a folder, by name. Hosts install them as
// root, so nobody else may be able to change them.
func uploadFiles(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	if err := ownership.Tree(folder); err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		switch {
		case e.Name() == ".toc": // rebuilt on the host
		case !e.Type().IsRegular():
			return nil, fmt.Errorf("%s is not a regular file", e.Name())
		case !naming.IsFile(e.Name()):
			return nil, fmt.Errorf("%q can't be a file name on the host", e.Name())
		default:
			list = append(list, filepath.Join(folder, e.Name()))
		}
	}
	if len(list) == 0 {
		return nil, errors.New("it has no files")
	}
	return list, nil
}

// folders are the local folders of uploads and of support data.
type folders struct {
	dir     *journal.Run
	working string // the working folder of the run, "" for that of this process
}

// Uploads implements controller.Folders.
func (f folders) Uploads(folder string) ([]string, error) {
	return uploadFiles(request.In(f.working, folder))
}

// Support implements controller.Folders.
func (f folders) Support(host string) (path, name string, err error) { return f.dir.Support(host) }
