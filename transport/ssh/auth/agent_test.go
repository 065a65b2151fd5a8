package auth

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A missing agent costs one attempt.
func TestMissingAgentIsRemembered(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "agent")
	a := &agentClient{path: socket, limit: time.Minute}
	_, first := a.keys()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, second := a.keys()
	if first == nil || second == nil || first.Error() != second.Error() || !strings.Contains(first.Error(), "agent "+socket) {
		t.Errorf("%v, then %v", first, second)
	}
}
