package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/inventory/strictyaml"
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

// into adds the parameters to the variables of conditions.
func (p Params) into(values map[string]any) {
	for name, value := range p {
		values["params."+name] = value
	}
}

// Allows tells whether a rung or step takes a word of --allow.
func (p *Playbook) Allows(word string) bool {
	return word != "" && slices.Contains(p.words(), word)
}

// words are the words of --allow that rungs and steps take, in their order.
func (p *Playbook) words() []string {
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
	// About is what it lets happen, "" where the playbook does not say.
	About string
}

// AllowWords returns the words of --allow that the playbook takes: those that it
// describes first, in its order.
func (p *Playbook) AllowWords() []AllowWord {
	var list []AllowWord
	for _, e := range p.Allow {
		list = append(list, AllowWord{e.Key, strings.TrimSpace(e.Value.V)})
	}
	for _, word := range p.words() {
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
	for _, a := range assignments {
		key, text, ok := strings.Cut(a, "=")
		param, known := byName[key]
		switch {
		case !ok:
			return nil, fmt.Errorf("--set %s: wanted KEY=VALUE", a)
		case !known:
			hint := strictyaml.DidYouMean(key, sortedKeys(byName))
			if hint == "" {
				hint = "it has: " + strings.Join(sortedKeys(byName), ", ")
			}
			return nil, fmt.Errorf("--set %s: playbook %s has no parameter %q; %s", a, p.Name, key, hint)
		}
		value, err := param.value(text)
		if err != nil {
			return nil, fmt.Errorf("--set %s: %w", a, err)
		}
		params[key] = value
	}
	return params, nil
}
