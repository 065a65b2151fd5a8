package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// zone makes the browser believe in a time zone.
func zone(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
		return err
	})
}

// fragment leads the page to a fragment, and waits for an expression to hold there.
func (b *tab) fragment(to, until string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("location.hash = %q", to)))
	b.until(until)
}

// The next commands of the run stand first, each with a button that copies it whole.
func TestNextCommands(t *testing.T) {
	b := open(t, "demo", "")
	if got := b.text("[...document.querySelectorAll('#now li strong')].map((e) => e.textContent).join('; ')"); got != "Continue this run; Plan 2 hosts" {
		t.Errorf("the steps are %q", got)
	}
	if !b.truth("document.getElementById('now').offsetTop < document.getElementById('mapped').offsetTop") {
		t.Error("the box is not above the map")
	}
	if got := b.text("[...document.querySelectorAll('#now .copied')].map((e) => e.querySelector('pre').textContent + (e.querySelectorAll('button').length === 1 ? '' : '!')).join('; ')"); got != `cd '/srv/it'\''s'; aixmend resume R; aixmend plan` {
		t.Errorf("the commands are %q", got)
	}
	if b.number("document.querySelectorAll('#folds .copied button').length") == 0 {
		t.Error("no diagnosis has a command")
	}
	b.click("#now li .copy")
	b.until("/^(Copied|Selected)$/.test(document.querySelector('#now li .copy').textContent)")
	if got := b.text("document.getElementById('said').textContent"); !strings.HasSuffix(got, ": command aixmend resume R") {
		t.Errorf("a screen reader hears %q", got)
	}
}

// The runbook's text of a finding is on the page of each host that has it, and at its address.
func TestRunbookInline(t *testing.T) {
	b := open(t, "demo", "#/runbook/rmc-disconnected")
	b.until("document.getElementById('runbook-rmc-disconnected').open")
	if got := b.text("document.activeElement.textContent"); got != "Runbook: rmc-disconnected" {
		t.Errorf("the focus is on %q", got)
	}
	b.fragment("#/host/aixvm00024", "document.querySelectorAll('#host .finding .runbook').length > 0")
	if !b.truth("[...document.querySelectorAll('#host .runbook')].every((e) => !e.id && e.querySelectorAll('.copied').length === e.querySelectorAll('button').length && e.textContent.includes('About '))") {
		t.Error("the text is not whole, or cannot be copied")
	}
	b.fragment("#/runbook/no-such-finding", "document.getElementById('host').hidden")
}

// Groups are in the map, the filter and the list.
func TestGroups(t *testing.T) {
	b := open(t, "300", "")
	if got := b.text("[...document.querySelectorAll('#map .block-title')].map((e) => e.textContent).join('; ')"); got != "db 100 hosts: 1 unknown, 1 failed, 8 needs_action, 1 unreachable, 1 skipped, 4 degraded; prod 100 hosts: 1 unknown, 1 failed, 7 needs_action, 1 unreachable, 1 skipped, 4 degraded; test 100 hosts: 1 unknown, 1 failed, 8 needs_action, 1 unreachable, 2 skipped, 4 degraded" {
		t.Errorf("the blocks of the map are %q", got)
	}
	if got := b.text("[...document.getElementById('group').options].map((o) => o.textContent).join(' ')"); got != "any db edge prod test" {
		t.Errorf("the groups to choose are %q", got)
	}
	b.fragment("#/?group=edge", "document.getElementById('count').textContent === '34 of 300 hosts'")
	if got := b.number("[...document.querySelectorAll('#map .block')].filter((e) => !e.hidden).length"); got != 1 {
		t.Errorf("%v blocks have hosts of the group", got)
	}
	if !b.truth("[...document.querySelectorAll('#rows tr')].every((tr) => tr.querySelector('.groups').textContent === 'prod, edge')") {
		t.Error("the list does not name the groups")
	}
	// By keyboard from block to block.
	b.fragment("#/", "document.getElementById('count').textContent === '300 hosts'")
	b.do(chromedp.Focus(chromedp.CSS("#map [tabindex='0']")))
	b.press(kb.Home)
	first := b.text("document.activeElement.closest('.block').dataset.group")
	b.press(kb.End)
	if last := b.text("document.activeElement.closest('.block').dataset.group"); first != "db" || last != "test" {
		t.Errorf("from %q to %q", first, last)
	}
	if got := b.text("document.getElementById('pointed').textContent"); !strings.Contains(got, "  test") {
		t.Errorf("pointed at %q", got)
	}
	b.do(chromedp.Evaluate[chromedp.Void]("(() => { const by = document.getElementById('by'); by.value = 'one'; by.dispatchEvent(new Event('change')); })()"))
	b.until("location.hash === '#/?by=one' && document.querySelectorAll('#map .block').length === 1")
	if got := b.number("document.querySelectorAll('#map .cell').length"); got != 300 {
		t.Errorf("%v cells", got)
	}
	if b = open(t, "demo", ""); b.truth("document.getElementById('group').checkVisibility() || document.getElementById('by').checkVisibility()") {
		t.Error("a fleet without groups is asked for one")
	}
}

