package job

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/rollout"
	"aixmend/transport/retry"
)

// attempts counts the attempts at each rung in kept runs; nil where --attempts sets no
// bound.
func (j *Job) attempts(store *journal.Store) (func(host, rung string) int, error) {
	if v := j.Request.Verb; v != controller.Recover && v != controller.Plan || j.Request.Attempts <= 0 {
		return nil, nil
	}
	hosts := map[string]journal.Where{}
	for _, h := range j.Request.Hosts {
		hosts[h.Name] = journal.Where{Address: h.Address, Port: h.SSH.Port}
	}
	counts, err := store.Attempts(time.Now().Add(-retry.Rung.Within), hosts)
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
	n, _ := strconv.Atoi(m[1]) // at most six digits
	if m[2] == "" {
		return n, 0, true
	}
	return 0, n, n >= 1 && n <= 100
}

// Brakes reads --wave and --max-fail.
func Brakes(a request.Asked) ([]rollout.Wave, rollout.Brake, error) {
	brake := rollout.Brake{Unreachable: a.BrakeUnreachable}
	var ok bool
	if brake.Count, brake.Percent, ok = amount(a.MaxFail); !ok {
		return nil, brake, exit.Usagef("", "--max-fail %s: expected a number of hosts, or 1%% to 100%%", a.MaxFail)
	}
	var waves []rollout.Wave
	for item := range strings.SplitSeq(a.Waves, ",") {
		count, percent, ok := amount(item)
		if !ok || count == 0 && percent == 0 {
			return nil, brake, exit.Usagef("for example 1,10%,50%,100%", "--wave %s: %q is neither a number of hosts nor 1%% to 100%%", a.Waves, item)
		}
		if n := len(waves); n > 0 && (percent == 0 && count <= waves[n-1].Count || percent > 0 && percent <= waves[n-1].Percent) {
			return nil, brake, exit.Usagef("each item is a running total: for example 1,10%,50%,100%", "--wave %s: %q is not more than the item before it", a.Waves, item)
		}
		waves = append(waves, rollout.Wave{Count: count, Percent: percent})
	}
	return waves, brake, nil
}
