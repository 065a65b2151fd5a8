package aixsim

import (
	"bytes"
	"context"
	"io"
	"os"
	"path"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// callHandler sees every simple command before the shell does: it refuses
// builtins that ksh lacks, and replaces those that are wrong or missing
// in the interpreter or would look at the real machine.
func (h *Host) callHandler(ctx context.Context, args []string) ([]string, error) {
	switch args[0] {
	case "echo", "kill", "wait", "umask", "ulimit", "type", "hash", "jobs", "newgrp":
		return append([]string{"__aixsim_" + args[0]}, args[1:]...), nil
	case "command":
		if len(args) > 1 && (args[1] == "-v" || args[1] == "-V") {
			return append([]string{"__aixsim_type", "-path"}, args[2:]...), nil
		}
	case "trap":
		return trapArgs(args), nil
	case "read":
		return readArgs(ctx, args), nil
	case "eval":
		return checked(args, strings.Join(args[1:], " ")), nil
	case ".":
		return h.dotArgs(ctx, args), nil
	case "local", "source", "mapfile", "readarray", "pushd", "popd", "dirs", "shopt", "declare", "help", "builtin",
		"complete", "compgen", "compopt", "bind", "caller", "disown", "enable", "history", "logout", "suspend":
		return append([]string{"__aixsim_missing"}, args...), nil
	}
	return args, nil
}

// checked lets text run only if it is POSIX: the interpreter reads eval and
// the dot command as bash, which has doors to real files.
func checked(args []string, text string) []string {
	if _, err := newParser().Parse(strings.NewReader(text), ""); err != nil {
		return []string{"__aixsim_syntax", err.Error()}
	}
	return args
}

// dotArgs makes the dot command find its file on the host.
func (h *Host) dotArgs(ctx context.Context, args []string) []string {
	if len(args) < 2 {
		return args
	}
	hc := interp.HandlerCtx(ctx)
	name := args[1]
	if !path.IsAbs(name) {
		name = path.Join(hc.Dir, name)
	}
	text, err := lockedFS{h: h}.ReadFile(path.Clean(name))
	if err != nil {
		return []string{"__aixsim_missing", args[1]}
	}
	return checked(append([]string{".", name}, args[2:]...), string(text))
}

// trapArgs leaves of a trap the one signal that the interpreter knows: EXIT. No other signal
// ever reaches a script here but the one that ends it.
func trapArgs(args []string) []string {
	kept := []string{"trap"}
	if len(args) > 1 {
		kept = append(kept, args[1])
	}
	for _, sig := range args[min(2, len(args)):] {
		if sig == "0" || sig == "EXIT" {
			kept = append(kept, "EXIT")
		}
	}
	if len(kept) < 3 {
		return []string{":"}
	}
	return kept
}

// readArgs does the shell's read and returns the assignments as an eval. The
// interpreter's own would be stuck in the kernel, and wants a pipe in place
// of the session's standard input.
func readArgs(ctx context.Context, args []string) []string {
	hc := interp.HandlerCtx(ctx)
	names, raw := args[1:], false
	for len(names) > 0 && strings.HasPrefix(names[0], "-") {
		raw = raw || strings.Contains(names[0], "r")
		names = names[1:]
	}
	if len(names) == 0 {
		names = []string{"REPLY"}
	}
	line, ended := readLine(stdinOf(ctx, hc), raw)
	fields := expand.ReadFields(&expand.Config{Env: hc.Env}, line, len(names), raw)
	var b strings.Builder
	for i, name := range names {
		if !syntax.ValidName(name) {
			return []string{"__aixsim_syntax", "read: " + name + ": is not an identifier"}
		}
		value := ""
		if i < len(fields) {
			value = fields[i]
		}
		b.WriteString(name + "='" + strings.ReplaceAll(value, "'", `'"'"'`) + "'; ") // \' would keep its backslash in the interpreter
	}
	if ended {
		b.WriteString("(exit 1)")
	}
	return []string{"eval", b.String()}
}

// stdinOf is a command's standard input.
func stdinOf(ctx context.Context, hc interp.HandlerContext) io.Reader {
	if f, ok := hc.Stdin.(*os.File); ok {
		return patientFile{ctx, f}
	}
	return procOf(ctx).session.stdin
}

// readLine reads a line, byte by byte: the rest is for others.
func readLine(in io.Reader, raw bool) (line string, ended bool) {
	var b bytes.Buffer
	one := make([]byte, 1)
	for {
		n, err := in.Read(one)
		switch {
		case n == 1 && one[0] != '\n':
			b.WriteByte(one[0])
		case n == 1 && !raw && oddBackslashes(b.Bytes()):
			b.Truncate(b.Len() - 1)
		case n == 1:
			return b.String(), false
		case err != nil:
			return b.String(), true
		}
	}
}

func oddBackslashes(b []byte) bool {
	n := len(b) - len(bytes.TrimRight(b, `\`))
	return n%2 == 1
}
