package ssh

import (
	"os"
	"testing"

	"github.com/pkg/sftp"

	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/transporttest"
)

func TestFilesConformance(t *testing.T) {
	one := func() sshtest.Options { // what is not closed can't be opened
		o := memory()
		o.MaxSessions = 1
		return o
	}
	for name, open := range map[string]func(t *testing.T) *depot{
		"sftp":              func(t *testing.T) *depot { return stocked(t, posix, &disk{}, memory()) },
		"sftp, one session": func(t *testing.T) *depot { return stocked(t, posix, &disk{}, one()) },
		"exec, one session": func(t *testing.T) *depot { return stocked(t, posix, nil, one()) },
		"sudo, sftp is there": func(t *testing.T) *depot {
			return asSudo(stocked(t, sudoers(posix, allow), &disk{refuse: noneOf}, one()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.FilesConformance(t, func(t *testing.T) (transport.Conn, string) {
				p := open(t)
				return p.dial(), p.far
			})
		})
	}
}

func TestFilesConformanceOfShells(t *testing.T) {
	eachShell(t, func(t *testing.T, path string) {
		transporttest.FilesConformance(t, func(t *testing.T) (transport.Conn, string) {
			p := stocked(t, shell(path), nil, memory())
			return p.dial(), p.far
		})
	})
}

func TestFilesConformanceOfAnAIXHost(t *testing.T) {
	for _, become := range []string{transport.BecomeNone, transport.BecomeSudo} {
		t.Run(become, func(t *testing.T) {
			t.Parallel()
			transporttest.FilesConformance(t, func(t *testing.T) (transport.Conn, string) {
				state := aixsim.Healthy("aixvm1", 1)
				if become == transport.BecomeSudo {
					state.Unprivileged, state.Sudo = true, "nopasswd"
				}
				host := aixsim.NewHost(state, aixsim.HostOptions{})
				t.Cleanup(host.Close)
				o := memory()
				o.SFTP = host.SFTP
				r := serve(t, host.ServeExec, o)
				r.target.Become = become
				return r.dial(), "/tmp"
			})
		})
	}
}

// Every tool that makes a login root gets the bytes through, with a password
// before them or without.
func TestFilesConformanceOfEveryTool(t *testing.T) {
	for _, become := range everyTool {
		for name, secret := range map[string]string{become: "", become + " with a password": rightPassword} {
			t.Run(name, func(t *testing.T) {
				ofTheShare(t, become)
				t.Parallel()
				transporttest.FilesConformance(t, func(t *testing.T) (transport.Conn, string) {
					box := newToolbox(t)
					r := box.rig(become)
					if secret != "" {
						box.file("password", secret)
						r.with(&vault{secret: secret})
					}
					conn := r.dial()
					if _, err := conn.Run(t.Context(), []transport.Command{probe("id", "id -u")}); err != nil {
						t.Fatal(err)
					}
					return conn, t.TempDir()
				})
			})
		}
	}
}

// noneOf refuses every request.
func noneOf(*sftp.Request) error { return sftp.ErrSSHFxPermissionDenied }

func asSudo(p *depot) *depot {
	p.target.Become = transport.BecomeSudo
	return p
}

func TestLargeFile(t *testing.T) {
	ways(t, func(t *testing.T, via string, p *depot) {
		moved, err := p.put()
		p.whole(moved, err, via)
		p.holds(p.far, map[string][]byte{"to": p.data})
		moved, err = p.get()
		p.whole(moved, err, via)
		p.holds(p.local, map[string][]byte{"got": p.data})
	})
}

func TestUploadSetsTheMode(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		for mode, want := range map[os.FileMode]os.FileMode{0: 0o600, 0o755: 0o755, os.ModeSetuid | 0o640: 0o640} {
			up := p.upload()
			up.From, up.Mode = p.file("small", "x"), mode
			if _, err := p.files().Put(t.Context(), up); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(up.To); err != nil || info.Mode() != want {
				t.Errorf("mode %v became %v, want %v, %v", mode, info.Mode(), want, err)
			}
		}
	})
}
