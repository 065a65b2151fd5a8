package ssh

import (
	"os"
	"testing"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// A part is only of the file that it was begun with.
func TestDownloadOverAPartOfAnotherFile(t *testing.T) {
	for name, change := range map[string]func(p *depot){
		"a file that has grown":         func(p *depot) { p.write(p.far+"/to", append(p.data, 'x')) },
		"a file that has become small":  func(p *depot) { p.write(p.far+"/to", p.data[:10]) },
		"a file that was written again": func(p *depot) { past(p, p.far+"/to") },
		"another host's": func(p *depot) {
			p.target.Name = "aix2"
		},
		"a part that is too long": func(p *depot) { p.write(p.local+"/got.part", append(p.data, 'x')) },
		"a part of nothing": func(p *depot) {
			if err := os.Remove(p.local + "/got.part.of"); err != nil {
				p.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cutOff(t, false, func(t *testing.T, via string, p *depot, _ *cutter) {
				p.stock()
				if _, err := p.get(); transport.KindOf(err) != transport.KindLost {
					t.Fatalf("the first try: %v", err)
				}
				p.server.SetFaults(sshtest.Faults{})
				change(p)
				want, err := os.ReadFile(p.far + "/to")
				if err != nil {
					t.Fatal(err)
				}
				p.data = want
				moved, err := p.get()
				p.whole(moved, err, via)
				if moved.Resumed != 0 {
					t.Errorf("resumed at %d", moved.Resumed)
				}
				p.holds(p.local, map[string][]byte{"got": want})
			})
		})
	}
}
