package settings

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of an inventory file. It is
// wider than Load where a rule spans several values: ranges that count in
// step, names that are unique, groups that are defined.
func Schema() []byte { return slices.Clone(schema) }
