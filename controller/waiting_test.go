package controller

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"

	"aixmend/controller/gather"
	"aixmend/inventory"
	"aixmend/transport/lab/suite"
	"aixmend/transport/wrap"
)

// quiet is a hub whose sites say nothing.
type quiet struct {
	gather.Elsewhere
	more chan struct{}
}

func (q quiet) More(string) <-chan struct{} { return q.more }

// A host that waits, for a slot or for its site, has no stack of its own: there are thousands.
func TestStackOfWaitingHosts(t *testing.T) {
	suite.Unraced(t, "stacks are larger")
	const n = 4000
	for name, wait := range map[string]func(context.Context) (*Engine, *gather.Gatherer){
		"for a slot": func(ctx context.Context) (*Engine, *gather.Gatherer) {
			full := []*wrap.Window{wrap.NewWindow(1)}
			slots := wrap.NewSlots(func(string) []*wrap.Window { return full })
			if err := slots.Await(ctx, "first"); err != nil {
				t.Fatal(err)
			}
			return &Engine{Slots: slots}, nil
		},
		"for its site": func(context.Context) (*Engine, *gather.Gatherer) {
			return &Engine{}, &gather.Gatherer{Elsewhere: quiet{more: make(chan struct{})}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				e, g := wait(ctx)
				e.starting = ctx
				var todo []*toWalk
				for i := range n {
					todo = append(todo, &toWalk{host: inventory.Host{Name: strconv.Itoa(i)}, gather: g})
				}
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				go e.each(ctx, todo, func(*toWalk) {})
				synctest.Wait()
				runtime.ReadMemStats(&after)
				cancel()
				synctest.Wait()
				if each := int64(after.StackInuse-before.StackInuse) / n; each > 200 {
					t.Errorf("%d bytes of stack for each host that waits", each)
				}
			})
		})
	}
}
