package durable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// MaxBytes is the size up to which a file of a state folder is read, in bytes: far more
// than the reports of the largest fleet.
const MaxBytes = 1 << 30

// ReadJSON decodes a JSON file. The error is a *Damaged where it does not hold the document.
func ReadJSON(path string, into any) error {
	_, err := ReadJSONText(path, into)
	return err
}

// ReadJSONText decodes a JSON file and returns its text.
func ReadJSONText(path string, into any) ([]byte, error) {
	text, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return nil, &Damaged{fmt.Errorf("%s: %w", path, plain.JSON(text, err))}
	}
	return text, nil
}

// Heads: the documents of a run are written with their lists of hosts last, indented by two
// spaces. So the text before such a list is itself a document, without its hosts, and reading
// it costs the same however many there are.
const (
	firstHead = 8 << 10 // bytes that hold nearly every head
	maxHead   = 1 << 20
)

// Head returns the part of a document before a key of its outermost object, as a document of
// its own. It reports false where the text is not laid out as aixmend writes it.
func Head(text []byte, key string) ([]byte, bool) {
	if !bytes.HasPrefix(text, []byte("{\n  \"schema\": ")) {
		return nil, false
	}
	// A line break is in no JSON string, so this is a key. If it were one of an inner object,
	// the part before it would not parse.
	before, _, found := bytes.Cut(text, []byte("\n  \""+key+"\": "))
	before, comma := bytes.CutSuffix(before, []byte(","))
	if !found || !comma {
		return nil, false
	}
	head := append(bytes.Clone(before), '\n', '}')
	return head, json.Valid(head)
}

// ReadHead reads the Head of a document of a state folder. It reports false where that can't
// be told without reading the whole: it is not laid out so, is cut short, has a very long head, or
// can't be read.
func ReadHead(path, key string) ([]byte, bool) {
	file, info, err := ownership.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	end := []byte("\n}\n")
	if !info.Mode().IsRegular() || info.Size() < int64(len(end)) || info.Size() > MaxBytes {
		return nil, false
	}
	last := make([]byte, len(end))
	if _, err := file.ReadAt(last, info.Size()-int64(len(end))); err != nil || !bytes.Equal(last, end) {
		return nil, false
	}
	for size := int64(firstHead); ; size = min(8*size, maxHead) {
		text, err := io.ReadAll(io.NewSectionReader(file, 0, size))
		if err != nil {
			return nil, false
		}
		if head, found := Head(text, key); found {
			return head, true
		}
		if size >= min(maxHead, info.Size()) {
			return nil, false
		}
	}
}
