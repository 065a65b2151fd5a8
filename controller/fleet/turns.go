package fleet

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"aixmend/controller/gather"
	"aixmend/controller/peers"
)

// Word is one message of the hub to a site about its part of a run: one of the two.
type Word struct {
	// Turn answers a host that wants to begin.
	Turn *gather.Turn `json:"turn,omitempty"`
	// Others is told once the hosts of all sites have been read.
	Others *peers.Others `json:"others,omitempty"`
}

// Asks asks for the words of a run after the first Known. A hub that began again has no
// Session of that name, and begins with the first word.
type Asks struct {
	V       int    `json:"v"`
	Run     string `json:"run"`
	Session string `json:"session,omitempty"`
	Known   int    `json:"known"`
}

// Words are the answer. It may have none.
type Words struct {
	V       int    `json:"v"`
	Session string `json:"session,omitempty"`
	// First is how many words there are before List.
	First int    `json:"first"`
	List  []Word `json:"list,omitempty"`
	// Over says that the hub does not wait for this part any more: nothing may begin.
	Over bool `json:"over,omitempty"`
}

// Words asks for words of the hub. It may take a few seconds when it has none.
func (w *Worker) Words(ctx context.Context, a Asks) (Words, error) {
	var words Words
	a.V = Version
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	data, err := w.request(ctx, turnsSubject(w.site), a)
	if err != nil {
		return words, err
	}
	if err := unpack(data, &words); err != nil {
		return words, fmt.Errorf("the answer of the hub: %w", err)
	}
	if words.V != Version {
		return words, fmt.Errorf("the answer of the hub: %w", otherVersion(words.V))
	}
	return words, nil
}

// ServeWords answers workers by words, each question in a goroutine of its own, until ctx
// ends.
func (h *Hub) ServeWords(ctx context.Context, words func(site string, a Asks) Words) error {
	s, err := h.conn.Subscribe(turnsSubject("*"), func(m *nats.Msg) {
		site := strings.Split(m.Subject, ".")[2] // a site can use its own subject alone
		var q Asks
		known, heard := h.hears(RoleSite, site, m)
		if !heard {
			return
		}
		if unpack(m.Data, &q) != nil || q.V != Version {
			return
		}
		go func() {
			answer := Words{Over: true}
			if known {
				answer = words(site, q)
			}
			answer.V = Version
			if data, err := h.pack(answer); err == nil {
				h.answer(m, data)
			}
		}()
	})
	if err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		_ = s.Unsubscribe()
	}()
	return nil
}
