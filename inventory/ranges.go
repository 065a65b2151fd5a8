package inventory

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"aixmend/inventory/naming"
)

// maxAddress is the longest DNS name, in bytes (RFC 1035).
const maxAddress = 253

// maxResults is how many texts a text with ranges may stand for.
const maxResults = 100_000

// maxDigits is the longest number in a range, in digits.
const maxDigits = 9

// A pattern is text with ranges in it: literals[0] ranges[0] literals[1] ...
// There is one literal more than there are ranges.
type pattern struct {
	literals []string
	ranges   []numbers
}

// Expand returns what a text with ranges stands for, the last range counting
// fastest: "aix[09-11]" is aix09, aix10, aix11; a text without ranges stands
// for itself. A range is a list of numbers and of spans of numbers; a leading
// zero asks for that many digits. It is an error when a range is not closed,
// counts down, holds something else or a number twice, or when there are more
// than MaxResults results.
func Expand(text string) ([]string, error) {
	p, err := parsePattern(text)
	if err != nil {
		return nil, err
	}
	all := make([]string, p.count())
	for i := range all {
		all[i] = p.at(i)
	}
	return all, nil
}

// parsePattern takes a text apart. Its errors do not quote the text.
func parsePattern(text string) (pattern, error) {
	var p pattern
	total, literal := 1, 0
	for {
		before, rest, found := strings.Cut(text, "[")
		if strings.Contains(before, "]") {
			return pattern{}, errors.New("a range is closed that was not opened: ]")
		}
		p.literals = append(p.literals, before)
		if literal += len(before); literal > maxAddress {
			return pattern{}, fmt.Errorf("longer than %d characters", maxAddress)
		}
		if !found {
			return p, nil
		}
		body, after, closed := strings.Cut(rest, "]")
		if !closed {
			return pattern{}, errors.New("a range is not closed: ] is missing")
		}
		between, err := parseRange(body)
		if err != nil {
			return pattern{}, err
		}
		if total *= between.count(); total > maxResults {
			return pattern{}, fmt.Errorf("more than %d hosts", maxResults)
		}
		p.ranges = append(p.ranges, between)
		if len(p.ranges) > maxAddress {
			return pattern{}, fmt.Errorf("longer than %d characters", naming.Max)
		}
		text = after
	}
}

// numbers is what stands between brackets.
type numbers []span

// A span counts from low to high; numbers shorter than width are padded with
// zeros. before is how many numbers the spans before it hold.
type span struct {
	low, high, width, before int
}

// count returns how many numbers there are.
func (n numbers) count() int {
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

// parseRange reads what stands between brackets.
func parseRange(body string) (numbers, error) {
	var all numbers
	count := 0
	for item := range strings.SplitSeq(body, ",") {
		from, to, isSpan := strings.Cut(item, "-")
		if !isSpan {
			to = from
		}
		if !isNumber(from) || !isNumber(to) {
			return nil, fmt.Errorf("range [%s] must hold numbers of at most %d digits, such as [01-20] or [1,3,7-9]", clip(body), maxDigits)
		}
		s := span{before: count}
		s.low, _ = strconv.Atoi(from)
		s.high, _ = strconv.Atoi(to)
		if from[0] == '0' {
			s.width = len(from)
		}
		switch {
		case s.low > s.high:
			return nil, fmt.Errorf("range [%s] counts down: %s comes before %s", clip(body), to, from)
		case len(from) != len(to) && (to[0] == '0' || len(to) < len(from)):
			return nil, fmt.Errorf("range [%s]: %s and %s are not padded alike", clip(body), from, to)
		}
		count += s.high - s.low + 1
		all = append(all, s)
	}
	if n, found := all.twice(); found {
		return nil, fmt.Errorf("range [%s] holds %d twice", clip(body), n)
	}
	return all, nil
}

// isNumber tells whether s is 1 to maxDigits decimal digits.
func isNumber(s string) bool {
	return s != "" && len(s) <= maxDigits && strings.Trim(s, "0123456789") == ""
}

// count returns how many texts p stands for, 1 to maxResults.
func (p pattern) count() int {
	n := 1
	for _, between := range p.ranges {
		n *= between.count()
	}
	return n
}

// at returns the text number i, from 0.
func (p pattern) at(i int) string {
	if len(p.ranges) == 0 {
		return p.literals[0]
	}
	picks := make([]string, len(p.ranges))
	for k := len(p.ranges) - 1; k >= 0; k-- {
		size := p.ranges[k].count()
		picks[k], i = p.ranges[k].at(i%size), i/size
	}
	var text strings.Builder
	for k, pick := range picks {
		text.WriteString(p.literals[k])
		text.WriteString(pick)
	}
	text.WriteString(p.literals[len(picks)])
	return text.String()
}

// clip shortens what a message quotes.
func clip(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most+4)]); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
