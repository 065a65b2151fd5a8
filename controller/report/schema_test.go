package report

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	generator "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"aixmend/controller/drift"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/golden"
)

// published are the documents whose schemas are in docs/schema, by the names of
// their files. They are made of the Go types (go test ./controller/report -update).
func published() map[string]publication {
	return map[string]publication{
		"run.v1":     {outcome.RunSchema, outcome.Run{}},
		"host.v1":    {outcome.HostSchema, outcome.Host{}},
		"capture.v1": {outcome.CaptureSchema, outcome.Capture{}},
		"journal.v1": {"", outcome.Entry{}},
		"diff.v1":    {drift.Schema, drift.Drift{}},
	}
}

type publication struct {
	// schema is what stands in the document's field of that name; "": it has none.
	schema   string
	document any
}

// words are the values of a type.
func words[T ~string](values ...T) *generator.Schema {
	s := &generator.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// generate makes the schema of a document. A field that is not in it is an error:
// a document that grew without its schema is seen.
func generate(t *testing.T, name string, p publication) string {
	t.Helper()
	r := &generator.Reflector{
		Anonymous: true, ExpandedStruct: true,
		Mapper: func(typ reflect.Type) *generator.Schema {
			switch typ {
			case reflect.TypeFor[outcome.Outcome]():
				return words(outcome.Outcomes()...)
			case reflect.TypeFor[outcome.Severity]():
				return words(outcome.Severities()...)
			}
			return nil
		},
	}
	for _, pkg := range []string{"../outcome", "../drift"} {
		if err := r.AddGoComments("aixmend/controller/report", pkg); err != nil {
			t.Fatal(err)
		}
	}
	s := r.Reflect(p.document)
	s.Title = "aixmend " + name
	if p.schema != "" {
		field, _ := s.Properties.Get("schema")
		field.Const = p.schema
	}
	if counts, there := s.Properties.Get("counts"); there {
		counts.PropertyNames, counts.AdditionalProperties = words(outcome.Outcomes()...), &generator.Schema{Type: "integer", Minimum: "0"}
		counts.MinProperties = atLeast(len(outcome.Outcomes()))
	}
	if to, there := s.Definitions["Host"]; there { // of a diff: a host may be in one run alone
		for _, end := range []string{"from", "to"} {
			if field, there := to.Properties.Get(end); there {
				field.Enum = append(field.Enum, "")
			}
		}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestSchemasAreGenerated(t *testing.T) {
	for name, p := range published() {
		golden.Check(t, "../../docs/schema/"+name+".json", generate(t, name, p))
	}
}

// schema is a published one.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("../../docs/schema/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name+".json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid checks a document by its schema.
func valid(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

// The documents with every field set are as the schemas say, and each schema
// refuses a field that it does not know.
func TestSchemasTakeWholeDocuments(t *testing.T) {
	for name, file := range map[string]string{"run.v1": "run", "host.v1": "host", "capture.v1": "capture", "journal.v1": "journal"} {
		text, err := os.ReadFile("../outcome/testdata/" + file + ".golden.json")
		if err != nil {
			t.Fatal(err)
		}
		s := schema(t, name)
		if err := valid(t, s, string(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := valid(t, s, strings.Replace(string(text), "{", `{"new": 1,`, 1)); err == nil {
			t.Errorf("%s takes a field that nobody knows", name)
		}
		if err := valid(t, s, "{}"); err == nil {
			t.Errorf("%s takes nothing at all", name)
		}
	}
}

func atLeast(n int) *uint64 {
	least := uint64(n) //nolint:gosec // a length is no less than 0
	return &least
}
