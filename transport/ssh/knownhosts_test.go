package ssh

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
)

// edKey makes an ed25519 key that nobody holds, always the same one of a number.
func edKey(t testing.TB, n uint64) ssh.PublicKey {
	t.Helper()
	var point [32]byte
	binary.BigEndian.PutUint64(point[24:], n)
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type string
		Key  []byte
	}{ssh.KeyAlgoED25519, point[:]}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// authorized is a key as it stands in a line.
func authorized(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// hashed is a name as ssh hashes it.
func hashed(name string) string {
	var salt [20]byte
	binary.BigEndian.PutUint64(salt[:], rand.Uint64())
	return newHashedName(salt, name).String()
}

// judged says what files with these texts say of a key of a host.
func judged(t testing.TB, target transport.Target, key ssh.PublicKey, files ...string) HostKeyStatus {
	t.Helper()
	var paths []string
	for i, content := range files {
		paths = append(paths, writeFile(t, fmt.Sprintf("known_hosts%d", i), content))
	}
	target.KnownHosts = strings.Join(paths, "\n")
	p, err := new(HostKeys).policy(target)
	if err != nil {
		t.Fatal(err)
	}
	return p.judge(key).status
}

func TestWhatALineMeans(t *testing.T) {
	key, other := edKey(t, 1), edKey(t, 2)
	k, o := authorized(key), authorized(other)
	host := transport.Target{Address: "aix1.example", Port: 22}
	at2222 := transport.Target{Address: "aix1.example", Port: 2222}
	six := transport.Target{Address: "fe80::1", Port: 22}
	alias := transport.Target{Address: "10.1.2.3", Port: 2222, HostKeyAlias: "AIX-One"}
	for name, c := range map[string]struct {
		target transport.Target
		text   string
		want   HostKeyStatus
	}{
		"the key":                            {host, "aix1.example " + k, HostKeyKnown},
		"another key":                        {host, "aix1.example " + o, HostKeyChanged},
		"another host":                       {host, "aix2.example " + k, HostKeyNew},
		"any line with the key will do":      {host, "aix1.example " + o + "\naix1.example " + k, HostKeyKnown},
		"nothing":                            {host, "", HostKeyNew},
		"a comment":                          {host, "# aix1.example " + k, HostKeyNew},
		"blanks before and behind":           {host, " \taix1.example\t" + strings.ReplaceAll(k, " ", "\t ") + " root@x  y \r\n", HostKeyKnown},
		"one of several names":               {host, "x,aix1.example,y " + k, HostKeyKnown},
		"capitals in the file":               {host, "AIX1.Example " + k, HostKeyKnown},
		"capitals in the inventory":          {transport.Target{Address: "AIX1.example", Port: 22}, "aix1.example " + k, HostKeyKnown},
		"a star":                             {host, "*.example " + k, HostKeyKnown},
		"a star, another key":                {host, "*.example " + o, HostKeyChanged},
		"a question mark":                    {host, "aix?.example " + k, HostKeyKnown},
		"a question mark is one character":   {host, "aix1?.example " + k, HostKeyNew},
		"left out":                           {host, "*.example,!aix1.* " + k, HostKeyNew},
		"left out first":                     {host, "!aix1.*,*.example " + k, HostKeyNew},
		"another one is left out":            {host, "*.example,!aix2.* " + k, HostKeyKnown},
		"left out alone":                     {host, "!aix2.example " + k, HostKeyNew},
		"an address among names":             {six, "aix1,fe80::1 " + k, HostKeyKnown},
		"port":                               {at2222, "[aix1.example]:2222 " + k, HostKeyKnown},
		"port 22 in brackets":                {host, "[aix1.example]:22 " + k, HostKeyKnown},
		"port, another":                      {at2222, "[aix1.example]:2223 " + k, HostKeyNew},
		"the key of port 22":                 {at2222, "aix1.example " + k, HostKeyNew},
		"the key of port 2222":               {host, "[aix1.example]:2222 " + k, HostKeyNew},
		"port and star":                      {at2222, "[*.example]:2222 " + k, HostKeyKnown},
		"a star matches ports too":           {at2222, "*aix1* " + k, HostKeyKnown},
		"brackets around a number":           {transport.Target{Address: "fe80::1", Port: 2222}, "[fe80::1]:2222 " + k, HostKeyKnown},
		"alias":                              {alias, "aix-one " + k, HostKeyKnown},
		"alias, not the address":             {alias, "[10.1.2.3]:2222 " + k, HostKeyNew},
		"alias, hashed":                      {alias, hashed("aix-one") + " " + k, HostKeyKnown},
		"hashed":                             {host, hashed("aix1.example") + " " + k, HostKeyKnown},
		"hashed, another key":                {host, hashed("aix1.example") + " " + o, HostKeyChanged},
		"hashed, another host":               {host, hashed("aix2.example") + " " + k, HostKeyNew},
		"hashed with a port":                 {at2222, hashed("[aix1.example]:2222") + " " + k, HostKeyKnown},
		"hashed and in clear":                {host, "aix1.example " + o + "\n" + hashed("aix1.example") + " " + k, HostKeyKnown},
		"in clear and hashed":                {host, "aix1.example " + k + "\n" + hashed("aix1.example") + " " + o, HostKeyKnown},
		"hashed names in a list":             {host, hashed("aix1.example") + "," + hashed("x") + " " + k, HostKeyNew},
		"revoked":                            {host, "@revoked aix1.example " + k, HostKeyRevoked},
		"revoked wins":                       {host, "aix1.example " + k + "\n@revoked * " + k, HostKeyRevoked},
		"revoked under another name":         {host, "aix1.example " + k + "\n@revoked aix2.example " + k, HostKeyRevoked},
		"revoked, hashed":                    {host, "aix1.example " + k + "\n@revoked " + hashed("aix1.example") + " " + k, HostKeyRevoked},
		"another one is revoked":             {host, "aix1.example " + k + "\n@revoked * " + o, HostKeyKnown},
		"an authority's key is not a host's": {host, "@cert-authority * " + k, HostKeyNew},
		"an unknown mark":                    {host, "@known aix1.example " + k, HostKeyNew},
		"two marks":                          {host, "@cert-authority @revoked aix1.example " + k, HostKeyNew},
		"no key":                             {host, "aix1.example ssh-ed25519", HostKeyNew},
		"another type than it says":          {host, "aix1.example ssh-rsa " + strings.Fields(k)[1], HostKeyNew},
		"a key of the first protocol":        {host, "aix1.example 1024 35 1234567", HostKeyNew},
		"a hash of another kind":             {host, "|2|" + strings.TrimPrefix(hashed("aix1.example"), "|1|") + " " + k, HostKeyNew},
		"no name":                            {host, ", " + k, HostKeyNew},
		"no name with a port":                {host, "]:22 " + k, HostKeyNew},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judged(t, c.target, key, c.text); got != c.want {
				t.Errorf("%q: %s, want %s", c.text, got, c.want)
			}
			// What stands around it changes nothing.
			around := "x " + o + "\n" + c.text + "\n" + hashed("y") + " " + o + "\n"
			if got := judged(t, c.target, key, "# first\n", around); got != c.want {
				t.Errorf("%q among others: %s, want %s", c.text, got, c.want)
			}
		})
	}
}

