package recording

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	generator "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"aixmend/transport/lab/golden"
	"aixmend/transport/lab/transporttest"
)

const schemaFile = "../../docs/schema/recording.v1.json"

// schema generates the JSON schema of a recording.
func schema(t *testing.T) []byte {
	t.Helper()
	r := &generator.Reflector{
		Anonymous: true, ExpandedStruct: true,
		Mapper: func(typ reflect.Type) *generator.Schema {
			switch typ {
			case reflect.TypeFor[Askers]():
				return &generator.Schema{Type: "string"}
			case reflect.TypeFor[Stream]():
			default:
				return nil
			}
			coded := &generator.Schema{Type: "object", Required: []string{"base64"}, AdditionalProperties: generator.FalseSchema, Properties: generator.NewProperties()}
			coded.Properties.Set("base64", &generator.Schema{Type: "string", ContentEncoding: "base64"})
			return &generator.Schema{AnyOf: []*generator.Schema{{Type: "array", Items: &generator.Schema{Type: "string"}}, coded}}
		},
	}
	if err := r.AddGoComments("aixmend/controller/recording", "."); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(Recording{})
	s.Title = "aixmend recording.v1"
	field, _ := s.Properties.Get("schema")
	field.Const = Schema
	exit, _ := s.Definitions["Entry"].Properties.Get("exit_status")
	*exit = generator.Schema{Description: exit.Description, AnyOf: []*generator.Schema{{Type: "integer", Minimum: "0", Maximum: "255"}, {Type: "null"}}}
	why, _ := s.Definitions["Entry"].Properties.Get("no_answer")
	why.Enum = []any{Hung, Late, NotRun, Lost}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// The published schema matches the code, and a written recording is valid.
func TestSchemaIsPublished(t *testing.T) {
	got := schema(t)
	golden.Check(t, schemaFile, got)
	compiled, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := take(t, func(f *transporttest.Fake) {
		f.On("uname -s", transporttest.Answer{Stdout: "AIX\n"})
		f.On("id -u", transporttest.Answer{Stdout: "0\n"})
		f.On("a", transporttest.Answer{Stdout: "\xff"})
		f.On("b", transporttest.Answer{Hang: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(encode(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(document); err != nil {
		t.Error(err)
	}
	document.(map[string]any)["more"] = 1
	if compiled.Validate(document) == nil {
		t.Error("an unknown field is valid")
	}
}
