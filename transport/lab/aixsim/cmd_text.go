package aixsim

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
)

// textCommands are filters.
func textCommands() []Command {
	run := map[string]func(context.Context, *Env) int{
		"cat": cmdCat, "head": cmdHead, "tail": cmdTail, "grep": cmdGrep, "egrep": cmdGrep, "fgrep": cmdGrep,
		"sed": cmdSed, "wc": cmdWc, "sort": cmdSort, "uniq": cmdUniq, "tr": cmdTr, "cut": cmdCut, "tee": cmdTee,
	}
	var list []Command
	for name, f := range run {
		list = append(list, Command{Name: name, Dirs: bin(), Run: f, Filter: true, Unix: true})
	}
	return list
}

// readInput reads a file, or standard input for "-".
func (e *Env) readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(e.Stdin)
	}
	full := e.abs(name)
	if full == "/dev/null" {
		return nil, nil
	}
	if e.UID != 0 {
		if info, err := e.Files.Stat(full); err == nil && info.Mode()&0o004 == 0 {
			return nil, fmt.Errorf("The file access permissions do not allow the specified action.") //nolint:staticcheck // AIX's words
		}
	}
	return e.Files.ReadFile(full)
}

// eachInput calls f with every file named, or with standard input.
func (e *Env) eachInput(names []string, f func(name string, data []byte)) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	exit := 0
	for _, name := range names {
		data, err := e.readInput(name)
		if err != nil {
			exit = e.fileError(name, err)
			continue
		}
		f(name, data)
	}
	return exit
}

// write passes output on; it reports whether anybody reads.
func (e *Env) write(p []byte) bool {
	_, err := e.Stdout.Write(p)
	return err == nil
}

func cmdCat(_ context.Context, e *Env) int {
	f := getopt(e.Args, "unvetsq")
	if len(f.rest) == 0 { // as it comes: what feeds it may never end
		if _, err := io.Copy(e.Stdout, e.Stdin); err != nil {
			return exitSIGPIPE
		}
		return 0
	}
	ok := true
	exit := e.eachInput(f.rest, func(_ string, data []byte) { ok = ok && e.write(data) })
	if !ok {
		return exitSIGPIPE
	}
	return exit
}

// lines splits into lines that keep their newline.
func lines(data []byte) [][]byte {
	all := bytes.SplitAfter(data, []byte{'\n'})
	if n := len(all); len(all[n-1]) == 0 {
		all = all[:n-1]
	}
	return all
}

func cmdHead(_ context.Context, e *Env) int {
	args := e.Args
	n := 10
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && isDigits(args[0][1:]) {
		n, args = atoi(args[0][1:]), args[1:]
	}
	f := getopt(args, "n:")
	if f.bad != 0 {
		return e.usage(f, "head [-Count | -n Number] [File...]")
	}
	if f.has('n') {
		n = atoi(f.last('n'))
	}
	if len(f.rest) == 0 {
		return e.headStream(n)
	}
	return e.eachInput(f.rest, func(name string, data []byte) {
		if len(f.rest) > 1 {
			e.out("==> %s <==\n", name)
		}
		all := lines(data)
		e.write(bytes.Join(all[:min(n, len(all))], nil))
	})
}

// headStream stops reading when it has enough.
func (e *Env) headStream(n int) int {
	in := bufio.NewReader(e.Stdin)
	for range n {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 && !e.write(line) {
			return exitSIGPIPE
		}
		if err != nil {
			break
		}
	}
	return 0
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func cmdTail(_ context.Context, e *Env) int {
	args := e.Args
	if len(args) > 0 && len(args[0]) > 1 && isDigits(args[0][1:]) && (args[0][0] == '-' || args[0][0] == '+') {
		args = append([]string{"-n", strings.TrimPrefix(args[0], "-")}, args[1:]...)
	}
	f := getopt(args, "n:c:frk:")
	if f.bad != 0 {
		return e.usage(f, "tail [-f] [-c Number | -n Number | -m Number | -b Number | -k Number] [File]")
	}
	return e.eachInput(f.rest[:min(1, len(f.rest))], func(_ string, data []byte) {
		if f.has('c') {
			e.write(tailOf(data, f.last('c'), func(b []byte) [][]byte {
				parts := make([][]byte, len(b))
				for i := range b {
					parts[i] = b[i : i+1]
				}
				return parts
			}))
			return
		}
		count := f.last('n')
		if count == "" {
			count = "10"
		}
		e.write(tailOf(data, count, lines))
	})
}

// tailOf returns the last count parts, or with + from part count on.
func tailOf(data []byte, count string, split func([]byte) [][]byte) []byte {
	parts := split(data)
	n, err := strconv.Atoi(strings.TrimLeft(count, "+-"))
	if err != nil || n > len(parts) {
		n = len(parts)
	}
	if strings.HasPrefix(count, "+") {
		return bytes.Join(parts[max(0, n-1):], nil)
	}
	return bytes.Join(parts[len(parts)-n:], nil)
}

func cmdWc(_ context.Context, e *Env) int {
	f := getopt(e.Args, "lwcmk")
	all := len(f.values) == 0
	return e.eachInput(f.rest, func(name string, data []byte) {
		if all || f.has('l') {
			e.out("%8d", bytes.Count(data, []byte{'\n'}))
		}
		if all || f.has('w') {
			e.out("%8d", len(bytes.Fields(data)))
		}
		if all || f.has('c') || f.has('m') {
			e.out("%8d", len(data))
		}
		if name != "-" {
			e.out(" %s", name)
		}
		e.out("\n")
	})
}

func cmdSort(_ context.Context, e *Env) int {
	f := getopt(e.Args, "urnfbk:t:o:")
	var all []string
	exit := e.eachInput(f.rest, func(_ string, data []byte) {
		for _, l := range lines(data) {
			all = append(all, strings.TrimSuffix(string(l), "\n"))
		}
	})
	sort.SliceStable(all, func(i, j int) bool {
		if f.has('r') {
			i, j = j, i
		}
		if f.has('n') {
			a, b := leadingInt(all[i]), leadingInt(all[j])
			return a < b
		}
		return all[i] < all[j]
	})
	for i, l := range all {
		if !f.has('u') || i == 0 || l != all[i-1] {
			e.out("%s\n", l)
		}
	}
	return exit
}

func leadingInt(s string) int {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && s[end] == '-') {
		end++
	}
	return atoi(s[:end])
}

