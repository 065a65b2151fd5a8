package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"aixmend/transport/plain"
)

// NoAgent is the value of Target.Agent for no agent.
const NoAgent = "none"

// agentTimeout is the default bound of each answer of an agent.
const agentTimeout = 10 * time.Second

// agentClient is a run's one connection to an agent. It remembers errors: an agent
// that hangs costs the run one timeout, not one for each host.
type agentClient struct {
	path  string
	limit time.Duration

	once    sync.Once
	signers []ssh.Signer
	err     error
}

// keys returns the agent's keys and certificates, as of the first call.
func (a *agentClient) keys() ([]ssh.Signer, error) {
	a.once.Do(func() {
		if a.signers, a.err = a.list(); a.err != nil {
			a.err = fmt.Errorf("agent %s: %w", a.path, unanswered(a.err))
		}
	})
	return a.signers, a.err
}

// unanswered leaves the path out of an error of the socket: the agent is named by it.
func unanswered(err error) error {
	var op *net.OpError
	switch {
	case !errors.As(err, &op):
		return err
	case errors.Is(op, fs.ErrNotExist):
		return plain.As(err, "there is no such socket")
	case errors.Is(op, syscall.ECONNREFUSED):
		return plain.As(err, "nothing listens at its socket")
	}
	return plain.Error(err)
}

// list connects and asks for the keys. The agent client has no contexts: instead,
// its socket has a deadline, here and for each signature.
func (a *agentClient) list() ([]ssh.Signer, error) {
	dialer := net.Dialer{Timeout: a.limit}
	connection, err := dialer.Dial("unix", a.path)
	if err != nil {
		return nil, err
	}
	socket := &agentSocket{socket: connection, limit: a.limit}
	listed, err := agent.NewClient(socket).Signers()
	if err != nil {
		_ = connection.Close()
		return nil, socket.explain(err)
	}
	var signers []ssh.Signer
	for _, s := range listed {
		if able, ok := s.(ssh.AlgorithmSigner); ok {
			signers = append(signers, agentSigner{able, a, socket})
		}
	}
	return signers, nil // the socket stays open for signatures until the process ends
}

// agentSigner is a key of the agent. Its errors say why it could not sign.
type agentSigner struct {
	ssh.AlgorithmSigner
	agent  *agentClient
	socket *agentSocket
}

// Sign implements ssh.Signer.
func (s agentSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm implements ssh.AlgorithmSigner.
func (s agentSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signature, err := s.AlgorithmSigner.SignWithAlgorithm(rand, data, algorithm)
	if err != nil {
		return nil, &remark{fmt.Errorf("agent %s did not sign: %w", s.agent.path, plain.Error(s.socket.explain(err)))}
	}
	return signature, nil
}

// remark is an error of ours behind one of the library: a refused login quotes it.
type remark struct{ error }

// Unwrap returns the error.
func (r *remark) Unwrap() error { return r.error }

// agentSocket gives each request and its answer one deadline. It has no Close on
// purpose: x/crypto reads ahead from a connection with one, and the deadline of an
// old request would then end the connection between two hosts.
type agentSocket struct {
	socket net.Conn
	limit  time.Duration

	mu     sync.Mutex
	failed error // why it is closed; nil: it is open
}

// Write starts the deadline of a request.
func (a *agentSocket) Write(p []byte) (int, error) {
	if err := a.explain(nil); err != nil {
		return 0, err
	}
	_ = a.socket.SetDeadline(time.Now().Add(a.limit))
	n, err := a.socket.Write(p)
	return n, a.end(err)
}

// Read closes the socket when an answer does not come in time: a late answer would
// be taken for the answer to the next request.
func (a *agentSocket) Read(p []byte) (int, error) {
	n, err := a.socket.Read(p)
	return n, a.end(err)
}

// end remembers the first error, and closes the socket.
func (a *agentSocket) end(err error) error {
	if err == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed == nil {
		_ = a.socket.Close()
		// Not wrapped: it is no error of the connection to a host.
		a.failed = errors.New(ending(err))
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			a.failed = fmt.Errorf("it gave no answer within %s, and is not asked again in this run", a.limit)
		}
	}
	return a.failed
}

// ending says how a connection ended.
func ending(err error) string {
	const ended = "it ended the connection"
	if words := plain.Text(err); words != ended && !errors.Is(err, io.EOF) {
		return ended + ": " + words
	}
	return ended
}

// explain returns the socket's own error, else err: x/crypto keeps only the text of
// the error that ended its connection.
func (a *agentSocket) explain(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil {
		return a.failed
	}
	return err
}

// plainKey returns a key without its certificate, and the certificate, nil if it
// has none. Keys of an agent are blobs until they are parsed.
func plainKey(key ssh.PublicKey) (ssh.PublicKey, *ssh.Certificate) {
	parsed, err := ssh.ParsePublicKey(key.Marshal())
	if err != nil {
		return key, nil // of an unknown type: it matches none
	}
	if cert, ok := parsed.(*ssh.Certificate); ok {
		return cert.Key, cert
	}
	return parsed, nil
}

// holding returns an agent's entries for one key: the key itself and the key with
// its certificate, nil if missing. Of several certificates the first counts, as in
// ssh.
func holding(signers []ssh.Signer, key ssh.PublicKey) (plain, certified ssh.Signer) {
	for _, s := range signers {
		own, cert := plainKey(s.PublicKey())
		switch {
		case !sameKey(own, key):
		case cert == nil && plain == nil:
			plain = s
		case cert != nil && certified == nil:
			certified = s
		}
	}
	return plain, certified
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
