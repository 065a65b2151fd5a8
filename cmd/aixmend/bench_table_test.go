package main

import (
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// measured is what the runs of one client on one fleet took.
type measured struct {
	fleetSize
	tool  string
	costs []cost
	floor *measured // batch on the same hosts, in turn; nil: it is that, or there is none
}

func (r *measured) add(c cost) { r.costs = append(r.costs, c) }

// median is of the runs' figures, one by one.
func (r *measured) median(figure func(cost) float64) float64 {
	var list []float64
	for _, c := range r.costs {
		list = append(list, figure(c))
	}
	return median(list)
}

func median(list []float64) float64 {
	slices.Sort(list)
	if n := len(list); n%2 == 0 {
		return (list[n/2-1] + list[n/2]) / 2
	}
	return list[len(list)/2]
}

func (r *measured) wall() float64 { return r.median(func(c cost) float64 { return c.wall.Seconds() }) }
func (r *measured) cpu() float64 {
	return r.median(func(c cost) float64 { return c.cpu.Seconds() * 1000 }) / r.perHost()
}
func (r *measured) peak() float64 {
	return r.median(func(c cost) float64 { return float64(c.peak) / 1024 })
}
func (r *measured) wire() float64 {
	return r.median(func(c cost) float64 { return float64(c.wire) / 1024 }) / r.perHost()
}
func (r *measured) perHost() float64 { return float64(r.hosts) }
func (r *measured) share() float64   { return 100 * r.ideal().Seconds() / r.wall() }
func (r *measured) compared() float64 {
	return ratio(r, r.floor, func(c cost) time.Duration { return c.wall })
}

// ratio is the median of the ratios pair by pair: what slows the machine down
// meanwhile slows both.
func ratio(a, b *measured, figure func(cost) time.Duration) float64 {
	var list []float64
	for i := range a.costs {
		list = append(list, figure(a.costs[i]).Seconds()/figure(b.costs[i]).Seconds())
	}
	return median(list)
}

// report gives the figures to the benchmark.
func (r *measured) report(b *testing.B) {
	if r.rtt > 0 {
		b.ReportMetric(r.share(), "%ideal")
	}
	b.ReportMetric(r.compared(), "x-batch")
	b.ReportMetric(r.cpu(), "client-ms/host")
	b.ReportMetric(r.peak(), "peak-MB")
	b.ReportMetric(r.wire(), "KB/host")
}

// results are all rows of a benchmark.
type results struct{ rows []measured }

func (t results) print(to io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	w := pretty.NewWriter()
	w.SetStyle(pretty.StyleLight)
	w.Style().Options = pretty.OptionsNoBordersAndSeparators
	header := pretty.Row{"RTT", "HOSTS", "C", "CLIENT", "WALL s", "% OF IDEAL", "x BATCH", "CPU ms/HOST", "PEAK MB", "WIRE KB/HOST"}
	w.AppendHeader(header)
	var columns []pretty.ColumnConfig
	for i := range header {
		if i != 3 {
			columns = append(columns, pretty.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	w.SetColumnConfigs(columns)
	for _, r := range t.rows {
		share, compared := "-", "1"
		if r.rtt > 0 {
			share = fmt.Sprintf("%.0f", r.share())
		}
		if r.floor != nil {
			compared = fmt.Sprintf("%.2f", r.compared())
		}
		w.AppendRow(pretty.Row{r.rtt, r.hosts, r.window, r.tool, fmt.Sprintf("%.2f", r.wall()), share, compared, fmt.Sprintf("%.2f", r.cpu()), known(r.peak(), "%.0f"), known(r.wire(), "%.1f")})
	}
	fmt.Fprintf(to, "\n%s; %d runs each in turn, medians\n\n%s\n\n", benchMachine(), len(t.rows[0].costs), w.Render())
	t.perConnection(to)
}

// known is a figure, or a dash where there is none.
func known(figure float64, format string) string {
	if figure == 0 {
		return "-"
	}
	return fmt.Sprintf(format, figure)
}

// perConnection says what an open connection costs: how much more memory the
// same hosts take with the widest window than with the narrowest.
func (t results) perConnection(to io.Writer) {
	for _, tool := range []string{"batch", "aixmend audit"} {
		var narrow, wide *measured
		for i := range t.rows {
			r := &t.rows[i]
			if r.tool != tool || r.hosts != 1000 || r.rtt != 50*time.Millisecond || r.peak() == 0 {
				continue
			}
			if narrow == nil || r.window < narrow.window {
				narrow = r
			}
			if wide == nil || r.window > wide.window {
				wide = r
			}
		}
		if narrow != nil && wide != narrow {
			fmt.Fprintf(to, "%s: %.0f KB of memory for one more open connection (1000 hosts, c=%d against c=%d)\n",
				tool, (wide.peak()-narrow.peak())*1024/float64(wide.window-narrow.window), wide.window, narrow.window)
		}
	}
}

// benchMachine says on what it was measured.
func benchMachine() string {
	sshd := "no OpenSSH"
	if out, err := exec.Command("ssh", "-V").CombinedOutput(); err == nil { // to stderr
		sshd = string(regexp.MustCompile(`OpenSSH_[^ ,]+`).Find(out))
	}
	return fmt.Sprintf("%d cores, %s/%s, %s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), sshd)
}
