package keys

import (
	"context"
	"slices"
	"strings"
	"sync"

	"aixmend/cmd/aixmend/exit"
	"aixmend/inventory"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/ssh/route"
)

// rounds returns whom to ask, in order: the bastions on the way to the selected hosts, the
// nearest to this machine first, each once, and then the hosts. The keys of one round must be
// stored before the next: the way leads through it.
func rounds(ctx context.Context, o Options, selected []inventory.Host) ([][]*host, error) {
	hosts := make([]*host, len(selected))
	var work sync.WaitGroup
	for i, h := range selected {
		work.Go(func() { hosts[i] = found(ctx, o, h) })
	}
	work.Wait()
	var list [][]*host
	known := map[string]bool{}
	for _, h := range hosts {
		if h.path == nil {
			continue
		}
		way := ""
		for depth, path := range h.path.Bastions() {
			one := &host{name: path.Target.Name, noun: "bastion", target: path.Target, path: path}
			// Another login is no other machine.
			way += "\n" + strings.Join([]string{hostkeys.Name(one.target), one.address(), one.target.KnownHosts}, "\t")
			if known[way] {
				continue
			}
			known[way] = true
			if depth == len(list) {
				list = append(list, nil)
			}
			list[depth] = append(list[depth], one)
		}
	}
	list = append(list, hosts)
	for _, h := range slices.Concat(list...) {
		if h.err != nil {
			h.status = hostUnreachable
			continue
		}
		file, err := o.Way.Known().StorePath(h.target)
		if err != nil {
			return nil, exit.Usagef("name a file with --known-hosts", "%w", err)
		}
		h.knownAs, h.file, h.status = hostkeys.Name(h.target), file, hostNotAsked
	}
	return list, nil
}

// found returns a host with the way to it, or why there is none.
func found(ctx context.Context, o Options, selected inventory.Host) *host {
	h := &host{name: selected.Name, noun: "host"}
	if h.target, h.err = o.Way.Target(ctx, selected); h.err == nil {
		var path *route.Path
		if path, h.err = o.Way.SSH().Path(ctx, h.target); h.err == nil {
			h.path = path
		}
	}
	return h
}
