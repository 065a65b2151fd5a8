package load

import (
	"errors"
	"fmt"
	"time"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
	"aixmend/transport/program"
)

const (
	// sourceTimeout is how long a source may take when it does not say.
	sourceTimeout = 30 * time.Second
	// maxSourceTimeout is the longest time that it may be given.
	maxSourceTimeout = time.Hour
	// maxOutput is how much it may print, in bytes.
	maxOutput = strictyaml.MaxBytes
)

// readSource reads the hosts of the source of a file.
func (b *builder) readSource(src source, doc settings.SourceDoc) {
	powervs := doc.Powervs.Pos != strictyaml.Pos{}
	switch {
	case doc.Pos == strictyaml.Pos{}:
	case powervs && (doc.Exec != nil || doc.Timeout.Set()):
		b.Problems.Add(doc.Powervs.Pos, "put each source into a file of its own, and name both with -i", "a source has exec or powervs, not both")
	case powervs:
		b.askPowervs(src, doc.Powervs)
	case doc.Exec == nil:
		b.Problems.Add(doc.Pos, "write exec: [PROGRAM, ARGUMENT, ...] or powervs: {workspaces: [NAME]}", "source names neither exec nor powervs")
	default:
		b.runSource(src, doc)
	}
}

// runSource runs the program of a file and reads the hosts that it prints. It
// is not run where something is wrong already.
func (b *builder) runSource(src source, doc settings.SourceDoc) {
	timeout := sourceTimeout
	if doc.Timeout.Set() {
		timeout = doc.Timeout.V
		if timeout <= 0 || timeout > maxSourceTimeout {
			b.Problems.Add(doc.Timeout.Pos, "", "timeout must be more than 0 and at most %s", maxSourceTimeout)
		}
	}
	b.Program("source.exec", src.folder, doc.Exec)
	if len(doc.Exec) == 0 && len(b.Problems) == 0 {
		b.Problems.Add(doc.Pos, "", "exec names no program")
	}
	if len(b.Problems) > 0 {
		return
	}
	argv := make([]string, len(doc.Exec))
	for i, word := range doc.Exec {
		argv[i] = word.V
	}
	if b.run == nil {
		b.Problems.Add(doc.Pos, "", "no program is run here")
		return
	}
	if p := settings.Obeyed(doc.Pos, argv[0], ownership.Program(argv, "")); p != nil {
		b.Problems = append(b.Problems, *p)
		return
	}
	out, err := b.run(argv, timeout)
	switch {
	case errors.Is(err, errNotRun):
		b.unknown = true
		b.Warnings.Add(doc.Pos.String(), doc.Pos, "--run-sources runs it", "source %s not run: its hosts are not checked", argv[0])
		return
	case err != nil:
		hint := "run it yourself and read its output"
		if errors.Is(err, program.ErrTimeout) {
			hint = "give it more time with timeout: 2m, or let it print less"
		}
		b.Problems = append(b.Problems, strictyaml.Problem{Pos: doc.Pos, Message: fmt.Sprintf("the source could not be read: %v", err), Hint: hint, Err: err})
		return
	}
	b.readOutput(src, argv[0], out)
}

// readOutput reads the output of a program.
func (b *builder) readOutput(src source, program string, out []byte) {
	label := "output of " + program
	parsed, problems := strictyaml.ParseJSON(label, out)
	if parsed == nil {
		for i := range problems {
			problems[i].Hint = "it must print JSON as Ansible's --list does, and nothing else on stdout"
		}
		b.Problems = append(b.Problems, problems...)
		return
	}
	b.foreign().ReadOutput(parsed, &src.defaults)
}
