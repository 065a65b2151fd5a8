package aixsim

import (
	"strings"
	"testing"
)

// ls shows the owners and modes that AIX gives to the folders of its logs: /var/adm is
// group-writable.
func TestOwnersOfFolders(t *testing.T) {
	s := Healthy("aixvm1", 1)
	s.Files["/home/ops"] = File{Dir: true, Mode: 0o700, Owner: "ops", Group: "staff"}
	m := boot(t, s)
	for name, want := range map[string]string{
		"/":         "drwxr-xr-x root system",
		"/etc":      "drwxr-xr-x root system",
		"/var":      "drwxr-xr-x bin bin",
		"/var/adm":  "drwxrwxr-x root adm",
		"/home/ops": "drwx------ ops staff",
	} {
		got := m.wants("/usr/bin/ls -ld " + name)
		f := strings.Fields(got)
		if len(f) != 9 || f[0]+" "+f[2]+" "+f[3] != want || f[8] != name {
			t.Errorf("ls -ld %s: %q, want %s", name, got, want)
		}
	}
}