// The filter narrows the diagnoses and the findings, and says that a command does not follow it.
func TestFilterReachesTables(t *testing.T) {
	b := open(t, "300", "")
	const rows = "[...document.querySelectorAll('#%s tbody > tr')].filter((tr) => !tr.hidden).length"
	folds, findings := b.number(fmt.Sprintf(rows, "folds")), b.number(fmt.Sprintf(rows, "findings"))
	b.fragment("#/?outcome=needs_action&group=db", "!document.querySelector('#folds tr').closest('section').querySelector('.filtered').hidden")
	if n := b.number(fmt.Sprintf(rows, "folds")); n == 0 || n >= folds {
		t.Errorf("%v of %v diagnoses", n, folds)
	}
	if n := b.number(fmt.Sprintf(rows, "findings")); n == 0 || n >= findings {
		t.Errorf("%v of %v findings", n, findings)
	}
	shown := b.number("Number(document.getElementById('count').textContent.split(' ')[0])")
	if sum := b.number("[...document.querySelectorAll('#folds tbody > tr')].filter((tr) => !tr.hidden).reduce((n, tr) => n + Number(tr.querySelector('.num').textContent.split(' ')[0]), 0)"); sum != shown {
		t.Errorf("the diagnoses have %v hosts, the filter %v", sum, shown)
	}
	part := "[...document.querySelectorAll('#folds tbody > tr')].filter((tr) => !tr.hidden && / of /.test(tr.querySelector('.num').textContent))"
	if b.number(part+".length") == 0 || !b.truth(part+".every((tr) => tr.innerText.includes('not only those that are shown') && /^aixvm/.test(tr.querySelector('.names').textContent) && / of them shown$/.test(tr.querySelector('.num a').getAttribute('aria-label')))") {
		t.Error("a command is about more hosts than are shown, and the page does not say so")
	}
	b.fragment("#/?q=aixvm00024", "[...document.querySelectorAll('.filtered')].every((e) => / of the host that the filter shows\\.$/.test(e.textContent))")
	b.fragment("#/", "document.getElementById('count').textContent === '300 hosts'")
	if b.number(fmt.Sprintf(rows, "folds")) != folds || b.truth("document.querySelector('#folds').innerText.includes('not only those') || / of /.test(document.querySelector('#folds').innerText.match(/aixvm.*/)[0])") {
		t.Error("after the filter the table is not as it was")
	}
}

