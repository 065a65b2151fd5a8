package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// platforms are those that the Makefile releases.
func platforms(t *testing.T) []string {
	t.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^RELEASED  := (.*)$`).FindSubmatch(makefile)
	if line == nil {
		t.Fatal("no RELEASED in the Makefile")
	}
	return strings.Fields(string(line[1]))
}

// Every module that is linked on any platform has a known and allowed licence, and its
// text is printed.
func TestLinkedModulesAreLicensed(t *testing.T) {
	modules, err := linked(t.Context(), "../..", "./cmd/aixmend", platforms(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range modules {
		if err := modules[i].read(); err != nil {
			t.Error(err)
		}
	}
	var out strings.Builder
	if err := write(&out, modules); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nGo 1.", "\ngithub.com/spf13/cobra v1.", // on each platform
		"\ngithub.com/inconshreveable/mousetrap v1.", // on Windows alone
		"Copyright 2009 The Go Authors.",             // Go's own
		"Mozilla Public License, version 2.0",        // with the way to the source
		"NOTICE\n",                                   // goes with Apache-2.0
		"\ncel.dev/cel-go v0.", "go mod download",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in the texts", want)
		}
	}
	if modules[0].path != "Go" || len(modules) < 30 {
		t.Errorf("%d modules, the first is %s", len(modules), modules[0].path)
	}
}

// Each text is by the words that the licence itself has.
func TestClassify(t *testing.T) {
	const (
		mit = "Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software ...\nThe above copyright notice and this permission notice shall be included in all\ncopies or substantial portions"
		bsd = "Redistributions of source code must retain the above copyright notice ... Redistributions in binary form must reproduce the above copyright notice"
	)
	for _, c := range []struct {
		name, text string
		want       []string
		refused    string
	}{
		{"MIT", mit, []string{"MIT"}, ""},
		{"BSD with two clauses", bsd, []string{"BSD-2-Clause"}, ""},
		{"BSD with three clauses", bsd + " Neither the name ... may be used to endorse or promote products", []string{"BSD-3-Clause"}, ""},
		{"BSD with the advertising clause", bsd + " All advertising materials mentioning features ... may be used to endorse or promote products", nil, "not known"},
		{"Apache", "Apache License\n  Version 2.0, January 2004\n ... 3. Grant of Patent License.", []string{"Apache-2.0"}, ""},
		{"Apache by reference", `Licensed under the Apache License, Version 2.0 (the "License")`, []string{"Apache-2.0"}, ""},
		{"two at once", mit + ` Licensed under the Apache License, Version 2.0 (the "License")`, []string{"MIT", "Apache-2.0"}, ""},
		{"MPL, which names the GPL", "Mozilla Public License, version 2.0 ... Covered Software ... the GNU General Public License, Version 2.0", []string{"MPL-2.0"}, ""},
		{"GPL", "GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007", []string{"GPL"}, "GPL is not allowed"},
		{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE\n Version 3", []string{"LGPL"}, "LGPL is not allowed"},
		{"AGPL", "GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3", []string{"AGPL"}, "AGPL is not allowed"},
		{"MIT or GPL: a person decides", mit + "\nGNU GENERAL PUBLIC LICENSE Version 2", []string{"MIT", "GPL"}, "GPL is not allowed"},
		{"MIT with a limit", `"Commons Clause" License Condition v1.0 ` + mit, []string{"MIT", "Commons-Clause"}, "Commons-Clause is not allowed"},
		{"source available", "Business Source License 1.1", []string{"BUSL"}, "BUSL is not allowed"},
		{"nothing known", "All rights reserved.", nil, "not known"},
		{"empty", "", nil, "not known"},
	} {
		got := classify(c.text)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		err := permitted(got)
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: %v, wanted %q", c.name, err, c.refused)
		}
	}
}

// Licences of a part count as those of the whole; a module without any is refused.
func TestReadModule(t *testing.T) {
	const isc = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted ... the above copyright notice and this permission notice appear in all copies"
	const patents = "a grant"
	for _, c := range []struct {
		name     string
		files    map[string]string
		licences []string
		texts    []string
		fault    string
	}{
		{"in the root", map[string]string{"LICENSE": isc, "PATENTS": patents, "license.go": "package a"}, []string{"ISC"}, []string{"LICENSE", "PATENTS"}, ""},
		{"British, with an ending", map[string]string{"LICENCE.md": isc}, []string{"ISC"}, []string{"LICENCE.md"}, ""},
		{"above the linked package", map[string]string{"COPYING": isc, "a/LICENSE-third": isc, "a/b/license.txt": isc}, []string{"ISC"}, []string{"COPYING", "a/LICENSE-third", "a/b/license.txt"}, ""},
		{"beside the linked package", map[string]string{"LICENSE": isc, "z/LICENSE": "Business Source License"}, []string{"ISC"}, []string{"LICENSE"}, ""},
		{"of another kind in a part", map[string]string{"LICENSE": isc, "a/LICENSE": "GNU General Public License version 3"}, nil, nil, "a/LICENSE: the licence GPL is not allowed"},
		{"unknown", map[string]string{"LICENSE": "ask us"}, nil, nil, "LICENSE: this licence is not known"},
		{"none", map[string]string{"README": "MIT"}, nil, nil, "no licence file"},
		{"a notice alone", map[string]string{"NOTICE": isc}, nil, nil, "no licence file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range c.files {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			deep := filepath.Join(root, "a", "b")
			if err := os.MkdirAll(deep, 0o700); err != nil {
				t.Fatal(err)
			}
			m := module{path: "example.org/m", version: "v1.0.0", root: root, folders: map[string]bool{deep: true}}
			err := m.read()
			if (err == nil) != (c.fault == "") || err != nil && (!strings.Contains(err.Error(), c.fault) || !strings.HasPrefix(err.Error(), "example.org/m v1.0.0: ")) {
				t.Fatalf("%v, wanted %q", err, c.fault)
			}
			if err != nil {
				return
			}
			var names []string
			for _, text := range m.texts {
				names = append(names, text.name)
			}
			if diff := cmp.Diff(c.texts, names); diff != "" {
				t.Errorf("texts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.licences, m.licences); diff != "" {
				t.Errorf("licences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlatformsAreChecked(t *testing.T) {
	for _, list := range [][]string{nil, {"linux"}, {"linux/none"}} {
		if err := run(t.Context(), list, new(strings.Builder)); err == nil {
			t.Errorf("%q is taken", list)
		}
	}
}
