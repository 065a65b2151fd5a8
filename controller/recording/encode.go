package recording

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"aixmend/transport/ownership"
	"aixmend/transport/place"
)

// Encode returns the file of a recording and sets SHA256. If the file would exceed
// MaxBytes, it cuts the longest answers and adds to their dropped bytes.
func (r *Recording) Encode() ([]byte, error) { return r.within(MaxBytes) }

// within is Encode with another maximum size, in bytes.
func (r *Recording) within(most int) ([]byte, error) {
	text, err := r.unsealed()
	for limit := 1 << 20; err == nil && len(text) > most; limit /= 2 {
		if limit == 0 {
			return nil, fmt.Errorf("recording of %s: it has %d KiB without answers, maximum %d KiB", r.Host.Name, len(text)>>10, most>>10)
		}
		r.cut(limit)
		text, err = r.unsealed()
	}
	if err != nil {
		return nil, fmt.Errorf("recording of %s: %w", r.Host.Name, err)
	}
	sum := sha256.Sum256(text)
	r.SHA256 = hex.EncodeToString(sum[:])
	return bytes.Replace(text, []byte(hashField+unsealed), []byte(hashField+r.SHA256), 1), nil
}

// unsealed returns the file of a recording with zeros instead of its hash.
func (r *Recording) unsealed() ([]byte, error) {
	r.SHA256 = unsealed
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(r)
	return harmless(b.Bytes()), err
}

// cut shortens every answer to limit bytes.
func (r *Recording) cut(limit int) {
	for i := range r.Commands {
		e := &r.Commands[i]
		for _, s := range []struct {
			stream  *Stream
			dropped *int64
		}{{&e.Stdout, &e.StdoutDropped}, {&e.Stderr, &e.StderrDropped}} {
			if more := len(*s.stream) - limit; more > 0 {
				*s.stream, *s.dropped = (*s.stream)[:limit], *s.dropped+int64(more)
			}
		}
	}
}

// harmless escapes control characters and other unprintable ones in JSON, so that any
// pager can show the file. The JSON value stays the same.
func harmless(document []byte) []byte {
	safe := make([]byte, 0, len(document))
	for len(document) > 0 {
		plain := bytes.IndexFunc(document, func(r rune) bool { return (r < ' ' || r > '~') && r != '\n' })
		if plain < 0 {
			plain = len(document)
		}
		safe, document = append(safe, document[:plain]...), document[plain:]
		if len(document) == 0 {
			break
		}
		r, size := utf8.DecodeRune(document)
		switch {
		case r == '\n' || unicode.IsPrint(r) && r != utf8.RuneError:
			safe = append(safe, document[:size]...)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			safe = fmt.Appendf(safe, `\u%04x\u%04x`, high, low)
		default:
			safe = fmt.Appendf(safe, `\u%04x`, r)
		}
		document = document[size:]
	}
	return safe
}

// Write writes a recording to a file in a folder, creates the folder if needed, and
// returns the path. The file is 0600, the folder 0700. A
// link of another user is an error. The file is written completely or
// not at all. An existing file is not replaced; then the error wraps fs.ErrExist.
func (r *Recording) Write(folder string) (string, error) {
	if err := checkName(r.Host.Name); err != nil {
		return "", err
	}
	text, err := r.Encode()
	if err != nil {
		return "", err
	}
	into, err := place.Folder(folder, true)
	if err != nil {
		return "", fmt.Errorf("recordings folder: %w", ownership.Late(err))
	}
	defer into.Close()
	if err := create(into, r.Host.Name+Suffix, text); err != nil {
		return "", fmt.Errorf("recording of %s: %w", r.Host.Name, err)
	}
	return filepath.Join(folder, r.Host.Name+Suffix), nil
}

// create writes a new file into a folder.
func create(folder *os.Root, name string, text []byte) (err error) {
	temp := ".tmp-" + rand.Text()
	file, err := folder.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Remove(temp)) }()
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	err = folder.Link(temp, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return exclusively(folder, name, text) // the file system does not support links
}

// exclusively writes a new file in place, and removes it after an error.
func exclusively(folder *os.Root, name string, text []byte) error {
	file, err := folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, folder.Remove(name))
	}
	return nil
}
