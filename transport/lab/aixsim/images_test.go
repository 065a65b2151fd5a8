package aixsim

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/sftp"
)

// update is an image of RSCT 3.2.6.2.
func update(name string) Fileset {
	return Fileset{Name: name, Level: "3.2.6.2", State: "C", Type: "F", Description: "RSCT for \"tests\" = 1"}
}

// TestImageFile: what is written is read; whatever is cut off or altered is
// damaged.
func TestImageFile(t *testing.T) {
	payload := bytes.Repeat([]byte{0, 1, 0xff, '\n'}, 100)
	for _, f := range []Fileset{update(rmcFileset), {Name: "bos.x", Level: "7.2.0.0", State: "C", Type: " ", Requires: "bos.rte", SizeKB: 77, Lacks: "no.such 1.0"}} {
		data := ImageFile(f, payload)
		got, ok := readImage("x.bff", data)
		if diff := cmp.Diff(f, got.Fileset); !ok || diff != "" {
			t.Errorf("%t, (-want +got)\n%s", ok, diff)
		}
		for i := range data {
			altered := bytes.Clone(data)
			altered[i] ^= 0x20
			if x, ok := readImage("x.bff", altered); !ok || !x.Damaged {
				t.Fatalf("byte %d altered: %q is taken for %+v", i, altered[:i+1], x)
			}
			if x, ok := readImage("x.bff", data[:i]); !ok || !x.Damaged {
				t.Fatalf("cut off after %d bytes: taken for %+v", i, x)
			}
		}
		bare := ImageFile(f, nil)
		if x, ok := readImage("x", bare[:len(bare)-1]); !ok || !x.Damaged {
			t.Errorf("without the end of its only line: taken for %+v", x)
		}
		f.Damaged = true
		if x, ok := readImage("x", ImageFile(f, nil)); !ok || !x.Damaged || x.Name != f.Name {
			t.Errorf("%+v", x)
		}
	}
	if x, ok := readImage("README", []byte("no image")); ok {
		t.Errorf("a file among the images is taken for %+v", x)
	}
	if got := ImageName(update(rmcFileset)) + " " + ImageName(Fileset{Name: "bos.x", Level: "7.2.0.0", Type: " "}); got != "rsct.core.rmc.3.2.6.2.U bos.x.7.2.0.0.I" {
		t.Errorf("names %s", got)
	}
}

// TestUploadedImages: what comes by SFTP is what installp finds, and the state
// keeps it byte by byte.
func TestUploadedImages(t *testing.T) {
	s := Healthy("aixvm1", 1)
	s.fileset(rmcFileset).Level = "3.1.5.0"
	m := boot(t, s)
	c, err := sftp.NewClient(m.client)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m.wants("mkdir -p /tmp/up")
	payload := bytes.Repeat([]byte{0xff, 0xfe, 0, 0x80}, 1000)
	upload := func(name string, data []byte) {
		t.Helper()
		w, err := c.Create("/tmp/up/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	whole := ImageFile(update(rmcFileset), payload)
	upload("rsct.core.rmc.3.2.6.2.U", whole[:len(whole)-1])
	const list = "installp -L -d /tmp/up"
	if r := m.run(list); r.Stdout != "" || !strings.Contains(r.Stderr, "0503-007 installp:  The table of contents of /tmp/up/rsct.core.rmc.3.2.6.2.U") {
		t.Errorf("cut off: %+v", r)
	}
	if r := m.run("installp -apgXY -d /tmp/up rsct.core.rmc"); r.Exit != 1 || !strings.Contains(r.Stdout, "Damaged Images") {
		t.Errorf("preview of what is cut off: %+v", r)
	}
	upload("rsct.core.rmc.3.2.6.2.U", whole)
	upload("README", []byte("nothing to install"))
	if got, want := m.wants(list), "rsct.core:rsct.core.rmc:3.2.6.2::S:C:::::N:RSCT for \"tests\" = 1::::0::\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := m.host.Snapshot().Files["/tmp/up/rsct.core.rmc.3.2.6.2.U"].Content; got != string(whole) {
		t.Errorf("the snapshot has %d bytes, wanted %d as they are", len(got), len(whole))
	}
	m.wants("installp -agXY -d /tmp/up -e /tmp/log rsct.core.rmc")
	if got := m.wants("lslpp -Lcq rsct.core.rmc"); !strings.Contains(got, ":3.2.6.2: : :A:F:") {
		t.Errorf("installed: %s", got)
	}
}

// TestFileJSON: content that is no text is not lost either.
func TestFileJSON(t *testing.T) {
	s := &State{Files: map[string]File{"/a": {Content: "text \u2028 \ufffd\n", Mode: 0o600}, "/b": {Content: "\xff\x00\x80\xfe", Owner: "ops"}, "/c": {Dir: true}, "/d": {}}}
	if diff := cmp.Diff(s, s.Clone()); diff != "" {
		t.Error(diff)
	}
}
