package journal

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// LoadFacts is LoadHost for the facts alone, several times as fast: the rest of the document,
// nearly all of it output of commands, is passed over. Damage there is not seen.
func (s *Store) LoadFacts(id, host string) (map[string]any, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	var h outcome.Host
	found := false
	err := s.read(filepath.Join(s.RunDir(id), "hosts", host+".json"), func(path string) error {
		text, err := durable.ReadFile(path)
		found = err == nil && onlyFacts(text, &h)
		return err
	})
	if err != nil || !found || checkHost(id, host, &h) != nil {
		whole, err := s.LoadHost(id, host) // says why
		if err != nil {
			return nil, err
		}
		return whole.Facts, nil
	}
	return h.Facts, nil
}

// onlyFacts decodes the facts of a host's document, and whose they are. It reports false
// where the document is not written as aixmend does.
func onlyFacts(text []byte, h *outcome.Host) bool {
	into := map[string]any{"run_id": &h.RunID, "host": &h.Host, "facts": &h.Facts}
	text, ok := bytes.CutPrefix(text, []byte("{"))
	for ok {
		key := value(text)
		rest, colon := bytes.CutPrefix(text[len(key):], []byte(":"))
		of := value(rest)
		if len(key) < 2 || !colon || len(of) == 0 {
			return false
		}
		name := string(key[1 : len(key)-1])
		if to := into[name]; to != nil {
			delete(into, name)
			if json.Unmarshal(of, to) != nil {
				return false
			}
		} else if name == "facts" || strings.EqualFold(name, "facts") {
			return false // twice: encoding/json would join them
		}
		text = rest[len(of):]
		if string(text) == "}\n" {
			return len(into) == 0
		}
		text, ok = bytes.CutPrefix(text, []byte(","))
	}
	return false
}

// value returns the JSON value at the beginning of a text without white space, "" for none. It
// looks at strings and brackets only.
func value(text []byte) []byte {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			n := quoted(text[i:])
			if n == 0 {
				return nil
			}
			i += n - 1
			if depth == 0 {
				return text[:i+1]
			}
		case '{', '[':
			depth++
		case '}', ']':
			switch depth--; depth {
			case 0:
				return text[:i+1]
			case -1:
				return text[:i]
			}
		case ',':
			if depth == 0 {
				return text[:i]
			}
		}
	}
	return nil
}

// quoted is the length of the string at the beginning of a text, 0 where it has no end.
func quoted(text []byte) int {
	for n := 1; ; {
		end := bytes.IndexByte(text[n:], '"')
		if end < 0 {
			return 0
		}
		n += end + 1
		escapes := 0
		for text[n-2-escapes] == '\\' { // ends at the first quote
			escapes++
		}
		if escapes%2 == 0 {
			return n
		}
	}
}
