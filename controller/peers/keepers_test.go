package peers

import (
	"testing"
	"time"

	"aixmend/playbooks"
)

// Of two hosts that share two values, each keeps one: they don't wait for each other.
func TestKeepersDoNotWaitForEachOther(t *testing.T) {
	f := &Peers{machines: newMachines(), read: make(chan struct{})}
	close(f.read)
	for keeps, gives := range map[string]string{"a": "b", "b": "a"} {
		u := newUnique("of-"+keeps, playbooks.Unique{}, time.Now())
		u.put("a", []string{"v"})
		u.put("b", []string{"v"})
		u.roles["v"] = map[string]role{keeps: {name: keeper}, gives: {name: clone}}
		f.uniques = append(f.uniques, u)
	}
	for _, host := range []string{"a", "b"} {
		if others := f.Clones(host, nil); len(others) > 0 {
			t.Errorf("%s waits for %q", host, others)
		}
	}
	f.uniques = f.uniques[:1]
	if n := len(f.Clones("a", nil)) + len(f.Clones("b", nil)); n != 1 {
		t.Errorf("of one shared value %d hosts wait", n)
	}
}
