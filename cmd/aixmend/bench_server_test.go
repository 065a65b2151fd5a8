package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// benchFleet serves N hosts with an emulated round trip until its stdin ends:
// benchfleet DIR N RTT ILLNESS. The answers of healthy ones are those of one simulated
// host, remembered, so that the simulator costs little beside the client. Ill ones can be
// changed, so each is simulated.
func benchFleet() {
	n, err1 := strconv.Atoi(os.Args[2])
	latency, err2 := time.ParseDuration(os.Args[3])
	if err1 != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, "usage: benchfleet DIR N RTT ILLNESS")
		os.Exit(2)
	}
	serve := serveReplay
	if os.Args[4] != "healthy" {
		serve = serveIll
	}
	if err := serve(os.Args[1], n, latency); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveIll starts hosts that have one illness each, and says ready.
func serveIll(dir string, n int, latency time.Duration) error {
	hosts, err := simulated.Hosts(slices.Repeat([]string{os.Args[4]}, n), n)
	if err != nil {
		return err
	}
	fleet, err := simulated.Start(dir, hosts, latency)
	if err != nil {
		return err
	}
	defer fleet.Close()
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// serveReplay starts the servers, writes what a client needs and says ready. For
// each line on stdin it says how many bytes came and went since the last one.
func serveReplay(dir string, n int, latency time.Duration) error {
	host := aixsim.NewHost(aixsim.Healthy("aixvm", 1), aixsim.HostOptions{LogLimit: -1})
	defer host.Close()
	login, err := simulated.WriteKey(dir)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(host.Snapshot().Files["/etc/ct_node_id"].Content, "\n")
	lpar := fmt.Sprintf("%d %s\n", host.Snapshot().LPAR.Number, host.Snapshot().LPAR.Name)
	record := &replay{host: host, dir: dir, known: map[string]replayed{}}
	doors, err := openDoors(n)
	if err != nil {
		return err
	}
	var inventory, known, addresses strings.Builder
	var wire traffic
	inventory.WriteString(simulated.InventoryHead)
	for i := range n {
		// Each host has a node id and an LPAR of its own.
		own := strings.NewReplacer(id, fmt.Sprintf("%016x", i+1), lpar, fmt.Sprintf("%d aixvm%05d\n", i+1, i))
		handler := sshtest.HandlerFunc(func(ctx context.Context, x *sshtest.Exec) int { return record.answer(ctx, x, own) })
		listener, err := doors.door(i)
		if err != nil {
			return err
		}
		server, err := sshtest.Serve(handler, sshtest.Options{
			Listener: countedListener{listener, &wire}, AuthorizedKeys: []gossh.PublicKey{login}, Latency: latency, LogLimit: -1,
		})
		if err != nil {
			return err
		}
		defer server.Close()
		address := server.Addr().(*net.TCPAddr)
		fmt.Fprintf(&inventory, "  aixvm%05d: {address: %q, ssh: {port: %d}}\n", i, address.IP.String(), address.Port)
		known.WriteString(server.KnownHostsLine(address.String()) + "\n")
		fmt.Fprintln(&addresses, address)
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "inventory.yaml"), []byte(inventory.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "addresses"), []byte(addresses.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(known.String()), 0o600))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(wire.bytes.Swap(0))
	}
	return nil
}

// replay answers a script as the host answered the same one before; only the
// words that mark the frames differ.
type replay struct {
	host  *aixsim.Host
	dir   string // where the first script is kept, for batch
	mu    sync.Mutex
	known map[string]replayed
}

type replayed struct {
	out, err string
	exit     int
}

var nonces = regexp.MustCompile(`aixmend-[0-9a-f]{24}`)

// answer replays a script's answer, with what is the host's own in it.
func (r *replay) answer(ctx context.Context, x *sshtest.Exec, own *strings.Replacer) int {
	nonce := nonces.FindString(x.Command)
	if nonce == "" {
		nonce = "NONCE"
	}
	key := strings.ReplaceAll(x.Command, nonce, "NONCE")
	r.mu.Lock()
	answer, ok := r.known[key]
	if !ok {
		var out, errs strings.Builder
		one := *x
		one.Command, one.Stdout, one.Stderr = key, &out, &errs
		exit := r.host.ServeExec(ctx, &one)
		answer = replayed{out.String(), errs.String(), exit}
		if r.known[key] = answer; nonce != "NONCE" && len(r.known) == 1 {
			_ = os.WriteFile(filepath.Join(r.dir, "script"), []byte(x.Command), 0o600) // batch says that it is missing
		}
	}
	r.mu.Unlock()
	_, _ = io.WriteString(x.Stdout, strings.ReplaceAll(own.Replace(answer.out), "NONCE", nonce))
	_, _ = io.WriteString(x.Stderr, strings.ReplaceAll(answer.err, "NONCE", nonce))
	return answer.exit
}

// traffic counts the bytes of connections, in both directions.
type traffic struct{ bytes atomic.Int64 }

type countedListener struct {
	net.Listener
	wire *traffic
}

func (l countedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{conn, l.wire}, nil
}

type countedConn struct {
	net.Conn
	wire *traffic
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.wire.bytes.Add(int64(n))
	return n, err
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.wire.bytes.Add(int64(n))
	return n, err
}
