package weather

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// link is one connection through the proxy: two directions, each with a
// goroutine that reads and one that writes.
type link struct {
	weather Weather
	client  *net.TCPConn
	ctx     context.Context
	cancel  context.CancelFunc

	mu       sync.Mutex
	server   *net.TCPConn
	events   map[event]int // in how many directions it has passed
	reached  map[Phase]int
	counting bool  // the cut's phase has been reached
	left     int64 // bytes until it strikes
	due      bool  // nothing stands before it any more
	struck   bool
}

func newLink(client *net.TCPConn, w Weather) *link {
	l := &link{weather: w, client: client, events: map[event]int{}, reached: map[Phase]int{}, left: w.After}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

func (l *link) passage() Passage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Passage{Weather: l.weather, Struck: l.struck}
}

func (l *link) serve(address string) {
	defer l.hangUp()
	conn, err := new(net.Dialer).DialContext(l.ctx, "tcp", address)
	if err != nil {
		return
	}
	server, _ := conn.(*net.TCPConn)
	l.mu.Lock()
	l.server = server
	l.mu.Unlock()
	if l.ctx.Err() != nil { // hung up in between
		server.Close()
		return
	}
	if l.reach(Accepted) {
		l.strike()
	}
	var ways sync.WaitGroup
	ways.Go(func() { l.forward(ToServer, l.client, server) })
	ways.Go(func() { l.forward(ToClient, server, l.client) })
	ways.Wait()
}

// hangUp ends both sides and everything that runs for them.
func (l *link) hangUp() {
	l.cancel()
	l.client.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server != nil {
		l.server.Close()
	}
}

// parcel is a chunk on its way.
type parcel struct {
	data []byte
	at   time.Time // when it may be delivered
	cut  bool      // the cut strikes behind it
}

// inFlight is how many chunks a direction holds.
const inFlight = 256

func (l *link) forward(way Way, from, to *net.TCPConn) {
	line := make(chan parcel, inFlight)
	var writer sync.WaitGroup
	writer.Go(func() { l.deliver(way, to, line) })
	r := &reader{link: l, way: way, line: line, random: rand.New(rand.NewPCG(l.weather.Seed, uint64(way)))}
	if l.weather.Kind == Noise && way == ToClient {
		l.shows()
		r.send(parcel{data: noise(r.random, l.weather.Piece)})
	}
	r.read(from)
	close(line)
	writer.Wait()
}

// shows notes that weather that is no cut has struck.
func (l *link) shows() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.struck = true
}

// reach notes a phase; true when the cut is due at once.
func (l *link) reach(phase Phase) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reached[phase]++
	if !l.weather.Cuts() || phase != l.weather.From || l.reached[phase] != max(l.weather.Nth, 1) {
		return false
	}
	l.counting = true
	l.due = l.left <= 0
	return l.due
}

// passed notes that something has passed in a direction, and the phase that is
// reached when it has passed in both; true when the cut is due at once.
func (l *link) passed(e event) bool {
	l.mu.Lock()
	l.events[e]++
	both := l.events[e] == 2
	l.mu.Unlock()
	phase, ok := map[event]Phase{versionLine: Versions, keyInit: KeyExchange, newKeys: Authentication}[e]
	return ok && both && l.reach(phase)
}

// admit says how many of n bytes pass, and whether the cut is due behind them.
func (l *link) admit(way Way, n int) (int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.due && l.ends(way):
		return 0, false
	case l.due, !l.counting, l.weather.Way != Either && l.weather.Way != way:
		return n, false
	case int64(n) < l.left:
		l.left -= int64(n)
		return n, false
	}
	pass := int(l.left)
	if !l.ends(way) {
		pass = n
	}
	l.left, l.due = 0, true
	return pass, true
}

// ends reports whether the cut ends a direction.
func (l *link) ends(way Way) bool {
	if l.weather.Kind != HalfOpen {
		return true
	}
	if l.weather.Way == Either {
		return way == ToClient
	}
	return way == l.weather.Way
}

