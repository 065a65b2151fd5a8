package weather

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// Passage is a connection that came to a proxy.
type Passage struct {
	Weather Weather
	// Struck reports that the fault has happened: a cut came, noise was
	// sent. Weather that lasts strikes with the first byte; fair weather never.
	Struck bool
}

// Proxy stands before one server on loopback.
type Proxy struct {
	server   string
	forecast func(k int) Weather
	listener *net.TCPListener
	wg       sync.WaitGroup

	mu     sync.Mutex
	closed bool
	links  []*link
	open   map[*link]bool
}

// New starts a proxy before the server at an address, on a free port.
// forecast gives the weather of its k-th connection, from 0 on; it is called by
// one goroutine. Close the proxy.
func New(server string, forecast func(k int) Weather) (*Proxy, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("weather: listen: %w", err)
	}
	p := &Proxy{server: server, forecast: forecast, listener: listener, open: map[*link]bool{}}
	p.wg.Go(p.accept)
	return p, nil
}

// Addr is the address that clients connect to.
func (p *Proxy) Addr() *net.TCPAddr {
	addr, _ := p.listener.Addr().(*net.TCPAddr)
	return addr
}

// Reach tells that the client's newest connection has come to a phase that can't
// be seen from outside. A cut that is due then strikes before Reach returns.
func (p *Proxy) Reach(phase Phase) {
	p.mu.Lock()
	var newest *link
	if len(p.links) > 0 {
		newest = p.links[len(p.links)-1]
	}
	p.mu.Unlock()
	if newest != nil && newest.reach(phase) {
		newest.strike()
	}
}

// Passages returns the connections so far, in their order.
func (p *Proxy) Passages() []Passage {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Passage, len(p.links))
	for i, l := range p.links {
		list[i] = l.passage()
	}
	return list
}

// Close ends the listener and every connection, those too that the weather
// keeps open, and waits for every goroutine.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	open := make([]*link, 0, len(p.open))
	for l := range p.open {
		open = append(open, l)
	}
	p.mu.Unlock()
	err := p.listener.Close()
	for _, l := range open {
		l.hangUp()
	}
	p.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (p *Proxy) accept() {
	for k := 0; ; k++ {
		client, err := p.listener.AcceptTCP()
		if err != nil {
			return
		}
		l := newLink(client, p.forecast(k))
		if !p.keep(l) {
			client.Close()
			return
		}
		p.wg.Go(func() {
			defer p.forget(l)
			l.serve(p.server)
		})
	}
}

// keep remembers a connection; false when the proxy is closed.
func (p *Proxy) keep(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.links = append(p.links, l)
	p.open[l] = true
	return true
}

func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, l)
}
