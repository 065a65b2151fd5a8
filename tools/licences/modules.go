package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is a Go module, or Go itself, with what is linked of it.
type module struct {
	path, version string
	// root is its folder, and folders those of the linked packages in it.
	root    string
	folders map[string]bool
	// licences are SPDX ids, and texts the files that say so, both sorted; read fills
	// them in.
	licences []string
	texts    []text
}

// listed is a package as `go list -json` prints it.
type listed struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// linked returns the modules that are linked into a command on any of the platforms,
// sorted by path, with Go first. It needs the modules in the cache, or a module proxy.
func linked(ctx context.Context, dir, command string, platforms []string) ([]module, error) {
	found := map[string]module{}
	for _, platform := range platforms {
		system, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return nil, fmt.Errorf("platform %q: write it as SYSTEM/ARCHITECTURE, such as linux/amd64", platform)
		}
		env := []string{"GOOS=" + system, "GOARCH=" + arch, "CGO_ENABLED=0"}
		out, err := goOutput(ctx, dir, env, "list", "-deps", "-json=Dir,Standard,Module", command)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", platform, err)
		}
		if err := collect(found, out); err != nil {
			return nil, fmt.Errorf("%s: %w", platform, err)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no module is linked: is it the right command?", command)
	}
	out, err := goOutput(ctx, dir, nil, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	byPath := slices.SortedFunc(maps.Values(found), func(a, b module) int { return cmp.Compare(a.path, b.path) })
	return slices.Insert(byPath, 0, module{path: "Go", version: strings.TrimPrefix(version, "go"), root: root, folders: map[string]bool{root: true}}), nil
}

// collect adds the modules of a list of packages.
func collect(found map[string]module, list []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(list))
	for {
		var p listed
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the output of go list: %w", err)
		case p.Standard || p.Module == nil || p.Module.Main:
			continue
		}
		m, known := found[p.Module.Path]
		if !known {
			m = module{path: p.Module.Path, version: p.Module.Version, root: p.Module.Dir, folders: map[string]bool{}}
			found[p.Module.Path] = m
		}
		m.folders[p.Dir] = true
	}
}

// goOutput runs the go command and returns its standard output.
func goOutput(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	var faults bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), &faults
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(faults.Bytes()))
	}
	return out, nil
}

// read fills in the licences of a module: those in its root and in each folder on the
// way to a linked package.
func (m *module) read() error {
	folders := map[string]bool{}
	for folder := range m.folders {
		for inside(folder, m.root) {
			folders[folder] = true
			folder = filepath.Dir(folder)
		}
	}
	ids := map[string]bool{}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		texts, err := readFolder(m.root, folder)
		if err != nil {
			return fmt.Errorf("%s %s: %w", m.path, m.version, err)
		}
		for _, t := range texts {
			if !t.licence {
				continue
			}
			found := classify(t.text)
			if err := permitted(found); err != nil {
				return fmt.Errorf("%s %s: %s: %w", m.path, m.version, t.name, err)
			}
			for _, id := range found {
				ids[id] = true
			}
		}
		m.texts = append(m.texts, texts...)
	}
	if len(ids) == 0 {
		return fmt.Errorf("%s %s: no licence file in %s: without one its code must not be distributed", m.path, m.version, m.root)
	}
	m.licences = slices.Sorted(maps.Keys(ids))
	return nil
}

// inside reports whether a folder is root or below it.
func inside(folder, root string) bool {
	way, err := filepath.Rel(root, folder)
	return err == nil && way != ".." && !strings.HasPrefix(way, ".."+string(filepath.Separator))
}
