package hostkeys

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"
	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/place"
)

// store stores edits in a file and returns its new text.
func store(t *testing.T, content string, edits ...Edit) (after string, left []string) {
	t.Helper()
	path := writeFile(t, "known_hosts", content)
	left, err := new(KnownHosts).Store(t.Context(), path, edits)
	if err != nil {
		t.Fatal(err)
	}
	alone(t, path)
	return readFile(t, path), left
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// alone checks that nothing was left beside a file.
func alone(t *testing.T, path string) {
	t.Helper()
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Errorf("beside %s there are %v, %v", path, list, err)
	}
}

func TestStoreInClear(t *testing.T) {
	one, two, three := edKey(t, 1), edKey(t, 2), edKey(t, 3)
	k, l, m := authorized(one), authorized(two), authorized(three)
	add := Edit{Name: "aix1", Keys: []ssh.PublicKey{one}}
	replace := Edit{Name: "aix1", Keys: []ssh.PublicKey{one}, Replace: true}
	for name, c := range map[string]struct {
		edit          Edit
		before, after string
		left          bool
	}{
		"new":                            {add, "aix2 " + l + "\n", "aix2 " + l + "\naix1 " + k + "\n", false},
		"into nothing":                   {add, "", "aix1 " + k + "\n", false},
		"behind no final newline":        {add, "aix2 " + l, "aix2 " + l + "\naix1 " + k + "\n", false},
		"with a comment":                 {Edit{Name: "aix1", Keys: add.Keys, Comment: "aixmend 2026-01-02"}, "", "aix1 " + k + " aixmend 2026-01-02\n", false},
		"there already":                  {add, "aix1 " + k + " mine\n", "aix1 " + k + " mine\n", false},
		"there by another key":           {add, "aix1 " + l + "\n", "aix1 " + l + "\n", true},
		"there by another key, capitals": {add, "x,AIX1 " + l + "\n", "x,AIX1 " + l + "\n", true},
		"there, and taken back":          {add, "aix1,!aix1 " + k + "\n", "aix1,!aix1 " + k + "\naix1 " + k + "\n", false},
		"revoked by now":                 {add, "@revoked * " + k + "\n", "@revoked * " + k + "\n", true},
		"replaced":                       {replace, "# a\n aix1\t" + l + " old \r\n\nz\n", "# a\n\nz\naix1 " + k + "\n", false},
		"replaced, others stay":          {replace, "aix0,aix1,10.1.2.3 " + l + "  c\n", "aix0,10.1.2.3 " + l + "  c\naix1 " + k + "\n", false},
		"replaced, the new one is there": {replace, "aix1 " + l + "\naix1 " + k + "\n", "aix1 " + k + "\n", false},
		"replaced, all of its keys":      {replace, "aix1 " + l + "\naix1 " + m + "\n", "aix1 " + k + "\n", false},
		"replaced, its ports stay":       {replace, "[aix1]:22,[aix1]:2222 " + l + "\n", "[aix1]:22,[aix1]:2222 " + l + "\naix1 " + k + "\n", false},
		"replaced, patterns stay":        {replace, "aix* " + l + "\n", "aix* " + l + "\naix1 " + k + "\n", false},
		"replaced, revoked":              {replace, "aix1 " + l + "\n@revoked aix1 " + k + "\n", "@revoked aix1 " + k + "\n", true},
		"marked lines stay":              {replace, "@revoked aix1 " + l + "\n@cert-authority aix1 " + m + "\n", "@revoked aix1 " + l + "\n@cert-authority aix1 " + m + "\naix1 " + k + "\n", false},
		"broken lines stay":              {add, "aix1 broken\n\x00\xff\n", "aix1 broken\n\x00\xff\naix1 " + k + "\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			after, left := store(t, c.before, c.edit)
			if after != c.after || slices.Contains(left, "aix1") != c.left {
				t.Errorf("left %v, holds\n%q, want\n%q", left, after, c.after)
			}
		})
	}
}

