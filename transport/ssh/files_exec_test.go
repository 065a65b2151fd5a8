package ssh

import (
	"context"
	"io"
	"strings"
	"testing"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// Where SFTP can't be had the file moves all the same.
func TestWithoutSFTP(t *testing.T) {
	for name, fault := range map[string]sshtest.Faults{
		"it is refused":                {},
		"there is no program for it":   {DeadSFTP: true},
		"a profile talks into its way": {TalkativeSFTP: true},
	} {
		t.Run(name, func(t *testing.T) {
			o := memory()
			o.MaxSessions, o.Faults = 1, fault
			d := &disk{}
			if name == "it is refused" {
				d = nil
			}
			p := stocked(t, posix, d, o)
			moved, err := p.put()
			p.whole(moved, err, transport.ViaExec)
			moved, err = p.get()
			p.whole(moved, err, transport.ViaExec)
			p.holds(p.local, map[string][]byte{"got": p.data})
		})
	}
}

func TestServerRefusesSessions(t *testing.T) {
	p := stocked(t, posix, &disk{}, memory())
	files := p.files()
	p.server.SetFaults(sshtest.Faults{RejectSession: true})
	_, err := files.Put(t.Context(), p.upload())
	wantError(t, err, transport.KindProtocol, "upload: ", "refused a session")
	_, err = files.Get(t.Context(), p.download())
	wantError(t, err, transport.KindProtocol, "download: ", "refused a session")
}

// Names are data for the shell, whatever they hold.
func TestFileNamesAreQuoted(t *testing.T) {
	ways(t, func(t *testing.T, via string, p *depot) {
		files := p.files()
		for _, name := range []string{"it's", "a b", "-rf", "$(touch owned)", "`id`", "*", "a;id", "\x1b[2J", "\xff", `\`, "~", "#"} {
			up, down := p.upload(), p.download()
			up.To = p.far + "/" + name
			up.From, down.From = p.file("small", name), up.To
			for range 2 { // new, and replaced
				if _, err := files.Put(t.Context(), up); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := files.Get(t.Context(), down); err != nil {
				t.Fatal(err)
			}
			p.holds(p.far, map[string][]byte{name: []byte(name)})
			p.holds(p.local, map[string][]byte{"got": []byte(name)})
			if got, err := p.run(probe("rm", "rm -f -- "+p.far+"/* "+p.far+"/.??*")); err != nil || got.Results[0].Exit != 0 {
				t.Fatal(err)
			}
		}
		_, err := files.Get(t.Context(), transport.Download{From: p.far + "/\x1b[2J", To: p.local + "/got"})
		if wantError(t, err, transport.KindFile); strings.Contains(err.Error(), "\x1b") {
			t.Errorf("the error %q moves the cursor", err)
		}
	})
}

// The output of a login profile is no part of a file.
func TestTalkativeLogin(t *testing.T) {
	p := stocked(t, func(ctx context.Context, x *sshtest.Exec) int {
		_, _ = io.WriteString(x.Stdout, strings.Repeat("x", 100_000)+"\nWelcome to AIX\n\naixmend-000000000000000000000000 B\n")
		_, _ = io.WriteString(x.Stderr, "stty: not a tty\n")
		exit := posix(ctx, x)
		_, _ = io.WriteString(x.Stdout, "logout\n")
		return exit
	}, nil, memory())
	moved, err := p.put()
	p.whole(moved, err, transport.ViaExec)
	moved, err = p.get()
	p.whole(moved, err, transport.ViaExec)
	p.holds(p.local, map[string][]byte{"got": p.data})
}

// The output of a login profile does not complete a file that was cut off.
func TestTalkativeLoginAfterAFailure(t *testing.T) {
	p := stocked(t, func(ctx context.Context, x *sshtest.Exec) int {
		if !strings.Contains(x.Command, "/usr/bin/cat ") {
			return posix(ctx, x)
		}
		x.Command = strings.Replace(x.Command, "/usr/bin/cat ", "/usr/bin/head -c 1000 ", 1) + "echo 'I/O error' >&2; exit 2\n"
		exit := posix(ctx, x)
		_, _ = io.WriteString(x.Stdout, "logout\n")
		return exit
	}, nil, memory())
	p.stock()
	_, err := p.get()
	wantError(t, err, transport.KindFile, p.far+"/to: I/O error")
	p.holds(p.local, nil)
}

func TestUnexpectedAnswers(t *testing.T) {
	answer := func(text string) sshtest.HandlerFunc {
		return framedFile(func(x *sshtest.Exec) int {
			_, _ = io.WriteString(x.Stdout, text)
			return 0
		})
	}
	endless := func(x *sshtest.Exec) int {
		for {
			if _, err := io.WriteString(x.Stdout, strings.Repeat("yes\n", 1000)); err != nil {
				return 0
			}
		}
	}
	for name, c := range map[string]struct {
		shell sshtest.HandlerFunc
		want  string
	}{
		"no word of ls":       {answer(""), "ls printed a line that is not understood"},
		"another word of ls":  {answer("total 0\n"), "ls printed a line that is not understood"},
		"a size that is none": {answer("-rw------- 1 0 0 -5 Jul 23 10:00 /x\n"), "an impossible size"},
		"an end before the script": {func(_ context.Context, x *sshtest.Exec) int {
			_, _ = io.WriteString(x.Stderr, "no shell for you\n")
			return 1
		}, "ended with status 1 before the script began: no shell for you"},
		"no end before the script": {func(_ context.Context, x *sshtest.Exec) int { return endless(x) }, "prints without end"},
		"no end of the script":     {framedFile(endless), "prints without end"},
	} {
		t.Run(name, func(t *testing.T) {
			p := stocked(t, c.shell, nil, memory())
			_, err := p.get()
			wantError(t, err, transport.KindProtocol, "download: "+p.far+"/to: ", c.want)
			p.holds(p.local, nil)
		})
	}
}

// framedFile is a handler that begins as the script of a transfer does.
func framedFile(f func(x *sshtest.Exec) int) sshtest.HandlerFunc {
	return func(_ context.Context, x *sshtest.Exec) int {
		found := nonceLine.FindStringSubmatch(x.Command)
		if found == nil {
			return 254
		}
		_, _ = io.WriteString(x.Stdout, "\n"+found[1]+" B\n")
		return f(x)
	}
}

func TestTransferWithoutPrivilege(t *testing.T) {
	p := asSudo(stocked(t, sudoers(posix, password), &disk{}, memory()))
	p.stock()
	files := p.files()
	_, err := files.Put(t.Context(), p.upload())
	wantError(t, err, transport.KindPrivilege, "upload: ", "exit 1", "sudo: a password is required")
	_, err = files.Get(t.Context(), p.download())
	wantError(t, err, transport.KindPrivilege, "download: ", "exit 1", "sudo: a password is required")
	p.holds(p.far, map[string][]byte{"to": p.data})
	p.holds(p.local, nil)
}
