package document

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of a playbook file. It is
// wider than Parse, which checks conditions, commands and names too.
func Schema() []byte { return slices.Clone(schema) }
