package pruning

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Age is the value of a flag: 30d, 4w, or a Go duration. 0: not given.
type Age time.Duration

// String implements pflag.Value.
func (a *Age) String() string {
	if *a == 0 {
		return ""
	}
	return time.Duration(*a).String()
}

// Type implements pflag.Value.
func (a *Age) Type() string { return "age" }

// Set implements pflag.Value.
func (a *Age) Set(text string) error {
	d, err := parseAge(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%q must be more than 0", text)
	}
	if err == nil {
		*a = Age(d)
	}
	return err
}

func parseAge(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(text) > 1 {
		if unit, known := units[text[len(text)-1]]; known {
			n, err := strconv.ParseUint(text[:len(text)-1], 10, 63)
			switch {
			case errors.Is(err, strconv.ErrRange) || err == nil && n > uint64(math.MaxInt64/unit):
				return 0, fmt.Errorf("%q is too long", text)
			case err == nil:
				return time.Duration(n) * unit, nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not an age: write 30d, 4w, 12h or 90m", text)
	}
	return d, nil
}
