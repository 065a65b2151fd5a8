package html

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/playbooks/facts"
)

// odd types, and values that JSON changes.
type oddities struct {
	Named   map[named]int   `json:"named"`
	Bytes   []byte          `json:"bytes"`
	At      time.Time       `json:"at"`
	Small   float32         `json:"small"`
	Numbers [2]int          `json:"numbers"`
	Raw     json.RawMessage `json:"raw"`
	Any     any             `json:"any"`
	To      *int            `json:"to"`
	Left    string          `json:"left,omitempty"`
	Zero    struct{ A int } `json:"zero,omitzero"`
	Empty   map[string]int  `json:"empty,omitempty"`
	hidden  int
	NoTag   uint
	Skipped int `json:"-"`
	Quoted  int `json:"quoted,string"`
}

type named string

type embeds struct {
	facts.Word
	Text string `json:"other"`
}

// A fact of a host that has just ended is shown as that of its document, whatever it holds.
func TestFactsAreShownAsRead(t *testing.T) {
	types := []reflect.Type{reflect.TypeFor[oddities](), reflect.TypeFor[embeds](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]any]()}
	for _, p := range facts.Parsers() {
		types = append(types, p.Type)
	}
	for _, d := range facts.Derivations() {
		types = append(types, d.Type)
	}
	types = append(types, reflect.TypeFor[facts.Inventory](), reflect.TypeFor[facts.Captured](), reflect.TypeFor[facts.API](), reflect.TypeFor[facts.Storage](), reflect.TypeFor[facts.Fleet](), reflect.TypeFor[facts.Past]())
	random := rand.New(rand.NewPCG(3, 4))
	for _, kind := range types {
		for range 40 {
			v := reflect.New(kind).Elem()
			fill(random, v, 0)
			got, _ := plainValue(nil, v.Interface())
			want, _ := plainValue(nil, asRead(v.Interface()))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s, %+v (-as read +got):\n%s", kind, v, diff)
			}
			written, read := map[string]any{"rsct": v.Interface(), "rmc_nic": v.Interface(), "domain": v.Interface(), "oslevel": v.Interface()}, map[string]any{}
			for name, fact := range written {
				read[name] = asRead(fact)
			}
			if diff := cmp.Diff(brief(read), brief(written)); diff != "" {
				t.Fatalf("%s, %+v, in short (-as read +got):\n%s", kind, v, diff)
			}
		}
	}
}

// fill sets all of a value by chance.
func fill(random *rand.Rand, v reflect.Value, depth int) {
	texts := []string{"", "en0", "found", "connected", "two\nlines", "end\n", "\n", "\xff\xfe", "a\xffb", "<&>\u2028", "{\"a\": 1}"}
	n := random.IntN(3)
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[random.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(n == 0)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(random.Int64N(1<<62) >> random.IntN(63))
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		v.SetUint(random.Uint64() >> random.IntN(64))
	case reflect.Uint8:
		v.SetUint(random.Uint64() >> 56)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(random.Float64() * 1e9)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"b": [1, "x\ny"]}`))
			return
		}
		if n > 0 && depth < 6 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(random, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.SetZero()
		for i := range n {
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			value := reflect.New(v.Type().Elem()).Elem()
			fill(random, value, depth+1)
			name := fmt.Sprint("k", i, texts[random.IntN(len(texts))])
			if v.Type() == ofDocument {
				name = strings.ToValidUTF8(name, "?") // as every document
			}
			v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
		}
	case reflect.Interface:
		value := []any{nil, "x", 1.5, 7, true, []string{"a", "b\nc"}, map[string]any{"x": []any{}, "y": oddities{}}, named("n")}
		if one := value[random.IntN(len(value))]; one != nil {
			v.Set(reflect.ValueOf(one))
		}
	case reflect.Pointer:
		if n > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(random, v.Elem(), depth+1)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(began))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(random, v.Field(i), depth+1)
			}
		}
	}
}
