package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/simulated"
)

// BenchmarkInventory loads one inventory of 100,000 hosts and selects some of them: hosts that
// are alike but for their groups, and hosts with a port each.
func BenchmarkInventory(b *testing.B) {
	const hosts = 100_000
	worst := figure{Name: "100,000 hosts loaded and selected, s"}
	for _, shape := range []struct{ name, own string }{{"in groups", ""}, {"with a port each", ", ssh: {port: %d}"}} {
		b.Run("hosts "+shape.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "inventory.yaml")
			noError(b, os.WriteFile(path, []byte(manyHosts(hosts, shape.own)), 0o600))
			listed := measured{fleetSize: fleetSize{hosts: hosts}, tool: "inventory list"}
			for b.Loop() {
				listed.add(measure(b, command(b, filepath.Dir(path), "benchaixmend", "inventory", "list", "-i", path, "-l", "aixvm00001*")))
			}
			fmt.Printf("\n%d hosts %s, ten of them selected: %.2f s wall %.2f s CPU %.0f MB; others drew %s %%\n",
				hosts, shape.name, listed.wall(), listed.cpu()*listed.perHost()/1000, listed.peak(), percent(listed.others()))
			worst.Value, worst.Others = max(worst.Value, listed.wall()), max(worst.Others, listed.others())
		})
	}
	if worst.Value > 0 {
		noteFigure(b, worst)
	}
}

// manyHosts is an inventory; own is what a host has of its own, with a number in it.
func manyHosts(n int, own string) string {
	var text strings.Builder
	head := strings.TrimSuffix(simulated.InventoryHead, "hosts:\n")
	text.WriteString(head + "groups: {prod: {}, test: {ssh: {user: ops}}, db: {}, app: {}}\nhosts:\n")
	for i := range n {
		fmt.Fprintf(&text, "  aixvm%06d: {address: 10.%d.%d.%d, groups: [%s, %s]", i, i>>16, i>>8&255, i&255, []string{"prod", "test"}[i%2], []string{"db", "app"}[i/2%2])
		if own != "" {
			fmt.Fprintf(&text, own, i%60000+1)
		}
		text.WriteString("}\n")
	}
	return text.String()
}
