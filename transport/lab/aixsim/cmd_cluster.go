package aixsim

import (
	"context"
	"strings"
)

// clusterCommands tell of CAA, peer domains and PowerHA.
func clusterCommands() []Command {
	return []Command{
		{Name: "lscluster", Dirs: append(bin(), sbin()...), Run: cmdLscluster, Fileset: "bos.cluster.rte"},
		{Name: "lsrpdomain", Dirs: rsctDirs(), Run: cmdLsrpdomain, Fileset: "rsct.basic.rte"},
		{Name: "clRGinfo", Dirs: []string{"/usr/es/sbin/cluster/utilities"}, Run: cmdClRGinfo, Fileset: "cluster.es.server.rte"},
	}
}

func cmdLscluster(_ context.Context, e *Env) int {
	f := getopt(e.Args, "cmidsnz:")
	c := e.State.Cluster
	switch {
	case c.Stopped: // the text is C, its stream and the exit status are K
		const stopped = "lscluster: Cluster services are not active on this node because it has been stopped.\n"
		if a := e.State.Variant.Stopped; a != nil {
			return e.answer(&Answer{Text: stopped, Stdout: a.Stdout, Exit: a.Exit}, "")
		}
		return e.answer(&Answer{Text: stopped, Exit: 1}, "")
	case c.CAA == "" && e.State.Variant.NoCluster != nil:
		return e.answer(e.State.Variant.NoCluster, "")
	case c.CAA == "":
		return e.failIn(1, tongues{"lscluster: Cluster services are not active.",
			"lscluster: Die Cluster-Services sind nicht aktiv."})
	}
	switch {
	case f.has('c'):
		e.out("Cluster Name: %s\nCluster UUID: 1f2e3d4c-0000-11ee-8000-fad4433ed120\nNumber of nodes in cluster = %d\n", c.CAA, len(c.Nodes))
		for i, n := range c.Nodes {
			e.out("\tCluster ID for node %s: %d\n", n, i+1)
		}
	default:
		e.out("Calling node query for all nodes...\nNode query number of nodes examined: %d\n\n", len(c.Nodes))
		for i, n := range c.Nodes {
			e.out("\tNode name: %s\n\tCluster shorthand id for node: %d\n\tState of node: UP\n\n", n, i+1)
		}
	}
	return 0
}

func cmdLsrpdomain(_ context.Context, e *Env) int {
	v, sub := e.State.Variant, e.State.subsystem(ctrmc)
	d := e.State.Cluster.PeerDomain
	switch {
	case v.NoSession != nil && (sub == nil || !sub.Active()):
		return e.answer(v.NoSession, "")
	case d == "" && v.NoPeerDomain != nil:
		return e.answer(v.NoPeerDomain, "")
	case d != "":
		e.out("Name   OpState RSCTActiveVersion MixedVersions TSPort GSPort \n%-6s Online  3.2.6.2           No            12347  12348  \n", d)
	}
	return 0
}

func cmdClRGinfo(_ context.Context, e *Env) int {
	if len(e.State.Cluster.Groups) == 0 {
		return e.fail(1, "clRGinfo: Cluster IPC error: Cluster services are not running.")
	}
	e.out("%s\n", strings.Join(e.State.Cluster.Groups, "\n"))
	return 0
}
