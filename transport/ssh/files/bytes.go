package files

import (
	"bytes"
	"fmt"
	"hash"
	"io"

	"aixmend/transport"
)

// counted hashes and reports the bytes of a file on its way to the host.
type counted struct {
	from        io.Reader
	hash        hash.Hash
	done, total int64
	progress    func(done, total int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	_, _ = c.hash.Write(p[:n]) // never fails
	c.done += int64(n)
	if n > 0 && c.progress != nil {
		c.progress(c.done, c.total)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader's contract
		err = here(err)
	}
	return n, err
}

// arriving reports the bytes of a file on its way from the host.
type arriving struct {
	part        *localPart
	done, total int64
	progress    func(done, total int64)
}

func (a *arriving) Write(p []byte) (int, error) {
	n, err := a.part.Write(p)
	a.done += int64(n)
	if n > 0 && a.progress != nil {
		a.progress(a.done, a.total)
	}
	return n, err
}

// twin compares the bytes written to it with the beginning of a file, by hash. mine
// becomes the hash of as many bytes of the file.
type twin struct {
	file         io.ReaderAt
	mine, theirs hash.Hash
	at           int64
}

func (t *twin) Write(p []byte) (int, error) {
	_, _ = t.theirs.Write(p) // a hash never fails
	n, err := io.Copy(t.mine, io.NewSectionReader(t.file, t.at, int64(len(p))))
	t.at += n
	if err != nil {
		return 0, here(err)
	}
	return len(p), nil
}

func (t *twin) equal() bool { return bytes.Equal(t.mine.Sum(nil), t.theirs.Sum(nil)) }

// exactly passes on as many bytes as were announced.
type exactly struct {
	into io.Writer
	size int64
	done int64
}

func (e *exactly) Write(p []byte) (int, error) {
	if room := e.size - e.done; int64(len(p)) > room {
		return 0, failure{kind: transport.KindProtocol, text: fmt.Sprintf("the host sends more than the %d bytes that it announced", e.size)}
	}
	n, err := e.into.Write(p)
	e.done += int64(n)
	return n, err
}

// whole returns an error if bytes are missing at the end.
func (e *exactly) whole() error {
	if e.done < e.size {
		return failure{kind: transport.KindProtocol, text: fmt.Sprintf("the host sent %d of the %d bytes that it announced", e.done, e.size)}
	}
	return nil
}
