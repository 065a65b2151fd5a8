package approval

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Texts with the same values, as JSON tools write them.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"layout", `{"a":[1,2],"b":null}`, "{\n  \"a\": [\n1 ,2],\t\"b\" : null }\n", true},
		{"order of names", `{"a":1,"b":{"c":1,"d":2}}`, `{"b":{"d":2,"c":1},"a":1}`, true},
		{"order of a list", `[1,2]`, `[2,1]`, false},
		{"escapes", `"<é/😀>"`, `"\u003c\u00e9\/\ud83d\ude00\u003e"`, true},
		{"numbers", `[1000,1000,1000,0.15,-0,100e-2,1E+3]`, `[1e3,1000.0,10.00e2,15e-2,0,1,1000]`, true},
		{"another number", `1e3`, `1001`, false},
		{"numbers that a float takes for one", `9007199254740993`, `9007199254740992`, false},
		{"sign", `-1`, `1`, false},
		{"a number is no string", `1`, `"1"`, false},
		{"null is no empty list", `null`, `[]`, false},
		{"nothing is not null", `{}`, `{"a":null}`, false},
		{"bool", `true`, `false`, false},
		{"case of names", `{"a":1}`, `{"A":1}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := same(json.RawMessage(c.a), json.RawMessage(c.b)); got != c.same {
				t.Errorf("same: %v, want %v", got, c.same)
			}
			a, errA := Values([]byte(c.a))
			b, errB := Values([]byte(c.b))
			if errA != nil || errB != nil || cmp.Equal(a, b) != c.same {
				t.Errorf("%v %v, %v %v", a, errA, b, errB)
			}
			if place, how, differ := Differs(a, b); differ == c.same {
				t.Errorf("%s: %s", place, how)
			}
		})
	}
}

func TestValuesErrors(t *testing.T) {
	for text, says := range map[string]string{
		``:                        "EOF",
		`{"a":1,"a":1}`:           `the name "a" is there twice`,
		`{"a":1,"\u0061":2}`:      `the name "a" is there twice`,
		`[1`:                      "at byte",
		`{"a"`:                    "at byte",
		`1 2`:                     "text after the document",
		`1e99999999999999999999`:  "too large an exponent",
		`[1e1001]`:                "too large an exponent",
		strings.Repeat("[", 1e5):  "nested too deep",
		`{"a":[` + "\x00" + `1]}`: "at byte",
	} {
		if v, err := Values([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, %v, want %q", text, v, err, says)
		}
	}
}

func TestDiffers(t *testing.T) {
	for _, c := range []struct{ a, b, place, how string }{
		{`{"hosts":[{"name":"a"},{"name":"b"}]}`, `{"hosts":[{"name":"a"},{"name":"c"}]}`, "hosts[1].name", "another value"},
		{`{"hosts":[{}]}`, `{"hosts":[{"name":"c"}]}`, "hosts[0].name", "missing"},
		{`{"Set":[],"set":[]}`, `{"set":[]}`, "Set", "not expected"},
		{`[1]`, `[1,2]`, "", "another value"},
	} {
		a, _ := Values([]byte(c.a))
		b, _ := Values([]byte(c.b))
		if place, how, ok := Differs(a, b); place != c.place || how != c.how || !ok {
			t.Errorf("%s, %s: %q %q", c.a, c.b, place, how)
		}
	}
}

// Whatever is read keeps its values when it is written again, and is read the same one token
// at a time.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.50,"x"],"b":null}`, `1e3`, `-0.0`, `"\ud800"`, `{"a":1,"a":2}`, `{"a:\"":{"b":1,"b":2}}`, `[1]{}`, `{"a":1e9999}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Values([]byte(text))
		slow, errSlow := byToken([]byte(text))
		if (err == nil) != (errSlow == nil) || !reflect.DeepEqual(v, slow) {
			t.Errorf("%q is %#v (%v), one token at a time %#v (%v)", text, v, err, slow, errSlow)
		}
		if err != nil {
			return
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if !same(again, json.RawMessage(text)) {
			t.Errorf("%q became %q", text, again)
		}
	})
}
