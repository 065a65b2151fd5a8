package main

import (
	"bufio"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/report"
	"aixmend/controller/rollout"
	"aixmend/transport/retry"
)

// braking declares the flags of recover's waves and its brake.
func (f *flags) braking(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&f.Waves, "wave", "1,10%,50%,100%", "running totals of the hosts that are to be changed, in which they begin: `LIST`")
	fs.StringVar(&f.MaxFail, "max-fail", "10%", "no further host is begun once more than `N|P%` ended failed or unknown")
	fs.BoolVar(&f.BrakeUnreachable, "brake-unreachable", false, "unreachable hosts count for --max-fail too")
	fs.BoolVar(&f.Pause, "pause", false, "ask before each wave but the first")
}

// attempts counts the rungs of the runs that are kept; nil where nobody wants to
// know.
func (j *job) attempts(store *journal.Store) (func(host, rung string) int, error) {
	if j.verb != controller.Recover && j.verb != controller.Plan || j.flags.Attempts <= 0 {
		return nil, nil
	}
	counts, err := store.Attempts(time.Now().Add(-retry.Rung.Within))
	if err != nil {
		return nil, err
	}
	return func(host, rung string) int { return counts[host+" "+rung] }, nil
}

var share = regexp.MustCompile(`^([0-9]{1,6})(%?)$`)

// amount reads N or P%.
func amount(text string) (count, percent int, ok bool) {
	m := share.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, 0, false
	}
	n, _ := strconv.Atoi(m[1]) // digits, few enough
	if m[2] == "" {
		return n, 0, true
	}
	return 0, n, n >= 1 && n <= 100
}

// brakes reads --wave and --max-fail.
func (f *flags) brakes() ([]rollout.Wave, rollout.Brake, error) {
	brake := rollout.Brake{Unreachable: f.BrakeUnreachable}
	var ok bool
	if brake.Count, brake.Percent, ok = amount(f.MaxFail); !ok {
		return nil, brake, usagef("", "--max-fail %s: wanted a number of hosts, or 1%% to 100%%", f.MaxFail)
	}
	var waves []rollout.Wave
	for item := range strings.SplitSeq(f.Waves, ",") {
		count, percent, ok := amount(item)
		if !ok || count == 0 && percent == 0 {
			return nil, brake, usagef("such as 1,10%,50%,100%", "--wave %s: %q is neither a number of hosts nor 1%% to 100%%", f.Waves, item)
		}
		waves = append(waves, rollout.Wave{Count: count, Percent: percent})
	}
	return waves, brake, nil
}

// pauses asks before a wave; nil where nobody wants to be asked.
func (a *app) pauses(f flags) func(wave int, hosts []string) bool {
	if !f.Pause {
		return nil
	}
	return func(wave int, hosts []string) bool {
		defer a.hold()()
		fmt.Fprintf(a.err, "wave %d: %s: %s. Go on? Only yes will do: ", wave, report.Hosts(len(hosts)), report.Compact(hosts))
		answers := make(chan string, 1)
		go func() { // left behind when a signal comes first
			answer, _ := bufio.NewReader(a.in).ReadString('\n')
			answers <- strings.TrimSpace(answer)
		}()
		select {
		case answer := <-answers:
			return answer == "yes"
		case <-a.interrupts.stop:
			return false
		}
	}
}
