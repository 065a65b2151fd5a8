package sshtest

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// BenchmarkConnect connects, logs in and runs one command, 1000 at a time on
// loopback with a round trip of 50 ms; client and server share the CPU. The
// ideal is nine round trips a batch.
func BenchmarkConnect(b *testing.B) {
	const rtt, width = 50 * time.Millisecond, 1000
	s, err := Serve(echo, Options{Latency: rtt, LogLimit: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	k, err := NewKey()
	if err != nil {
		b.Fatal(err)
	}
	config := &ssh.ClientConfig{User: "x", Auth: []ssh.AuthMethod{ssh.PublicKeys(k)}, HostKeyCallback: ssh.FixedHostKey(s.HostKeys()[0])}
	for b.Loop() {
		var wg sync.WaitGroup
		clients := make([]*ssh.Client, width)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range width {
			wg.Go(func() { clients[i] = quick(b, s.Addr().String(), config) })
		}
		wg.Wait()
		runtime.ReadMemStats(&after)
		for _, c := range clients {
			if c != nil {
				c.Close()
			}
		}
		b.ReportMetric(float64(after.Sys-before.Sys)/width/1024, "KiB-new/conn-both-ends")
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(9*rtt).Seconds(), "x-ideal")
}

func quick(b *testing.B, addr string, config *ssh.ClientConfig) *ssh.Client {
	c, err := ssh.Dial("tcp", addr, config)
	if err != nil {
		b.Error(err)
		return nil
	}
	session, err := c.NewSession()
	if err != nil {
		b.Error(err)
		return c
	}
	if err := session.Run("quick"); err != nil {
		b.Error(err)
	}
	return c
}
