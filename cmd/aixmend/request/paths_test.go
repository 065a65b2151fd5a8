package request

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

// asked is a request with a path of each kind; base is the folder of all of them.
func asked(base string) Request {
	source := func(p inventory.PasswordSource) string { return p.Key() }
	ssh := inventory.SSH{
		Identity: base + "keys/id", Certificate: None, KnownHosts: base + "known", Config: base + "cfg",
		Passphrase:     source(inventory.PasswordSource{Age: base + "pw.age", Identity: base + "age.txt"}),
		Password:       source(inventory.PasswordSource{File: base + "pw"}),
		BecomePassword: source(inventory.PasswordSource{Exec: []string{"/usr/bin/vault", "get"}}),
	}
	return Request{
		Folder: "/site",
		Asked: Asked{
			Inventories: []string{base + "prod.yaml"}, Set: []string{"wait=1m", "upload=" + base + "images"}, Playbook: base + "my.yaml",
			Identity: base + "id", KnownHosts: base + "kh", SSHConfig: None, Files: map[string]string{"junit": base + "out.xml", "html": ""}, Out: base + "plan.json",
		},
		Scope: Scope{Hosts: []inventory.Host{{Name: "aix1", SSH: ssh}}, Bastions: []inventory.Bastion{{Name: "gate", SSH: ssh}}},
	}
}

func TestPathsAreAbsolute(t *testing.T) {
	want := asked("/site/")
	want.Set = asked("").Set
	if diff := cmp.Diff(want, asked("").absolute()); diff != "" {
		t.Errorf("relative paths (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(asked("/else/"), asked("/else/").absolute()); diff != "" {
		t.Errorf("absolute paths (-want +got):\n%s", diff)
	}
	embedded := Request{Folder: "/site", Asked: Asked{Playbook: "rmc-restore"}}
	if got := embedded.absolute(); got.Playbook != "rmc-restore" {
		t.Errorf("the embedded playbook became %s", got.Playbook)
	}
}

func TestTyped(t *testing.T) {
	want := asked("").Asked
	if diff := cmp.Diff(want, asked("").absolute().Typed("/site")); diff != "" {
		t.Errorf("below the folder (-want +got):\n%s", diff)
	}
	far := asked("").absolute()
	want = far.Asked
	want.Set = []string{"wait=1m", "upload=/site/images"}
	if diff := cmp.Diff(want, far.Typed("/site/keys")); diff != "" {
		t.Errorf("elsewhere (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, far.Typed("/")); diff != "" {
		t.Errorf("below the root, as everything (-want +got):\n%s", diff)
	}
	here := asked("/site/")
	here.Folder = "" // begun in this process
	if diff := cmp.Diff(here.Asked, here.Typed("/site")); diff != "" {
		t.Errorf("as they were typed (-want +got):\n%s", diff)
	}
}

// A path below the folder must not turn into a word with another meaning.
func TestTypedKeepsTheMeaning(t *testing.T) {
	r := Request{Folder: "/site", Asked: Asked{Playbook: "/site/rmc-restore", SSHConfig: "/site/none"}}
	if got := r.Typed("/site"); got.Playbook != "./rmc-restore" || got.SSHConfig != "/site/none" {
		t.Errorf("%q, %q", got.Playbook, got.SSHConfig)
	}
}

// Steps and plans quote the folder of --set upload: in another working folder they must
// read the same.
func TestUploadStaysAsTyped(t *testing.T) {
	for _, upload := range []string{"upload=images", "upload=/site/images"} {
		r := Request{Folder: "/site", Asked: Asked{Set: []string{upload}}}
		if got := r.absolute().Set[0]; got != upload {
			t.Errorf("%s became %s", upload, got)
		}
	}
}

func TestDocumentNamesTheWorkingFolder(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{"": here, "/site": "/site"} {
		got, err := Request{Folder: folder, Asked: Asked{Identity: "id"}}.Document()
		if err != nil || got.Folder != want || got.Identity != want+"/id" || got.Schema != schema {
			t.Errorf("%q: %+v, %v", folder, got, err)
		}
	}
}
