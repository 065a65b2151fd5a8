package aixsim

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"math/rand/v2"
)

// noise is n bytes that no compression makes smaller, always the same for a
// seed.
func noise(seed string, n int64) []byte {
	b := make([]byte, max(0, n))
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte(seed))).Read(b) // never fails
	return b
}

// tarball is a tar.gz that can be unpacked, of n bytes and a few more.
func tarball(host string, n int64) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.NoCompression) // a level that there is
	t := tar.NewWriter(z)
	data := noise(host, n)
	// A buffer takes everything.
	_ = t.WriteHeader(&tar.Header{Name: "ctsnap." + host + "/noise", Mode: 0o600, Size: int64(len(data))})
	_, _ = t.Write(data)
	_ = t.Close()
	_ = z.Close()
	return b.Bytes()
}
