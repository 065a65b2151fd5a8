package main

import (
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/transport/lab/golden"
)

// The docs and the linter say the same as the import table: what stands between their
// markers is written from it.
func TestRoomsAreCopied(t *testing.T) {
	for _, c := range []struct{ file, begin, end, want string }{
		{"docs/architecture.md", "<!-- rooms -->\n", "<!-- /rooms -->", roomsInDocs(t)},
		{".golangci.yml", "      # rooms\n", "        # /rooms", roomsInLinter()},
	} {
		name := filepath.Join(repository, c.file)
		text, err := os.ReadFile(name)
		noError(t, err)
		head, rest, begun := strings.Cut(string(text), c.begin)
		copied, tail, ended := strings.Cut(rest, c.end)
		if !begun || !ended {
			t.Errorf("%s has no markers %q and %q", c.file, c.begin, c.end)
			continue
		}
		if copied == c.want {
			continue
		}
		if golden.Updating() {
			noError(t, os.WriteFile(name, []byte(head+c.begin+c.want+c.end+tail), 0o666))
			continue
		}
		t.Errorf("%s differs from the import table; to write it: go test ./cmd/aixmend -run TestRoomsAreCopied -update", c.file)
	}
}

// roomsInDocs is the table of rooms in Markdown: each package with the first sentence of
// its package comment.
func roomsInDocs(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| package | purpose | our imports |\n| --- | --- | --- |\n")
	for _, pkg := range slices.Sorted(maps.Keys(rooms)) {
		imports := "nothing"
		switch list := rooms[pkg].imports; {
		case slices.Contains(list, "*"):
			imports = "everything"
		case len(list) > 0:
			imports = "`" + strings.Join(list, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", pkg, purpose(t, pkg), imports)
	}
	return b.String()
}

// purpose is the first sentence of a package comment, without its first two words.
func purpose(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, pkg, "*.go"))
	noError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		noError(t, err)
		if parsed.Doc == nil {
			continue
		}
		words := strings.SplitN(new(doc.Package).Synopsis(parsed.Doc.Text()), " ", 3)
		return strings.TrimSuffix(words[len(words)-1], ".")
	}
	t.Errorf("%s has no package comment", pkg)
	return ""
}

// roomsInLinter is the table as rules of depguard, one a package. Tests are left to
// TestImportsFollowTheTable.
func roomsInLinter() string {
	var b strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(rooms)) {
		imports := rooms[pkg].imports
		if slices.Contains(imports, "*") {
			continue
		}
		fmt.Fprintf(&b, "        %s:\n          list-mode: lax\n          files: [\"!$test\", \"**/%s/*.go\"]\n", strings.ReplaceAll(pkg, "/", "-"), pkg)
		if len(imports) > 0 {
			fmt.Fprintf(&b, "          allow: [aixmend/%s$]\n", strings.Join(imports, "$, aixmend/"))
		}
		fmt.Fprintf(&b, "          deny: [{pkg: aixmend, desc: the import table in cmd/aixmend/imports_test.go does not allow %s this}]\n", path.Base(pkg))
	}
	return b.String()
}
