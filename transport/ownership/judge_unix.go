//go:build unix

package ownership

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"aixmend/transport/shell"
)

// groupFile lists the groups with their members, userFile the users with their main
// groups.
const (
	groupFile = "/etc/group"
	userFile  = "/etc/passwd"
)

// nonblock lets the opening of a pipe not wait for a writer.
const nonblock = syscall.O_NONBLOCK

// aixBin is the account bin, which owns /, /usr, /var and /home on AIX, the links /bin
// and /u, and with /usr/bin everything that root runs there.
const aixBin = 2

// mine reports whether this user or root owns a file.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid() || runtime.GOOS == "aix" && stat.Uid == aixBin)
}

// judge returns a fault without its Path if others can change an entry; above says that
// it is a folder on the way, where the sticky bit counts.
func judge(at string, info fs.FileInfo, above bool) *Fault {
	mode := info.Mode()
	switch {
	case mode&fs.ModeCharDevice != 0:
		return nil // a terminal, /dev/null: nothing that is kept
	case !mine(info):
		f := ownedByOthers(at, info, "")
		if above {
			f.Remedy = "run aixmend as its owner, or keep the file in a folder of your own"
		}
		return f
	case above && mode&fs.ModeSticky != 0:
		return nil
	case mode.Perm()&0o002 != 0:
		return &Fault{At: at, Why: fmt.Sprintf("is writable by everybody (mode %04o)", mode.Perm()), Remedy: shell.Line("chmod", "go-w", at)}
	case mode.Perm()&0o020 != 0:
		if group, own := groupOf(info); !own {
			return &Fault{At: at, Why: fmt.Sprintf("is writable by group %s (mode %04o)", group, mode.Perm()), Remedy: shell.Line("chmod", "g-w", at)}
		}
	}
	return nil
}

func private(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return privateTo(os.Geteuid(), path, info.Mode().Perm(), int(stat.Uid))
}

// privateTo returns an error if a file of this mode and owner can be read by others than
// root and the user me.
func privateTo(me int, path string, mode fs.FileMode, owner int) error {
	switch {
	case owner != me && owner != 0:
		return fmt.Errorf("file %s belongs to %s, who can read it: run aixmend as that user, or make a copy of your own",
			path, userName(strconv.Itoa(owner)))
	case owner == me && mode&0o077 != 0:
		return fmt.Errorf("file %s is open to others (mode %04o): %s", path, mode, shell.Line("chmod", "600", path))
	case owner != me && mode&0o037 != 0:
		return fmt.Errorf("file %s of root is open to others (mode %04o): make it 0440, or copy it into a file of mode 0600", path, mode)
	}
	return nil
}

// ownedByOthers is the fault of an entry that is not this user's.
func ownedByOthers(at string, info fs.FileInfo, kind string) *Fault {
	// A new owner would make the text of the other user trusted.
	f := &Fault{At: at, Why: "belongs to another user", Remedy: "read it, and use a copy of your own: " + shell.Line("cp", at, at+".own")}
	if info.IsDir() {
		f.Remedy = "run aixmend as its owner, or name a folder of your own"
	}
	if kind != "" {
		f.At, f.Remedy = kind+at, "remove the link, and name what it leads to"
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		f.Why = "belongs to " + userName(strconv.FormatUint(uint64(stat.Uid), 10))
	}
	return f
}

func userName(uid string) string {
	if owner, err := user.LookupId(uid); err == nil {
		return owner.Username
	}
	return "user " + uid
}

// groupOf returns the name of a file's group, and whether it is this user's own.
func groupOf(info fs.FileInfo) (name string, own bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	me, err := user.Current()
	if !ok || err != nil {
		return "?", false
	}
	gid := strconv.FormatUint(uint64(stat.Gid), 10)
	name, own = groupIn(groupFile, gid, me.Username, me.Gid)
	return name, own && aloneIn(userFile, gid, me.Username)
}

// aloneIn reports whether a group is the main group of no other user of a file of users.
func aloneIn(file, gid, login string) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) > 3 && fields[3] == gid && fields[0] != login {
			return false
		}
	}
	return true
}

// groupIn returns the name of the group gid in a file of groups, its number if it is
// not there, and whether it is the user's own: it has the user's name and main id, and
// no other member.
func groupIn(file, gid, login, main string) (name string, own bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return gid, false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) < 4 || fields[2] != gid {
			continue
		}
		members := strings.FieldsFunc(fields[3], func(r rune) bool { return r == ',' })
		others := slices.DeleteFunc(members, func(m string) bool { return m == login })
		return fields[0], fields[0] == login && gid == main && len(others) == 0
	}
	return gid, false
}
