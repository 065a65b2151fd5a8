package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// text is a file that must accompany the binary.
type text struct {
	// name is its path below the module.
	name, text string
	// licence is false for files that only come with a licence: notices and patents.
	licence bool
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|unlicense)([.-].*)?$`)
	noticeFile  = regexp.MustCompile(`(?i)^(notice|patents)(\.(txt|md))?$`)
)

// readFolder returns the texts in a folder of a module, sorted by name.
func readFolder(root, folder string) ([]text, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("look for licences: %w", err)
	}
	var texts []text
	for _, e := range entries {
		licence := licenceFile.MatchString(e.Name())
		if e.IsDir() || !licence && !noticeFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		path := filepath.Join(folder, e.Name())
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a licence: %w", err)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return nil, fmt.Errorf("name a licence: %w", err)
		}
		texts = append(texts, text{name: filepath.ToSlash(name), text: strings.ReplaceAll(string(content), "\r\n", "\n"), licence: licence})
	}
	return texts, nil
}

// marks are the phrases, all in lower case and with single spaces, by which a licence is
// recognized: it is the one if all of its phrases are there and none of not.
var marks = []struct {
	id      string
	phrases []string
	not     []string
}{
	{id: "MIT", phrases: []string{"permission is hereby granted, free of charge, to any person obtaining a copy", "the above copyright notice and this permission notice shall be included in all copies"}},
	{id: "Apache-2.0", phrases: []string{"apache license version 2.0, january 2004", "grant of patent license"}},
	{id: "Apache-2.0", phrases: []string{"licensed under the apache license, version 2.0 (the \"license\")"}, not: []string{"grant of patent license"}},
	{id: "BSD-3-Clause", phrases: []string{"redistributions of source code must retain the above copyright", "redistributions in binary form must reproduce the above copyright", "may be used to endorse or promote products"}, not: []string{"all advertising materials mentioning"}},
	{id: "BSD-2-Clause", phrases: []string{"redistributions of source code must retain the above copyright", "redistributions in binary form must reproduce the above copyright"}, not: []string{"endorse or promote products", "all advertising materials mentioning"}},
	{id: "ISC", phrases: []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted", "the above copyright notice and this permission notice appear in all copies"}},
	{id: "MPL-2.0", phrases: []string{"mozilla public license, version 2.0", "covered software"}},
	{id: "Unlicense", phrases: []string{"this is free and unencumbered software released into the public domain"}},
	{id: "AGPL", phrases: []string{"gnu affero general public license version"}},
	{id: "LGPL", phrases: []string{"gnu lesser general public license version"}},
	{id: "GPL", phrases: []string{"gnu general public license version"}},
	{id: "SSPL", phrases: []string{"server side public license"}},
	{id: "BUSL", phrases: []string{"business source license"}},
	{id: "Commons-Clause", phrases: []string{"commons clause"}},
	{id: "Elastic", phrases: []string{"elastic license"}},
	{id: "CC-BY-NC", phrases: []string{"attribution-noncommercial"}},
}

// allowed are the licences whose terms are met when their text, and the way to the
// source, accompany the binary.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense"}

// classify returns the SPDX ids of the licences that a text holds, or family names for
// those that are never allowed; nil if it is none that is known.
func classify(text string) []string {
	plain := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	holds := func(phrase string) bool { return strings.Contains(plain, phrase) }
	var ids []string
	for _, m := range marks {
		all := !slices.ContainsFunc(m.phrases, func(p string) bool { return !holds(p) })
		if all && !slices.ContainsFunc(m.not, holds) && !slices.Contains(ids, m.id) {
			ids = append(ids, m.id)
		}
	}
	return ids
}

// permitted returns an error unless every licence is known and allowed.
func permitted(ids []string) error {
	if len(ids) == 0 {
		return errors.New("this licence is not known: read it, and add it to tools/licences/texts.go if it may be used")
	}
	for _, id := range ids {
		if !slices.Contains(allowed, id) {
			return fmt.Errorf("the licence %s is not allowed: do without this module", id)
		}
	}
	return nil
}
