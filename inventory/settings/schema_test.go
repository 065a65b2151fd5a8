package settings

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	generator "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"aixmend/inventory"
	"aixmend/inventory/naming"
	"aixmend/transport/lab/golden"
)

// generate makes the schema of the document types.
func generate(t *testing.T) string {
	t.Helper()
	r := &generator.Reflector{
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, Anonymous: true, ExpandedStruct: true,
		Namer: func(typ reflect.Type) string {
			switch name := typ.Name(); name {
			case "":
				return ""
			case "Doc":
				return "settings"
			case "SSHDoc":
				return "ssh"
			default:
				return strings.ToLower(name[:1]) + strings.TrimSuffix(name[1:], "Doc")
			}
		},
	}
	s := r.Reflect(&Document{})
	s.Title = "aixmend inventory"
	name := &generator.Schema{Type: "string", Pattern: naming.FilePattern}
	orNull := func(s *generator.Schema) *generator.Schema {
		return &generator.Schema{AnyOf: []*generator.Schema{s, {Type: "null"}}}
	}
	hosts, _ := s.Properties.Get("hosts")
	hosts.PropertyNames = &generator.Schema{Pattern: `^[A-Za-z0-9\[][A-Za-z0-9._,\[\]-]*$`, Not: &generator.Schema{Const: "all"}}
	hosts.AdditionalProperties = orNull(hosts.AdditionalProperties)
	groups, _ := s.Properties.Get("groups")
	byName := &generator.Schema{Type: "object", PropertyNames: name, AdditionalProperties: orNull(groups.AdditionalProperties)}
	list := &generator.Schema{Type: "array", Items: name, UniqueItems: true}
	*groups = generator.Schema{Description: groups.Description, OneOf: []*generator.Schema{byName, list}}
	s.Definitions["source"].OneOf = []*generator.Schema{{Required: []string{"exec"}}, {Required: []string{"powervs"}}}
	exec, _ := s.Definitions["source"].Properties.Get("exec")
	exec.MinItems = ptr(uint64(1))
	timeout, _ := s.Definitions["source"].Properties.Get("timeout")
	*timeout = generator.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`, Description: timeout.Description}
	bastions, _ := s.Properties.Get("bastions")
	bastions.PropertyNames = &generator.Schema{Pattern: `^[A-Za-z0-9_:][A-Za-z0-9.:%_-]*$`}
	bastions.AdditionalProperties = orNull(bastions.AdditionalProperties)
	file := &generator.Schema{Type: "string", MinLength: ptr(uint64(1))}
	*s.Definitions["paths"] = generator.Schema{OneOf: []*generator.Schema{file, {Type: "array", Items: file, MinItems: ptr(uint64(1))}}}
	*s.Definitions["groupNames"] = generator.Schema{OneOf: []*generator.Schema{name, list}}
	*s.Definitions["become"] = generator.Schema{OneOf: []*generator.Schema{
		{Type: "string", Enum: []any{inventory.BecomeNone, inventory.BecomeSudo, inventory.BecomeDzdo, inventory.BecomePbrun, inventory.BecomeSu}},
		object(map[string]*generator.Schema{"command": {Type: "string", Pattern: `^\s*[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:@%+,-]*(\s+[A-Za-z0-9_./:=@%+,-]+)*\s*$`, MaxLength: ptr(uint64(maxCommand))}}),
	}}
	path := &generator.Schema{Type: "string", MinLength: ptr(uint64(1))}
	age := object(map[string]*generator.Schema{"age": path, "identity": path})
	age.Required = []string{"age"}
	*s.Definitions["password"] = generator.Schema{OneOf: []*generator.Schema{
		{Const: "prompt"},
		object(map[string]*generator.Schema{"file": {Type: "string", MinLength: ptr(uint64(1))}}),
		object(map[string]*generator.Schema{"env": {Type: "string", Pattern: naming.VariablePattern}}),
		age,
		object(map[string]*generator.Schema{"exec": {Type: "array", MinItems: ptr(uint64(1)), Items: &generator.Schema{Type: "string"}}}),
	}}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func ptr[T any](v T) *T { return &v }

// object is the schema of a map that has all of some keys, and no others.
func object(keys map[string]*generator.Schema) *generator.Schema {
	s := &generator.Schema{Type: "object", Properties: generator.NewProperties(), AdditionalProperties: generator.FalseSchema}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		s.Properties.Set(name, keys[name])
		s.Required = append(s.Required, name)
	}
	return s
}

func TestSchemaIsGenerated(t *testing.T) {
	golden.Check(t, "schema.json", generate(t))
	if !golden.Updating() && !bytes.Equal(Schema(), []byte(generate(t))) {
		t.Error("Schema() is not schema.json")
	}
}

// What the decoder requires the schema requires, and the other way round.
func TestSchemaRequires(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[Document](), reflect.TypeFor[SSHDoc](), reflect.TypeFor[waiverDoc](), reflect.TypeFor[acceptanceDoc](),
		reflect.TypeFor[GroupDoc](), reflect.TypeFor[HostDoc](), reflect.TypeFor[BastionDoc](), reflect.TypeFor[SourceDoc](), reflect.TypeFor[PowervsDoc](), reflect.TypeFor[CloudDoc](),
	} {
		for _, f := range reflect.VisibleFields(typ) {
			decoder := strings.HasSuffix(f.Tag.Get("yaml"), ",required")
			schema := slices.Contains(strings.Split(f.Tag.Get("jsonschema"), ","), "required")
			if decoder != schema {
				t.Errorf("%s.%s: decoder requires %t, schema %t", typ, f.Name, decoder, schema)
			}
		}
	}
}

// value makes of YAML what a validator of JSON takes; false when it is no YAML.
func value(data []byte) (any, bool) {
	var v any
	if yaml.Unmarshal(data, &v) != nil {
		return nil, false
	}
	return asJSON(v), true
}

func asJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = asJSON(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = asJSON(inner)
		}
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.RFC3339)
	}
	return v
}

// validator compiles the embedded schema.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("inventory.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("inventory.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// files returns the inventories in a folder, by their names without the ending.
func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	texts := map[string][]byte{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimSuffix(filepath.Base(path), ".yaml")] = text
	}
	return texts
}

func TestSchemaAcceptsGood(t *testing.T) {
	s := validator(t)
	for name, data := range files(t, "../load/testdata/good") {
		v, ok := value(data)
		if !ok {
			t.Fatalf("%s is no YAML", name)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// beyondSchema are the bad files whose rule a schema cannot say: it spans
// several values, or is about YAML itself.
var beyondSchema = []string{
	"accept-twice", "accept-unknown", "address-range-alone", "address-range-count", "address-range-length", "address-range-past-end",
	"address-same-for-all", "alias", "duplicate-address", "duplicate-address-name", "duplicate-address-range",
	"duplicate-host-case", "duplicate-host-range", "group-unknown", "host-is-group", "host-number-without-address",
	"host-without-address", "range-huge", "range-letters", "range-open", "range-padding",
	"range-product-twice", "range-reversed", "range-empty", "range-too-many", "range-twice", "ssh-become-together", "ssh-jump",
	"tag", "two-documents", "waive-twice", "waive-unknown",
}

func TestSchemaRefusesBad(t *testing.T) {
	s := validator(t)
	for name, data := range files(t, "../load/testdata/bad") {
		v, ok := value(data)
		if !ok {
			continue
		}
		accepted, beyond := s.Validate(v) == nil, slices.Contains(beyondSchema, name)
		if accepted && !beyond {
			t.Errorf("%s is accepted", name)
		}
		if !accepted && beyond {
			t.Errorf("%s is refused, take it off the list", name)
		}
	}
}
