package redact

import (
	"encoding/base64"
	"strings"
	"testing"
)

// Secrets are removed in every form that a log has.
func TestRedact(t *testing.T) {
	const secret = "S3cr3tValue9xYz"
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	key := "-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret + "AAAAB3NzaC1yc2E\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
	for name, text := range map[string]string{
		"key=value":              "password=" + secret,
		"key: value":             "admin_password: " + secret + " with blanks",
		"upper case":             "ROOT_PASSWORD=" + secret,
		"shell":                  "export DB_PASSWD='" + secret + "'",
		"json":                   `{"user": "x", "password": "` + secret + `", "n": 1}`,
		"json in json":           `{"body": "{\"token\": \"` + secret + `\"}"}`,
		"python":                 `{'auth': {'password': '` + secret + `', 'b': 2}}`,
		"python with u":          `{'secret': u'` + secret + `'}`,
		"yaml":                   "  api_key: " + secret + "\n  other: 1",
		"arrow":                  "token => " + secret,
		"option":                 "run --password " + secret + " --user x",
		"option with =":          "run --client-secret=" + secret,
		"header":                 "Authorization: Bearer " + secret + secret,
		"proxy header":           "proxy-authorization: Basic " + b64("me:"+secret),
		"bearer alone":           "sent bearer " + secret + secret,
		"basic alone":            "sent Basic " + b64("me:"+secret),
		"token header":           "X-Auth-Token: " + secret,
		"address":                "https://me:" + secret + "@repo.example/x",
		"private key":            "x\n" + key + "y",
		"private key, cut":       key[:70],
		"private key, begun":     secret + "AAAAB3NzaC1yc2EAAAA\nAAAA\n-----END RSA PRIVATE KEY-----\n",
		"private key, indented":  "  content: |\n    -----BEGIN RSA PRIVATE KEY-----\n    " + secret + "\n    -----END RSA PRIVATE KEY-----\n",
		"private key, one line":  `"-----BEGIN PRIVATE KEY-----\n` + secret + `\n-----END PRIVATE KEY-----"`,
		"crypted":                "root:$6$" + secret + "$abcdefgh:1",
		"crypted by AIX":         "password = {ssha256}06$" + secret,
		"list of logins":         "chpasswd:\n  list: |\n    root:" + secret + "\n    ops:" + secret + "\nnext: 1",
		"in base64":              "content: " + b64("password: "+secret+"\n"),
		"key in base64":          b64(key),
		"in base64, in a string": `{"content":"` + b64(`{"token": "`+secret+`"}`) + `"}`,
		"rmc key":                `KeyToken = "` + secret + `"`,
		"jwt":                    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + secret,
	} {
		got, n := Text(text)
		if strings.Contains(got, secret) || n == 0 || strings.Contains(got, b64(secret)[:12]) {
			t.Errorf("%s: %d secrets in %q", name, n, got)
		}
		if again, n := Text(got); again != got || n > 0 {
			t.Errorf("%s: redacted again, %q becomes %q", name, got, again)
		}
	}
}

// Output that diagnosis needs does not look like a secret.
func TestRedactKeepsDiagnosticOutput(t *testing.T) {
	for _, text := range []string{
		"rsct.basic:rsct.basic.rte:3.2.6.0: : :C: :RSCT Basic Function: : : : : : :0:0:/:\n",
		" ctrmc            rsct             6947314      active\n",
		"running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=fe80::f8d4:43ff:fe00:121', '-aprefixlen=64']",
		"Management Domain Status: Management Control Points\n   I A  0x3f12ab90cc41d7e8  0001  fe80::3a4b:c5ff:fe00:1\n",
		"  Hardware Address: fa:16:3e:00:01:20\n", "basic authorization is off\n", "Bearer of news\n",
		"bos.rte.security:bos.rte.security:7.2.5.0: : :C:F:Base Security Function: : :",
		"NodeID            = 4544883612360759272\n", "/opt/freeware/lib/cloud/data/instance\n", "ssh_authorized_keys: []\n", "\xff\xfe\x00binary",
		"http://10.1.2.3:80/path@x", "",
	} {
		if got, n := Text(text); got != text || n != 0 {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
