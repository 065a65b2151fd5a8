package ssh

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// overExec is the host's side of a transfer over commands, with the file's
// bytes on their streams: one session each, as root where the target says how
// to become it. The scripts are POSIX sh, and name every command by its path.
type overExec struct {
	conn *conn
	ctx  context.Context
}

const (
	// maxPreface bounds what a login may print before the script begins.
	maxPreface = 1 << 20
	// maxTrailer bounds what it may print behind a file's bytes.
	maxTrailer = 64 << 10
)

var errTalkative = trouble{kind: transport.KindProtocol, text: "the host prints without end"}

func (r *overExec) via() string { return transport.ViaExec }

func (r *overExec) close() {}

func (r *overExec) rest(f func() error) error { return f() } // there is no session

func (r *overExec) stat(name string) (stamp, error) {
	var text []byte
	err := r.run("/usr/bin/ls -lndL "+quote(name)+"\n", nil, keep(&text))
	if err != nil {
		return stamp{}, err
	}
	row, err := parseRow(text)
	return row.stamp, err
}

func (r *overExec) read(name string, from, size int64, into io.Writer) error {
	body := "/usr/bin/cat " + quote(name) + "\n"
	if from > 0 {
		body = fmt.Sprintf("/usr/bin/tail -c +%d %s\n", from+1, quote(name))
	}
	w := &exactly{into: into, size: size}
	// What comes behind so many bytes can be what the login prints at its end: a
	// file that has become longer is found out when it is looked at once more.
	err := r.run(body, nil, func(out io.Reader) error {
		_, err := io.Copy(w, io.LimitReader(out, size))
		return err
	})
	if err == nil {
		err = w.whole()
	}
	return err
}

// part takes the part of an earlier try when it is a plain file (no link) of
// who is asking: in a folder where others may write the name can be anybody's.
func (r *overExec) part(name string, fresh bool) (int64, error) {
	if !fresh {
		var text []byte
		err := r.run("P="+quote(name)+`
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
	return 0, r.run("P="+quote(name)+`
/usr/bin/rm -f "$P" || exit
if (set -C) 2>/dev/null; then set -C; fi
: > "$P"
`, nil, nil)
}

func (r *overExec) append(name string, _, _ int64, from io.Reader) error {
	return r.run("/usr/bin/cat >> "+quote(name)+"\n", from, nil)
}

func (r *overExec) finish(part, name string, mode fs.FileMode) error {
	return r.run(fmt.Sprintf(`P=%s T=%s
if [ -d "$T" ]; then
  printf 'it is a folder\n' >&2
  exit 1
fi
/usr/bin/chmod %o "$P" && /usr/bin/mv -f "$P" "$T"
`, quote(part), quote(name), mode), nil, nil)
}

func (r *overExec) remove(name string) error {
	return r.run("/usr/bin/rm -f "+quote(name)+"\n", nil, nil)
}

// keep is a taker of a short answer.
func keep(into *[]byte) func(io.Reader) error {
	return func(out io.Reader) (err error) {
		*into, err = io.ReadAll(io.LimitReader(out, maxLastWords))
		return err
	}
}

// run runs a script, as root where that is asked for. The input is what the
// script finds on its standard input, nil: nothing; take, when set, reads its
// standard output. No byte of the input leaves before the script has said that
// it runs: what asks for passwords never gets any of it.
func (r *overExec) run(body string, input io.Reader, take func(io.Reader) error) error {
	nonce := newNonce()
	script := prelude + "N=" + nonce + "\numask 077\nprintf '\\n%s B\\n' \"$N\"\n"
	line, password, err := r.conn.elevate(script + body)
	if err != nil {
		return err
	}
	s, err := r.conn.openStream(r.ctx, "exec", struct{ Command string }{line})
	if err != nil {
		clear(password)
		if errors.Is(err, errRequestRefused) {
			return trouble{kind: transport.KindProtocol, text: "nothing moves a file here", err: errNoExec}
		}
		return err
	}
	talk := &dialogue{stream: s, nonce: nonce, out: bufio.NewReaderSize(s, 64<<10)}
	defer s.end(s.Close)
	err = talk.hold(password, input, take)
	var own trouble
	if errors.As(err, &own) { // of ours: the host need not come to its end
		_ = s.channel.Close()
		return err
	}
	return r.verdict(talk, err)
}

// verdict says how a script ended: err is what its streams say.
func (r *overExec) verdict(talk *dialogue, err error) error {
	status, gone := talk.stream.wait()
	said := talk.stream.said
	switch become := r.conn.target.Become; {
	case gone != nil:
		return gone
	case !talk.begun && become != "" && become != transport.BecomeNone:
		return trouble{kind: transport.KindPrivilege, text: fmt.Sprintf("%s: exit %d: %s", become, status, fault.LastLine(said, talk.noise))}
	case !talk.begun:
		return trouble{kind: transport.KindProtocol, text: fmt.Sprintf(
			"the login shell ended with status %d before the script began: %s", status, fault.LastLine(said, talk.noise))}
	case status != 0:
		return trouble{text: fault.LastLine(said)}
	}
	return err
}

// dialogue is what is said on the streams of one script.
type dialogue struct {
	stream *byteStream
	nonce  string
	out    *bufio.Reader
	begun  bool   // the script is running
	noise  []byte // the last line before it
}

// hold sends and reads until the script has closed its output. io.EOF says that
// it ended too early.
func (d *dialogue) hold(password []byte, input io.Reader, take func(io.Reader) error) error {
	if len(password) > 0 {
		_, err := d.stream.Write(password)
		clear(password)
		if err != nil {
			return err
		}
	}
	if input == nil {
		_ = d.stream.Close() // if the session has ended already, reading says so
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

// begin reads until the script says that it runs.
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

// feed gives the script its input.
func (d *dialogue) feed(input io.Reader) error {
	buffer := make([]byte, 32<<10)
	if _, err := io.CopyBuffer(d.stream, input, buffer); err != nil {
		return err
	}
	return d.stream.Close()
}
