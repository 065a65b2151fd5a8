package facts

import (
	"fmt"
	"reflect"
	"strings"
)

// problemsTag marks the field of an input that takes the reasons why facts could
// not be had, by input name: a map from string to string.
const problemsTag = "-"

// NotRead is the problem of a fact whose probe was never started.
const NotRead = "not read"

// Input is one fact that a derivation reads.
type Input struct {
	Type reflect.Type
	// Optional inputs may be left out of a playbook.
	Optional bool
}

// Inputs returns the inputs of a derivation by name. The tag of a field is its
// name, and ",optional" behind it where a playbook may leave it out.
func Inputs(d Derivation) map[string]Input {
	inputs := make(map[string]Input, d.Input.NumField())
	for f := range d.Input.Fields() {
		if name, optional := inputName(f); name != problemsTag {
			inputs[name] = Input{Type: f.Type.Elem(), Optional: optional}
		}
	}
	return inputs
}

func inputName(f reflect.StructField) (name string, optional bool) {
	name, option, _ := strings.Cut(f.Tag.Get("fact"), ",")
	return name, option == "optional"
}

// MakeInput fills the input of a derivation with facts by input name; a name
// that is not in values stays nil, and problems says why. It fails when a fact
// has another type.
func MakeInput(d Derivation, values map[string]any, problems map[string]string) (any, error) {
	input := reflect.New(d.Input).Elem()
	for i := range d.Input.NumField() {
		field := d.Input.Field(i)
		name, _ := inputName(field)
		if name == problemsTag {
			input.Field(i).Set(reflect.ValueOf(problems))
			continue
		}
		value, ok := values[name]
		if !ok {
			continue
		}
		v := reflect.ValueOf(value)
		if v.Type() != field.Type.Elem() {
			return nil, fmt.Errorf("derivation %s: input %s is %s, wanted %s", d.Name, name, v.Type(), field.Type.Elem())
		}
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		input.Field(i).Set(p)
	}
	return input.Interface(), nil
}
