// Package redact removes likely secrets from the output of a host.
package redact

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// removed replaces a secret.
const removed = "[redacted]"

// telling matches a name whose value is a secret.
const telling = `(?:passw(?:or)?ds?|passphrase|passwort|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|key[_-]?token|rmckey|credentials?|userpassword|admin_?pass)`

// pattern matches a secret, with its replacement.
type pattern struct {
	is   *regexp.Regexp
	with string
}

// keys match private keys, which have several lines.
var keys = []pattern{
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|\z)`), removed},
	// The tail of a log may begin inside a key.
	{regexp.MustCompile(`(?m)(?:^[^A-Za-z0-9+/=\n]*[A-Za-z0-9+/=]+[^A-Za-z0-9\n]*\n)*^.*-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----`), removed},
}

// hints are lower-case texts, one of which is in every line with a secret. They are much
// faster than the patterns.
var hints = []string{
	"pass", "pwd", "secret", "token", "key", "credential", "authorization", "bearer", "negotiate", "basic", "://", "eyj",
	"$", "{md5", "{smd5", "{sha", "{ssha", "{crypt", "{scrypt", "{blowfish", "{sblowfish", "akia", "asia", "gh",
}

// secrets match secrets within a line. The value after a telling name ends with its quotes
// or the line.
var secrets = []pattern{
	{regexp.MustCompile(`(?i)(\b(?:proxy-)?authorization["']?\s*[:=]\s*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\n"']+)`), "${1}" + removed},
	{regexp.MustCompile(`(?i)(\b(?:bearer|negotiate)\s+)[A-Za-z0-9+/=._~-]{16,}`), "${1}" + removed},
	{regexp.MustCompile(`(?i)((?:[A-Za-z0-9_.-]*)` + telling + `(?:[_-][A-Za-z0-9_]*)?\\?["']?\s*(?:=>|[:=])[ \t]*)(\\?"(?:[^"\\\n]|\\[^"\n])*\\?"|'(?:[^'\\\n]|\\.)*'|[^\s:,;}\])"'\[{|>][^\n,;}\])]*)`), "${1}" + removed},
	{regexp.MustCompile(`(?i)(--?` + telling + `[ \t]+)("[^"\n]*"|'[^'\n]*'|[^\s]+)`), "${1}" + removed},
	{regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://[^\s/:@"']+:)[^\s/@"']+@`), "${1}" + removed + "@"},
	{regexp.MustCompile(`(?i)(x-[a-z-]*(?:token|key|secret)["']?\s*[:=]\s*)[^\s"']+`), "${1}" + removed},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?`), removed},
	{regexp.MustCompile(`\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9=,$]{8,}`), removed},
	{regexp.MustCompile(`(?i)\{s?(?:md5|sha1|sha256|sha512|crypt|blowfish)\}[^\s:,"']+`), removed},
	{regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`), removed},
	{regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{20,}`), removed},
}

var (
	// passwordList matches the start of a cloud-init list of login:password lines.
	passwordList = regexp.MustCompile(`(?i)^(\s*)["']?chpasswd["']?\s*:`)
	loginLine    = regexp.MustCompile(`^(\s*(?:-\s*)?["']?[A-Za-z_][A-Za-z0-9_.-]*:)(\S+)`)
	// basic matches the value of an authorization header: login:password in base64.
	basic = regexp.MustCompile(`(?i)(\bbasic\s+)([A-Za-z0-9+/]{6,}={0,2})`)
)

// Text removes likely secrets from a text and returns their number. Secrets are private
// keys, values after telling names, authorization headers, hashed passwords, passwords in
// URLs, cloud-init login lists, and any of these in base64.
func Text(text string) (string, int) {
	text, n := redactPlain(text)
	text = EachBlob(text, func(b string) string {
		if Hides(b, func(plain string) bool { _, found := redactPlain(plain); return found > 0 }) {
			n++
			return removed
		}
		return b
	})
	return text, n
}

// EachBlob replaces each part of a text that may be base64 by the result of became.
func EachBlob(text string, became func(string) string) string {
	const shortest = 16
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); i++ {
		begin := i
		for i < len(text) && (text[i] >= 'A' && text[i] <= 'Z' || text[i] >= 'a' && text[i] <= 'z' || text[i] >= '0' && text[i] <= '9' || text[i] == '+' || text[i] == '/') {
			i++
		}
		if i-begin < shortest {
			continue
		}
		for range 2 {
			if i < len(text) && text[i] == '=' {
				i++
			}
		}
		b.WriteString(text[done:begin])
		b.WriteString(became(text[begin:i]))
		done = i
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// Hides reports whether blob is base64 of a text for which found returns true.
func Hides(blob string, found func(string) bool) bool {
	blob = strings.TrimRight(blob, "=")
	for _, cut := range []int{0, len(blob) % 4} { // text after a blob may look like part of it
		plain, err := base64.RawStdEncoding.DecodeString(blob[:len(blob)-cut])
		if err == nil && utf8.Valid(plain) && found(string(plain)) {
			return true
		}
	}
	return false
}

// Printable reports whether a text has no control characters except line ends and tabs.
func Printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f })
}

func redactPlain(text string) (string, int) {
	n := 0
	if strings.Contains(text, "PRIVATE KEY") {
		for _, p := range keys {
			text = p.replace(text, &n)
		}
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		lower := strings.ToLower(line)
		if slices.ContainsFunc(hints, func(hint string) bool { return strings.Contains(lower, hint) }) {
			line = redactLine(line, &n)
		}
		b.WriteString(line)
	}
	logins, m := redactLogins(b.String())
	return logins, n + m
}

// replace replaces each match in a text and adds their number to n.
func (p pattern) replace(text string, n *int) string {
	return p.is.ReplaceAllStringFunc(text, func(match string) string {
		with := p.is.ReplaceAllString(match, p.with)
		if with != match {
			*n++
		}
		return with
	})
}

func redactLine(line string, n *int) string {
	for _, p := range secrets {
		line = p.replace(line, n)
	}
	return basic.ReplaceAllStringFunc(line, func(match string) string {
		m := basic.FindStringSubmatch(match)
		if !Hides(m[2], func(plain string) bool { return strings.Contains(plain, ":") && Printable(plain) }) {
			return match
		}
		*n++
		return m[1] + removed
	})
}

// redactLogins removes passwords from cloud-init login lists: the lines below chpasswd with
// a deeper indent.
func redactLogins(text string) (string, int) {
	if !strings.Contains(strings.ToLower(text), "chpasswd") {
		return text, 0
	}
	var b strings.Builder
	n, depth := 0, -1
	for line := range strings.Lines(text) {
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		switch m := passwordList.FindStringSubmatch(line); {
		case m != nil:
			depth = len(m[1])
		case depth >= 0 && strings.TrimSpace(line) != "" && indent <= depth:
			depth = -1
		case depth >= 0 && loginLine.MatchString(line) && !strings.Contains(line, removed):
			line = loginLine.ReplaceAllString(line, "${1}"+removed)
			n++
		}
		b.WriteString(line)
	}
	return b.String(), n
}
