//go:build aix || nohub

// Package natstest is a NATS server as a site runs it, for tests; none is built here.
package natstest
