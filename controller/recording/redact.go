package recording

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf8"
)

// removed stands where a secret was.
const removed = "[redacted]"

// telling is a name whose value is a secret.
const telling = `(?:passw(?:or)?ds?|passphrase|passwort|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|key[_-]?token|rmckey|credentials?|userpassword|admin_?pass)`

// secrets are what looks like one, and what is put in its place. The value after a
// telling name goes to the end of its quotes, or of the line.
var secrets = []struct {
	is   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|\z)`), removed},
	// A log that is read from its end may begin inside a key.
	{regexp.MustCompile(`(?m)(?:^[^A-Za-z0-9+/=\n]*[A-Za-z0-9+/=]+[^A-Za-z0-9\n]*\n)*^.*-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----`), removed},
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
	// passwordList begins a list of login:password lines of cloud-init.
	passwordList = regexp.MustCompile(`(?i)^(\s*)["']?chpasswd["']?\s*:`)
	loginLine    = regexp.MustCompile(`^(\s*(?:-\s*)?["']?[A-Za-z_][A-Za-z0-9_.-]*:)(\S+)`)
	// basic is a header of authorization without its name: login:password in base64.
	basic = regexp.MustCompile(`(?i)(\bbasic\s+)([A-Za-z0-9+/]{6,}={0,2})`)
	// blob is what may be base64 of something.
	blob = regexp.MustCompile(`[A-Za-z0-9+/]{16,}={0,2}`)
)

// redact takes what looks like a secret out of every answer.
func (r *Recording) redact() {
	clean := func(s *Stream) {
		text, n := Redact(string(*s))
		if n > 0 {
			*s = Stream(text)
			r.Redacted += n
		}
	}
	clean(&r.Noise)
	for i := range r.Commands {
		if levelsOnly(string(r.Commands[i].Command)) { // descriptions with colons around them
			continue
		}
		clean(&r.Commands[i].Stdout)
		clean(&r.Commands[i].Stderr)
	}
	if r.Trouble != nil {
		text, n := Redact(r.Trouble.Text)
		r.Trouble.Text, r.Redacted = text, r.Redacted+n
	}
}

// Redact takes what looks like a secret out of a text, and returns in how many
// places: private keys, values of telling names, headers of authorization, crypted
// passwords, passwords in addresses, lists of logins of cloud-init, and each of them
// in base64.
func Redact(text string) (string, int) {
	text, n := redactPlain(text)
	text = blob.ReplaceAllStringFunc(text, func(b string) string {
		if hides(b, func(plain string) bool { _, found := redactPlain(plain); return found > 0 }) {
			n++
			return removed
		}
		return b
	})
	return text, n
}

// hides reports whether a text is base64 of another, in which is found what is
// looked for.
func hides(blob string, found func(string) bool) bool {
	blob = strings.TrimRight(blob, "=")
	for _, cut := range []int{0, len(blob) % 4} { // what follows a blob may look like a part of it
		plain, err := base64.RawStdEncoding.DecodeString(blob[:len(blob)-cut])
		if err == nil && utf8.Valid(plain) && found(string(plain)) {
			return true
		}
	}
	return false
}

func redactPlain(text string) (string, int) {
	n := 0
	for _, s := range secrets {
		text = s.is.ReplaceAllStringFunc(text, func(match string) string {
			with := s.is.ReplaceAllString(match, s.with)
			if with == match {
				return match
			}
			n++
			return with
		})
	}
	text = basic.ReplaceAllStringFunc(text, func(match string) string {
		m := basic.FindStringSubmatch(match)
		if !hides(m[2], func(plain string) bool { return strings.Contains(plain, ":") && printableText(plain) }) {
			return match
		}
		n++
		return m[1] + removed
	})
	logins, m := redactLogins(text)
	return logins, n + m
}

// redactLogins takes passwords out of the lists of logins of cloud-init: the lines
// below chpasswd that are deeper than it.
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
