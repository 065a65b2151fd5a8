package playbooks

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

func TestSchemaTakesEmbeddedPlaybooks(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("playbook.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("playbook.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		text, _ := Source(name)
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		value.(map[string]any)["stages"] = []any{}
		if compiled.Validate(value) == nil {
			t.Errorf("%s: a key that no playbook has is taken", name)
		}
	}
}
