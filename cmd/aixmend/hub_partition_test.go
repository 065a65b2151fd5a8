package main

import (
	"encoding/json"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/transport/lab/suite"
)

// partition is how long TestPartition lasts beyond the moment at which the hub gives the site up.
var partition = flag.Duration("sites.partition", 0, "TestPartition: cut a site off for so long")

// link is a network in front of an address, which can be cut: then nothing passes, and no
// connection breaks.
type link struct {
	to       string
	listener net.Listener
	passes   sync.RWMutex // held for writing while it is cut
}

func newLink(t *testing.T, to string) *link {
	t.Helper()
	l := &link{to: to}
	var err error
	l.listener, err = net.Listen("tcp", "127.0.0.1:0")
	noError(t, err)
	t.Cleanup(func() { _ = l.listener.Close() })
	go func() {
		for {
			near, err := l.listener.Accept()
			if err != nil {
				return
			}
			go l.serve(near)
		}
	}()
	return l
}

func (l *link) serve(near net.Conn) {
	defer near.Close()
	l.passes.RLock()
	far, err := net.Dial("tcp", l.to)
	l.passes.RUnlock()
	if err != nil {
		return
	}
	defer far.Close()
	var both sync.WaitGroup
	both.Go(func() { l.forward(far, near) })
	both.Go(func() { l.forward(near, far) })
	both.Wait()
}

func (l *link) forward(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	for buffer := make([]byte, 64<<10); ; {
		n, err := from.Read(buffer)
		l.passes.RLock()
		if n > 0 && err == nil {
			_, err = to.Write(buffer[:n])
		}
		l.passes.RUnlock()
		if err != nil {
			return
		}
	}
}

// A site is cut off while a host of it is changed, so that neither side is told. The hub gives it up, the
// worker ends what it has begun and begins nothing; when the network is back, the worker is there
// again by itself, the rest is healed, each host has one outcome, and no change was made twice.
func TestPartition(t *testing.T) {
	if *partition == 0 {
		suite.Long(t, "it waits a minute for the hub")
	}
	t.Parallel()
	y := newYardOf(t)
	join := filepath.Join(y.dir, "fra.join")
	var pass map[string]any
	text, err := os.ReadFile(join)
	noError(t, err)
	noError(t, json.Unmarshal(text, &pass))
	l := newLink(t, pass["hub"].(string))
	pass["hub"] = l.listener.Addr().String()
	text, err = json.Marshal(pass)
	noError(t, err)
	noError(t, os.WriteFile(join, text, 0o600))
	y.begin()
	y.verb("recover", "--yes")
	id := strings.TrimSuffix(strings.TrimPrefix(y.await(y.log("hub"), 0, "run [^ ]*: recover"), "run "), ": recover")
	y.await(filepath.Join(y.dir, "aixmend-hub", "state", "runs", id, "journal.jsonl"), 0, `"turn".*"address-removed-smitty"|"address-removed-smitty".*"turn"`)
	l.passes.Lock() // the hosts were compared, and one is let begin
	y.await(y.log("hub"), 0, "site fra was not heard for")
	_, _ = elapse(nil, *partition)
	l.passes.Unlock()
	run := y.ended()
	y.await(y.log("fra"), 0, "the hub [^ ]* is back")
	var k killedSites
	if run.Unfinished == 0 {
		t.Error("nothing is left of a host that was let begin at the site")
	}
	y.start("audit", "rest of 7 hosts", "resume", run.ID, "--hub", "ops.join", "--yes", "--format", "json")
	k.judge(y, y.rest(&k))
	suite.Tell(t, "over sites: a partition of "+(time.Minute+*partition).String())
}
