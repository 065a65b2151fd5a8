package html

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/lab/suite"
)

// documentsOf are the documents of a fleet, and the names of its hosts.
func documentsOf(e report.Evidence) (documents []outcome.Host, names []string) {
	for h := range e.Hosts {
		documents, names = append(documents, h), append(names, h.Host)
	}
	return documents, names
}

// rest is the page of hosts that were added to pages while their run went on. Those that are left
// come from documents.
func rest(t *testing.T, p *Pages, e report.Evidence, documents []outcome.Host) (page string, left int) {
	t.Helper()
	of := map[string]outcome.Host{}
	for _, h := range documents {
		of[h.Host] = h
	}
	var hosts []outcome.Host
	for _, h := range p.Left(e.Run) {
		hosts = append(hosts, of[h.Name])
	}
	e.Hosts = each(hosts)
	var b strings.Builder
	if err := p.Write(&b, e); err != nil {
		t.Fatal(err)
	}
	return b.String(), len(hosts)
}

// A page whose hosts were packed as they ended, in any order and at the same time, is the same to
// the byte as the one that is made from their documents.
func TestPagesOfHostsThatEnd(t *testing.T) {
	n := suite.Rounds(200, 10_000)
	e := withPast(demoFleet(t, n))
	documents, names := documentsOf(e)
	e.Hosts = each(documents)
	e.Complete = func(text string) string { return strings.ReplaceAll(text, "aixmend ", "./aixmend ") }
	e.Run.LeftOpen = []outcome.LeftOpen{{ID: "open", Hosts: names[3:5]}}
	want := writePage(t, e)
	open := func() *Pages { return NewPages(names, e.Run.Started, e.Run.LeftOpen, e.Complete) }
	all := func(p *Pages) {
		random := rand.New(rand.NewPCG(1, 2))
		for few := range slices.Chunk(documents, 5*blockHosts) { // with a window of about 300
			var adding sync.WaitGroup
			for some := range slices.Chunk(random.Perm(len(few)), len(few)/4+1) {
				adding.Go(func() {
					for _, i := range some {
						p.Add(few[i])
					}
				})
			}
			adding.Wait()
		}
	}
	old := documents[7]
	old.Outcome, old.Findings, old.Stages = outcome.Unknown, nil, nil
	for name, c := range map[string]struct {
		add  func() *Pages
		left int
	}{
		"all":  {func() *Pages { p := open(); all(p); return p }, 0},
		"none": {open, n},
		"twice, in a block that was packed": {func() *Pages {
			p := open()
			p.Add(old)
			all(p)
			p.Add(old)
			for i := range blockHosts {
				p.Add(documents[i])
			}
			return p
		}, 0},
		"one again": {func() *Pages { p := open(); all(p); p.Add(documents[7]); return p }, blockHosts - 1},
		"an older document": {func() *Pages {
			p := open()
			p.Fill(documents[70])
			all(p)
			p.Fill(old)
			return p
		}, 0},
		"of an earlier process": {func() *Pages {
			p := open()
			for _, h := range documents {
				p.Fill(h)
			}
			return p
		}, 0},
		"some":           {func() *Pages { p := open(); p.Add(documents[1]); p.Add(documents[n-1]); return p }, n - 2},
		"a host of none": {func() *Pages { p := open(); p.Add(outcome.Host{Host: "stranger"}); all(p); return p }, 0},
		"another open run": {func() *Pages {
			p := NewPages(names, e.Run.Started, []outcome.LeftOpen{{ID: "ended meanwhile", Hosts: names[n-1:]}}, e.Complete)
			all(p)
			return p
		}, blockHosts + (n-1)%blockHosts + 1},
		"another start": {func() *Pages { p := NewPages(names, e.Run.Started.Add(time.Hour), nil, e.Complete); all(p); return p }, n},
		"of more hosts": {func() *Pages {
			p := NewPages(append([]string{"a"}, names...), e.Run.Started, nil, e.Complete)
			all(p)
			return p
		}, n},
		"no memory for hosts that wait": {func() *Pages {
			p := open()
			p.bound.held = 1
			all(p)
			return p
		}, n},
		"no memory for blocks": {func() *Pages {
			p := open()
			p.bound.kept = 1
			all(p)
			return p
		}, n},
	} {
		t.Run(name, func(t *testing.T) {
			page, left := rest(t, c.add(), e, documents)
			if left != c.left {
				t.Errorf("%d hosts are left, want %d", left, c.left)
			}
			if page != want {
				t.Errorf("another page: %d bytes, want %d", len(page), len(want))
			}
		})
	}
}

// A host whose block is packed, or not yet, or given up takes no memory twice.
func TestPagesCountTheirMemory(t *testing.T) {
	e := demoFleet(t, 200)
	documents, names := documentsOf(e)
	p := NewPages(names, e.Run.Started, nil, nil)
	for range 2 {
		for _, h := range documents {
			p.Add(h)
		}
	}
	size := 0
	for _, w := range p.blocks {
		size += w.packed.size()
	}
	if p.held.Load() != 0 || p.kept.Load() != int64(size) {
		t.Errorf("held %d, kept %d; want 0 and %d", p.held.Load(), p.kept.Load(), size)
	}
	p.bound.held = 1
	p.Add(documents[0])
	if p.held.Load() != 0 || p.blocks[0].open != nil {
		t.Errorf("held %d of a block that was given up", p.held.Load())
	}
}
