package document

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	generator "github.com/invopop/jsonschema"

	"aixmend/transport/lab/golden"
)

// generate makes the schema of the document types; what their yaml tags
// require, the schema requires.
func generate(t *testing.T) []byte {
	t.Helper()
	r := &generator.Reflector{
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, Anonymous: true, ExpandedStruct: true,
		Mapper: func(typ reflect.Type) *generator.Schema {
			if typ == reflect.TypeFor[time.Duration]() {
				return &generator.Schema{Type: "string", Pattern: `^([0-9.]+(ms|s|m|h))+$`}
			}
			return nil
		},
	}
	s := r.Reflect(&Playbook{})
	s.Title = "aixmend playbook"
	require(s, reflect.TypeFor[Playbook]())
	for name, typ := range map[string]reflect.Type{
		"Param": reflect.TypeFor[Param](), "Probe": reflect.TypeFor[Probe](), "Require": reflect.TypeFor[Require](),
		"Derived": reflect.TypeFor[Derived](), "Finding": reflect.TypeFor[Finding](), "File": reflect.TypeFor[File](),
		"Unique": reflect.TypeFor[Unique](), "Guard": reflect.TypeFor[Guard](), "Extends": reflect.TypeFor[Extends](), "Upload": reflect.TypeFor[Upload](), "Verify": reflect.TypeFor[Verify](), "Rung": reflect.TypeFor[Rung](), "Step": reflect.TypeFor[Step](),
	} {
		if s.Definitions[name] == nil {
			t.Fatalf("the schema has no definition of %s", name)
		}
		require(s.Definitions[name], typ)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func require(s *generator.Schema, typ reflect.Type) {
	for f := range typ.Fields() {
		if name, options, _ := strings.Cut(f.Tag.Get("yaml"), ","); strings.Contains(options, "required") {
			s.Required = append(s.Required, name)
		}
	}
}

func TestSchemaIsGenerated(t *testing.T) {
	want := generate(t)
	if golden.Updating() {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(Schema(), want) {
		t.Error("schema.json is not what the types say: go test ./playbooks/document -update")
	}
}
