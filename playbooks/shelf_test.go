package playbooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A shelf holds the embedded playbooks and those in its files, each by its own name; a file
// can't take the place of another playbook.
func TestShelf(t *testing.T) {
	dir := t.TempDir()
	own := func(name string) string {
		text, err := os.ReadFile("../examples/playbook-site.yaml")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), "name: site-validation", "name: "+name, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	s, err := NewShelf([]string{own("ours")})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"ours": filepath.Join(dir, "ours.yaml"), "rmc-restore": "rmc-restore", "theirs": "", filepath.Join(dir, "ours.yaml"): "", "": ""} {
		if at, known := s.Find(name); at != want || known != (want != "") {
			t.Errorf("%s: %s, %v", name, at, known)
		}
	}
	var none Shelf
	if _, known := none.Find("ours"); known {
		t.Error("nobody trusted it")
	}
	if at, known := none.Find("rmc-restore"); !known || at != "rmc-restore" {
		t.Error(at, known)
	}
	for name, files := range map[string][]string{
		"its name rmc-restore is that of rmc-restore": {own("rmc-restore")},
		"its name twice is that of ":                  {own("twice"), filepath.Join(dir, ".", "twice.yaml")},
		"nowhere.yaml":                                {filepath.Join(dir, "nowhere.yaml")},
	} {
		if _, err := NewShelf(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
}