// Where the names of a file are hashed, new ones are too, and a host's line is
// found among them.
func TestStoreHashed(t *testing.T) {
	one, two := edKey(t, 1), edKey(t, 2)
	others := hashed("aix2") + " " + authorized(two) + "\n" + hashed("aix3") + " " + authorized(two) + "\n"
	for name, old := range map[string]string{"new": "", "replaced": hashed("aix1") + " " + authorized(two) + "\n", "in clear": "aix1 " + authorized(two) + "\n"} {
		t.Run(name, func(t *testing.T) {
			after, left := store(t, others+old, Edit{Name: "aix1", Keys: []ssh.PublicKey{one}, Replace: old != ""})
			added, ok := strings.CutPrefix(after, others)
			if !ok || len(left) > 0 || strings.Contains(added, "aix1") || strings.Count(added, "\n") != 1 {
				t.Fatalf("left %v, holds\n%s", left, after)
			}
			if got := judged(t, transport.Target{Address: "aix1"}, one, after); got != Known {
				t.Errorf("the new key is %s", got)
			}
			if got := judged(t, transport.Target{Address: "aix1"}, two, after); got != Changed {
				t.Errorf("the old key is %s", got)
			}
		})
	}
	if _, left := store(t, others+hashed("aix1")+" "+authorized(two), Edit{Name: "aix1", Keys: []ssh.PublicKey{one}}); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// Lines added between the scan and the confirmation are kept, and a host that is known
// by then is left alone.
func TestStoreAfterSomebodyElse(t *testing.T) {
	one, two := edKey(t, 1), edKey(t, 2)
	for name, content := range map[string]string{"in clear": "aix9 " + authorized(two) + "\n", "hashed": hashed("aix9") + " " + authorized(two) + "\n"} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, "known_hosts", content)
			h := &KnownHosts{}
			for _, host := range []string{"aix1", "aix2"} {
				p, err := h.Policy(transport.Target{Address: host, KnownHosts: path})
				if err != nil || p.judge(one).status != New {
					t.Fatal(err)
				}
			}
			added := content + strings.Replace(content, strings.Fields(content)[0], map[string]string{"in clear": "aix1", "hashed": hashed("aix1")}[name], 1)
			if err := os.WriteFile(path, []byte(added), 0o600); err != nil {
				t.Fatal(err)
			}
			left, err := h.Store(t.Context(), path, []Edit{{Name: "aix1", Keys: []ssh.PublicKey{one}}, {Name: "aix2", Keys: []ssh.PublicKey{one}}})
			if err != nil || !slices.Equal(left, []string{"aix1"}) {
				t.Errorf("left %v, %v", left, err)
			}
			if after := readFile(t, path); !strings.HasPrefix(after, added) || strings.Count(after, "\n") != 3 {
				t.Errorf("holds\n%s", after)
			}
		})
	}
}

// A change between the last reading and the writing is not lost either.
func TestStoreBesideSomebodyElse(t *testing.T) {
	path := writeFile(t, "known_hosts", "one\n")
	meanwhile := "one\ntwo\n"
	file := placed(t, path)
	left, done, err := rewrite(file, func(text []byte) ([]byte, []string) {
		if err := os.WriteFile(path, []byte(meanwhile), 0o600); err != nil {
			t.Fatal(err)
		}
		return append(text, "three\n"...), nil
	})
	if err != nil || done || left != nil || readFile(t, path) != meanwhile {
		t.Errorf("done %v, %v: %q", done, err, readFile(t, path))
	}
	alone(t, path)
	if _, done, err = rewrite(file, func(text []byte) ([]byte, []string) { return append(bytes.Clone(text), "three\n"...), nil }); err != nil || !done || readFile(t, path) != meanwhile+"three\n" {
		t.Errorf("done %v, %v: %q", done, err, readFile(t, path))
	}
}

