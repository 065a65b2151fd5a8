package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"aixmend/cmd/aixmend/config"
	"aixmend/inventory"
	"aixmend/transport/lab/golden"
)

// docs/schema/config.v1.json is the schema of the config file: every flag of every verb but
// those that must be typed. -update writes it.
func TestConfigSchema(t *testing.T) {
	text, err := json.MarshalIndent(configSchema(tree(t)), "", "  ")
	noError(t, err)
	golden.Check(t, "../../docs/schema/config.v1.json", append(text, '\n'))
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	noError(t, err)
	c := jsonschema.NewCompiler()
	noError(t, c.AddResource("config.json", document))
	schema, err := c.Compile("config.json")
	noError(t, err)
	t.Chdir(t.TempDir())
	for file, valid := range map[string]bool{
		"apiVersion: aixmend/v1\n": true,
		"apiVersion: aixmend/v1\nflags: {concurrency: 50, inventory: [a.yaml, b.yaml], max-fail: 5%, quiet: true, connect-timeout: 20s}\nprofiles: {dev: {flags: {state: dev}}}\n": true,
		"apiVersion: aixmend/v1\nflags: {inventory: a.yaml, max-fail: 5, deadline: 0}\n":                                                                                           true,
		"flags: {}\n":                                             false,
		"apiVersion: aixmend/v2\n":                                false,
		"apiVersion: aixmend/v1\nflag: {}\n":                      false,
		"apiVersion: aixmend/v1\nflags: {yes: true}\n":            false,
		"apiVersion: aixmend/v1\nflags: {concurency: 5}\n":        false,
		"apiVersion: aixmend/v1\nprofiles: {dev: {state: dev}}\n": false,
	} {
		var value any
		noError(t, yaml.Unmarshal([]byte(file), &value))
		if err := schema.Validate(value); (err == nil) != valid {
			t.Errorf("the schema, %s: %v", file, err)
		}
		noError(t, os.WriteFile("aixmend.yaml", []byte(file), 0o600))
		if _, err := config.Load("aixmend.yaml", flagNames(tree(t))); (err == nil) != valid {
			t.Errorf("the program, %s: %v", file, err)
		}
	}
}

// flagNames are the flags of all verbs.
func flagNames(c *cobra.Command) (names []string) {
	eachFlag(c, func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// eachFlag calls do for the flags of a command and of those below it.
func eachFlag(c *cobra.Command, do func(*pflag.Flag)) {
	c.Flags().VisitAll(do)
	c.PersistentFlags().VisitAll(do)
	for _, sub := range c.Commands() {
		eachFlag(sub, do)
	}
}

// configSchema renders the schema of the config file.
func configSchema(root *cobra.Command) map[string]any {
	type object = map[string]any
	properties := object{}
	eachFlag(root, func(f *pflag.Flag) {
		if _, typed := config.Typed[f.Name]; !typed && properties[f.Name] == nil {
			properties[f.Name] = flagSchema(f)
		}
	})
	flags := object{"$ref": "#/$defs/flags"}
	return object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "aixmend.yaml, the config file of aixmend",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []string{"apiVersion"},
		"properties": object{
			"apiVersion": object{"const": inventory.APIVersion},
			"flags":      flags,
			"profiles": object{
				"description": "Named sets of flags, which --profile NAME chooses; they win over flags.",
				"type":        "object",
				"additionalProperties": object{
					"type": "object", "additionalProperties": false, "properties": object{"flags": flags},
				},
			},
		},
		"$defs": object{"flags": object{
			"description":          "Flags by their names, without --. A verb ignores those that it does not have.",
			"type":                 "object",
			"additionalProperties": false,
			"properties":           properties,
		}},
	}
}

// flagSchema renders the schema of the values of a flag.
func flagSchema(f *pflag.Flag) map[string]any {
	_, usage := pflag.UnquoteUsage(f)
	schema := map[string]any{"description": usage}
	one := map[string]any{"type": []string{"string", "number", "boolean"}}
	_, list := f.Value.(pflag.SliceValue)
	switch kind := f.Value.Type(); {
	case kind == "bool":
		schema["type"] = "boolean"
	case kind == "int", kind == "uint", kind == "count":
		schema["type"] = "integer"
	case kind == "duration":
		schema["type"] = []string{"string", "integer"}
	case list, strings.HasSuffix(kind, "Slice"), strings.HasSuffix(kind, "Array"):
		schema["anyOf"] = []any{one, map[string]any{"type": "array", "items": one}}
	default:
		schema["type"] = []string{"string", "number"}
	}
	return schema
}
