package playbooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/facts"
	"maps"
	"slices"
)

// Recall makes a diagnosis of facts that a report or a capture holds, as JSON
// has them, and judges them again in the same way. missing has the reason for each fact that
// could not be read; any other fact that is not in written was not read. An error: a fact does
// not have the type that the playbook declares.
func (p *Playbook) Recall(params Params, given Given, written map[string]any, missing map[string]string) (*Diagnosis, error) {
	d := p.diagnosis(given, params)
	for _, name := range slices.Sorted(maps.Keys(p.Code.Types)) {
		was, there := written[name]
		if !there {
			if _, known := d.values[name]; !known {
				d.Missing[name] = errNotRead
			}
			if why := missing[name]; why != "" {
				d.Missing[name] = errors.New(why)
			}
			continue
		}
		value, err := p.recalled(name, was)
		if err != nil {
			return nil, fmt.Errorf("fact %s: %w", name, err)
		}
		delete(d.Missing, name)
		if fleet, is := value.(facts.Fleet); is && name == conditions.FleetName {
			p.setFleet(d, fleet)
		} else {
			d.set(name, value, nil)
		}
	}
	p.judge(d)
	return d, nil
}

// recalled is a fact as JSON has it, of the type that the playbook knows.
func (p *Playbook) recalled(name string, written any) (any, error) {
	text, err := json.Marshal(written)
	if err != nil {
		return nil, err
	}
	value := reflect.New(p.Code.Types[name])
	if err := json.Unmarshal(text, value.Interface()); err != nil {
		return nil, err
	}
	return value.Elem().Interface(), nil
}
