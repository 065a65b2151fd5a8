package ansible

import (
	"fmt"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/endpoint"
)

// Bastion is a host that a ProxyCommand goes through with a key, known_hosts or ssh_config
// of its own. Its name is nobody else's: other hosts may go through the same machine in
// another way.
type Bastion struct {
	Name, Address string
	Pos           strictyaml.Pos
	Layer         settings.Layer
}

// bastion takes the rest of a ProxyCommand, once the ssh_config of the host is
// known.
func (r *reading) bastion() {
	way, at := r.command.through, r.command.throughAt
	switch {
	case at == strictyaml.Pos{} || r.ours.Jump.Set():
		return
	case way.config == "" && r.doc.Config.Set(), way.config != r.doc.Config.V && strings.Contains(way.jump, ","):
		r.doubt(aboutWay, at, "the ssh of the ProxyCommand has another -F (%s) than that of the host (%s)", settings.Quote(way.config), settings.Quote(r.doc.Config.V))
		return
	case len(way.options) == 0 && way.config == r.doc.Config.V:
		return
	}
	inner := reading{a: r.a, values: r.values}
	if way.config != "" {
		inner.configFile(settings.Text{V: way.config, Pos: at}, r.command.throughFrom)
	}
	for _, o := range way.options {
		inner.take(o, keywords[o.keyword].about)
	}
	layer := inner.layer("", settings.Doc{SSH: inner.doc})
	for _, p := range inner.faults {
		r.doubt(aboutWay, at, "%s is not read: %s", r.command.throughFrom, p.Message)
	}
	before, last := "", way.jump
	if comma := strings.LastIndexByte(last, ','); comma >= 0 {
		before, last = last[:comma+1], last[comma+1:]
	}
	e, err := endpoint.Parse(last)
	if err != nil || strings.Contains(e.Host, ":") {
		r.doubt(aboutWay, at, "%s is not read: %v", r.command.throughFrom, errInner)
		return
	}
	key := e.Host + "\x00" + way.config
	for _, o := range way.options {
		key += "\x00" + o.keyword + "\x00" + o.rest
	}
	known := r.a.bastions[key]
	if known == nil {
		known = &Bastion{Name: fmt.Sprintf("%s--%d", e.Host, len(r.a.bastions)+1), Address: e.Host, Pos: at, Layer: *layer}
		r.a.bastions[key] = known
	}
	e.Host = known.Name
	r.doc.Jump = settings.Text{V: before + e.String(), Pos: at}
	r.behind = known
}
