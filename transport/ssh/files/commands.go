package files

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"aixmend/transport"
	"aixmend/transport/shell"
	"aixmend/transport/ssh/exec"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

// overExec is the host's side of a transfer over commands, with the file's bytes on
// their streams. Each takes one session, and runs as root if the target has a tool
// for it. The scripts are POSIX sh and name every command by its path.
type overExec struct {
	mover *Mover
	ctx   context.Context
}

const (
	// maxPreface bounds the output of a login before the script begins, in bytes.
	maxPreface = 1 << 20
	// maxTrailer bounds its output behind a file's bytes, in bytes.
	maxTrailer = 64 << 10
)

var errTalkative = failure{kind: transport.KindProtocol, text: "the host prints without end"}

func (r *overExec) via() string { return transport.ViaExec }

func (r *overExec) close() {}

func (r *overExec) rest(f func() error) error { return f() } // there is no session

func (r *overExec) stat(name string) (stamp, error) {
	var text []byte
	err := r.run("/usr/bin/ls -lndL "+shell.Quote(name)+"\n", nil, keep(&text))
	if err != nil {
		return stamp{}, err
	}
	row, err := parseRow(text)
	return row.stamp, err
}

func (r *overExec) read(name string, from, size int64, into io.Writer) error {
	body := "/usr/bin/cat " + shell.Quote(name) + "\n"
	if from > 0 {
		body = fmt.Sprintf("/usr/bin/tail -c +%d %s\n", from+1, shell.Quote(name))
	}
	w := &exactly{into: into, size: size}
	// More bytes may be output of the login at its end. If the file has grown, the
	// check after the transfer finds it.
	err := r.run(body, nil, func(out io.Reader) error {
		_, err := io.Copy(w, io.LimitReader(out, size))
		return err
	})
	if err == nil {
		err = w.whole()
	}
	return err
}

// part takes the part of an earlier try if it is a plain file (no link) of the same
// user: in a folder where others may write, it could be anybody's.
func (r *overExec) part(name string, fresh bool) (int64, error) {
	if !fresh {
		var text []byte
		err := r.run("P="+shell.Quote(name)+`
if [ -f "$P" ] && [ ! -h "$P" ]; then
  /usr/bin/chmod 600 "$P" && /usr/bin/id -u && /usr/bin/ls -lnd "$P"
fi
exit 0
`, nil, keep(&text))
		if err != nil {
			return 0, err
		}
		uid, row, _ := bytes.Cut(text, []byte("\n"))
		if there, err := parseRow(row); err == nil && there.owner == string(bytes.TrimSpace(uid)) {
			return there.stamp.size, nil
		}
	}
	return 0, r.run("P="+shell.Quote(name)+`
/usr/bin/rm -f "$P" || exit
if (set -C) 2>/dev/null; then set -C; fi
: > "$P"
`, nil, nil)
}

func (r *overExec) append(name string, _, _ int64, from io.Reader) error {
	return r.run("/usr/bin/cat >> "+shell.Quote(name)+"\n", from, nil)
}

func (r *overExec) finish(part, name string, mode fs.FileMode) error {
	return r.run(fmt.Sprintf(`P=%s T=%s
if [ -d "$T" ]; then
  printf 'it is a folder\n' >&2
  exit 1
fi
/usr/bin/chmod %o "$P" && /usr/bin/mv -f "$P" "$T"
`, shell.Quote(part), shell.Quote(name), mode), nil, nil)
}

func (r *overExec) remove(name string) error {
	return r.run("/usr/bin/rm -f "+shell.Quote(name)+"\n", nil, nil)
}

// keep returns a function that reads a short answer.
func keep(into *[]byte) func(io.Reader) error {
	return func(out io.Reader) (err error) {
		*into, err = io.ReadAll(io.LimitReader(out, maxLastWords))
		return err
	}
}

// run runs a script, as root if the target says so. The script reads input, nil:
// nothing; take, if set, reads its standard output. No byte of the input is sent
// before the script announces that it runs, so that no password prompt reads it.
func (r *overExec) run(body string, input io.Reader, take func(io.Reader) error) error {
	nonce := exec.NewNonce()
	script := exec.Prelude + "N=" + nonce + "\numask 077\nprintf '\\n%s B\\n' \"$N\"\n"
	line, password, err := r.mover.Elevate(script + body)
	if err != nil {
		return err
	}
	defer clear(password)
	s, err := r.mover.openStream(r.ctx, "exec", struct{ Command string }{line})
	if err != nil {
		if errors.Is(err, errRequestRefused) {
			return failure{kind: transport.KindProtocol, text: "nothing moves a file here", err: fault.ErrNoExec}
		}
		return err
	}
	talk := &dialogue{stream: s, nonce: nonce, out: bufio.NewReaderSize(s, 64<<10)}
	defer s.end(s.Close)
	err = talk.hold(password, input, take)
	var own failure
	if errors.As(err, &own) { // our own error: do not wait for the script
		_ = s.channel.Close()
		return err
	}
	return r.verdict(talk, password, err)
}

// verdict turns the end of a script into an error; err is that of its streams. The
// password is masked in it.
func (r *overExec) verdict(talk *dialogue, password []byte, err error) error {
	status, gone := talk.stream.wait()
	said := passwords.Mask(talk.stream.said, password, false)
	talk.noise = passwords.Mask(talk.noise, password, false)
	switch become := r.mover.Target.Become; {
	case gone != nil:
		return gone
	case !talk.begun && become != "" && become != transport.BecomeNone:
		return failure{kind: transport.KindPrivilege, text: fmt.Sprintf("%s: exit %d: %s", become, status, fault.LastLine(said, talk.noise))}
	case !talk.begun:
		return failure{kind: transport.KindProtocol, text: fmt.Sprintf(
			"the login shell ended with status %d before the script began: %s", status, fault.LastLine(said, talk.noise))}
	case status != 0:
		return failure{text: fault.LastLine(said)}
	}
	return err
}

// dialogue is the exchange on the streams of one script.
type dialogue struct {
	stream *byteStream
	nonce  string
	out    *bufio.Reader
	begun  bool   // the script is running
	noise  []byte // the last line before it
}

// hold sends and reads until the script has closed its output. io.EOF means that it
// ended too early.
func (d *dialogue) hold(password []byte, input io.Reader, take func(io.Reader) error) error {
	if len(password) > 0 {
		if _, err := d.stream.Write(password); err != nil {
			return err
		}
	}
	if input == nil {
		_ = d.stream.Close() // if the session has ended already, reading shows it
	}
	if err := d.begin(); err != nil {
		return err
	}
	if input != nil {
		if err := d.feed(input); err != nil {
			return err
		}
	}
	if take != nil {
		if err := take(d.out); err != nil {
			return err
		}
	}
	if _, err := io.CopyN(io.Discard, d.out, maxTrailer); err == nil {
		return errTalkative
	}
	return nil
}

// begin reads until the script announces that it runs.
func (d *dialogue) begin() error {
	mark := []byte(d.nonce + " B\n")
	for read := 0; read < maxPreface; {
		line, err := d.out.ReadSlice('\n')
		read += len(line)
		if bytes.Equal(line, mark) {
			d.begun = true
			return nil
		}
		if len(bytes.TrimSpace(line)) > 0 {
			d.noise = append(d.noise[:0], line[:min(len(line), maxLastWords)]...)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	return errTalkative
}

// feed sends the input of the script.
func (d *dialogue) feed(input io.Reader) error {
	buffer := make([]byte, 32<<10)
	if _, err := io.CopyBuffer(d.stream, input, buffer); err != nil {
		return err
	}
	return d.stream.Close()
}