// placed opens the place of a file.
func placed(t *testing.T, path string) *place.Place {
	t.Helper()
	p, err := place.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// Concurrent writers lose no line of each other.
func TestStoreTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".ssh", "known_hosts")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 3 {
				name := fmt.Sprintf("aix%d-%d", i, j)
				if _, err := new(KnownHosts).Store(t.Context(), path, []Edit{{Name: name, Keys: []ssh.PublicKey{edKey(t, uint64(i))}}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := strings.Count(readFile(t, path), "\n"); n != 24 {
		t.Errorf("%d lines of 24", n)
	}
	alone(t, path)
}

// A lock counts only under the name that others use.
func TestLockInPlace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	lock, own := flock.New(name), placed(t, name)
	if held, err := lock.TryLock(); err != nil || !held || !inPlace(lock, own) {
		t.Fatalf("held %v, %v, in place %v", held, err, inPlace(lock, own))
	}
	defer lock.Close()
	if err := os.Remove(name); err != nil || inPlace(lock, own) {
		t.Errorf("in place without a file, %v", err)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil || inPlace(lock, own) {
		t.Errorf("in place in another file, %v", err)
	}
}

func TestStoreKeepsTheFile(t *testing.T) {
	edit := Edit{Name: "aix1", Keys: []ssh.PublicKey{edKey(t, 1)}}
	mode := func(path string) os.FileMode {
		t.Helper()
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	h := &KnownHosts{}
	fresh := filepath.Join(t.TempDir(), ".ssh", "known_hosts")
	if _, err := h.Store(t.Context(), fresh, []Edit{edit}); err != nil {
		t.Fatal(err)
	}
	if mode(fresh) != 0o600 || mode(filepath.Dir(fresh)).Perm() != 0o700 {
		t.Errorf("modes %v, %v", mode(fresh), mode(filepath.Dir(fresh)))
	}
	open := writeFile(t, "known_hosts", "")
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.Symlink(open, link); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Store(t.Context(), link, []Edit{edit}); err != nil {
		t.Fatal(err)
	}
	if mode(link).Type() != os.ModeSymlink || mode(open) != 0o644 || !strings.HasPrefix(readFile(t, open), "aix1 ") {
		t.Errorf("modes %v, %v; %q", mode(link), mode(open), readFile(t, open))
	}
	for name, path := range map[string]string{"a folder": t.TempDir(), "a device": os.DevNull, "a link to nothing": dangling(t)} {
		if _, err := h.Store(t.Context(), path, []Edit{edit}); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
}

func dangling(t *testing.T) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.Symlink(filepath.Join(t.TempDir(), "gone"), link); err != nil {
		t.Fatal(err)
	}
	return link
}

// No name and no comment makes more of a line than it is to be.
func TestStoreOddNames(t *testing.T) {
	key := []ssh.PublicKey{edKey(t, 1)}
	path := writeFile(t, "known_hosts", "")
	for _, name := range []string{"", "a b", "a,b", "*", "a?", "!a", "@revoked", "|1|", "#a", "a\nb", "a\tb", "a\x00", "a\u202eb", "a\u00a0b", "\xff", strings.Repeat("a", 1001)} {
		if _, err := new(KnownHosts).Store(t.Context(), path, []Edit{{Name: name, Keys: key}}); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if _, err := new(KnownHosts).Store(t.Context(), path, []Edit{{Name: "a", Keys: key, Comment: "x\ny"}}); err == nil {
		t.Error("a comment of two lines is taken")
	}
	for _, name := range []string{"a", "10.1.2.3", "[fe80::1%en0]:2222", "a_b.example"} {
		if _, err := new(KnownHosts).Store(t.Context(), path, []Edit{{Name: name, Keys: key}}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// To store the keys of many new hosts tries no hash twice.
func TestStoreAmongManyHashed(t *testing.T) {
	const lines, hosts = 2000, 200
	path := hashedFile(t, lines)
	h := &KnownHosts{}
	var edits []Edit
	for i := range hosts {
		target := hostNumber(lines + i)
		target.KnownHosts = path
		p, err := h.Policy(target)
		if err != nil || p.judge(edKey(t, 1<<40)).status != New {
			t.Fatal(err)
		}
		edits = append(edits, Edit{Name: target.Address, Keys: []ssh.PublicKey{edKey(t, 1<<40)}})
	}
	before := h.macs.Load()
	if _, err := h.Store(t.Context(), path, edits); err != nil {
		t.Fatal(err)
	}
	if n := h.macs.Load() - before; n != 0 {
		t.Errorf("%d HMACs more", n)
	}
	if n := strings.Count(readFile(t, path), "\n"); n != lines+hosts {
		t.Errorf("%d lines", n)
	}
}