func cmdUniq(_ context.Context, e *Env) int {
	f := getopt(e.Args, "cdu")
	return e.eachInput(f.rest, func(_ string, data []byte) {
		all := lines(data)
		for i := 0; i < len(all); {
			j := i
			for j < len(all) && bytes.Equal(all[j], all[i]) {
				j++
			}
			if n := j - i; f.has('d') && n < 2 || f.has('u') && n > 1 {
				i = j
				continue
			} else if f.has('c') {
				e.out("%4d ", n)
			}
			e.write(all[i])
			i = j
		}
	})
}

// cmdTr translates, deletes (-d) or squeezes (-s) characters.
func cmdTr(_ context.Context, e *Env) int {
	f := getopt(e.Args, "dscC")
	if len(f.rest) == 0 {
		return e.usage(f, "tr [-c | -cds | -cs] [-A] String1 String2")
	}
	from, to := trSet(f.rest[0]), ""
	if len(f.rest) > 1 {
		to = trSet(f.rest[1])
	}
	data, err := io.ReadAll(e.Stdin)
	if err != nil {
		return 1
	}
	var out []byte
	for _, c := range data {
		i := strings.IndexByte(from, c)
		if complement := f.has('c') || f.has('C'); complement && i < 0 {
			i = len(to)
		} else if complement {
			i = -1
		}
		switch {
		case i < 0:
			out = append(out, c)
		case f.has('d'):
		case to == "" || f.has('s') && len(f.rest) == 1:
			if len(out) == 0 || out[len(out)-1] != c {
				out = append(out, c)
			}
		default:
			r := to[min(i, len(to)-1)]
			if !f.has('s') || len(out) == 0 || out[len(out)-1] != r {
				out = append(out, r)
			}
		}
	}
	e.write(out)
	return 0
}

// trSet expands ranges, classes and escapes.
func trSet(s string) string {
	for class, set := range map[string]string{"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:digit:]": "0-9", "[:space:]": " \t\n\r\v\f", "[:alnum:]": "A-Za-z0-9"} {
		s = strings.ReplaceAll(s, class, set)
	}
	s = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`, `\012`, "\n", `\000`, "\x00").Replace(s)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+2 < len(s) && s[i+1] == '-' && s[i] <= s[i+2] {
			for c := int(s[i]); c <= int(s[i+2]); c++ {
				b.WriteByte(byte(c))
			}
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func cmdCut(_ context.Context, e *Env) int {
	f := getopt(e.Args, "d:f:c:s")
	delim := f.last('d')
	if delim == "" {
		delim = "\t"
	}
	return e.eachInput(f.rest, func(_ string, data []byte) {
		for _, l := range lines(data) {
			line := strings.TrimSuffix(string(l), "\n")
			if f.has('c') {
				e.out("%s\n", strings.Join(cutList(strings.Split(line, ""), f.last('c')), ""))
				continue
			}
			if !strings.Contains(line, delim) {
				if !f.has('s') {
					e.out("%s\n", line)
				}
				continue
			}
			e.out("%s\n", strings.Join(cutList(strings.Split(line, delim), f.last('f')), delim))
		}
	})
}

// cutList picks the fields of a list such as 1,3-5.
func cutList(fields []string, list string) []string {
	var out []string
	for i, field := range fields {
		for part := range strings.SplitSeq(list, ",") {
			lo, hi, ranged := strings.Cut(part, "-")
			from, to := atoi(lo), atoi(hi)
			if !ranged {
				to = from
			} else if hi == "" {
				to = len(fields)
			}
			if i+1 >= from && i+1 <= to {
				out = append(out, field)
				break
			}
		}
	}
	return out
}

func cmdTee(_ context.Context, e *Env) int {
	f := getopt(e.Args, "ai")
	data, err := io.ReadAll(e.Stdin)
	if err != nil {
		return 1
	}
	for _, name := range f.rest {
		if e.denied(name) {
			return 1
		}
		content := data
		if f.has('a') {
			old, _ := e.Files.ReadFile(e.abs(name))
			content = append(old, data...)
		}
		if err := e.Files.WriteFile(e.abs(name), content, 0o644); err != nil {
			return e.fileError(name, err)
		}
	}
	e.write(data)
	return 0
}
