// Package browser tries the HTML report in a browser. It is a module of its own:
// the product needs nothing of it.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is the one that all tests open their tabs in; nil: there is none here.
var browser context.Context

// pages is the folder of the pages that are tried.
var pages string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && chromium == "" {
			chromium = path
		}
	}
	if chromium == "" {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			fmt.Fprintln(os.Stderr, "no chromium here")
			return 1
		}
		return m.Run() // each test skips
	}
	folder, err := os.MkdirTemp("", "aixmend-pages-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	pages = folder
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	write := exec.CommandContext(ctx, "go", "test", "./controller/report/html", "-run", "^TestPages$", "-count", "1", "-args", "-pages", folder)
	write.Dir = filepath.Join("..", "..")
	if out, err := write.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the pages: %v\n%s", err, out)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root can have none
	}
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	first, end := chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Do(first, chromedp.Navigate("about:blank")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	browser = first
	return m.Run()
}

// tab is a page that is open.
type tab struct {
	t    *testing.T
	ctx  context.Context
	file string
	site string // the address of a server of the test's own, which may be asked; "" for none
	mu   sync.Mutex
	// troubles are errors that the browser told of, and requests for anything else.
	troubles []string
}

// open opens a page at a fragment. When the test ends, the browser must have had
// nothing to complain of, and asked for nothing.
func open(t *testing.T, page, fragment string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	if browser == nil {
		t.Skip("no chromium here")
	}
	b := newTab(t)
	b.file = "file://" + filepath.Join(pages, page+".html")
	return b.opened(fragment, before...)
}

// newTab is an empty tab.
func newTab(t *testing.T) *tab {
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	return &tab{t: t, ctx: ctx}
}

// opened opens the page of a tab.
func (b *tab) opened(fragment string, before ...chromedp.Action[chromedp.Void]) *tab {
	b.t.Helper()
	t, ctx := b.t, b.ctx
	b.do(chromedp.EmulateViewport(1280, 900))
	if err := chromedp.Listen(ctx, b.heard); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	b.do(before...)
	b.do(chromedp.Navigate(b.file + fragment))
	t.Cleanup(func() {
		if b.truth("typeof window.planted !== 'undefined'") {
			t.Error("what a host said was run")
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, trouble := range b.troubles {
			t.Error(trouble)
		}
	})
	return b
}

func (b *tab) heard(event any) {
	text := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		text = "console: " + string(e.Type)
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		text = "log: " + e.Entry.Text
	case *network.EventRequestWillBeSent:
		if asked, _, _ := strings.Cut(e.Request.URL, "#"); asked != b.file && (b.site == "" || !strings.HasPrefix(asked, b.site)) {
			text = "asked for " + e.Request.URL
		}
	}
	if text != "" {
		b.mu.Lock()
		b.troubles = append(b.troubles, text)
		b.mu.Unlock()
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval returns what an expression is, as T.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func (b *tab) text(expression string) string { b.t.Helper(); return eval[string](b, expression) }
func (b *tab) number(expression string) float64 {
	b.t.Helper()
	return eval[float64](b, expression)
}
func (b *tab) truth(expression string) bool { b.t.Helper(); return eval[bool](b, expression) }

// until waits for an expression to hold.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(2*time.Minute))); err != nil {
		b.t.Fatalf("never: %s: %v; the page says %.2000q", expression, err, b.text("document.querySelector('main').innerText"))
	}
}

// press presses keys, one after the other.
func (b *tab) press(keys string) { b.t.Helper(); b.do(chromedp.KeyEvent(keys)) }

// click clicks the first element that a selector finds.
func (b *tab) click(selector string) {
	b.t.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%s).click()", quoted)))
}

// media makes the browser prefer a scheme, or print.
func media(name, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: name, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}
