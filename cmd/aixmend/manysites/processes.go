package manysites

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"aixmend/cmd/aixmend/request"
)

const (
	// lookEvery is how often a process is looked at that something is expected of.
	lookEvery = 50 * time.Millisecond
	// longest bounds each of these waits.
	longest = time.Minute
)

// processes are the hub and the workers, in a folder of their own.
type processes struct {
	program string // the executable
	dir     string
	alive   map[string]*exec.Cmd
}

// command is a call of this program that no setting of its user reaches.
func (p *processes) command(args ...string) *exec.Cmd {
	c := exec.Command(p.program, args...)
	c.Dir = p.dir
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AIXMEND_") {
			c.Env = append(c.Env, variable)
		}
	}
	c.Env = append(c.Env, "AIXMEND_CONFIG="+request.None, "AIXMEND_SSH_CONFIG="+request.None)
	return c
}

// call runs a command to its end.
func (p *processes) call(args ...string) error {
	if out, err := p.command(args...).CombinedOutput(); err != nil {
		return fmt.Errorf("aixmend %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// start starts a command in the background. Its output is in the file NAME.log.
func (p *processes) start(name string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(p.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c := p.command(args...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return err
	}
	p.alive[name] = c
	return nil
}

// kill ends a process without a word, as kill -9 does.
func (p *processes) kill(name string) {
	if c := p.alive[name]; c != nil {
		_ = c.Process.Kill()
		_ = c.Wait()
		delete(p.alive, name)
	}
}

// end ends all processes.
func (p *processes) end() {
	for name := range p.alive {
		p.kill(name)
	}
}

// await waits until something is so.
func await(ctx context.Context, what string, so func() bool) error {
	late := time.After(longest)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late:
			return errors.New("demo: " + what + " after " + longest.String())
		}
	}
	return nil
}
