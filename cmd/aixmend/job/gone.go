package job

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// Gone returns an error where files are gone by which hosts of an earlier run are reached: to
// resume it without them would end these hosts unreachable, and close the run.
func (j *Job) Gone(hosts []string) error {
	var gone []string
	of := map[string][]string{} // the names, by the words about a file
	check := func(name string, s inventory.SSH, setting string) {
		for _, file := range j.missing(s, setting) {
			if of[file] == nil {
				gone = append(gone, file)
			}
			of[file] = append(of[file], name)
		}
	}
	check("the run", inventory.SSH{Identity: j.Request.Identity, KnownHosts: j.Request.KnownHosts}, "")
	for _, h := range named(j.Request.Hosts, hosts) {
		check(h.Name, h.SSH, "ssh.")
	}
	for _, b := range j.Request.Bastions {
		check(b.Name, b.SSH, "ssh.")
	}
	if len(gone) == 0 {
		return nil
	}
	for i, file := range gone {
		gone[i] = report.Compact(of[file]) + ": " + file
	}
	return exit.Usagef("put it back and resume again: the run stays open", "a file is gone by which hosts are reached: %s", strings.Join(gone, "; "))
}

// missing words the files of SSH settings that are gone.
func (j *Job) missing(s inventory.SSH, setting string) (list []string) {
	if path := j.there(s.Identity); path != "" && !exists(path) && !exists(path+".pub") {
		list = append(list, fmt.Sprintf("%sidentity: %s does not exist", setting, path))
	}
	files := strings.Split(s.KnownHosts, "\n")
	if !slices.ContainsFunc(files, func(f string) bool { path := j.there(f); return path == "" || exists(path) }) {
		list = append(list, fmt.Sprintf("%sknown_hosts: %s does not exist", setting, strings.Join(files, ", ")))
	}
	if path := j.there(s.Config); path != "" {
		file, _, err := ownership.Open(path)
		if err != nil {
			return append(list, fmt.Sprintf("%sconfig: %v", setting, plain.Error(err)))
		}
		_ = file.Close()
	}
	return list
}

// there is the place of a file that a setting names; "" where it names none, or one that
// depends on the host.
func (j *Job) there(path string) string {
	switch {
	case path == "", path == request.None, path == "user", path == "system", strings.Contains(path, "%"), strings.HasPrefix(path, "~"):
		return ""
	case filepath.IsAbs(path):
		return path
	}
	return filepath.Join(j.Request.Folder, path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
