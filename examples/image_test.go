package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// instructions are those of a Containerfile, each with its words: [COPY --chmod=0755 a /b].
func instructions(text string) [][]string {
	text = regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	var list [][]string
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 {
			list = append(list, words)
		}
	}
	return list
}

// faultsOfImage are the rules of the image that a Containerfile breaks. exists reports whether
// the command has a variable.
func faultsOfImage(text string, exists func(variable string) bool) []string {
	var faults []string
	complain := func(words ...string) { faults = append(faults, strings.Join(words, " ")) }
	seen := map[string]string{}
	for i, words := range instructions(text) {
		rest := strings.Join(words[1:], " ")
		switch name := words[0]; name {
		case "FROM":
			if i > 0 || rest != "scratch" {
				complain("it is not from the binary alone:", rest)
			}
		case "COPY":
			from, to := words[len(words)-2], words[len(words)-1]
			if !slices.Contains([]string{"aixmend", "THIRD-PARTY-LICENCES.txt", "state"}, from) {
				complain("it copies", from)
			}
			if from == "state" && (!strings.Contains(rest, "--chown=65532:65532 ") || !strings.Contains(rest, "--chmod=0700 ")) {
				complain("its state folder is not its user's alone:", rest)
			}
			seen[from] = to
		case "ENV":
			for _, pair := range words[1:] {
				if variable, _, _ := strings.Cut(pair, "="); variable != "HOME" && variable != "USER" && !exists(variable) {
					complain("there is no variable", variable)
				}
			}
		case "USER":
			if rest != "65532:65532" {
				complain("its user is no number, or another:", rest)
			}
		case "LABEL", "WORKDIR", "CMD":
		case "ENTRYPOINT":
			if rest != `["`+seen["aixmend"]+`"]` {
				complain("it does not start the binary:", rest)
			}
		default:
			complain("it has", name)
		}
		seen[words[0]] = rest
	}
	for _, needed := range []string{"FROM", "aixmend", "THIRD-PARTY-LICENCES.txt", "state", "USER", "ENTRYPOINT"} {
		if seen[needed] == "" {
			complain("it lacks", needed)
		}
	}
	if seen["WORKDIR"] != seen["state"] || !strings.Contains(seen["ENV"], "AIXMEND_STATE="+seen["state"]+" ") {
		complain("its state folder is not where it works:", seen["WORKDIR"])
	}
	return faults
}

// variables reports whether the reference has a variable.
func variables(t *testing.T) func(string) bool {
	reference := read(t, "../docs/reference.md")
	return func(variable string) bool { return strings.Contains(reference, "| `"+variable+"` |") }
}

// The image is the static binary alone, its user is a number and not root, and it needs no
// builder to be checked.
func TestImage(t *testing.T) {
	text := read(t, "../packaging/Containerfile")
	for _, fault := range faultsOfImage(text, variables(t)) {
		t.Error(fault)
	}
	checkShell(t, read(t, "../packaging/image"), syntax.LangBash)
	for _, c := range []struct{ replace, by, want string }{
		{"FROM scratch", "FROM debian:13", "binary alone"},
		{"USER 65532:65532", "USER root", "its user"},
		{"USER 65532:65532\n", "", "lacks USER"},
		{"COPY --chmod=0755 aixmend", "COPY --chmod=0755 . ", "it copies"},
		{"WORKDIR", "RUN true\nWORKDIR", "it has RUN"},
		{"AIXMEND_STATE", "AIXMEND_STAT", "no variable AIXMEND_STAT"},
		{"--chmod=0700", "--chmod=0755", "its user's alone"},
		{`ENTRYPOINT ["/usr/bin/aixmend"]`, `ENTRYPOINT /usr/bin/aixmend`, "start the binary"},
		{"WORKDIR /var/lib/aixmend", "WORKDIR /", "where it works"},
	} {
		worse := strings.Replace(text, c.replace, c.by, 1)
		if faults := strings.Join(faultsOfImage(worse, variables(t)), "\n"); worse == text || !strings.Contains(faults, c.want) {
			t.Errorf("%q for %q: %q", c.by, c.replace, faults)
		}
	}
	makefile, err := os.ReadFile(filepath.Join("..", "Makefile"))
	if err != nil || !strings.Contains(string(makefile), "packaging/image") {
		t.Error("no target builds it", err)
	}
}
