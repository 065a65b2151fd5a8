package strictyaml

import (
	"fmt"
	"strings"
)

// maxNearest is the longest word, in bytes, that Nearest looks at.
const maxNearest = 100

// Nearest returns the candidate that word was most likely meant to be, or ""
// when none is near: equal but for case, or at most two slips away (a letter
// more, less, wrong, or two swapped) and at most one slip for every three
// letters of the word.
func Nearest(word string, candidates []string) string {
	if len(word) > maxNearest {
		return ""
	}
	lower := strings.ToLower(word)
	best, bestSlips := "", min(2, (len(word)+1)/3)+1
	for _, c := range candidates {
		if d := len(c) - len(word); d >= bestSlips || -d >= bestSlips {
			continue
		}
		if n := slips(lower, strings.ToLower(c)); n < bestSlips {
			best, bestSlips = c, n
		}
	}
	return best
}

// DidYouMean returns the hint `did you mean "x"?` for the nearest candidate, or
// "" when none is near.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// slips is the optimal string alignment distance of a and b in bytes.
func slips(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
