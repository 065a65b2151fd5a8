package hostkeys

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

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
func judged(t testing.TB, target transport.Target, key ssh.PublicKey, files ...string) Status {
	t.Helper()
	var paths []string
	for i, content := range files {
		paths = append(paths, writeFile(t, fmt.Sprintf("known_hosts%d", i), content))
	}
	target.KnownHosts = strings.Join(paths, "\n")
	p, err := new(KnownHosts).Policy(target)
	if err != nil {
		t.Fatal(err)
	}
	return p.judge(key).status
}

func TestMeaningOfALine(t *testing.T) {
	key, other := edKey(t, 1), edKey(t, 2)
	k, o := authorized(key), authorized(other)
	host := transport.Target{Address: "aix1.example", Port: 22}
	at2222 := transport.Target{Address: "aix1.example", Port: 2222}
	six := transport.Target{Address: "fe80::1", Port: 22}
	alias := transport.Target{Address: "10.1.2.3", Port: 2222, HostKeyAlias: "AIX-One"}
	for name, c := range map[string]struct {
		target transport.Target
		text   string
		want   Status
	}{
		"the key":                            {host, "aix1.example " + k, Known},
		"another key":                        {host, "aix1.example " + o, Changed},
		"another host":                       {host, "aix2.example " + k, New},
		"any line with the key will do":      {host, "aix1.example " + o + "\naix1.example " + k, Known},
		"nothing":                            {host, "", New},
		"a comment":                          {host, "# aix1.example " + k, New},
		"blanks before and behind":           {host, " \taix1.example\t" + strings.ReplaceAll(k, " ", "\t ") + " root@x  y \r\n", Known},
		"one of several names":               {host, "x,aix1.example,y " + k, Known},
		"capitals in the file":               {host, "AIX1.Example " + k, Known},
		"capitals in the inventory":          {transport.Target{Address: "AIX1.example", Port: 22}, "aix1.example " + k, Known},
		"a star":                             {host, "*.example " + k, Known},
		"a star, another key":                {host, "*.example " + o, Changed},
		"a question mark":                    {host, "aix?.example " + k, Known},
		"a question mark is one character":   {host, "aix1?.example " + k, New},
		"left out":                           {host, "*.example,!aix1.* " + k, New},
		"left out first":                     {host, "!aix1.*,*.example " + k, New},
		"another one is left out":            {host, "*.example,!aix2.* " + k, Known},
		"left out alone":                     {host, "!aix2.example " + k, New},
		"an address among names":             {six, "aix1,fe80::1 " + k, Known},
		"port":                               {at2222, "[aix1.example]:2222 " + k, Known},
		"port 22 in brackets":                {host, "[aix1.example]:22 " + k, New},
		"port, another":                      {at2222, "[aix1.example]:2223 " + k, New},
		"the key of port 22":                 {at2222, "aix1.example " + k, New},
		"the key of port 2222":               {host, "[aix1.example]:2222 " + k, New},
		"port and star":                      {at2222, "[*.example]:2222 " + k, Known},
		"a star matches ports too":           {at2222, "*aix1* " + k, Known},
		"brackets around a number":           {transport.Target{Address: "fe80::1", Port: 2222}, "[fe80::1]:2222 " + k, Known},
		"alias":                              {alias, "aix-one " + k, Known},
		"alias, not the address":             {alias, "[10.1.2.3]:2222 " + k, New},
		"alias, hashed":                      {alias, hashed("aix-one") + " " + k, Known},
		"hashed":                             {host, hashed("aix1.example") + " " + k, Known},
		"hashed, another key":                {host, hashed("aix1.example") + " " + o, Changed},
		"hashed, another host":               {host, hashed("aix2.example") + " " + k, New},
		"hashed with a port":                 {at2222, hashed("[aix1.example]:2222") + " " + k, Known},
		"hashed and in clear":                {host, "aix1.example " + o + "\n" + hashed("aix1.example") + " " + k, Known},
		"in clear and hashed":                {host, "aix1.example " + k + "\n" + hashed("aix1.example") + " " + o, Known},
		"hashed names in a list":             {host, hashed("aix1.example") + "," + hashed("x") + " " + k, New},
		"revoked":                            {host, "@revoked aix1.example " + k, Revoked},
		"revoked wins":                       {host, "aix1.example " + k + "\n@revoked * " + k, Revoked},
		"revoked under another name":         {host, "aix1.example " + k + "\n@revoked aix2.example " + k, Revoked},
		"revoked, hashed":                    {host, "aix1.example " + k + "\n@revoked " + hashed("aix1.example") + " " + k, Revoked},
		"another one is revoked":             {host, "aix1.example " + k + "\n@revoked * " + o, Known},
		"an authority's key is not a host's": {host, "@cert-authority * " + k, New},
		"an unknown mark":                    {host, "@known aix1.example " + k, New},
		"two marks":                          {host, "@cert-authority @revoked aix1.example " + k, New},
		"no key":                             {host, "aix1.example ssh-ed25519", New},
		"another type than it says":          {host, "aix1.example ssh-rsa " + strings.Fields(k)[1], New},
		"a key of the first protocol":        {host, "aix1.example 1024 35 1234567", New},
		"a hash of another kind":             {host, "|2|" + strings.TrimPrefix(hashed("aix1.example"), "|1|") + " " + k, New},
		"no name":                            {host, ", " + k, New},
		"no name with a port":                {host, "]:22 " + k, New},
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

// Warnings do not quote the file, which may hold a secret.
func TestKnownHostsAreNotQuoted(t *testing.T) {
	k := strings.Fields(authorized(edKey(t, 1)))[1]
	for _, line := range []string{"s3cret", "@s3cret", "@revoked @s3cret a b", "s3cret ssh-ed25519 s3cret", "aix1 s3cret " + k, "s3cret s3cret czNjcmV0", "|s3cret| a b"} {
		said := ""
		if _, err := readIndex("known_hosts", strings.NewReader(line), func(m string) { said += m }, new(atomic.Int64)); err != nil {
			t.Fatal(err)
		}
		if said == "" || strings.Contains(said, "s3cret") {
			t.Errorf("%q: said %q", line, said)
		}
	}
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

// FuzzKnownHosts: whatever a file contains, it is read to its end, no line affects
// another, and a revoked key stays revoked.
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
		h := &KnownHosts{}
		file, err := readIndex("known_hosts", strings.NewReader(string(content)+mine), h.warn, &h.macs)
		if err != nil {
			t.Fatal(err)
		}
		h.lists = map[string][]*index{"": {file}}
		for _, k := range []ssh.PublicKey{key, other} {
			p, err := h.Policy(target)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.judge(k).status; got != Known {
				t.Errorf("%s behind %q", got, content)
			}
		}
		file, err = readIndex("known_hosts", strings.NewReader("@revoked * "+authorized(key)+"\n"+string(content)+mine), h.warn, &h.macs)
		if err != nil {
			t.Fatal(err)
		}
		h.lists[""] = []*index{file}
		if p, _ := h.Policy(target); p.judge(key).status != Revoked {
			t.Errorf("%q takes a revocation back", content)
		}
	})
}

