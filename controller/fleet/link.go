package fleet

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

const (
	// signature is the header of a message that is signed.
	signature = "Aixmend-Signature"
	// stamp is that of the time at which it was made and a random word: no two have one.
	stamp = "Aixmend-Stamp"
	// headers is room for those of a message, in bytes.
	headers = 1 << 10
)

// errUnsigned: a message does not prove who has sent it.
var errUnsigned = errors.New("it is not signed by who it says it is from")

// link is the connection of a member, or of the hub. The server of a hub lets nobody send in
// the name of another. A NATS that somebody else runs may, or may still let in who was revoked: over
// one every message is signed.
type link struct {
	conn *nats.Conn
	// seal signs; nil: the server is the hub's own.
	seal nkeys.KeyPair
	// hub is the hub's public key; "" where seal is nil, and at the hub.
	hub string
}

// signed are the bytes that a signature covers: nobody can send them on to another subject, or as new.
func signed(subject, stamp string, data []byte) []byte {
	return append([]byte(subject+"\x00"+stamp+"\x00"), data...)
}

// message is a message as it is sent.
func (l *link) message(subject string, data []byte) (*nats.Msg, error) {
	m := nats.NewMsg(subject)
	m.Data = data
	if l.seal == nil {
		return m, nil
	}
	m.Header.Set(stamp, time.Now().UTC().Format(time.RFC3339Nano)+" "+rand.Text())
	sum, err := l.seal.Sign(signed(subject, m.Header.Get(stamp), data))
	if err != nil {
		return nil, err
	}
	m.Header.Set(signature, base64.StdEncoding.EncodeToString(sum))
	return m, nil
}

// verify returns an error unless the owner of a public key has sent a message to a subject.
func verify(public, subject string, h nats.Header, data []byte) error {
	key, err := nkeys.FromPublicKey(public)
	if err != nil {
		return errUnsigned
	}
	sum, err := base64.StdEncoding.DecodeString(h.Get(signature))
	if err != nil || key.Verify(signed(subject, h.Get(stamp), data), sum) != nil {
		return errUnsigned
	}
	return nil
}

// fromHub returns an error unless the hub has sent a message.
func (l *link) fromHub(subject string, h nats.Header, data []byte) error {
	if l.hub == "" {
		return nil
	}
	return verify(l.hub, subject, h, data)
}

// answerWithin bounds the wait for the answer of a stream.
const answerWithin = 10 * time.Second

// within does something that must be answered soon, or be tried again.
func within(ctx context.Context, do func(context.Context) error) error {
	ctx, done := context.WithTimeout(ctx, answerWithin)
	defer done()
	return do(ctx)
}

// Most is the longest message that the server takes, in bytes.
func (l *link) Most() int {
	if l.seal == nil {
		return MaxMessage
	}
	return min(MaxMessage, int(l.conn.MaxPayload())-headers)
}

// pack is a message as it travels: JSON, so that nothing is ever unpacked that could grow.
func (l *link) pack(message any) ([]byte, error) { return packed(message, l.Most()) }

// send publishes a message that nobody confirms.
func (l *link) send(subject string, message any) error {
	data, err := l.pack(message)
	if err != nil {
		return err
	}
	m, err := l.message(subject, data)
	if err != nil {
		return err
	}
	return l.conn.PublishMsg(m)
}

// answer answers a question; an answer that can't be sent is one that was lost.
func (l *link) answer(question *nats.Msg, data []byte) {
	if m, err := l.message(question.Reply, data); err == nil && question.Reply != "" {
		_ = l.conn.PublishMsg(m)
	}
}

// request asks the hub something.
func (l *link) request(ctx context.Context, subject string, question any) ([]byte, error) {
	data, err := l.pack(question)
	if err != nil {
		return nil, err
	}
	m, err := l.message(subject, data)
	if err != nil {
		return nil, err
	}
	if l.seal != nil {
		return l.exchange(ctx, m)
	}
	answer, err := l.conn.RequestMsgWithContext(ctx, m)
	if err != nil {
		return nil, err
	}
	return answer.Data, nil
}

// exchange is a request whose answer the hub has signed for this question: a request of the client
// also takes an answer to an earlier one, if the server delivers it.
func (l *link) exchange(ctx context.Context, m *nats.Msg) ([]byte, error) {
	m.Reply = l.conn.NewInbox()
	s, err := l.conn.SubscribeSync(m.Reply)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Unsubscribe() }()
	if err := l.conn.PublishMsg(m); err != nil {
		return nil, err
	}
	answer, err := s.NextMsgWithContext(ctx)
	switch {
	case err != nil && l.conn.IsClosed():
		return nil, nats.ErrConnectionClosed
	case err != nil:
		return nil, err
	case len(answer.Data) == 0 && answer.Header.Get("Status") == "503":
		return nil, nats.ErrNoResponders
	}
	if err := l.fromHub(m.Reply, answer.Header, answer.Data); err != nil {
		return nil, fmt.Errorf("the answer of the hub: %w", err)
	}
	return answer.Data, nil
}
