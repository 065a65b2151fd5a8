package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// validDocument fails when a document is not as a schema of docs/schema says:
// valid SCHEMA FILE... A file may be stdout, a pattern, or hold lines of JSON.
func validDocument(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: valid SCHEMA FILE...")
	}
	schema := compiled(ts, args[0])
	for _, pattern := range args[1:] {
		files := []string{pattern}
		if pattern != "stdout" {
			var err error
			files, err = filepath.Glob(ts.MkAbs(pattern))
			ts.Check(err)
		}
		if len(files) == 0 {
			ts.Fatalf("there is no %s", pattern)
		}
		for _, file := range files {
			texts := []string{ts.ReadFile(file)}
			if strings.HasSuffix(file, ".jsonl") {
				texts = strings.Split(strings.TrimSpace(texts[0]), "\n")
			}
			for _, text := range texts {
				document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
				ts.Check(err)
				if err := schema.Validate(document); (err == nil) == neg {
					ts.Fatalf("%s by %s: %v", file, args[0], err)
				}
			}
		}
	}
}

// compiled is a schema of docs/schema, by the name of its file.
func compiled(ts *testscript.TestScript, name string) *jsonschema.Schema {
	file, err := os.Open("../../docs/schema/" + name + ".json")
	ts.Check(err)
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	ts.Check(err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	ts.Check(c.AddResource(name+".json", document))
	schema, err := c.Compile(name + ".json")
	ts.Check(err)
	return schema
}
