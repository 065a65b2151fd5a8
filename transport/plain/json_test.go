package plain

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Each error of encoding/json is told with its line, and without the words of the library.
func TestJSON(t *testing.T) {
	type document struct {
		Name  string    `json:"name"`
		Hosts []int     `json:"hosts"`
		At    time.Time `json:"at"`
	}
	for text, want := range map[string]string{
		"":                                "it is empty",
		" \n":                             "it is empty",
		"{\n":                             "line 2: it breaks off in the middle",
		"{\"name\": \"a":                  "line 1: it breaks off in the middle",
		"{\n\"name\": nope}":              "line 2: it is not JSON",
		"aixmend":                         "line 1: it is not JSON",
		"{} x":                            "line 1: it is not JSON",
		"42":                              "line 1: found a number, expected a map",
		"[]":                              "line 1: found a list, expected a map",
		"{\n\n\"name\": 7}":               "line 3: name: found a number, expected a text",
		"{\"hosts\": {}}":                 "line 1: hosts: found a map, expected a list",
		"{\"hosts\": [1.5]}":              "line 1: hosts: found a number, expected a whole number",
		"{\"at\": \"noon\"}":              `"noon" is not a time (2006-01-02T15:04:05Z)`,
		"{\"at\": 4711}":                  "a value in it is not of the kind that is expected there",
		"{\"extra\": 1, \"name\": \"x\"}": `the key "extra" is not known`,
	} {
		var into document
		err := json.Unmarshal([]byte(text), &into)
		if err == nil {
			d := json.NewDecoder(strings.NewReader(text))
			d.DisallowUnknownFields()
			err = d.Decode(&into)
		}
		got := JSON([]byte(text), err)
		if got == nil || got.Error() != want || !errors.Is(got, err) {
			t.Errorf("%q: %v, expected %s", text, got, want)
		}
	}
	if JSON(nil, nil) != nil {
		t.Error("nil is an error")
	}
}

func TestCause(t *testing.T) {
	for number, want := range map[syscall.Errno]string{
		syscall.ENOENT: "it does not exist", syscall.ELOOP: "its symbolic links lead in a circle", syscall.EACCES: "permission denied",
	} {
		err := &fs.PathError{Op: "open", Path: "/k", Err: number}
		if got := Cause(err); got.Error() != want || !errors.Is(got, number) {
			t.Errorf("%v: %v", number, got)
		}
	}
	if Cause(os.ErrClosed) != os.ErrClosed {
		t.Error("another error")
	}
}
