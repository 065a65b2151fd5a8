package facts

import (
	"fmt"
	"reflect"
)

// Inputs returns the inputs of a derivation: the type of each by its name.
func Inputs(d Derivation) map[string]reflect.Type {
	inputs := make(map[string]reflect.Type, d.Input.NumField())
	for f := range d.Input.Fields() {
		inputs[f.Tag.Get("fact")] = f.Type.Elem()
	}
	return inputs
}

// MakeInput fills the input of a derivation with facts by input name; a name
// that is not in values stays nil. It fails when a fact has another type.
func MakeInput(d Derivation, values map[string]any) (any, error) {
	input := reflect.New(d.Input).Elem()
	for i := range d.Input.NumField() {
		field := d.Input.Field(i)
		value, ok := values[field.Tag.Get("fact")]
		if !ok {
			continue
		}
		v := reflect.ValueOf(value)
		if v.Type() != field.Type.Elem() {
			return nil, fmt.Errorf("derivation %s: input %s is %s, wanted %s", d.Name, field.Tag.Get("fact"), v.Type(), field.Type.Elem())
		}
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		input.Field(i).Set(p)
	}
	return input.Interface(), nil
}
