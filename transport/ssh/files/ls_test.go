package files

import "testing"

func TestParseRow(t *testing.T) {
	for text, want := range map[string]row{
		"-rw-------    1 0        0             12345 Jul 23 10:00 /tmp/x\n":     {"0", stamp{12345, "Jul 23 10:00"}},
		"-rwxr-xr-x+   1 202      1        4294967296 Jul 23  2019 /tmp/a b c\n": {"202", stamp{1 << 32, "Jul 23 2019"}},
	} {
		if got, err := parseRow([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]error{
		"":        errNotUnderstood,
		"\n":      errNotUnderstood,
		"total 0": errNotUnderstood,
		"drwx------ 2 0 0 4096 Jul 23 10:00 /tmp":               errFolder,
		"lrwxrwxrwx 1 0 0 4 Jul 23 10:00 /x":                    errNotPlain,
		"crw-rw-rw- 1 0 0 2, 2 Jul 23 10:00 /dev/null":          errNotPlain,
		"-rw------- 1 0 0 x Jul 23 10:00 /x":                    errSize,
		"-rw------- 1 0 0 99999999999999999999 Jul 23 10:00 /x": errSize,
	} {
		if got, err := parseRow([]byte(text)); err != want { //nolint:errorlint // it is not wrapped
			t.Errorf("%q: %+v, %v, want %v", text, got, err, want)
		}
	}
}
