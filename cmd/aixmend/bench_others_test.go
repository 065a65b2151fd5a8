package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc: USER_HZ is 100 on every system that Go runs on.
const tick = 10 * time.Millisecond

// drawn is the processor time that was drawn on the machine until a moment.
type drawn struct {
	at        time.Time
	all, ours time.Duration // ours: of this process and of those that it has started
	cores     int
	known     bool // false where there is no /proc
}

// drawnYet reads the times of the machine and of this process with its descendants.
func drawnYet() drawn {
	d := drawn{at: time.Now()}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return d
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) > 8 && words[0] == "cpu":
			for i, word := range words[1:9] {
				if idle := i == 3 || i == 4; !idle {
					d.all += ticks(word)
				}
			}
			d.known = true
		case strings.HasPrefix(line, "cpu"):
			d.cores++
		}
	}
	d.ours = ourTicks()
	return d
}

func ticks(word string) time.Duration {
	n, _ := strconv.ParseInt(word, 10, 64) // the kernel wrote it
	return time.Duration(n) * tick
}

// ourTicks adds up this process and its descendants, with those that have ended.
func ourTicks() time.Duration {
	took, children := map[int]time.Duration{}, map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, found := strings.Cut(string(text), ") ")
		words := strings.Fields(rest) // from the third field on, the state
		if !found || len(words) < 15 {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(words[1])
		children[parent] = append(children[parent], pid)
		for _, word := range words[11:15] { // utime, stime, cutime, cstime
			took[pid] += ticks(word)
		}
	}
	var total time.Duration
	for line := []int{os.Getpid()}; len(line) > 0; line = line[1:] {
		total += took[line[0]]
		line = append(line, children[line[0]]...)
	}
	return total
}

// notable is the share of the machine that others may draw during a row before the row says so.
const notable = 0.10

// others is the share of the machine that others have drawn since d, 0 to 1; negative: not
// known.
func (d drawn) others() float64 {
	now := drawnYet()
	span := now.at.Sub(d.at)
	if !d.known || span < 10*tick {
		return -1
	}
	return max(0, (now.all-d.all-now.ours+d.ours).Seconds()/(span.Seconds()*float64(d.cores)))
}

// percent is a share in a table: with a mark where it is notable.
func percent(share float64) string {
	switch {
	case share < 0:
		return "-"
	case share > notable:
		return fmt.Sprintf("%.0f !", 100*share)
	}
	return fmt.Sprintf("%.0f", 100*share)
}
