package load

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

// unreadable is one host for each kind of fault of Ansible's variables.
var unreadable = []string{
	`ansible_host: "{{ x | y }}"`, `ansible_host: !vault x`, `ansible_host: [a]`, `ansible_host: "no host!"`,
	`ansible_connection: libssh, ansible_libssh_host: "{{ x | y }}"`, `ansible_paramiko_host: other`,
	`ansible_ssh_common_args: "-o HostName=other"`, `ansible_ssh_common_args: "other"`, `ansible_ssh_common_args: "-- other"`,
	`ansible_ssh_common_args: "-W other:22"`, `ansible_ssh_common_args: "-o CanonicalizeHostname=always"`,
	`ansible_port: "{{ x | y }}"`, `ansible_port: many`, `ansible_port: 70000`, `ansible_ssh_common_args: "-p many"`, `ansible_paramiko_port: 2222`,
	`ansible_user: "{{ x | y }}"`, `ansible_user: !vault x`, `ansible_user: !mine x`, `ansible_user: "a b"`, `ansible_user: "a\"b"`, `ansible_libssh_user: x`,
	`ansible_ssh_common_args: "-o User"`, `ansible_ssh_common_args: "-o 'User=a b'"`,
	`ansible_ssh_private_key_file: "{{ x | y }}"`, `ansible_ssh_private_key_file: ~other/key`, `ansible_ssh_private_key: "{{ key }}"`,
	`ansible_ssh_common_args: "-o IdentityFile=none"`, `ansible_ssh_common_args: "-I /x.so"`, `ansible_ssh_pkcs11_provider: /x.so`,
	`ansible_ssh_common_args: "-o IdentityFile=${AIXMEND_NO_SUCH}/x"`, `ansible_ssh_common_args: "-o PKCS11Provider=/x.so"`,
	`ansible_ssh_common_args: "-o CertificateFile='/a /b'"`, `ansible_ssh_common_args: "-o CertificateFile=~other/x"`,
	`ansible_ssh_common_args: "-o IdentityAgent='/a /b'"`, `ansible_ssh_common_args: "-o HostKeyAlias=a,b"`,
	`ansible_ssh_common_args: "-o UserKnownHostsFile"`, `ansible_ssh_common_args: "-o UserKnownHostsFile=~other/x"`,
	`ansible_ssh_common_args: "-o GlobalKnownHostsFile=~/x"`, `ansible_ssh_common_args: "-o RevokedHostKeys=/x"`,
	`ansible_ssh_common_args: "-o KnownHostsCommand=/x"`, `ansible_ssh_common_args: "-o RequiredRSASize=4096"`,
	`ansible_ssh_common_args: "-o PubkeyAuthentication=no"`, `ansible_ssh_common_args: "-o PreferredAuthentications=password,keyboard-interactive"`,
	`ansible_ssh_common_args: "-o HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com"`, `ansible_ssh_common_args: "-o CheckHostIP=yes"`,
	`ansible_ssh_common_args: "{{ x | y }}"`, `ansible_ssh_common_args: !vault x`, `ansible_ssh_common_args: [-J, gate]`, `ansible_ssh_args: "-J 'x"`,
	`ansible_ssh_extra_args: "-J"`, `ansible_ssh_common_args: "-J a -J b"`, `ansible_ssh_common_args: "-J '/a b'"`, `ansible_ssh_common_args: "--long"`,
	`ansible_ssh_common_args: "-o ProxyCommand='nc -x socks.example:1080 %h %p'"`, `ansible_ssh_common_args: "-o ProxyCommand='sudo ssh -W %h:%p gate'"`,
	`ansible_ssh_common_args: "-o ProxyUseFdpass=yes"`, `ansible_ssh_common_args: "-b 10.0.0.1"`, `ansible_ssh_common_args: "-B eth1"`,
	`ansible_ssh_common_args: "-V"`, `ansible_ssh_common_args: "-o FooBar=1"`, `ansible_ssh_common_args: "-o Compression"`,
	`ansible_ssh_executable: /opt/tsh`, `ansible_paramiko_proxy_command: ssh -W %h:%p gate`, `ansible_connection: paramiko, ansible_paramiko_proxy_command: nc %h %p`,
	`ansible_ssh_common_args: "-o ProxyCommand='ssh -F x.cfg -W %h:%p gate'"`, `ansible_ssh_common_args: "-F ansible_test.go -o ProxyCommand='ssh -W %h:%p gate'"`,
	`ansible_ssh_common_args: "-F missing.cfg"`, `ansible_ssh_common_args: "-F ."`, `ansible_ssh_common_args: "-P fleet"`, `ansible_ssh_common_args: "-o Include=x"`,
	`ansible_connection: libssh, ansible_libssh_config_file: missing.cfg`, `ansible_libssh_config_file: missing.cfg`,
	`ansible_connection: "{{ x | y }}"`, `ansible_connection: !vault x`, `ansible_connection: [ssh]`,
	`ansible_become: "{{ x | y }}"`, `ansible_become: perhaps`, `ansible_become: true, ansible_become_method: doas`, `ansible_become: true, ansible_become_method: "{{ x | y }}"`,
	`ansible_become: true, ansible_become_user: oracle`, `ansible_become: true, ansible_sudo_user: oracle`, `ansible_become: true, ansible_become_method: su, ansible_su_user: oracle`,
	`ansible_become: true, ansible_become_exe: sudo su -`, `ansible_become: true, ansible_sudo_exe: /opt/wrap`, `ansible_become: true, ansible_become_flags: -H -u oracle`,
	`ansible_become: true, ansible_become_flags: "{{ x | y }}"`, `ansible_become: true, ansible_become_flags: --chroot=/x`,
}