// A line of which nothing can be made is said, once, with its place, and the
// others count.
func TestKnownHostsBrokenLines(t *testing.T) {
	r := serve(t, posix, memory())
	var said []string
	r.opts.Hosts.Warn = func(message string) { said = append(said, message) }
	good := r.known(r.server.HostKeys()[0])
	r.knows("10.1.2.4 ssh-ed25519 not-base64!\n" + strings.Repeat("x", 2*maxKnownLine) + "\n" + good + "10.1.2.5 ssh-ed25519")
	r.works()
	r.works()
	want := []string{":1: this line is left out: its key is not base64", ":2: this line is left out: it is longer than 65536 bytes", ":4: this line is left out: it is not a name"}
	if len(said) != len(want) {
		t.Fatalf("said %q", said)
	}
	for i, text := range want {
		if !strings.Contains(said[i], r.target.KnownHosts+text) {
			t.Errorf("said %q, want %q", said[i], text)
		}
	}
	t.Run("many", func(t *testing.T) {
		r.t, said = t, nil
		r.knows(strings.Repeat("broken\n", 1000) + good)
		r.works()
		if len(said) != maxKnownWarnings+1 || !strings.HasSuffix(said[maxKnownWarnings], ": 990 more lines are left out") {
			t.Errorf("said %d: %q", len(said), said[len(said)-1])
		}
	})
}

