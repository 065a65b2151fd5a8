package load

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkParse reads inventories, each host on a line of its own.
func BenchmarkParse(b *testing.B) {
	for _, hosts := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			var text strings.Builder
			text.WriteString("apiVersion: aixmend/v1\ndefaults:\n  ssh: {user: root}\ngroups:\n  prod: {ssh: {port: 2222}}\nhosts:\n")
			for i := range hosts {
				fmt.Fprintf(&text, "  aixvm%05d: {address: 10.%d.%d.%d, groups: [prod]}\n", i, i>>16, i>>8&255, i&255)
			}
			data := []byte(text.String())
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				inv, err := testOptions().Parse("inventory.yaml", data)
				if err != nil || len(inv.Hosts) != hosts {
					b.Fatal(err)
				}
			}
		})
	}
}