var (
	alternative = regexp.MustCompile(`\{(?:[^{}]|\{[^{}]*\})*\}`)
	blanks      = strings.NewReplacer("LOGIN", "said", "HOST", "said.example", "FILE", "/said", "SOCKET", "/said", "NAME", "said", "ADDRESS", "10.0.0.1", "COMMAND", "/said")
)

// Each fault names the remedy that lifts it. Each form of the remedy is applied: the host is
// then reached as the remedy says, and its other settings stay the same.
func TestRemediesLiftFaults(t *testing.T) {
	for _, vars := range unreadable {
		t.Run(vars, func(t *testing.T) {
			before := hostOf(t, vars)
			_, err := before.Select("h")
			if err == nil {
				t.Fatal("there is no fault")
			}
			if _, err := before.Select("other"); err != nil {
				t.Errorf("another host: %v", err)
			}
			_, hint, found := strings.Cut(err.Error(), "hint: say it for this program: ")
			if !found || strings.Count(err.Error(), "hint: ") != 1 {
				t.Fatal(err)
			}
			variable, values, _ := strings.Cut(hint, ": ")
			forms := alternative.FindAllString(values, -1)
			if variable == "aixmend_address" {
				forms = []string{values}
			}
			if len(forms) == 0 {
				t.Fatal(hint)
			}
			for _, form := range forms {
				form = blanks.Replace(form)
				after := hostOf(t, vars+", "+variable+": "+form)
				if _, err := after.Select("h"); err != nil {
					t.Errorf("%s: %v", form, err)
				}
				h, _ := after.Host("h")
				alone := hostOf(t, variable+": "+form)
				want, _ := alone.Host("h")
				if diff := cmp.Diff(want.SSH, h.SSH, cmp.FilterPath(saidElsewhere(vars), cmp.Ignore())); diff != "" || want.Address != h.Address && variable == "aixmend_address" {
					t.Errorf("%s (-said alone +said here): %s %s", form, h.Address, diff)
				}
			}
		})
	}
}

// saidElsewhere leaves out the fields about which a row itself says something that is
// read.
func saidElsewhere(vars string) func(cmp.Path) bool {
	return func(p cmp.Path) bool {
		switch p.Last().String() {
		case ".Jump":
			return strings.Contains(vars, "-J") || strings.Contains(vars, "-W %h:%p gate")
		case ".Config":
			return strings.Contains(vars, "-F ansible_test.go")
		case ".Become":
			return strings.Contains(vars, "ansible_become")
		}
		return false
	}
}

func hostOf(t *testing.T, vars string) *inventory.Inventory {
	t.Helper()
	inv, err := testOptions().Parse("i.yaml", []byte("all: {hosts: {h: {"+vars+"}, other: {ansible_host: 10.9.9.9}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// A setting of aixmend_ssh that answers another question lifts no fault, and where the
// inventory says plainly that a host is not reached over SSH nothing makes it one.
func TestRemediesOfOthers(t *testing.T) {
	for _, vars := range []string{
		`ansible_ssh_common_args: "-b 10.0.0.1", aixmend_ssh: {user: x}`,
		`ansible_user: "{{ x | y }}", aixmend_ssh: {jump: gate}`,
		`ansible_ssh_common_args: "-F missing.cfg", aixmend_ssh: {jump: none}`,
		`ansible_ssh_common_args: "-o HostName=other", aixmend_ssh: {jump: none, config: none}`,
		`ansible_become: perhaps, aixmend_ssh: {user: x}`,
		`ansible_connection: "{{ x | y }}", aixmend_address: 10.0.0.1`,
		`aixmend_ssh: "{{ x }}"`, `aixmend_ssh: {usr: x}`, `aixmend_shh: {user: x}`, `aixmend_address: "{{ x }}"`, `aixmend_address: "a b"`,
	} {
		inv := hostOf(t, vars)
		if _, err := inv.Select("h"); err == nil {
			t.Errorf("%s: no fault", vars)
		}
		if _, err := inv.Select("other"); err != nil {
			t.Errorf("%s: %v", vars, err)
		}
	}
	if _, found := hostOf(t, `ansible_connection: winrm, aixmend_ssh: {}`).Host("h"); found {
		t.Error("a host of winrm is not left out")
	}
}
