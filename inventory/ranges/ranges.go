// Package ranges expands numeric ranges in names and addresses: aix[01-20] stands for
// twenty names.
package ranges

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"aixmend/inventory/naming"
)

// MaxAddress is the longest DNS name, in bytes (RFC 1035).
const MaxAddress = 253

// MaxResults is how many texts a text with ranges may stand for.
const MaxResults = 100_000

// maxDigits is the longest number in a range, in digits.
const maxDigits = 9

// A Pattern is text with ranges in it: literals[0] ranges[0] literals[1] ...
// There is one literal more than there are ranges.
type Pattern struct {
	literals []string
	Ranges   []numbers
}

// Expand returns the texts that a text with ranges stands for, the last range counting
// fastest: "aix[09-11]" is aix09, aix10, aix11; a text without ranges stands
// for itself. A range is a list of numbers and of spans of numbers; a leading
// zero asks for that many digits. It is an error when a range is not closed,
// counts down, holds something else or a number twice, or when there are more
// than MaxResults texts.
func Expand(text string) ([]string, error) {
	p, err := Parse(text)
	if err != nil {
		return nil, err
	}
	all := make([]string, p.Count())
	for i := range all {
		all[i] = p.At(i)
	}
	return all, nil
}

// Parse takes a text apart. Its errors do not quote the text.
func Parse(text string) (Pattern, error) {
	var p Pattern
	total, literal := 1, 0
	for {
		before, rest, found := strings.Cut(text, "[")
		if strings.Contains(before, "]") {
			return Pattern{}, errors.New("a range is closed that was not opened: ]")
		}
		p.literals = append(p.literals, before)
		if literal += len(before); literal > MaxAddress {
			return Pattern{}, fmt.Errorf("longer than %d characters", MaxAddress)
		}
		if !found {
			return p, nil
		}
		body, after, closed := strings.Cut(rest, "]")
		if !closed {
			return Pattern{}, errors.New("a range is not closed: ] is missing")
		}
		between, err := parseRange(body)
		if err != nil {
			return Pattern{}, err
		}
		if total *= between.Count(); total > MaxResults {
			return Pattern{}, fmt.Errorf("more than %d hosts", MaxResults)
		}
		p.Ranges = append(p.Ranges, between)
		if len(p.Ranges) > MaxAddress {
			return Pattern{}, fmt.Errorf("longer than %d characters", naming.Max)
		}
		text = after
	}
}

// numbers is the content of one pair of brackets.
type numbers []span

// A span counts from low to high; numbers shorter than width are padded with
// zeros. before is how many numbers the spans before it hold.
type span struct {
	low, high, width, before int
}

// Count returns how many numbers there are.
func (n numbers) Count() int {
	last := n[len(n)-1]
	return last.before + last.high - last.low + 1
}

// at returns number i, from 0.
func (n numbers) at(i int) string {
	k := sort.Search(len(n), func(k int) bool { return n[k].before > i }) - 1
	return fmt.Sprintf("%0*d", n[k].width, n[k].low+i-n[k].before)
}

// twice returns a number that is there twice, however it is padded.
func (n numbers) twice() (int, bool) {
	sorted := slices.SortedFunc(slices.Values(n), func(a, b span) int { return a.low - b.low })
	for i := 1; i < len(sorted); i++ {
		if sorted[i].low <= sorted[i-1].high {
			return sorted[i].low, true
		}
	}
	return 0, false
}

// parseRange parses the content of one pair of brackets.
func parseRange(body string) (numbers, error) {
	var all numbers
	count := 0
	for item := range strings.SplitSeq(body, ",") {
		from, to, isSpan := strings.Cut(item, "-")
		if !isSpan {
			to = from
		}
		if !IsNumber(from) || !IsNumber(to) {
			return nil, fmt.Errorf("range [%s] must hold numbers of at most %d digits, such as [01-20] or [1,3,7-9]", Clip(body), maxDigits)
		}
		s := span{before: count}
		s.low, _ = strconv.Atoi(from)
		s.high, _ = strconv.Atoi(to)
		if from[0] == '0' {
			s.width = len(from)
		}
		switch {
		case s.low > s.high:
			return nil, fmt.Errorf("range [%s] counts down: %s comes before %s", Clip(body), to, from)
		case len(from) != len(to) && (to[0] == '0' || len(to) < len(from)):
			return nil, fmt.Errorf("range [%s]: %s and %s are not padded alike", Clip(body), from, to)
		}
		count += s.high - s.low + 1
		all = append(all, s)
	}
	if n, found := all.twice(); found {
		return nil, fmt.Errorf("range [%s] holds %d twice", Clip(body), n)
	}
	return all, nil
}

// IsNumber reports whether s is 1 to maxDigits decimal digits.
func IsNumber(s string) bool {
	return s != "" && len(s) <= maxDigits && strings.Trim(s, "0123456789") == ""
}

// Count returns how many texts p stands for, 1 to maxResults.
func (p Pattern) Count() int {
	n := 1
	for _, between := range p.Ranges {
		n *= between.Count()
	}
	return n
}

// At returns the text number i, from 0.
func (p Pattern) At(i int) string {
	if len(p.Ranges) == 0 {
		return p.literals[0]
	}
	picks := make([]string, len(p.Ranges))
	for k := len(p.Ranges) - 1; k >= 0; k-- {
		size := p.Ranges[k].Count()
		picks[k], i = p.Ranges[k].at(i%size), i/size
	}
	var text strings.Builder
	for k, pick := range picks {
		text.WriteString(p.literals[k])
		text.WriteString(pick)
	}
	text.WriteString(p.literals[len(picks)])
	return text.String()
}

// Clip shortens text that a message quotes.
func Clip(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most+4)]); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
