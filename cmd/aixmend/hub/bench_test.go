package hub

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
)

// BenchmarkHundredThousand has a hub order, gather and list an audit of 100,000 hosts; the site
// answers at once, so that all of the time is the hub's and its connection's. The peak is that
// of this process: hub, site and operator.
func BenchmarkHundredThousand(b *testing.B) {
	const hosts, together = 100_000, 64
	names := make([]string, hosts)
	for i := range names {
		names[i] = fmt.Sprintf("aixvm%06d", i)
	}
	var ordered, gathered, listed time.Duration
	for b.Loop() {
		h := newHouse(b)
		must(b, h.site.Announce(b.Context(), fleet.Hosts{Names: names}))
		began := time.Now()
		h.ask(askRun, Call{Run: h.id, Verb: controller.Audit, Playbook: "rmc-restore", FailOn: []string{"failed"}}, &begun{})
		order, err := h.site.Next(b.Context())
		must(b, err)
		if len(order.Hosts) != hosts {
			b.Fatalf("%d hosts are ordered", len(order.Hosts))
		}
		ordered += time.Since(began)
		began = time.Now()
		for first := 0; first < hosts; first += together {
			var list []fleet.Event
			for _, name := range names[first:min(first+together, hosts)] {
				list = append(list, fleet.Event{Step: gather.Ended, Process: "f1.x", Host: &outcome.Host{
					Schema: outcome.HostSchema, RunID: h.id, Host: name, Outcome: outcome.Healthy, Facts: map[string]any{"level": "7300-02"},
				}})
			}
			must(b, h.site.Send(b.Context(), h.id, list...))
			if first%(together*100) == 0 { // it is heard
				_, err := h.site.Beat(b.Context(), fleet.Beat{})
				must(b, err)
			}
		}
		must(b, h.site.Send(b.Context(), h.id, fleet.Event{Ended: &fleet.Ended{Streams: order.Streams}}))
		for p := (progress{}); !p.Over; {
			h.ask(askFollow, following{Run: h.id, Known: hosts}, &p)
		}
		gathered += time.Since(began)
		began = time.Now()
		end, err := joined(h.id, func(f fetching, p *piece) error { h.ask(askResult, f, p); return nil })
		must(b, err)
		if n := end.Run.Counts[outcome.Healthy]; n != hosts {
			b.Fatalf("%d hosts are healthy", n)
		}
		must(b, order.Done(b.Context()))
		listed += time.Since(began)
		h.end()
	}
	b.ReportMetric(ordered.Seconds()/float64(b.N), "s/ordered")
	b.ReportMetric(gathered.Seconds()/float64(b.N), "s/gathered")
	b.ReportMetric(listed.Seconds()/float64(b.N), "s/listed")
	if text, err := os.ReadFile("/proc/self/status"); err == nil {
		peak, err := strconv.Atoi(regexp.MustCompile(`VmHWM:\s+(\d+)`).FindStringSubmatch(string(text))[1])
		must(b, err)
		b.ReportMetric(float64(peak)/1024, "MB")
	}
}