// Hosts that are worse than in the run before are marked, and can be found.
func TestNewSinceTheRunBefore(t *testing.T) {
	b := open(t, "300", "")
	b.click(".before a[href='#/?since=worse']")
	b.until("/ of 300 hosts$/.test(document.getElementById('count').textContent)")
	worse := b.number("Number(document.getElementById('count').textContent.split(' ')[0])")
	if want := b.number("Number(document.querySelector('.before a').textContent.split(' ')[0])"); worse != want || worse == 0 {
		t.Errorf("%v hosts, the summary says %v", worse, want)
	}
	if !b.truth("[...document.querySelectorAll('#rows tr')].every((tr) => tr.querySelector('.was') || tr.querySelector('.chip.new'))") {
		t.Error("a host is not marked in the list")
	}
	if !b.truth("[...document.querySelectorAll('#map .cell:not(.off)')].every((c) => c.classList.contains('turned') && c.getAttribute('aria-label').endsWith(', worse than before'))") {
		t.Error("a host is not marked in the map")
	}
	if !b.truth("document.querySelectorAll('#folds .tag.new, #findings .tag.new').length > 1") {
		t.Error("no diagnosis and no finding is marked")
	}
	b.click("#rows tr:has(.chip.new) a")
	b.until("document.querySelectorAll('#host .finding .tag.new').length > 0")
	if got := b.text("document.querySelector('#host .facts').innerText"); !strings.Contains(got, "Run before") || !strings.Contains(got, "new: ") {
		t.Errorf("the host's part says %q", got)
	}
	b.fragment("#/?since=first", "document.getElementById('count').textContent === '7 of 300 hosts'")
}

// Healthy hosts have their facts in the list, and can be found by them. Waiting is not taking.
func TestFactsOfHealthyHosts(t *testing.T) {
	b := open(t, "300", "#/?outcome=healthy")
	b.until("document.querySelectorAll('#rows tr').length === 50")
	if !b.truth("[...document.querySelectorAll('#rows .brief')].every((e) => /^AIX [0-9-]+ · RSCT [0-9.]+ · RMC NIC en[0-9] · RMC connected \\([0-9]+ MCPs?\\)$/.test(e.textContent)) && document.querySelectorAll('#rows .brief').length === 50") {
		t.Errorf("the facts are %q", b.text("document.querySelector('#rows .wide').textContent"))
	}
	if !b.truth("[...document.querySelectorAll('#rows th')].every((th) => th.firstChild.textContent + (th.querySelector('.groups') || {}).textContent === th.textContent)") {
		t.Errorf("the first row is headed %q", b.text("document.querySelector('#rows th').textContent"))
	}
	b.fragment("#/?q=7200-05-08+healthy", "document.getElementById('count').textContent === '0 of 300 hosts'")
	b.fragment("#/?q=7200-05-08", "/^[1-9][0-9]* of 300 hosts$/.test(document.getElementById('count').textContent)")
	if !b.truth("[...document.querySelectorAll('#rows td:last-child')].some((td) => /^[0-9.]+ m?s\\+ [0-9.]+ s waiting$/.test(td.textContent))") {
		t.Errorf("it took %q", b.text("document.querySelector('#rows td:last-child').textContent"))
	}
	b.click("#rows a")
	b.until("document.querySelectorAll('#host h2').length > 3")
	if got := b.text("document.querySelector('#host .facts').innerText"); !strings.Contains(got, "Waited") || !strings.Contains(got, "AIX 7") {
		t.Errorf("the host's part says %q", got)
	}
}

// Findings, steps, commands and facts have addresses of their own.
func TestPermalinks(t *testing.T) {
	b := open(t, "demo", "#/host/aixvm00024")
	b.until("document.querySelectorAll('#host .perma').length > 20")
	for _, kind := range []string{"finding", "change", "plan", "command", "fact"} {
		links := fmt.Sprintf("[...document.querySelectorAll('#host .perma')].filter((a) => a.getAttribute('href').includes('/%s/'))", kind)
		if b.number(links+".length") == 0 {
			t.Errorf("no %s has a link", kind)
			continue
		}
		if b.number(links+".length") != b.number("new Set("+links+".map((a) => a.href + (a.closest('[data-link]').dataset.link))).size") && kind != "change" {
			t.Errorf("two of the links of kind %s are the same", kind)
		}
		to := b.text(links + "[0].getAttribute('href')")
		key := strings.TrimPrefix(to, "#/host/aixvm00024/")
		b.fragment("#/", "document.getElementById('host').hidden")
		b.fragment(to, fmt.Sprintf("document.activeElement.dataset.link === %q", key))
		if !b.truth("document.activeElement.checkVisibility() && (document.activeElement.tagName !== 'DETAILS' || document.activeElement.open) && (() => { const r = document.activeElement.getBoundingClientRect(); return r.top < innerHeight && r.bottom > 0; })()") {
			t.Errorf("%s leads to nothing that can be seen", to)
		}
	}
	// From the page's address in another tab, and to nothing.
	b = open(t, "demo", "#/host/aixvm00024/finding/no-such-finding")
	b.until("document.querySelectorAll('#host .perma').length > 20")
}

