package aixsim

import (
	"strings"
	"testing"
)

func TestMount(t *testing.T) {
	nim := func(s *State) {
		s.Exports = map[string][]Fileset{"nim01:/export/lpp": {update(rmcFileset)}, "nim01:/export/lpp/more": {update("rsct.core.sec")}}
		s.fileset(rmcFileset).Level = "3.1.5.0"
	}
	const mount = "mkdir -p /mnt/x; /usr/sbin/mount -o ro,soft,retry=1 nim01:/export/lpp /mnt/x"
	runCases(t, []commandCase{
		{name: "what is mounted", command: "mount | head -n 3", out: "  node       mounted        mounted over    vfs       date        options      \n" +
			"-------- ---------------  ---------------  ------ ------------ --------------- \n         /dev/hd4         /                jfs2   Jan 12 08:28 rw,log=/dev/hd8\n"},
		{name: "mount, list, umount", change: nim, command: mount + "; mount | grep nim01 | tr -s ' ' | cut -d' ' -f1-4,8; df -k /mnt/x/y | grep -c nim01:/export/lpp; /usr/sbin/umount /mnt/x; mount | grep -c nim01; df -k | grep -c nim01",
			exit: 1, out: "nim01 /export/lpp /mnt/x nfs3 ro,soft,retry=1\n1\n0\n0\n"},
		{name: "images there, and below", change: nim, command: mount + "; installp -Ld /mnt/x | cut -d: -f2; installp -Ld /mnt/x/more | cut -d: -f2; installp -agXY -d /mnt/x rsct.core.rmc >/dev/null; lslpp -Lcq rsct.core.rmc | cut -d: -f3",
			out: "rsct.core.rmc\nrsct.core.sec\n3.2.6.2\n"},
		{name: "not before and not after", change: nim, command: mount + "; umount nim01:/export/lpp; installp -Ld /mnt/x", exit: 1, err: "0503-020"},
		{name: "a mount hides what lies there", change: func(s *State) {
			nim(s)
			s.Files["/mnt/x/y.bff"] = File{Content: string(ImageFile(update("rsct.core.utils"), nil))}
		}, command: "installp -Ld /mnt/x | cut -d: -f2; " + mount + "; installp -Ld /mnt/x | cut -d: -f2", out: "rsct.core.utils\nrsct.core.rmc\n"},
		{name: "nobody writes there", change: nim, command: mount + "; mkdir /mnt/x/a; echo a > /mnt/x/b", exit: 1, err: "read permission only"},
		{name: "no mount point", change: nim, command: "mount nim01:/export/lpp /mnt/x", exit: 1, err: "0506-324"},
		{name: "nobody knows the server", change: nim, command: "mkdir /mnt; mount -o soft nosuch:/export /mnt", exit: 1, err: "giving up on"},
		{name: "it does not export that", change: nim, command: "mkdir /mnt; mount nim01:/home /mnt", exit: 1, err: "1831-011 access denied for nim01:/home"},
		{name: "mounted already", change: nim, command: mount + "; mount nim01:/export/lpp /mnt/x", exit: 1, err: "busy"},
		{name: "-n and -r", change: nim, command: "mkdir /mnt; mount -r -n nim01 /export/lpp /mnt && mount | grep nim01 | grep -c ' ro$'", out: "1\n"},
		{name: "nothing to unmount", command: "umount /mnt", exit: 1, err: "0506-347"},
		{name: "a local one is busy", command: "umount /usr", exit: 1, err: "0506-349"},
		{name: "an ordinary user may look", change: func(s *State) { nim(s); s.Unprivileged = true }, command: "mount | wc -l; mount nim01:/export/lpp /tmp", exit: 1, has: []string{"8"}, err: "0506-327"},
		{name: "no sense", command: "mount /mnt", exit: 1, err: "Usage"},
	})
	m := boot(t, func() *State { s := Healthy("aixvm1", 1); nim(s); return s }())
	m.wants(mount)
	m.host.Boot(nil)
	if got := m.wants("mount"); strings.Contains(got, "nim01") {
		t.Errorf("a boot mounts it again: %s", got)
	}
}