// A file with a secret that was named by mistake is not quoted.
func TestKnownHostsAreNotQuoted(t *testing.T) {
	k := strings.Fields(authorized(edKey(t, 1)))[1]
	for _, line := range []string{"s3cret", "@s3cret", "@revoked @s3cret a b", "s3cret ssh-ed25519 s3cret", "aix1 s3cret " + k, "s3cret s3cret czNjcmV0", "|s3cret| a b"} {
		said := ""
		if _, err := readKnownHosts("known_hosts", strings.NewReader(line), func(m string) { said += m }, new(atomic.Int64)); err != nil {
			t.Fatal(err)
		}
		if said == "" || strings.Contains(said, "s3cret") {
			t.Errorf("%q: said %q", line, said)
		}
	}
}

func TestSeveralKnownHostsFiles(t *testing.T) {
	r := serve(t, posix, memory())
	good, none := r.target.KnownHosts, filepath.Join(t.TempDir(), "none")
	empty := r.file("empty", "")
	for name, paths := range map[string][]string{"the second has it": {empty, good}, "the first is not there": {none, good}, "the last is not there": {good, none}} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.target.KnownHosts = strings.Join(paths, "\n")
			r.works()
			r.opts.Hosts, r.target.KnownHosts = &HostKeys{Default: paths}, ""
			r.works()
		})
	}
	t.Run("none is there", func(t *testing.T) {
		r.t = t
		r.opts.Hosts, r.target.KnownHosts = &HostKeys{Default: []string{none, none + "2"}}, ""
		r.dialFails(transport.KindHostKeyUnknown, "none of "+none+", "+none+"2 exists", "aixmend hostkeys")
		r.opts.Hosts = &HostKeys{}
		r.dialFails(transport.KindHostKeyUnknown, "no known_hosts file is named")
	})
	t.Run("one can't be read", func(t *testing.T) { // what it revokes is not known
		r.t = t
		r.target.KnownHosts = good + "\n" + t.TempDir()
		r.dialFails(transport.KindHostKeyUnknown, "can't be used")
	})
	t.Run("revoked in the other", func(t *testing.T) {
		r.t = t
		line, err := os.ReadFile(good)
		if err != nil {
			t.Fatal(err)
		}
		r.target.KnownHosts = good + "\n" + r.file("revoked", "@revoked "+string(line))
		r.dialFails(transport.KindHostKeyChanged, "revoked")
	})
}

func TestHostKeyAlias(t *testing.T) {
	r := serve(t, posix, memory())
	r.target.HostKeyAlias = "lpar7"
	r.knows(knownhosts.Line([]string{"lpar7"}, r.server.HostKeys()[0]))
	r.works()
	r.knows(r.known(r.server.HostKeys()[0]))
	r.dialFails(transport.KindHostKeyUnknown, "10.1.2.3:22 (lpar7)")
}

// No pattern costs more than its length times that of the name.
func TestGlobs(t *testing.T) {
	if globMatch(strings.Repeat("*a", 200)+"b", strings.Repeat("a", 500)) {
		t.Error("it matches")
	}
	for pattern, names := range map[string]map[string]bool{
		"":      {"": true, "a": false},
		"*":     {"": true, "a": true},
		"a*b*c": {"abc": true, "axxbyyc": true, "ab": false, "abcx": false, "abbc": true},
		"?":     {"": false, "a": true, "ab": false},
		"a?*":   {"a": false, "ab": true, "abc": true},
	} {
		for name, want := range names {
			if globMatch(pattern, name) != want {
				t.Errorf("%q and %q: %v", pattern, name, !want)
			}
		}
	}
}

