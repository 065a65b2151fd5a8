// Package sshtest runs a real SSH server inside the process, shaped like
// net/http/httptest: for tests, benchmarks and the demo.
//
// The server speaks golang.org/x/crypto/ssh on a loopback port or on a
// [MemListener]. A [Handler] runs the commands. The round trip can be
// stretched ([Options.Latency]), and the server can be as broken as the ones
// in the field: [Faults] may be changed while it runs.
//
// Terms: a connection is one TCP (or in-memory) connection, a session is one
// channel on it, an exec is one command on a session.
package sshtest
