package gather

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// told are sites that tell of hosts.
type told struct {
	Elsewhere
	of map[string]chan struct{}
}

func (t told) More(host string) <-chan struct{} { return t.of[host] }

// A host begins when there is a step of it; when the run is cut, all do.
func TestEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 3 * awaited / 2
		heard, hosts := told{of: map[string]chan struct{}{}}, []string{}
		for i := range n {
			hosts = append(hosts, fmt.Sprint("h", i))
			heard.of[hosts[i]] = make(chan struct{}, 1)
		}
		var mu sync.Mutex
		var begun []string
		ctx, cut := context.WithCancel(t.Context())
		go (&Gatherer{Elsewhere: heard}).Each(ctx, hosts, func(host string) {
			mu.Lock()
			defer mu.Unlock()
			begun = append(begun, host)
		})
		for i, want := range []string{"h70", "h1", "h63"} {
			heard.of[want] <- struct{}{}
			synctest.Wait()
			if len(begun) != i+1 || begun[i] != want {
				t.Fatalf("%v have begun, want %s as the last", begun, want)
			}
		}
		cut()
		synctest.Wait()
		slices.Sort(begun)
		slices.Sort(hosts)
		if !slices.Equal(begun, hosts) {
			t.Errorf("after the cut %v have begun", begun)
		}
	})
}