// FuzzKnownHosts: whatever a file holds, it is read to its end, no line of it
// takes anything from another one, and what is revoked stays revoked.
func FuzzKnownHosts(f *testing.F) {
	key, other := edKey(f, 1), edKey(f, 2)
	for _, line := range []string{
		"aix1 " + authorized(key), "@revoked * " + authorized(key), "@cert-authority *.x,!y " + authorized(other), hashed("aix1") + " " + authorized(key),
		"[aix1]:22,]:22,[]:22 " + authorized(other), "# c", "\x00\r\n@", "|1||", "|1|YQ==|YQ== " + authorized(key), "*?!,,! " + authorized(key),
	} {
		f.Add([]byte(line))
	}
	target := transport.Target{Address: "aix7", Port: 22}
	f.Fuzz(func(t *testing.T, content []byte) {
		if bytes.Contains(content, []byte("@revoked")) || len(content) > 1<<16 {
			return // it may be about our keys
		}
		mine := "\naix7 " + authorized(key) + "\n" + hashed("aix7") + " " + authorized(other) + "\n"
		h := &HostKeys{}
		index, err := readKnownHosts("known_hosts", strings.NewReader(string(content)+mine), h.warn, &h.macs)
		if err != nil {
			t.Fatal(err)
		}
		h.lists = map[string][]*knownHosts{"": {index}}
		for _, k := range []ssh.PublicKey{key, other} {
			p, err := h.policy(target)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.judge(k).status; got != HostKeyKnown {
				t.Errorf("%s behind %q", got, content)
			}
		}
		index, err = readKnownHosts("known_hosts", strings.NewReader("@revoked * "+authorized(key)+"\n"+string(content)+mine), h.warn, &h.macs)
		if err != nil {
			t.Fatal(err)
		}
		h.lists[""] = []*knownHosts{index}
		if p, _ := h.policy(target); p.judge(key).status != HostKeyRevoked {
			t.Errorf("%q takes a revocation back", content)
		}
	})
}

// FuzzKnownHostsEdit: whatever a file holds, what is stored comes behind it, and
// each line that is not the host's stays as it is.
func FuzzKnownHostsEdit(f *testing.F) {
	key, other := edKey(f, 1), edKey(f, 2)
	for _, line := range []string{"aix1 " + authorized(other), "aix7,x " + authorized(other), hashed("aix7") + " " + authorized(key) + "\n", "\x00", "aix7 \r", "@revoked aix7 " + authorized(other)} {
		f.Add([]byte(line), true)
		f.Add([]byte(line), false)
	}
	f.Fuzz(func(t *testing.T, content []byte, replace bool) {
		edit := KnownHostsEdit{Name: "aix7", Keys: []ssh.PublicKey{key}, Replace: replace}
		apply := func(content []byte) ([]byte, []string) {
			return newEditing([]KnownHostsEdit{edit}, nil, new(atomic.Int64)).apply(content)
		}
		after, left := apply(bytes.Clone(content))
		if mine := replace && bytes.Contains(bytes.ToLower(content), []byte("aix7")) || bytes.Contains(content, []byte("|1|")); !mine && !bytes.HasPrefix(after, content) {
			t.Errorf("%q became %q", content, after)
		}
		if got := judged(t, transport.Target{Address: "aix7"}, key, string(after)); len(left) == 0 && got != HostKeyKnown {
			t.Errorf("%q: the key is %s in %q", content, got, after)
		}
		if again, _ := apply(bytes.Clone(after)); !bytes.Equal(again, after) {
			t.Errorf("a second time %q becomes %q", after, again)
		}
	})
}
