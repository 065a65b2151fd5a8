//go:build !aix && !nohub

package fleet_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"aixmend/controller/fleet"
)

// rogue is a NATS server that answers each question with what the hub has signed as the answer to
// reply, or, where that is "", to the question.
type rogue struct {
	hub   string // its seed
	reply string
	text  string
}

// serve speaks as much of the protocol as one client needs.
func (r rogue) serve(t *testing.T, c net.Conn) {
	defer c.Close()
	fmt.Fprintf(c, "INFO {\"server_id\":\"rogue\",\"version\":\"2.10.0\",\"max_payload\":33554432,\"headers\":true,\"proto\":1,\"nonce\":\"abc\"}\r\n")
	in, inbox := bufio.NewReader(c), ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word := strings.Fields(line)
		switch {
		case len(word) == 0:
		case word[0] == "PING":
			fmt.Fprint(c, "PONG\r\n")
		case word[0] == "SUB":
			inbox = word[len(word)-1]
		case word[0] == "HPUB":
			var n int
			_, _ = fmt.Sscan(word[4], &n)
			if _, err := io.CopyN(io.Discard, in, int64(n)+2); err != nil {
				return
			}
			subject := r.reply
			if subject == "" {
				subject = word[2]
			}
			header := "NATS/1.0\r\n"
			for key, values := range fleet.Sealed(t, r.hub, subject, r.text) {
				header += key + ": " + values[0] + "\r\n"
			}
			header += "\r\n"
			fmt.Fprintf(c, "HMSG %s %s %d %d\r\n%s%s\r\n", subject, inbox, len(header), len(header)+len(r.text), header, r.text)
		}
	}
}

// An answer of the hub counts for its own question alone, whatever a NATS delivers.
func TestAnswerToAnotherQuestion(t *testing.T) {
	t.Parallel()
	seed, public := newSeed(t)
	own, _ := newSeed(t)
	for reply, want := range map[string]string{"": "", "_INBOX.operator.ops.EARLIER.x": "not signed by who"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				go rogue{hub: seed, reply: reply, text: fmt.Sprintf(`{"v":%d,"content":"begun"}`, fleet.Version)}.serve(t, c)
			}
		}()
		n, err := fleet.NewNATS("nats://"+listener.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		o, err := fleet.Dial(within(t), &fleet.Pass{V: fleet.FileVersion, Role: fleet.RoleOperator, Name: "ops", Hub: n.Address(), NATS: &n, HubKey: public, Seed: own})
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		var text string
		err = o.Ask(within(t), "run", "x", &text)
		if want == "" && (err != nil || text != "begun") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %q, %v", reply, text, err)
		}
	}
}
