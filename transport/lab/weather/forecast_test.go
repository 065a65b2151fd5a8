package weather

import (
	"slices"
	"testing"
)

// The same seed, host and number give the same weather, others another one.
func TestForecastFollowsFromTheSeed(t *testing.T) {
	differs := 0
	for seed := range uint64(20) {
		f, g := Forecast{Seed: seed}, Forecast{Seed: seed + 1000}
		for k := range 5 {
			once, again := f.At("a", k), f.At("a", k)
			if once != again || once != f.Host("a")(k) {
				t.Errorf("seed %d, connection %d: the weather is not the same twice", seed, k)
			}
			for _, other := range []Weather{g.At("a", k), f.At("b", k), f.At("a", k+1)} {
				if f.At("a", k) != other {
					differs++
				}
			}
		}
	}
	if differs < 200 {
		t.Errorf("%d of 300 differ", differs)
	}
}

// The weather of a host clears up after its spell, or never.
func TestForecastClears(t *testing.T) {
	forever := 0
	for seed := range uint64(300) {
		f := Forecast{Seed: seed, Spell: 4, Forever: 5}
		later, fair := 100, 0
		for k := 4; k < later; k++ {
			if f.At("host", k).Kind == Fair {
				fair++
			}
		}
		switch {
		case f.Clears("host") && fair != later-4:
			t.Errorf("seed %d: only %d of %d later connections are fair", seed, fair, later-4)
		case !f.Clears("host"):
			forever++
			if fair > later/2 {
				t.Errorf("seed %d: %d of %d are fair, and the weather never clears up", seed, fair, later-4)
			}
		}
	}
	if forever < 30 || forever > 90 {
		t.Errorf("bad weather for ever on %d of 300 hosts, wanted a fifth", forever)
	}
}

// Every kind of weather comes, and every kind of cut in every phase.
func TestForecastKnowsAllWeather(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(3000) {
		seen[Forecast{Seed: seed, Spell: 1, Forever: 1}.At("host", 0).Name()] = true
	}
	for _, kind := range Kinds() {
		if !(Weather{Kind: kind}).Cuts() {
			if !seen[string(kind)] {
				t.Errorf("no %s", kind)
			}
			continue
		}
		for _, phase := range Phases() {
			if w := (Weather{Kind: kind, From: phase}); !seen[w.Name()] {
				t.Errorf("no %s", w.Name())
			}
		}
	}
}

// A weather says what it is.
func TestWeatherSays(t *testing.T) {
	for want, w := range map[string]Weather{
		"fair": {},
		"reset 5 bytes to the server after phase change no. 2": {Kind: Reset, From: Change, Nth: 2, After: 5, Way: ToServer},
		"latency of 1µs":            {Kind: Latency, Delay: 1000},
		"drip of 3 bytes every 1µs": {Kind: Drip, Delay: 1000, Piece: 3},
		"noise of 9 bytes":          {Kind: Noise, Piece: 9},
		"two-banners":               {Kind: TwoBanners},
	} {
		if got := w.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	mild := slices.DeleteFunc(Kinds(), func(k Kind) bool { return !(Weather{Kind: k}).Mild() })
	if !slices.Equal(mild, []Kind{Fair, Latency, Jitter}) {
		t.Errorf("mild: %v", mild)
	}
}
