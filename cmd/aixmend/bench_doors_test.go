package main

import (
	"errors"
	"net"
	"runtime"
	"sync"
)

// doors are the listeners of a fleet. A process may have some ten thousand files open at most, and
// a machine has 28,000 ports for all, so a large fleet shares one port, and each host has
// an address of its own in 127.0.0.0/8, all of which is loopback on Linux.
type doors struct {
	shared *net.TCPListener // nil: each host has a port of its own
	byIP   map[[4]byte]*door
}

// portsAtMost is the size of the largest fleet whose hosts have a port each.
const portsAtMost = 1000

func openDoors(hosts int) (*doors, error) {
	d := &doors{byIP: map[[4]byte]*door{}}
	if hosts <= portsAtMost || runtime.GOOS != "linux" {
		return d, nil
	}
	var err error
	if d.shared, err = net.ListenTCP("tcp4", nil); err != nil {
		return nil, err
	}
	for i := range hosts {
		ip := doorIP(i)
		d.byIP[ip] = &door{
			at:    net.TCPAddr{IP: ip[:], Port: d.shared.Addr().(*net.TCPAddr).Port},
			conns: make(chan net.Conn), shut: make(chan struct{}),
		}
	}
	go d.lead()
	return d, nil
}

func doorIP(i int) [4]byte { return [4]byte{127, byte(1 + i>>16), byte(i >> 8), byte(i)} }

// lead leads each connection to the door of the address that it came to.
func (d *doors) lead() {
	for {
		conn, err := d.shared.Accept()
		if err != nil {
			return
		}
		at := d.byIP[[4]byte(conn.LocalAddr().(*net.TCPAddr).IP.To4())]
		if at == nil {
			_ = conn.Close()
			continue
		}
		go func() {
			select {
			case at.conns <- conn:
			case <-at.shut:
				_ = conn.Close()
			}
		}()
	}
}

// door returns the listener of a host.
func (d *doors) door(i int) (net.Listener, error) {
	if d.shared == nil {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	at := d.byIP[doorIP(i)]
	if at == nil {
		return nil, errors.New("the fleet has no such host")
	}
	return at, nil
}

// door is the listener of one host at a port that many share.
type door struct {
	at    net.TCPAddr
	conns chan net.Conn
	shut  chan struct{}
	once  sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case conn := <-d.conns:
		return conn, nil
	case <-d.shut:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.once.Do(func() { close(d.shut) })
	return nil
}

func (d *door) Addr() net.Addr { return &d.at }
