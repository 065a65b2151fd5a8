// Package server is the NATS server that a hub embeds. Nothing of it runs unless Start is
// called; the build tag nohub leaves it out, and so does AIX, for which it does not build.
package server

import (
	"crypto/tls"

	"aixmend/controller/fleet"
)

// Member is one who may connect.
type Member = fleet.Member

// Config is how a server runs.
type Config struct {
	// Folder is for the streams.
	Folder string
	Host   string
	// Port 0 is any.
	Port int
	TLS  *tls.Config
	// Hub is the member that is this process.
	Hub     Member
	Members []Member
}
