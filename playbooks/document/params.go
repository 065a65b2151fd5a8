package document

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/facts"
)

// Params holds the value of every parameter of a playbook.
type Params map[string]any

// Duration returns a duration parameter, 0 when the playbook has none of the
// name.
func (p Params) Duration(name string) time.Duration {
	d, _ := p[name].(time.Duration)
	return d
}

// Text returns a text parameter, "" when the playbook has none of the name.
func (p Params) Text(name string) string {
	text, _ := p[name].(string)
	return text
}

// Into adds the parameters to the variables of conditions.
func (p Params) Into(values map[string]any) {
	for name, value := range p {
		values[conditions.ParamPrefix+name] = value
	}
}

// Allows reports whether a rung or step takes a word of --allow.
func (p *Playbook) Allows(word string) bool {
	return word != "" && slices.Contains(p.Words(), word)
}

// Words returns the words of --allow that rungs and steps take, in their order.
func (p *Playbook) Words() []string {
	var words []string
	add := func(word string) {
		if word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for _, r := range p.Rungs {
		add(r.Allow)
		for _, s := range r.Steps {
			add(s.Allow)
		}
	}
	return words
}

// AllowWord is a word of --allow.
type AllowWord struct {
	Word string
	// About describes the changes that it allows, "" where the playbook does not.
	About string
}

// AllowWords returns the words of --allow that the playbook takes: those that it
// describes first, in its order.
func (p *Playbook) AllowWords() []AllowWord {
	var list []AllowWord
	for _, e := range p.Allow {
		list = append(list, AllowWord{e.Key, strings.TrimSpace(e.Value.V)})
	}
	for _, word := range p.Words() {
		if !slices.ContainsFunc(list, func(w AllowWord) bool { return w.Word == word }) {
			list = append(list, AllowWord{Word: word})
		}
	}
	return list
}

// Set gives the parameters their values: the defaults, then each KEY=VALUE.
func (p *Playbook) Set(assignments []string) (Params, error) {
	params := Params{}
	byName := map[string]Param{}
	for _, e := range p.Params {
		byName[e.Key] = e.Value
		params[e.Key], _ = e.Value.value(e.Value.Default) // checked when loaded
	}
	lookTimeout := false
	for _, a := range assignments {
		key, text, ok := strings.Cut(a, "=")
		param, known := byName[key]
		switch {
		case !ok:
			return nil, fmt.Errorf("--set %s: wanted KEY=VALUE", a)
		case !known:
			hint := strictyaml.DidYouMean(key, slices.Sorted(maps.Keys(byName)))
			if hint == "" {
				hint = "it has: " + strings.Join(slices.Sorted(maps.Keys(byName)), ", ")
			}
			return nil, fmt.Errorf("--set %s: playbook %s has no parameter %q; %s", a, p.Name, key, hint)
		}
		value, err := param.value(text)
		if err != nil {
			return nil, fmt.Errorf("--set %s: %w", a, err)
		}
		params[key] = value
		lookTimeout = lookTimeout || key == LookTimeoutParam
	}
	if err := p.setLookTimeout(params, lookTimeout); err != nil {
		return nil, err
	}
	return params, nil
}

// maxDuration bounds durations, so that sums of them are durations too.
const maxDuration = 8760 * time.Hour

// value reads a parameter's text.
func (p Param) value(text string) (any, error) {
	switch p.Type {
	case DurationParam:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("%q is not a duration such as 30s or 15m", text)
		}
		if d > maxDuration {
			return nil, fmt.Errorf("%q is more than a year (8760h)", text)
		}
		return d, nil
	case LevelParam:
		if _, err := facts.ParseLevel(text); err != nil {
			return nil, err
		}
		return text, nil
	case TextParam:
		return text, nil
	}
	return nil, fmt.Errorf("type %q is none of duration, level, text", p.Type)
}
