package html

import (
	"io"
	"iter"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Bounds of the memory of a run that has not ended, in bytes. The hosts beyond them are
// packed at the end, from their documents.
const (
	maxHeld   = 32 << 20 // hosts that wait for their neighbours
	maxPacked = 64 << 20 // about 50,000 hosts
)

// Pages packs the hosts of a run for its page while the run goes on, each block when its last
// host has ended: so little is left to do when the run has. All of it is in memory, and a run
// that is killed leaves nothing behind.
type Pages struct {
	setting
	names  []string
	at     map[string]int // the place of a host
	blocks []*pending

	bound struct{ held, kept int64 } // maxHeld and maxPacked
	held  atomic.Int64
	kept  atomic.Int64

	packers sync.Pool
}

// pending is a block whose hosts have not all ended, or that is packed.
type pending struct {
	mu   sync.Mutex
	open *block // nil: no host is there
	// packed is nil until all hosts are there. A host that is added then begins another block.
	packed *packed
	// dropped: a bound was reached, and all hosts are left to the end.
	dropped bool
}

// NewPages returns the pages of the hosts of a run, by the names that are to be in its run.json,
// in that order. complete is that of its report.Evidence.
func NewPages(hosts []string, started time.Time, open []outcome.LeftOpen, complete func(string) string) *Pages {
	p := &Pages{
		setting: newSetting(len(hosts)), names: hosts, at: make(map[string]int, len(hosts)), blocks: make([]*pending, (len(hosts)+blockHosts-1)/blockHosts),
		packers: sync.Pool{New: func() any { return newPacker() }},
	}
	p.began, p.open, p.complete = milli(started), open, complete
	p.bound.held, p.bound.kept = maxHeld, maxPacked
	for i, name := range hosts {
		p.at[name] = i
	}
	for i := range p.blocks {
		p.blocks[i] = &pending{}
	}
	return p
}

// Add adds a host that has ended. The last document of a host counts. Add is safe for use by
// several goroutines; the one that adds the last host of a block packs it.
func (p *Pages) Add(h outcome.Host) { p.add(h, true) }

// Fill adds a host that an earlier process of the run has ended. It does nothing for a host
// that was added: that document is newer.
func (p *Pages) Fill(h outcome.Host) { p.add(h, false) }

func (p *Pages) add(h outcome.Host, newer bool) {
	i, known := p.at[h.Host]
	if !known {
		return
	}
	w, place := p.blocks[i/blockHosts], i%blockHosts
	w.mu.Lock()
	defer w.mu.Unlock()
	there := w.packed != nil || w.open != nil && w.open.hosts[place] != nil
	if w.dropped || there && !newer {
		return
	}
	if w.packed != nil {
		p.kept.Add(-int64(w.packed.size()))
		w.packed = nil
	}
	if w.open == nil {
		w.open = p.newBlock(i / blockHosts)
	}
	before := w.open.held
	w.open.add(place, h)
	if p.held.Add(int64(w.open.held-before)) > p.bound.held {
		p.held.Add(-int64(w.open.held))
		w.open, w.dropped = nil, true
		return
	}
	if !w.open.full() {
		return
	}
	packed, err := p.pack(w)
	if err == nil && p.kept.Add(int64(packed.size())) <= p.bound.kept {
		w.packed = packed
		return
	}
	if err == nil {
		p.kept.Add(-int64(packed.size()))
	}
	w.dropped = true // Write meets the error again
}

// pack packs the hosts of a block.
func (p *Pages) pack(w *pending) (*packed, error) {
	k := p.packers.Get().(*packer)
	defer p.packers.Put(k)
	packed, err := k.pack(w.open)
	p.held.Add(-int64(w.open.held))
	w.open = nil
	return packed, err
}

// Left returns the hosts of a run that has ended whose documents Write needs, in the order of the
// run: those that were not added, and those that were added as another run has them. No host may
// be added from then on.
func (p *Pages) Left(run outcome.Run) []outcome.HostSummary {
	if !slices.EqualFunc(p.names, run.Hosts, func(name string, h outcome.HostSummary) bool { return name == h.Name }) || p.began != milli(run.Started) {
		names := make([]string, len(run.Hosts))
		for i, h := range run.Hosts {
			names[i] = h.Name
		}
		fresh := NewPages(names, run.Started, run.LeftOpen, p.complete)
		p.setting, p.names, p.at, p.blocks = fresh.setting, fresh.names, fresh.at, fresh.blocks
	}
	open := len(p.open)+len(run.LeftOpen) > 0
	var left []outcome.HostSummary
	for i := 0; i < len(p.names); i += blockHosts {
		w, hosts := p.blocks[i/blockHosts], run.Hosts[i:min(i+blockHosts, len(p.names))]
		if open && slices.ContainsFunc(hosts, func(h outcome.HostSummary) bool {
			return !reflect.DeepEqual(outcome.OpenOn(p.open, h.Name), outcome.OpenOn(run.LeftOpen, h.Name))
		}) {
			w.open, w.packed = nil, nil
		}
		w.dropped = false
		for k, h := range hosts {
			if w.packed == nil && (w.open == nil || w.open.hosts[k] == nil) {
				left = append(left, h)
			}
		}
	}
	p.open = run.LeftOpen
	return left
}

// Write writes the page of a run, once, as the function of that name does. Its evidence yields the
// hosts that Left has returned, no others.
func (p *Pages) Write(to io.Writer, e report.Evidence) error {
	return writeWith(to, e, func(w io.Writer) (pageBottom, error) { return p.write(w, e) })
}

// write writes the blocks, and returns the part of the page that needs all of them.
func (p *Pages) write(to io.Writer, e report.Evidence) (pageBottom, error) {
	document, stop := iter.Pull2(e.Hosts)
	defer stop()
	found, back, number := findings{}, pageBack{}, 0
	for i, w := range p.blocks {
		if err := p.fill(w, i, document); err != nil {
			return pageBottom{}, err
		}
		for _, one := range w.packed.parts {
			if err := one.write(to, number); err != nil {
				return pageBottom{}, err
			}
			number++
		}
		found.merge(w.packed.found)
		back.Hosts += w.packed.back.Hosts
		p.blocks[i] = nil // release the memory
	}
	if _, err, _ := document(); err != nil {
		return pageBottom{}, err
	}
	bottom := found.bottom(e)
	bottom.Cloud, bottom.Back = report.CloudCounts(e.Run), back.of(e)
	return bottom, nil
}

// fill adds the hosts that a block lacks, and packs it.
func (p *Pages) fill(w *pending, i int, document func() (outcome.Host, error, bool)) (err error) {
	if w.packed != nil {
		return nil
	}
	if w.open == nil {
		w.open = p.newBlock(i)
	}
	for k, m := range w.open.hosts {
		if m != nil {
			continue
		}
		h, err, there := document()
		switch {
		case err != nil:
			return err
		case there:
			w.open.add(k, h)
		}
	}
	w.packed, err = p.pack(w)
	return err
}

// newBlock makes a block without hosts.
func (p *Pages) newBlock(i int) *block {
	return newBlock(&p.setting, min(blockHosts, len(p.names)-i*blockHosts))
}
