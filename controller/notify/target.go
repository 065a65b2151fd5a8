package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory/naming"
	"aixmend/transport/ownership"
)

// Target is a program or a hook. Only String may be shown: a URL may be a secret.
type Target struct {
	argv []string // of a program
	url  *url.URL // of a hook; nil: it is a program
	chat bool     // the hook of a chat: it takes a text
}

// forms are the ways to write a target.
const forms = "write exec:PROGRAM ARGUMENT..., https://..., slack:https://... or env:NAME, a variable that holds one of them"

// Parse reads a target. lookup looks a variable of the environment up. No error
// quotes the text: it may be a secret.
func Parse(text string, lookup func(name string) (string, bool)) (Target, error) {
	if name, ok := strings.CutPrefix(text, "env:"); ok {
		if !naming.IsVariable(name) {
			return Target{}, errors.New("env: wants the name of a variable of the environment")
		}
		value, there := lookup(name)
		value = strings.TrimSpace(value)
		switch {
		case !there || value == "":
			return Target{}, fmt.Errorf("variable %s of the environment is not set", name)
		case strings.HasPrefix(value, "env:"):
			return Target{}, fmt.Errorf("variable %s of the environment names another one", name)
		}
		t, err := Parse(value, lookup)
		if err != nil {
			err = fmt.Errorf("variable %s of the environment: %w", name, err)
		}
		return t, err
	}
	if program, ok := strings.CutPrefix(text, "exec:"); ok {
		argv, err := words(program)
		return Target{argv: argv}, err
	}
	address, chat := strings.CutPrefix(text, "slack:")
	u, err := hook(address)
	return Target{url: u, chat: chat}, err
}

// words takes a program and its arguments apart, at the spaces; a JSON list says
// them one by one. No shell reads them.
func words(text string) ([]string, error) {
	var argv []string
	switch {
	case strings.HasPrefix(strings.TrimSpace(text), "["):
		if json.Unmarshal([]byte(text), &argv) != nil {
			return nil, errors.New(`exec: wants a JSON list of words, ["PROGRAM", "ARGUMENT", ...]`)
		}
	case strings.ContainsAny(text, "'\"\\`$|&;<>*?~#\n"):
		return nil, errors.New(`exec: no shell reads it: write ["PROGRAM", "ARGUMENT", ...] where an argument holds more than plain words`)
	default:
		argv = strings.Fields(text)
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("exec: names no program")
	}
	if slices.ContainsFunc(argv, func(word string) bool { return strings.ContainsRune(word, 0) }) {
		return nil, errors.New("exec: an argument can't hold a NUL byte")
	}
	path, err := exec.LookPath(argv[0])
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("exec: there is no program %s: write its path, or put its folder into PATH", argv[0])
	case err == nil:
		path, err = filepath.Abs(path) // a run that goes on does so in another folder
	}
	if err != nil {
		return nil, fmt.Errorf("exec: %w", err)
	}
	argv[0] = path
	if err := ownership.Program(argv, ""); err != nil { // it runs as this user
		return nil, fmt.Errorf("exec: %w", err)
	}
	return argv, nil
}

// hook reads the URL of a hook.
func hook(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New(forms)
	case u.User != nil:
		return nil, errors.New("a URL must not hold a login: it is shown in too many places. Give a bearer token in AIXMEND_NOTIFY_TOKEN")
	case u.Hostname() == "":
		return nil, errors.New("the URL names no host")
	}
	return u, nil
}

// String returns the target without its secrets: the program, or the scheme and the
// host.
func (t Target) String() string {
	switch {
	case t.url == nil && len(t.argv) == 0:
		return "nobody"
	case t.url == nil:
		return "exec:" + t.argv[0]
	case t.chat:
		return "slack:" + t.url.Scheme + "://" + t.url.Host
	}
	return t.url.Scheme + "://" + t.url.Host
}

// InClear reports whether a token for the target would travel readable for all.
func (t Target) InClear() bool {
	if t.url == nil || t.chat || t.url.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(t.url.Hostname())
	return t.url.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// mask replaces the secrets in a text. Short ones are left: they are part of too many
// words.
func (t Target) mask(text string, secrets ...string) string {
	if t.url != nil {
		secrets = append(secrets, t.url.EscapedPath(), t.url.Path, t.url.RawQuery)
		secrets = append(secrets, strings.Split(t.url.EscapedPath(), "/")...)
		for _, values := range t.url.Query() {
			secrets = append(secrets, values...)
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if len(secret) >= 6 {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
