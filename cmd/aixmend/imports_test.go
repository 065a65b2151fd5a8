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
var leaves = []string{"transport/lab/golden", "transport/lab/suite", "transport/lab/terminal"}

// rooms is the import table, and stands here alone: docs/architecture.md and the linter
// take theirs from it (TestRoomsAreCopied -update). A package that is not in it is an
// error: a new room is a decision.
var rooms = map[string]room{
	"cmd/aixmend":                 {imports: []string{"*", "cmd/*"}},
	"cmd/aixmend/approve":         {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/planfile", "controller/approval/signed", "controller/journal/durable", "controller/outcome", "controller/report", "inventory/secrets", "transport", "transport/cause", "transport/ownership", "transport/plain", "transport/shell", "transport/ssh/auth", "transport/ssh/revoked"}},
	"cmd/aixmend/assistant":       {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "controller/outcome", "controller/report", "inventory/naming"}},
	"cmd/aixmend/cloud":           {imports: []string{"controller/cloud", "inventory", "inventory/load", "inventory/powervs", "inventory/secrets", "inventory/settings", "playbooks/facts"}, tests: []string{"transport/lab/cloudsim"}},
	"cmd/aixmend/complete":        {imports: []string{"controller/journal", "controller/outcome", "controller/report", "inventory/load", "playbooks"}},
	"cmd/aixmend/console":         {imports: []string{"cmd/aixmend/exit", "controller/outcome", "controller/report"}},
	"cmd/aixmend/dumps":           {},
	"cmd/aixmend/listing":         {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/guide", "cmd/aixmend/request", "cmd/aixmend/usage", "controller/journal", "controller/journal/captures", "controller/outcome", "controller/report", "inventory/strictyaml", "transport/shell"}},
	"cmd/aixmend/pager":           {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "controller/outcome", "transport/shell"}},
	"cmd/aixmend/help":            {imports: []string{"controller/report"}},
	"cmd/aixmend/pruning":         {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/listing", "controller", "controller/journal", "controller/journal/captures", "controller/journal/retention", "controller/outcome", "controller/report", "playbooks"}},
	"cmd/aixmend/config":          {imports: []string{"inventory", "inventory/settings", "inventory/strictyaml", "playbooks"}},
	"cmd/aixmend/environment":     {imports: []string{"cmd/aixmend/config", "cmd/aixmend/exit", "cmd/aixmend/usage", "inventory/strictyaml", "transport/ownership"}},
	"cmd/aixmend/usage":           {imports: []string{"cmd/aixmend/exit", "controller/outcome", "inventory/strictyaml", "transport/ownership", "transport/plain"}},
	"cmd/aixmend/manual":          {imports: []string{"cmd/aixmend/environment", "cmd/aixmend/exit", "cmd/aixmend/help", "controller/outcome", "controller/journal/durable", "transport/shell"}},
	"cmd/aixmend/notices":         {imports: []string{"cmd/aixmend/console", "cmd/aixmend/environment", "cmd/aixmend/exit", "cmd/aixmend/job", "cmd/aixmend/news", "cmd/aixmend/usage", "controller/drift", "controller/journal", "controller/notify", "controller/outcome"}},
	"cmd/aixmend/recorder":        {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/job", "cmd/aixmend/live", "controller", "controller/outcome", "controller/recording", "controller/recording/anonymize", "controller/report", "inventory", "playbooks", "transport", "transport/ownership", "transport/place"}},
	"cmd/aixmend/evidence":        {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/guide", "cmd/aixmend/handbook", "cmd/aixmend/request", "controller/journal", "controller/journal/durable", "controller/outcome", "controller/report", "controller/report/formats", "controller/report/html", "docs", "transport/ownership", "transport/place"}},
	"cmd/aixmend/exit":            {imports: []string{"controller/journal", "controller/outcome", "inventory/strictyaml", "transport/ownership", "transport/plain"}},
	"cmd/aixmend/openrun":         {imports: []string{"controller", "controller/journal", "controller/outcome", "controller/report", "playbooks/onhost"}},
	"cmd/aixmend/guide":           {imports: []string{"cmd/aixmend/hints", "cmd/aixmend/openrun", "cmd/aixmend/planfile", "cmd/aixmend/request", "controller", "controller/journal", "controller/outcome", "controller/report", "inventory/ranges", "playbooks", "transport/shell"}, tests: []string{"inventory", "inventory/load"}},
	"cmd/aixmend/handbook":        {},
	"cmd/aixmend/books":           {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/handbook", "cmd/aixmend/pager", "cmd/aixmend/usage", "controller/report", "docs", "playbooks", "transport/plain"}},
	"docs":                        {},
	"cmd/aixmend/hints":           {imports: []string{"cmd/aixmend/environment", "controller/report", "transport/shell"}},
	"cmd/aixmend/job":             {imports: []string{"*", "cmd/aixmend/console", "cmd/aixmend/evidence", "cmd/aixmend/exit", "cmd/aixmend/live", "cmd/aixmend/news", "cmd/aixmend/openrun", "cmd/aixmend/planfile", "cmd/aixmend/reach", "cmd/aixmend/request", "cmd/aixmend/usage"}},
	"cmd/aixmend/keys":            {imports: []string{"controller", "cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/live", "cmd/aixmend/reach", "controller/journal", "controller/outcome", "controller/report", "inventory", "transport", "transport/retry", "transport/ssh", "transport/ssh/hostkeys", "transport/ssh/route", "transport/wrap", "transport/ownership"}},
	"cmd/aixmend/news":            {imports: []string{"controller/drift", "controller/journal", "controller/outcome", "playbooks/facts"}},
	"cmd/aixmend/planfile":        {imports: []string{"cmd/aixmend/environment", "cmd/aixmend/exit", "controller", "controller/approval", "controller/approval/signed", "controller/journal", "controller/journal/durable", "controller/outcome", "controller/report", "controller/report/folded", "inventory", "playbooks", "playbooks/onhost", "transport", "transport/ownership", "transport/shell", "transport/wrap", "transport/plain"}},
	"cmd/aixmend/reach":           {imports: []string{"cmd/aixmend/request", "controller", "controller/outcome", "inventory", "inventory/secrets", "transport", "transport/endpoint", "transport/retry", "transport/ssh", "transport/ssh/auth", "transport/ssh/hostkeys", "transport/sshconfig", "transport/wrap"}, tests: []string{"inventory/load", "transport/sshtext"}},
	"cmd/aixmend/simulated":       {imports: []string{"cmd/aixmend/exit", "controller/journal/durable", "transport/lab/aixsim", "transport/lab/cloudsim", "transport/lab/sshtest", "transport/place", "transport/shell"}},
	"cmd/aixmend/request":         {imports: []string{"cmd/aixmend/exit", "cmd/aixmend/planfile", "cmd/aixmend/usage", "controller", "controller/journal", "controller/outcome", "inventory", "playbooks"}},
	"cmd/aixmend/serve":           {imports: []string{"cmd/aixmend/approve", "cmd/aixmend/console", "cmd/aixmend/environment", "cmd/aixmend/exit", "cmd/aixmend/guide", "cmd/aixmend/news", "controller/journal", "controller/outcome", "controller/report", "inventory/naming", "transport/ownership"}, tests: []string{"controller/report/html", "controller/report/samples"}},
	"cmd/aixmend/setup":           {imports: []string{"cmd/aixmend/console", "cmd/aixmend/evidence", "cmd/aixmend/exit", "controller/journal/durable", "controller/report", "inventory", "inventory/load", "inventory/ranges", "inventory/settings", "inventory/strictyaml", "transport/endpoint", "transport/shell", "transport/ssh/hostkeys", "transport/sshconfig"}},
	"cmd/aixmend/story":           {imports: []string{"cmd/aixmend/guide", "cmd/aixmend/simulated", "controller", "controller/outcome", "controller/report", "controller/report/folded", "transport/shell"}},
	"inventory":                   {imports: []string{"inventory/naming", "inventory/ranges", "inventory/strictyaml"}},
	"inventory/secrets":           {imports: []string{"inventory", "transport", "transport/ownership", "transport/program", "transport/ssh/passwords", "transport/plain"}},
	"inventory/naming":            {},
	"inventory/powervs":           {imports: []string{"transport/retry", "transport/plain"}, tests: []string{"transport/lab/cloudsim", "transport/lab/sshtest"}},
	"inventory/ranges":            {imports: []string{"inventory/naming"}},
	"inventory/settings":          {imports: []string{"inventory", "inventory/naming", "inventory/ranges", "inventory/strictyaml", "transport/endpoint", "transport/ownership", "transport/sshtext", "transport/plain"}},
	"inventory/ansible":           {imports: []string{"inventory", "inventory/ranges", "inventory/settings", "inventory/strictyaml", "transport/endpoint", "transport/sshtext", "transport/plain"}},
	"inventory/load":              {imports: []string{"inventory", "inventory/ansible", "inventory/powervs", "inventory/ranges", "inventory/settings", "inventory/strictyaml", "transport/endpoint", "transport/ownership", "transport/program", "transport/shell", "transport/plain"}, tests: []string{"inventory/naming"}},
	"inventory/strictyaml":        {},
	"playbooks":                   {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/document", "playbooks/facts", "playbooks/onhost", "playbooks/program", "playbooks/show", "playbooks/sudoers", "transport/ownership"}, tests: append([]string{"transport/shell"}, world...)},
	"playbooks/conditions":        {imports: []string{"playbooks/facts", "transport/shell"}},
	"playbooks/document":          {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/facts"}},
	"playbooks/facts":             {imports: []string{"playbooks/onhost"}},
	"playbooks/onhost":            {imports: []string{"transport/shell"}, tests: world},
	"playbooks/program":           {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/document", "playbooks/facts"}},
	"playbooks/show":              {imports: []string{"playbooks/conditions", "playbooks/document", "playbooks/program"}},
	"playbooks/sudoers":           {imports: []string{"inventory/strictyaml", "playbooks/conditions", "playbooks/document", "playbooks/onhost", "transport/shell"}},
	"transport":                   {},
	"transport/cause":             {},
	"transport/plain":             {},
	"transport/shell":             {},
	"transport/endpoint":          {},
	"transport/place":             {imports: []string{"transport/ownership"}},
	"transport/ownership":         {imports: []string{"transport/shell"}},
	"transport/program":           {},
	"transport/retry":             {},
	"transport/ssh":               {imports: []string{"transport", "transport/retry", "transport/ssh/auth", "transport/ssh/exec", "transport/ssh/fault", "transport/ssh/files", "transport/ssh/hostkeys", "transport/ssh/passwords", "transport/ssh/route", "transport/cause", "transport/plain"}, tests: world},
	"transport/ssh/auth":          {imports: []string{"transport", "transport/ownership", "transport/ssh/fault", "transport/ssh/passwords", "transport/cause", "transport/shell", "transport/plain"}, tests: world},
	"transport/ssh/exec":          {imports: []string{"transport", "transport/shell", "transport/retry", "transport/ssh/fault", "transport/ssh/passwords", "transport/cause", "transport/plain"}, tests: world},
	"transport/ssh/files":         {imports: []string{"transport", "transport/retry", "transport/shell", "transport/ssh/exec", "transport/ssh/fault", "transport/place", "transport/ssh/passwords", "transport/plain"}, tests: world},
	"transport/ssh/fault":         {imports: []string{"transport", "transport/cause", "transport/plain"}},
	"transport/ssh/hostkeys":      {imports: []string{"transport", "transport/endpoint", "transport/retry", "transport/ssh/fault", "transport/ssh/revoked", "transport/ownership", "transport/place", "transport/plain"}, tests: world},
	"transport/ssh/revoked":       {imports: []string{"transport/ownership"}},
	"transport/ssh/route":         {imports: []string{"transport", "transport/program", "transport/retry", "transport/ssh/fault", "transport/plain"}, tests: world},
	"transport/ssh/passwords":     {imports: []string{"transport"}},
	"transport/sshconfig":         {imports: []string{"transport", "transport/program", "transport/endpoint", "transport/ownership", "transport/sshtext", "transport/cause"}},
	"transport/sshtext":           {imports: []string{"transport/endpoint"}},
	"transport/wrap":              {imports: []string{"transport", "transport/retry"}, tests: world},
	"transport/lab/transporttest": {imports: []string{"transport"}, tests: world},
	"transport/lab/sshtest":       {},
	"transport/lab/weather":       {},
	"transport/lab/cloudsim":      {},
	"transport/lab/golden":        {},
	"transport/lab/suite":         {},
	"transport/lab/terminal":      {},
	"transport/lab/standin":       {imports: []string{"transport/lab/aixsim"}},
	"transport/lab/aixsim":        {imports: []string{"transport/lab/sshtest"}, tests: world},
	"controller":                  {imports: []string{"controller/approval", "controller/cloud", "controller/course", "controller/gather", "controller/outcome", "controller/peers", "controller/rollout", "inventory", "inventory/naming", "playbooks", "playbooks/facts", "playbooks/onhost", "transport", "transport/retry"}, tests: append([]string{"controller/journal", "controller/journal/durable", "controller/journal/outage", "controller/report"}, world...)},
	"controller/peers":            {imports: []string{"controller/outcome", "playbooks", "playbooks/facts"}},
	"controller/rollout":          {imports: []string{"controller/outcome", "transport/cause"}},
	"controller/approval":         {imports: []string{"controller/outcome", "playbooks"}},
	"controller/approval/signed":  {imports: []string{"controller/outcome", "inventory/strictyaml", "transport/ownership", "transport/plain", "transport/ssh/fault", "transport/ssh/revoked", "transport/sshtext"}},
	"controller/course":           {imports: []string{"controller/outcome", "transport/retry"}},
	"controller/cloud":            {imports: []string{"controller/outcome", "inventory", "playbooks/facts", "transport/shell"}},
	"controller/outcome":          {},
	"controller/journal":          {imports: []string{"controller/journal/captures", "controller/journal/durable", "controller/outcome", "inventory/naming", "transport/ownership"}, tests: []string{"controller/journal/outage"}},
	"controller/journal/captures": {imports: []string{"controller/journal/durable", "controller/outcome", "inventory/naming", "transport/ownership"}, tests: []string{"controller/journal/outage"}},
	"controller/journal/outage":   {imports: []string{"controller/journal/durable"}},
	"controller/journal/durable":  {imports: []string{"transport/ownership", "transport/place", "transport/plain"}},
	"controller/report":           {imports: []string{"controller/cloud", "controller/outcome", "controller/drift", "transport/cause"}, tests: []string{"controller/report/samples"}},
	"controller/report/explain":   {imports: []string{"controller/outcome", "controller/report", "docs", "transport/cause", "transport/shell"}, tests: []string{"controller/report/samples"}},
	"controller/report/html":      {imports: []string{"controller/outcome", "controller/report", "controller/report/explain", "controller/report/folded", "transport/shell"}, tests: []string{"controller/report/samples", "playbooks/facts"}},
	"controller/report/folded":    {imports: []string{"controller/outcome", "controller/report", "transport/shell"}},
	"controller/report/formats":   {imports: []string{"controller/outcome", "controller/report", "controller/report/html", "docs", "transport/shell"}, tests: []string{"controller/report/samples", "controller/report/explain"}},
	"controller/report/samples":   {imports: []string{"controller/outcome"}},
	"controller/drift":            {imports: []string{"controller/outcome"}},
	"controller/recording":        {imports: []string{"playbooks", "transport", "transport/retry", "controller/recording/redact", "inventory/naming", "transport/ownership", "transport/place", "transport/plain"}, tests: world},
	"controller/recording/redact": {},
	"controller/notify":           {imports: []string{"controller/outcome", "controller/drift", "transport/ownership", "transport/program", "transport/retry", "inventory/naming", "transport/cause", "transport/plain"}},
	"controller/gather":           {imports: []string{"controller/outcome", "controller/peers", "controller/rollout", "playbooks/onhost"}, tests: []string{"playbooks"}},
	"controller/fleet":            {imports: []string{"controller/gather", "controller/outcome", "controller/peers", "inventory/naming", "transport/ownership"}, tests: []string{"controller/fleet/natstest", "controller/fleet/server"}},
	"controller/fleet/natstest":   {imports: []string{"controller/fleet"}},
	"controller/fleet/server":     {imports: []string{"controller/fleet"}},
	"cmd/aixmend/hub":             {imports: []string{"cmd/aixmend/console", "cmd/aixmend/evidence", "cmd/aixmend/exit", "cmd/aixmend/hub/adoption", "cmd/aixmend/hub/sweep", "cmd/aixmend/job", "cmd/aixmend/planfile", "cmd/aixmend/remote", "cmd/aixmend/request", "controller", "controller/approval", "controller/fleet", "controller/fleet/server", "controller/gather", "controller/journal", "controller/journal/durable", "controller/outcome", "controller/peers", "controller/report", "controller/report/formats", "inventory", "inventory/naming", "playbooks", "playbooks/onhost", "transport/ownership", "transport/shell"}},
	"cmd/aixmend/hub/adoption":    {imports: []string{"cmd/aixmend/request", "controller", "controller/fleet", "controller/journal", "controller/outcome", "controller/report", "controller/report/formats", "inventory", "inventory/naming", "playbooks"}},
	"cmd/aixmend/hub/sweep":       {imports: []string{"cmd/aixmend/hub/adoption", "cmd/aixmend/request", "controller/fleet", "controller/gather", "controller/outcome", "controller/peers", "playbooks", "playbooks/onhost"}},
	"cmd/aixmend/remote":          {imports: []string{"cmd/aixmend/console", "cmd/aixmend/environment", "cmd/aixmend/evidence", "cmd/aixmend/exit", "cmd/aixmend/hints", "cmd/aixmend/job", "cmd/aixmend/news", "cmd/aixmend/notices", "cmd/aixmend/planfile", "cmd/aixmend/request", "controller", "controller/drift", "controller/journal", "controller/outcome", "controller/report", "controller/report/formats", "inventory/naming", "playbooks", "transport/shell"}, tests: []string{"controller/report/samples"}},
	"cmd/aixmend/worker":          {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/job", "cmd/aixmend/request", "cmd/aixmend/usage", "controller", "controller/fleet", "controller/gather", "controller/journal", "controller/journal/durable", "controller/outcome", "controller/peers", "controller/report", "inventory", "playbooks", "playbooks/onhost"}},
	"cmd/aixmend/manysites":       {imports: []string{"cmd/aixmend/console", "cmd/aixmend/exit", "cmd/aixmend/hub", "cmd/aixmend/request", "cmd/aixmend/simulated", "controller/fleet", "controller/fleet/server", "controller/journal", "controller/outcome", "controller/report", "transport/lab/aixsim", "transport/shell"}},
	"cmd/aixmend/live":            {imports: []string{"controller", "controller/outcome", "controller/report"}},
	"examples":                    {imports: everything},
	"tools/licences":              {},
	"tools/measure":               {},
	"tools/suites":                {},

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
