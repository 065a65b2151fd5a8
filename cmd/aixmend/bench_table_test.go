package main

import (
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// The clients that figures are about.
const (
	batchTool = "batch"
	auditTool = "aixmend audit"
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

func wallOf(c cost) time.Duration { return c.wall }
func cpuOf(c cost) time.Duration  { return c.cpu }

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
func (r *measured) others() float64  { return r.median(func(c cost) float64 { return c.others }) }
func (r *measured) perHost() float64 { return float64(r.hosts) }
func (r *measured) share() float64   { return 100 * r.ideal().Seconds() / r.wall() }

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
	b.ReportMetric(ratio(r, r.floor, cpuOf), "x-batch-CPU")
	b.ReportMetric(ratio(r, r.floor, wallOf), "x-batch")
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
	header := pretty.Row{"RTT", "HOSTS", "C", "CLIENT", "CPU ms/HOST", "CPU x BATCH", "WALL s", "x BATCH", "% OF IDEAL", "PEAK MB", "WIRE KB/HOST", "OTHERS %"}
	w.AppendHeader(header)
	var columns []pretty.ColumnConfig
	for i := range header {
		if i != 3 {
			columns = append(columns, pretty.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	w.SetColumnConfigs(columns)
	for _, r := range t.rows {
		share, cpu, wall := "-", "1", "1"
		if r.rtt > 0 {
			share = fmt.Sprintf("%.0f", r.share())
		}
		if r.floor != nil {
			cpu, wall = fmt.Sprintf("%.2f", ratio(&r, r.floor, cpuOf)), fmt.Sprintf("%.2f", ratio(&r, r.floor, wallOf))
		}
		w.AppendRow(pretty.Row{r.rtt, r.hosts, r.window, r.tool, fmt.Sprintf("%.2f", r.cpu()), cpu, fmt.Sprintf("%.2f", r.wall()), wall, share, known(r.peak(), "%.0f"), known(r.wire(), "%.1f"), percent(r.others())})
	}
	fmt.Fprintf(to, "\n%s; %d runs each in turn, medians\n\n%s\n\n", benchMachine(), len(t.rows[0].costs), w.Render())
	for _, tool := range []string{batchTool, auditTool} {
		if perConnection := t.perConnection(tool); perConnection > 0 {
			fmt.Fprintf(to, "%s: %.0f KB of memory for one more open connection (1000 hosts)\n", tool, perConnection)
		}
	}
}

// known is a figure, or a dash where there is none.
func known(figure float64, format string) string {
	if figure == 0 {
		return "-"
	}
	return fmt.Sprintf(format, figure)
}

// perConnection is what an open connection costs in KB: how much more memory the
// same hosts take with the widest window than with the narrowest. 0: it was not measured.
func (t results) perConnection(tool string) float64 {
	var narrow, wide *measured
	for i := range t.rows {
		r := &t.rows[i]
		if r.tool != tool || r.hosts != 1000 || r.rtt != usualTrip || r.peak() == 0 {
			continue
		}
		if narrow == nil || r.window < narrow.window {
			narrow = r
		}
		if wide == nil || r.window > wide.window {
			wide = r
		}
	}
	if narrow == nil || wide == narrow {
		return 0
	}
	return (wide.peak() - narrow.peak()) * 1024 / float64(wide.window-narrow.window)
}

// usualTrip is the round trip that the targets are about.
const usualTrip = 50 * time.Millisecond

// note keeps what the targets say of one row.
func (r *measured) note(b *testing.B) {
	b.Helper()
	if r.rtt != usualTrip {
		return
	}
	say := func(name string, value float64) {
		noteFigure(b, figure{Name: name, Value: value, Others: max(r.others(), r.floor.others())})
	}
	hosts := thousands(r.hosts)
	where := fmt.Sprintf("%s hosts, c=%d", hosts, r.window)
	say("CPU x batch, "+where, ratio(r, r.floor, cpuOf))
	say("wall x batch, "+where, ratio(r, r.floor, wallOf))
	say("peak, MB, "+where, r.peak())
	if r.window == 100 || r.hosts > 1000 && r.window == 500 {
		say("CPU, ms a host, "+hosts+" hosts", r.cpu())
		say("page ready after the last host of "+hosts+", s", r.median(func(c cost) float64 { return c.page.Seconds() }))
	}
}

// note keeps what the targets say of several rows.
func (t results) note(b *testing.B) {
	b.Helper()
	flat := figure{Name: "CPU a host, the worst of 1000 to 30,000 x that of 1000"}
	var smallest float64 // with the window of the large fleets
	for i := range t.rows {
		r := &t.rows[i]
		if r.tool != auditTool || r.rtt != usualTrip || r.window != 500 {
			continue
		}
		if r.hosts == 1000 {
			smallest = r.cpu()
		}
		flat.Value, flat.Others = max(flat.Value, r.cpu()), max(flat.Others, r.others())
	}
	if smallest > 0 {
		flat.Value /= smallest
		noteFigure(b, flat)
	}
	if batch, audit := t.perConnection(batchTool), t.perConnection(auditTool); batch > 0 && audit > 0 {
		noteFigure(b, figure{Name: "memory of one more connection x batch", Value: audit / batch, Others: -1})
	}
}

// thousands writes a number with a comma from 10,000 on.
func thousands(n int) string {
	if n < 10_000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// benchMachine says on what it was measured.
func benchMachine() string {
	sshd := "no OpenSSH"
	if out, err := exec.Command("ssh", "-V").CombinedOutput(); err == nil { // to stderr
		sshd = string(regexp.MustCompile(`OpenSSH_[^ ,]+`).Find(out))
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s, %s", time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), strings.TrimSpace(sshd))
}
