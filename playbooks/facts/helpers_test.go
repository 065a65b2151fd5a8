package facts

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// readAt is when the controller had read every sample.
var readAt = time.Date(2026, 11, 22, 10, 58, 50, 900_000_000, time.UTC)

// Samples of one host: en0 is the customer's NIC, en1 the RMC NIC.
const (
	mac0 = "fa:d4:43:3e:d1:10"
	mac1 = "fa:d4:43:3e:d1:20"
	eui0 = "fe80::f8d4:43ff:fe3e:d110"
	eui1 = "fe80::f8d4:43ff:fe3e:d120"
	// foreign is the address of the VM that this one was cloned from.
	foreign = "fe80::f8d4:43ff:fe3e:d199"
)

func stdout(text string) Output {
	return Output{Stdout: []byte(text), At: readAt}
}

func exit(status int, text, message string) Output {
	return Output{Stdout: []byte(text), Stderr: []byte(message), Exit: status, At: readAt}
}

// parseCase is one sample and what must be made of it: a fact, or an error
// that says err.
type parseCase[T any] struct {
	name string
	in   Output
	want T
	err  string
}

// runParse runs the cases, each one that gives a fact once more as a pseudo
// terminal would have sent it.
func runParse[T any](t *testing.T, parse func(Output) (T, error), cases []parseCase[T]) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse(c.in)
			if checkError(t, err, c.err) {
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fact (-want +got):\n%s", diff)
			}
			pty := c.in
			pty.Stdout = bytes.ReplaceAll(c.in.Stdout, []byte("\n"), []byte("\r\n"))
			got, err = parse(pty)
			if err != nil {
				t.Fatalf("with CRLF: %v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fact with CRLF (-want +got):\n%s", diff)
			}
		})
	}
}

// deriveCase is the same for a derivation.
type deriveCase[I, T any] struct {
	name string
	in   I
	want T
	err  string
}

func runDerive[I, T any](t *testing.T, derive func(I) (T, error), cases []deriveCase[I, T]) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := derive(c.in)
			if checkError(t, err, c.err) {
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fact (-want +got):\n%s", diff)
			}
			if problem := unfit(reflect.ValueOf(got), "fact"); problem != "" {
				t.Error(problem)
			}
		})
	}
}

// checkError reports whether an error was wanted, and complains unless err is it.
func checkError(t *testing.T, err error, want string) bool {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Fatalf("error: %v", err)
	case want == "":
		return false
	case err == nil:
		t.Fatalf("no error, want one that says %q", want)
	case !strings.Contains(err.Error(), want):
		t.Errorf("error %q does not say %q", err, want)
	}
	return true
}

// unfit says what in a fact is not fit to be kept: a nil list, a list or text
// without bounds, a character that does not print.
func unfit(v reflect.Value, at string) string {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if problem := unfit(v.Field(i), at+"."+v.Type().Field(i).Name); problem != "" {
				return problem
			}
		}
	case reflect.Slice:
		if v.IsNil() || v.Len() > maxRows {
			return fmt.Sprintf("%s is nil or holds too much (%d)", at, v.Len())
		}
		for i := range v.Len() {
			if problem := unfit(v.Index(i), fmt.Sprintf("%s[%d]", at, i)); problem != "" {
				return problem
			}
		}
	case reflect.Map:
		if v.IsNil() || v.Len() > maxRows {
			return fmt.Sprintf("%s is nil or holds too much (%d)", at, v.Len())
		}
		for _, key := range v.MapKeys() {
			for _, part := range []reflect.Value{key, v.MapIndex(key)} {
				if problem := unfit(part, at+"{}"); problem != "" {
					return problem
				}
			}
		}
	case reflect.String:
		if problem := unfitText(v.String(), maxValue); problem != "" {
			return at + problem
		}
	}
	return ""
}

func unfitText(s string, limit int) string {
	if utf8.RuneCountInString(s) > limit {
		return fmt.Sprintf(" has %d characters", utf8.RuneCountInString(s))
	}
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return fmt.Sprintf(" holds %U", r)
		}
	}
	return ""
}
