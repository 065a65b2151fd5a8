package aixsim

import (
	"hash/maphash"
	"reflect"
	"time"
)

// seed is the hash seed of this process: fingerprints never leave it.
var seed = maphash.MakeSeed()

// fingerprint hashes the state without RMC's connection, which follows from the rest,
// and without the log of effects. It runs twice a simple command, so it does not
// encode the state as JSON: that took a quarter of the time of the controller's tests.
func (h *Host) fingerprint() uint64 {
	s := *h.s
	s.Effects, s.RMC.HeldSince, s.RMC.Registered = nil, time.Time{}, false
	return hashOf(reflect.ValueOf(s))
}

// hashOf hashes the exported content of a value. A nil slice or map hashes like an
// empty one.
func hashOf(v reflect.Value) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return hashOf(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return maphash.Comparable(seed, t.UnixNano())
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				maphash.WriteComparable(&h, hashOf(v.Field(i)))
			}
		}
		return h.Sum64()
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			maphash.WriteComparable(&h, hashOf(v.Index(i)))
		}
		return h.Sum64()
	case reflect.Map:
		sum := uint64(v.Len()) // the order of a map does not count
		for key, value := range v.Seq2() {
			sum += maphash.Comparable(seed, [2]uint64{hashOf(key), hashOf(value)})
		}
		return sum
	case reflect.String:
		return maphash.String(seed, v.String())
	default:
		return maphash.Comparable(seed, v.Interface())
	}
}
