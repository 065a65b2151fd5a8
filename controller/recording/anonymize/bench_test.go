package anonymize

import (
	"strings"
	"testing"

	"aixmend/controller/recording/redact"
)

func BenchmarkRedactAndAnonymize(b *testing.B) {
	line := "2026-01-12 08:29:11,123 - util.py[DEBUG]: Running command ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=fe80::f8d4:43ff:fe00:121'] on aixprd01 10.20.0.3\n"
	for name, text := range map[string]string{
		"log": strings.Repeat(line, 2000), "one word": strings.Repeat("a", 256<<10), "colons": strings.Repeat("a:", 128<<10), "base64": strings.Repeat("QUJD", 64<<10), "dashes": strings.Repeat("a-", 128<<10),
		"lines": strings.Repeat("QUJDabcd\n", 30000),
	} {
		b.Run(name, func(b *testing.B) {
			a, err := New([]byte("k"))
			if err != nil {
				b.Fatal(err)
			}
			a.Learn("aixprd01", "10.20.0.3")
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				clean, _ := redact.Text(text)
				a.text(clean, place{})
			}
		})
	}
}