// Times have the reader's own beside them, with the day where that is another one.
func TestLocalTime(t *testing.T) {
	for _, c := range []struct{ zone, want, host string }{
		{"UTC", "2026-11-22 10:30:00 UTC", " UTC,"},
		{"Asia/Kolkata", "2026-11-22 10:30:00 UTC (16:00:00 UTC+05:30)", " UTC+05:30),"},
		{"Pacific/Kiritimati", "2026-11-22 10:30:00 UTC (2026-11-23 00:30:00 UTC+14:00)", " UTC+14:00),"},
		{"America/St_Johns", "2026-11-22 10:30:00 UTC (07:00:00 UTC−03:30)", " UTC−03:30),"},
	} {
		b := open(t, "demo", "", zone(c.zone))
		if got := b.text("document.querySelector('.facts time').textContent"); got != c.want {
			t.Errorf("%s: %q", c.zone, got)
		}
		b.fragment("#/host/aixvm00001", "document.querySelectorAll('#host .stage-steps > summary').length > 0")
		if got := b.text("document.querySelector('#host .stage-steps > summary').textContent"); !strings.Contains(got, c.host) {
			t.Errorf("%s: a stage began at %q", c.zone, got)
		}
	}
}

// No part of a host shows the escapes of JSON.
func TestNoEscapes(t *testing.T) {
	b := open(t, "demo", "#/host/aixvm00024")
	b.until("document.querySelectorAll('#host h2').length > 3")
	facts := b.text("[...document.querySelectorAll('#host [data-link^=\"fact/\"] pre, #host .value')].map((e) => e.textContent).join('\\n')")
	for _, sign := range []string{`\u00`, `\n`, `\t`, `\"`, `{"`, `":`} {
		if strings.Contains(facts, sign) {
			t.Errorf("a fact is shown with %q", sign)
		}
	}
	if len(facts) < 1000 {
		t.Errorf("the facts are %q", facts)
	}
}

// On a telephone and on a wide screen nothing is wider than the window, and all of it can be read
// in both themes.
func TestWidths(t *testing.T) {
	for _, width := range []int64{390, 1400} {
		for _, scheme := range []string{"light", "dark"} {
			b := open(t, "300", "", media("", scheme), chromedp.EmulateViewport(width, 900))
			for _, to := range []string{"#/", "#/?since=worse", "#/host/aixvm00004", "#/host/aixvm00101"} {
				b.fragment(to, "document.getElementById('host').hidden || document.querySelectorAll('#host h2').length > 3")
				b.do(chromedp.Evaluate[chromedp.Void]("document.querySelectorAll('details').forEach((d) => { d.open = true; })"))
				if n := b.number("document.documentElement.scrollWidth - document.documentElement.clientWidth"); n > 0 {
					t.Errorf("%d, %s, %s: %v pixels too wide", width, scheme, to, n)
				}
				if low := lowContrast(b); len(low) > 0 {
					t.Errorf("%d, %s, %s: hard to read: %s", width, scheme, to, strings.Join(low, "\n"))
				}
			}
		}
	}
}

// The page of 10,000 hosts with groups, a run before and the runbook keeps its size.
func TestSize(t *testing.T) {
	if pages == "" {
		t.Skip("no chromium here")
	}
	info, err := os.Stat(filepath.Join(pages, "10000.html"))
	if err != nil || info.Size() > 13e6 {
		t.Errorf("%d bytes, at most 13 MB: %v", info.Size(), err)
	}
}
