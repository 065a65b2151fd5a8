package facts

import "testing"

// BenchmarkParsers reads what a healthy host prints, with each parser.
func BenchmarkParsers(b *testing.B) {
	for _, p := range Parsers() {
		b.Run(p.Name, func(b *testing.B) {
			sample := healthy[p.Name]
			b.SetBytes(int64(len(sample.Stdout)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Parse(sample); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