// FuzzKnownHostsEdit: whatever a file contains, new keys are appended, and the lines of
// other hosts stay unchanged.
func FuzzKnownHostsEdit(f *testing.F) {
	key, other := edKey(f, 1), edKey(f, 2)
	for _, line := range []string{"aix1 " + authorized(other), "aix7,x " + authorized(other), hashed("aix7") + " " + authorized(key) + "\n", "\x00", "aix7 \r", "@revoked aix7 " + authorized(other)} {
		f.Add([]byte(line), true)
		f.Add([]byte(line), false)
	}
	f.Fuzz(func(t *testing.T, content []byte, replace bool) {
		edit := Edit{Name: "aix7", Keys: []ssh.PublicKey{key}, Replace: replace}
		apply := func(content []byte) ([]byte, []string) {
			return newEditing([]Edit{edit}, nil, new(atomic.Int64)).apply(content)
		}
		after, left := apply(bytes.Clone(content))
		if mine := replace && bytes.Contains(bytes.ToLower(content), []byte("aix7")) || bytes.Contains(content, []byte("|1|")); !mine && !bytes.HasPrefix(after, content) {
			t.Errorf("%q became %q", content, after)
		}
		if got := judged(t, transport.Target{Address: "aix7"}, key, string(after)); len(left) == 0 && got != Known {
			t.Errorf("%q: the key is %s in %q", content, got, after)
		}
		if again, _ := apply(bytes.Clone(after)); !bytes.Equal(again, after) {
			t.Errorf("a second time %q becomes %q", after, again)
		}
	})
}

func TestUserFiles(t *testing.T) {
	want := []string{"/home/ops/.ssh/known_hosts", "/home/ops/.ssh/known_hosts2"}
	if got := UserFiles("/home/ops"); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := UserFiles(""); got != nil {
		t.Errorf("without a home: %q", got)
	}
	if got := SystemFiles(); len(got) != 2 || !strings.HasSuffix(got[0], "ssh_known_hosts") {
		t.Errorf("of the machine: %q", got)
	}
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
