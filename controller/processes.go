package controller

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"aixmend/controller/course"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

// A server without a terminal leaves a command running when its link dies. Before a
// step that is not seen to have happened is taken for one that did not, the process
// table of the host is asked (procedure E4).

// processesCommand prints the process table, with one line for each process and no
// heading (K). It needs no rights.
const processesCommand = "/usr/bin/ps -e -o pid= -o ppid= -o args="

const (
	processesTimeout = 30 * time.Second
	processesBytes   = 4 << 20
	// programWords is in how many of its first words a process shows its program:
	// before it may stand a shell, or the tool that made it root.
	programWords = 8
)

// fate says whether a step still runs, by the process table.
type fate struct {
	pid   int  // of one of its programs that runs, 0: none is seen to
	ended bool // neither a program of it runs nor a shell that could still begin one
}

// process is a line of the process table.
type process struct {
	pid, parent int
	args        string
}

// askProcesses asks the host whether the change in doubt still runs. It is asked
// before the look, so that the look sees the effect of a step that has ended. The error is
// a link that broke; a table that is missing or not understood says nothing.
func (w *walk) askProcesses(ctx context.Context) (course.Process, error) {
	doubt := w.course.Doubt()
	if doubt < 0 {
		return course.Process{}, nil
	}
	c := &w.course.Changes[doubt]
	programs := onhost.Programs(w.out.Changes[doubt].Command)
	if len(programs) == 0 {
		return course.Process{}, nil
	}
	commands := []transport.Command{{
		ID: course.Name(c.Step.ID, c.Part) + "-processes", Line: processesCommand, AsLogin: true, Timeout: processesTimeout, MaxOutput: processesBytes,
	}}
	var f fate
	t, err := w.conn.Run(ctx, commands)
	if err == nil && len(t.Results) == 1 && t.Results[0].Err == nil && t.Results[0].Exit == 0 && !t.Results[0].Truncated() {
		table := readProcesses(text(t.Results[0].Stdout))
		f = fateOf(programs, table)
		t.Results[0].Stdout = []byte(f.shown(table)) // the report must not list the other programs of the host
	}
	w.record(commands, t)
	return course.Process{PID: f.pid, Ended: f.ended}, err
}

// shown is the line of the process that still runs.
func (f fate) shown(table []process) string {
	for _, p := range table {
		if p.pid == f.pid {
			return strconv.Itoa(p.pid) + " " + printable(p.args) + "\n"
		}
	}
	return ""
}

// readProcesses reads the table. A line that does not begin with two numbers goes on
// with the arguments of the one before.
func readProcesses(printed string) []process {
	var table []process
	for line := range strings.Lines(printed) {
		fields := strings.Fields(line)
		if len(fields) > 2 {
			pid, err := strconv.Atoi(fields[0])
			parent, err2 := strconv.Atoi(fields[1])
			if err == nil && err2 == nil && pid >= 0 && parent >= 0 {
				table = append(table, process{pid, parent, strings.Join(fields[2:], " ")})
				continue
			}
		}
		if n := len(table); n > 0 {
			table[n-1].args += " " + strings.Join(fields, " ")
		}
	}
	return table
}

// fateOf finds the programs of a step in a table. Without the line of ps itself, or
// with several (anybody can write one into his arguments), the table is not
// understood. The shells that run ps are left out.
func fateOf(programs []string, table []process) fate {
	parents, own, seen := map[int]int{}, map[int]bool{}, 0
	for _, p := range table {
		parents[p.pid] = p.parent
	}
	for _, p := range table {
		if !strings.HasPrefix(p.args, processesCommand) {
			continue
		}
		seen++
		for pid := p.pid; pid > 1 && !own[pid]; pid = parents[pid] {
			own[pid] = true
		}
	}
	if len(own) == 0 || seen > 1 {
		return fate{}
	}
	f := fate{ended: true}
	for _, p := range table {
		switch {
		case own[p.pid]:
		case strings.Contains(p.args, transport.ScriptBegin):
			f.ended = false // a script of this run or another one: it may still start the program
		case runsOne(programs, p.args):
			return fate{pid: p.pid}
		}
	}
	return f
}

// runsOne reports whether one of some programs is among the first words of the
// arguments of a process, by its name alone: a path may go over a link, and a shell
// shows a script as it was called.
func runsOne(programs []string, args string) bool {
	words := strings.Fields(args)
	for _, word := range words[:min(len(words), programWords)] {
		if slices.ContainsFunc(programs, func(p string) bool { return path.Base(word) == path.Base(p) }) {
			return true
		}
	}
	return false
}