// ended reports whether a direction is cut: then its end is not forwarded either.
func (l *link) ended(way Way) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.due && l.ends(way)
}

// strike is the cut itself.
func (l *link) strike() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.struck {
		return
	}
	l.struck = true
	sides := []*net.TCPConn{l.client}
	if l.server != nil {
		sides = append(sides, l.server)
	}
	for _, side := range sides {
		switch l.weather.Kind {
		case Reset:
			_ = side.SetLinger(0)
			side.Close()
		case Close:
			_ = side.CloseWrite()
		}
	}
}

// reader takes the bytes of one direction.
type reader struct {
	link   *link
	way    Way
	line   chan<- parcel
	scan   scanner
	random *rand.Rand
	last   time.Time // when the chunk before may be delivered
}

// read forwards data until the connection ends. Data that a cut keeps back is
// read all the same: the sender does not notice.
func (r *reader) read(from *net.TCPConn) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		for data := buffer[:n]; len(data) > 0; {
			data = data[r.take(data):]
		}
		if err != nil {
			return
		}
	}
}

// take hands on the bytes of data up to the next event, and returns how many
// there were.
func (r *reader) take(data []byte) int {
	n, seen := r.scan.next(data)
	pass, cut := r.link.admit(r.way, n)
	if pass > 0 || cut {
		r.send(parcel{data: bytes.Clone(data[:pass]), at: r.due(), cut: cut})
	}
	if seen == nothing || pass < n {
		return n
	}
	if seen == versionLine && r.way == ToClient && r.link.weather.Kind == TwoBanners {
		r.link.shows()
		r.send(parcel{data: bytes.Clone(r.scan.line), at: r.due()})
	}
	if r.link.passed(seen) {
		r.send(parcel{at: r.due(), cut: true})
	}
	return n
}

// due is when a chunk that has come now may be delivered.
func (r *reader) due() time.Time {
	w := r.link.weather
	at := time.Now()
	switch w.Kind {
	case Latency:
		at = at.Add(w.Delay)
	case Jitter:
		at = at.Add(time.Duration(r.random.Int64N(int64(w.Delay) + 1)))
	}
	if at.Before(r.last) {
		at = r.last
	}
	r.last = at
	return at
}

func (r *reader) send(p parcel) {
	select {
	case r.line <- p:
	case <-r.link.ctx.Done():
	}
}

// deliver writes received data, when its time has come, and then the end of the
// direction. Data that was sent before its sender left still arrives.
func (l *link) deliver(way Way, to *net.TCPConn, line <-chan parcel) {
	dead := false // nobody reads any more
	for p := range line {
		if !dead && !l.write(to, p) {
			dead = true
		}
		if p.cut {
			l.strike()
		}
	}
	if !l.ended(way) {
		_ = to.CloseWrite()
	}
}

// write delivers one chunk; false when it can't be.
func (l *link) write(to *net.TCPConn, p parcel) bool {
	if !l.pause(time.Until(p.at)) {
		return false
	}
	w := l.weather
	switch w.Kind {
	case Latency, Jitter, Drip:
		l.shows()
	}
	if w.Kind != Drip || w.Piece <= 0 {
		_, err := to.Write(p.data)
		return err == nil
	}
	for data := p.data; len(data) > 0; {
		n := min(w.Piece, len(data))
		if _, err := to.Write(data[:n]); err != nil {
			return false
		}
		if data = data[n:]; !l.pause(w.Delay) {
			return false
		}
	}
	return true
}

// pause waits; false when the link is hung up first.
func (l *link) pause(d time.Duration) bool {
	if d <= 0 {
		return l.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// noise is n bytes of text lines that are no banner.
func noise(random *rand.Rand, n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789 #*-=.:"
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[random.IntN(len(letters))]
		if i == n-1 || i%40 == 39 {
			text[i] = '\n'
		}
	}
	return text
}
