package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// served is `aixmend serve` on a state folder with 300 nights, hostile texts, and a run that is
// not ended.
type served struct {
	at, state string
	live      string // the run that is not ended
}

// startServe starts it, and ends it with the test.
func startServe(t *testing.T) served {
	t.Helper()
	if browser == nil {
		t.Skip("no chromium here")
	}
	dir := t.TempDir()
	state, program := filepath.Join(dir, "state"), filepath.Join(dir, "aixmend")
	for _, args := range [][]string{{"build", "-o", program, "./cmd/aixmend"}, {"test", "./cmd/aixmend/serve", "-run", "^TestFolder$", "-count", "1", "-args", "-folder", state}} {
		c := exec.Command("go", args...)
		c.Dir = filepath.Join("..", "..")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	c := exec.Command(program, "serve", "--state", state, "--listen", "127.0.0.1:0")
	said, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		if err := c.Wait(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	at := regexp.MustCompile(`http://[0-9.:]+/`).FindString(line)
	if at == "" {
		t.Fatalf("%q, %v", line, err)
	}
	runs, err := filepath.Glob(filepath.Join(state, "runs", "2*"))
	if err != nil || len(runs) < 300 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	return served{strings.TrimSuffix(at, "/"), state, filepath.Base(runs[len(runs)-1])}
}

// open opens a page in a tab of its own.
func (s served) open(t *testing.T, path string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	b := newTab(t)
	b.file, b.site = s.at+path, s.at+"/"
	return b.opened("", before...)
}

// Every page of serve, narrow and wide, light and dark: nothing is wider than the window, all can be read,
// nothing is asked for elsewhere, nothing is logged, and texts of hosts are not run.
func TestServe(t *testing.T) {
	s := startServe(t)
	t.Run("keyboard", s.keyboard)
	defer t.Run("live", s.follows)
	first := filepath.Base(filepath.Dir(glob(t, s.state, "runs/20261101*/run.json")))
	second := filepath.Base(filepath.Dir(glob(t, s.state, "runs/20261102*/run.json")))
	pages := map[string]string{
		"runs": "/", "trends": "/trends?playbook=rmc-restore", "plans": "/plans", "compare": "/compare?from=" + first + "&to=" + second,
		"run": "/run/" + first, "host": "/host/aix00", "hostile": "/host/aixhostile", "login": "/login", "report": "/run/" + first + "/report.html", "live": "/run/" + s.live,
	}
	for name, path := range pages {
		t.Run(name, func(t *testing.T) {
			for _, scheme := range []string{"light", "dark"} {
				b := s.open(t, path, media("screen", scheme))
				for _, width := range []int64{390, 1400} {
					b.do(chromedp.EmulateViewport(width, 900))
					if over := b.number("document.documentElement.scrollWidth - innerWidth"); over > 0 {
						t.Errorf("%s, %d: %.0f pixels too wide", scheme, width, over)
					}
					if low := lowContrast(b); len(low) > 0 && name != "report" {
						t.Errorf("%s: hard to read: %s", scheme, strings.Join(low, "\n"))
					}
					b.picture(fmt.Sprintf("serve-%s-%s-%d", name, scheme, width))
				}
				if name != "report" && b.text("document.querySelector('h1').textContent") == "" {
					t.Error("no heading")
				}
			}
		})
	}
}

// keyboard: the keyboard reaches everything, the content at once, and it is seen where it is.
func (s served) keyboard(t *testing.T) {
	b := s.open(t, "/")
	b.press("\t")
	if got := b.text("document.activeElement.textContent"); got != "Skip to content" {
		t.Errorf("the first stop is %q", got)
	}
	b.press("\r")
	b.until("location.hash === '#main'")
	b.press("\t")
	if !b.truth("document.querySelector('main').contains(document.activeElement)") {
		t.Error("the content is not reached")
	}
	b.until("document.activeElement.matches('.wide')")
	b.press("\t")
	if !b.truth("document.activeElement.matches('td a') && getComputedStyle(document.activeElement).outlineStyle === 'solid'") {
		t.Errorf("then comes %s", b.text("document.activeElement.outerHTML"))
	}
	b.press("\r")
	b.lands("location.pathname.startsWith('/run/')")
	if !b.truth("[...document.querySelectorAll('a, button, select, summary, .wide, pre')].every((e) => e.tabIndex >= 0 || e.closest('svg'))") {
		t.Error("something can't be reached by the keyboard")
	}
	if !b.truth("[...document.querySelectorAll('svg')].every((e) => e.getAttribute('role') === 'img' && e.getAttribute('aria-label'))") {
		t.Error("a picture has no text")
	}
}

// follows: the page of a run that goes on has the events of its journal, as text, and then the end.
func (s served) follows(t *testing.T) {
	dir := filepath.Join(s.state, "runs", s.live)
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // as the process of the run
	}
	if err != nil {
		t.Fatal(err)
	}
	journal, err := os.OpenFile(filepath.Join(dir, "journal.jsonl"), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	add := func(entry map[string]any) {
		t.Helper()
		entry["time"] = "2027-12-06T01:00:00Z"
		text, err := json.Marshal(entry)
		if err == nil {
			_, err = journal.Write(append(text, '\n'))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add(map[string]any{"event": "run", "state": "started", "detail": "audit"})
	b := s.open(t, "/run/"+s.live)
	add(map[string]any{"event": "state", "host": "aix01", "state": "diagnosing <img src=x onerror='window.planted=1'>"})
	b.until("document.querySelector('[data-busy]').textContent.includes('aix01 diagnosing <img')")
	add(map[string]any{"event": "ended", "host": "aix01", "status": "healthy", "detail": "<script>window.planted=1</script>"})
	b.until("document.querySelector('[data-ended]').textContent === '1 of 1 hosts ended' && document.querySelector('[data-news]').textContent.includes('<script>')")
	b.picture("serve-going")
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	b.lands("document.querySelector('main') !== null && !document.querySelector('[data-events]')")
}

// lands waits for an expression to hold on a page that is being left for another.
func (b *tab) lands(expression string) {
	b.t.Helper()
	for {
		_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Minute)))
		if err == nil {
			return
		}
		left := strings.Contains(err.Error(), "context") || strings.Contains(err.Error(), "navigated")
		if b.ctx.Err() != nil || !left {
			b.t.Fatalf("never: %s: %v", expression, err)
		}
	}
}

// picture keeps a picture of a page where AIXMEND_PICTURES names a folder.
func (b *tab) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("AIXMEND_PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// glob is the first path that fits.
func glob(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: none, %v", pattern, err)
	}
	return found[0]
}
