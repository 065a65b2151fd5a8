package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is one package of the house: which of our packages it may import, and which
// others its tests may. A test may always import its own package.
type room struct {
	imports, tests []string
}

// everything is the import list of the packages that wire the others.
var everything = []string{"*"}

// world lists the packages a test needs to put a host at the other end.
var world = []string{"transport", "transport/ssh", "transport/ssh/auth", "transport/ssh/hostkeys", "transport/wrap", "transport/lab/sshtest", "transport/lab/transporttest", "transport/lab/aixsim", "transport/lab/weather"}

// leaves lists the packages that every test may import.
var leaves = []string{"transport/lab/golden", "transport/lab/suite"}

// rooms is the import table, and stands here alone: docs/architecture.md and the linter
// take theirs from it (TestRoomsAreCopied -update). A package that is not in it is an
// error: a new room is a decision.
var rooms = map[string]room{
	"cmd/aixmend":                 {imports: []string{"*", "cmd/*"}},
	"cmd/aixmend/complete":        {imports: []string{"controller/journal", "controller/outcome", "controller/report", "inventory/load", "playbooks"}},
	"cmd/aixmend/console":         {imports: []string{"cmd/aixmend/exit", "controller/outcome", "controller/report"}},
	"cmd/aixmend/environment":     {imports: []string{"cmd/aixmend/exit"}},
	"cmd/aixmend/manual":          {imports: []string{"cmd/aixmend/environment", "controller/outcome"}},
	"cmd/aixmend/recorder":        {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/job", "controller", "controller/outcome", "controller/recording", "controller/recording/anonymize", "controller/report", "inventory", "playbooks", "transport"}},
	"cmd/aixmend/evidence":        {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "controller/journal", "controller/journal/durable", "controller/outcome", "controller/report", "controller/report/formats"}},
	"cmd/aixmend/exit":            {imports: []string{"controller/journal", "controller/outcome"}},
	"cmd/aixmend/guide":           {imports: []string{"cmd/aixmend/request", "controller", "controller/journal", "controller/outcome", "controller/report", "inventory/ranges", "playbooks", "transport/shell"}, tests: []string{"inventory", "inventory/load"}},
	"cmd/aixmend/job":             {imports: []string{"*", "cmd/aixmend/console", "cmd/aixmend/evidence", "cmd/aixmend/exit", "cmd/aixmend/live", "cmd/aixmend/news", "cmd/aixmend/planfile", "cmd/aixmend/reach", "cmd/aixmend/request"}},
	"cmd/aixmend/keys":            {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/reach", "controller/journal", "controller/outcome", "controller/report", "inventory", "transport", "transport/retry", "transport/ssh", "transport/ssh/hostkeys", "transport/wrap"}},
	"cmd/aixmend/news":            {imports: []string{"controller/drift", "controller/journal", "controller/outcome", "playbooks/facts"}},
	"cmd/aixmend/planfile":        {imports: []string{"cmd/aixmend/exit", "controller", "controller/approval", "controller/journal", "controller/journal/durable", "controller/outcome", "controller/report", "inventory", "playbooks/onhost", "transport", "transport/wrap"}},
	"cmd/aixmend/reach":           {imports: []string{"cmd/aixmend/request", "controller", "inventory", "inventory/secrets", "transport", "transport/endpoint", "transport/retry", "transport/ssh", "transport/ssh/auth", "transport/ssh/hostkeys", "transport/sshconfig", "transport/wrap"}},
	"cmd/aixmend/request":         {imports: []string{"cmd/aixmend/exit", "cmd/aixmend/planfile", "controller", "controller/journal", "controller/outcome", "inventory", "playbooks"}},
	"inventory":                   {imports: []string{"inventory/ranges", "inventory/strictyaml"}},
	"inventory/secrets":           {imports: []string{"inventory", "transport", "transport/program", "transport/ssh/passwords"}},
	"inventory/naming":            {},
	"inventory/ranges":            {imports: []string{"inventory/naming"}},
	"inventory/settings":          {imports: []string{"inventory", "inventory/naming", "inventory/ranges", "inventory/strictyaml", "transport/endpoint"}},
	"inventory/ansible":           {imports: []string{"inventory", "inventory/ranges", "inventory/settings", "inventory/strictyaml"}},
	"inventory/load":              {imports: []string{"inventory", "inventory/ansible", "inventory/ranges", "inventory/settings", "inventory/strictyaml", "transport/endpoint", "transport/program", "transport/shell"}, tests: []string{"inventory/naming"}},
	"inventory/strictyaml":        {},
	"playbooks":                   {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/document", "playbooks/facts", "playbooks/onhost", "playbooks/program", "playbooks/show", "playbooks/sudoers"}, tests: append([]string{"transport/shell"}, world...)},
	"playbooks/conditions":        {imports: []string{"playbooks/facts", "transport/shell"}},
	"playbooks/document":          {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/facts"}},
	"playbooks/facts":             {},
	"playbooks/onhost":            {imports: []string{"transport/shell"}, tests: world},
	"playbooks/program":           {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/document", "playbooks/facts"}},
	"playbooks/show":              {imports: []string{"playbooks/conditions", "playbooks/document", "playbooks/program"}},
	"playbooks/sudoers":           {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/document", "playbooks/onhost", "transport/shell"}},
	"transport":                   {},
	"transport/shell":             {},
	"transport/endpoint":          {},
	"transport/program":           {},
	"transport/retry":             {},
	"transport/ssh":               {imports: []string{"transport", "transport/retry", "transport/ssh/auth", "transport/ssh/exec", "transport/ssh/fault", "transport/ssh/files", "transport/ssh/hostkeys", "transport/ssh/passwords", "transport/ssh/route"}, tests: world},
	"transport/ssh/auth":          {imports: []string{"transport", "transport/ssh/fault", "transport/ssh/passwords"}, tests: world},
	"transport/ssh/exec":          {imports: []string{"transport", "transport/shell", "transport/retry", "transport/ssh/fault", "transport/ssh/passwords"}, tests: world},
	"transport/ssh/files":         {imports: []string{"transport", "transport/retry", "transport/shell", "transport/ssh/exec", "transport/ssh/fault"}, tests: world},
	"transport/ssh/fault":         {imports: []string{"transport"}},
	"transport/ssh/hostkeys":      {imports: []string{"transport", "transport/retry", "transport/ssh/fault"}, tests: world},
	"transport/ssh/route":         {imports: []string{"transport", "transport/program", "transport/retry", "transport/ssh/fault"}, tests: world},
	"transport/ssh/passwords":     {imports: []string{"transport"}},
	"transport/sshconfig":         {imports: []string{"transport", "transport/program", "transport/endpoint"}},
	"transport/wrap":              {imports: []string{"transport", "transport/retry"}, tests: world},
	"transport/lab/transporttest": {imports: []string{"transport"}, tests: world},
	"transport/lab/sshtest":       {},
	"transport/lab/weather":       {},
	"transport/lab/golden":        {},
	"transport/lab/suite":         {},
	"transport/lab/standin":       {imports: []string{"transport/lab/aixsim"}},
	"transport/lab/aixsim":        {imports: []string{"transport/lab/sshtest"}, tests: world},
	"controller":                  {imports: []string{"inventory", "playbooks", "playbooks/facts", "playbooks/onhost", "transport", "transport/retry", "controller/outcome", "controller/course", "controller/peers", "controller/rollout", "controller/approval", "inventory/naming"}, tests: append([]string{"controller/journal", "controller/report"}, world...)},
	"controller/peers":            {imports: []string{"controller/outcome", "playbooks", "playbooks/facts"}},
	"controller/rollout":          {imports: []string{"controller/outcome"}},
	"controller/approval":         {imports: []string{"controller/outcome", "playbooks"}},
	"controller/course":           {imports: []string{"controller/outcome", "transport/retry"}},
	"controller/outcome":          {},
	"controller/journal":          {imports: []string{"controller/journal/captures", "controller/journal/durable", "controller/outcome", "inventory/naming"}},
	"controller/journal/captures": {imports: []string{"controller/journal/durable", "controller/outcome", "inventory/naming"}},
	"controller/journal/durable":  {},
	"controller/report":           {imports: []string{"controller/outcome", "controller/drift"}, tests: []string{"controller/report/samples"}},
	"controller/report/explain":   {imports: []string{"controller/outcome", "controller/report"}, tests: []string{"controller/report/samples"}},
	"controller/report/html":      {imports: []string{"controller/outcome", "controller/report", "controller/report/explain"}, tests: []string{"controller/report/samples"}},
	"controller/report/formats":   {imports: []string{"controller/outcome", "controller/report", "controller/report/html"}, tests: []string{"controller/report/samples", "controller/report/explain"}},
	"controller/report/samples":   {imports: []string{"controller/outcome"}},
	"controller/drift":            {imports: []string{"controller/outcome"}},
	"controller/recording":        {imports: []string{"playbooks", "transport", "transport/retry", "controller/recording/redact", "inventory/naming"}, tests: world},
	"controller/recording/redact": {},
	"controller/notify":           {imports: []string{"controller/outcome", "controller/drift", "transport/program", "transport/retry", "inventory/naming"}},
	"cmd/aixmend/live":            {imports: []string{"controller", "controller/outcome", "controller/report"}},
	"examples":                    {imports: everything},
	"tools/measure":               {},

	"controller/journal/retention":   {imports: []string{"controller/journal", "controller/journal/captures", "controller/journal/durable", "controller/outcome", "transport/retry"}},
	"controller/recording/anonymize": {imports: []string{"controller/recording", "controller/recording/redact", "inventory/naming"}},
}

// allows reports whether a file of the room may import a package.
func (r room) allows(pkg string, test bool) bool {
	if strings.HasPrefix(pkg, "cmd/") { // of the CLI: main is for nobody, the rest by name
		return pkg != "cmd/aixmend" && (slices.Contains(r.imports, pkg) || slices.Contains(r.imports, "cmd/*"))
	}
	return slices.Contains(r.imports, pkg) || slices.Contains(r.imports, "*") || test && (slices.Contains(r.tests, pkg) || slices.Contains(leaves, pkg))
}

// Every file counts, whatever system it is built for.
func TestImportsFollowTheTable(t *testing.T) {
	const module = "aixmend/"
	seen := map[string]bool{}
	for _, file := range sourceFiles(t, "../..") {
		pkg, test := path.Dir(file), strings.HasSuffix(file, "_test.go")
		r, known := rooms[pkg]
		if !known && !seen[pkg] {
			t.Errorf("package %s is not in the table", pkg)
		}
		seen[pkg] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", file), nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			ours, ok := strings.CutPrefix(imported, module)
			if !ok || !known || test && ours == pkg || r.allows(ours, test) {
				continue
			}
			t.Errorf("%s imports %s: the table does not allow it", file, ours)
		}
	}
	if !seen["cmd/aixmend"] || len(seen) < 10 {
		t.Errorf("only %d packages were seen", len(seen))
	}
}

func TestTableNamesItsOwnRooms(t *testing.T) {
	for pkg, r := range rooms {
		for _, imported := range slices.Concat(r.imports, r.tests) {
			if _, ok := rooms[imported]; !ok && !strings.HasSuffix(imported, "*") {
				t.Errorf("%s may import %s, which is not in the table", pkg, imported)
			}
		}
	}
}

// sourceFiles returns the Go files of the module at root, slash-separated and
// relative to it. Test data and modules inside are not of it.
func sourceFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			if path.Ext(p) == ".go" {
				files = append(files, p)
			}
			return nil
		case p == ".":
			return nil
		case d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_"):
			return fs.SkipDir
		}
		if _, err := fs.Stat(os.DirFS(root), path.Join(p, "go.mod")); err == nil {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
