package explain

import (
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
)

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"password=hunter2; next":           "password=(masked); next",
		"db_password: 'two words' next":    "db_password: (masked) next",
		"bindpwd: two words, next":         "bindpwd: (masked), next",
		"PASS=x y\nnext":                   "PASS=(masked)\nnext",
		"AWS_SECRET_ACCESS_KEY=AKIA/xx":    "AWS_SECRET_ACCESS_KEY=(masked)",
		"private_key = abc":                "private_key = (masked)",
		"mysql --password hunter2 -u root": "mysql --password (masked) -u root",
		"a bypass: all lines":              "a bypass: all lines",
		"sha256 9b0a49a3d5e4c7b1f2e6d8c9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9":           "sha256 9b0a49a3d5e4c7b1f2e6d8c9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9",
		`{"api_key": "abc123", "x": 1}`:                                                     `{"api_key": (masked), "x": 1}`,
		"Authorization: Bearer abc.def":                                                     "Authorization: (masked)",
		"https://ops:pw@host/x":                                                             "https://ops:(masked)@host/x",
		"the password is not here":                                                          "the password is not here",
		"address fe80::1 token I":                                                           "address fe80::1 token I",
		"a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nxx\n":                                    "a\n(private key masked)",
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3\n-----END OPENSSH PRIVATE KEY-----\nafter": "(private key masked)\nafter",
	} {
		if got := Mask(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// R6: the text of a case has the problem, the changes and their results, and neither
// acts on a terminal nor reveals a secret.
func TestCase(t *testing.T) {
	h := outcome.Host{
		Host: "aix1", Address: "10.1.2.3", Outcome: outcome.Failed, Reason: "all rungs were tried; still open: rmc-disconnected",
		RunID: "r1", Started: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		Facts:      map[string]any{"oslevel": map[string]any{"text": "7200-05-08-2420"}, "rsct": struct{ Level string }{"3.2.6.2"}},
		FactErrors: map[string]string{"entstat": "hung"},
		Findings: []outcome.Finding{{
			ID: "rmc-disconnected", Severity: outcome.Critical, Title: "RMC is not connected\x1b[2J", Evidence: []string{"secret=abc"},
		}},
		Changes: []outcome.Change{
			{Step: "set-address", Command: "chdev -l en1\nsecond line", Status: outcome.Applied, At: time.Date(2026, 11, 22, 10, 1, 0, 0, time.UTC)},
			{Step: "stop-rmc", Command: "rmcctrl -z", Status: outcome.UnknownIf, Detail: "the link died"},
		},
		Support: []outcome.SupportFile{{Name: "runs/r1/support/aix1/ctsnap.tar.gz", Bytes: 12, SHA256: "abc"}},
	}
	got := Case(h)
	for _, want := range []string{
		"Problem: all rungs were tried; still open: rmc-disconnected\n", "Host: aix1 (10.1.2.3)", "oslevel: 7200-05-08-2420\n", "rsct: Level=3.2.6.2\n",
		"- rmc-disconnected (critical): RMC is not connected^[[2J\n    secret=(masked)\n", "- not known: entstat: hung\n",
		"2026-11-22T10:01:00Z set-address: applied\n    chdev -l en1\n    second line\n", "stop-rmc: unknown, the link died\n",
		"runs/r1/support/aix1/ctsnap.tar.gz, 12 bytes, sha256 abc\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.ContainsRune(got, 0x1b) || strings.Contains(got, "abc\n    secret") {
		t.Errorf("an escape sequence or a secret is in\n%s", got)
	}
	if empty := Case(outcome.Host{Host: "x", Outcome: outcome.Failed}); !strings.Contains(empty, "Problem: failed\n") ||
		!strings.Contains(empty, "--playbook support-data -l x") {
		t.Errorf("a case without anything:\n%s", empty)
	}
}

// FuzzCase: no text of a host acts on the terminal that shows its explanation or its case.
func FuzzCase(f *testing.F) {
	for _, s := range samples.HostileTexts() {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		h := samples.HostileHost(s)
		for name, text := range map[string]string{"explanation": Host(h).Text(0), "case": Case(h)} {
			if report.Clean(text, true) != text {
				t.Errorf("%.40q: the %s has control characters", s, name)
			}
		}
	})
}
