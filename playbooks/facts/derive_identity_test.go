package facts

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// D16: a machine is known by its machine id, its LPAR and its MACs; where one of
// them is wanting that is said, and the rest is kept.
func TestDeriveIdentity(t *testing.T) {
	machine, lpar := &Word{Text: "00FA00014C00"}, &LPAR{Number: 7, Name: "aix7"}
	nics := &NICs{List: []NIC{{Name: "en1", MAC: "FA:16:3E:00:00:02"}, {Name: "en0", MAC: "fa:16:3e:0:0:1"}, {Name: "en2", MAC: "fa.16.3e.00.00.02"}, {Name: "en3"}}}
	known := []string{"fa:16:3e:00:00:01", "fa:16:3e:00:00:02"}
	for _, c := range []struct {
		name string
		in   IdentityInput
		want Identity
	}{
		{"known", IdentityInput{machine, lpar, nics}, Identity{Known: true, Machine: machine.Text, LPAR: *lpar, MACs: known}},
		{"nothing", IdentityInput{}, Identity{MACs: []string{}, Why: "the machine id (uname -m) could not be read"}},
		{"no machine id", IdentityInput{nil, lpar, nics}, Identity{LPAR: *lpar, MACs: known, Why: "the machine id (uname -m) could not be read"}},
		{"no LPAR", IdentityInput{machine, nil, nics}, Identity{Machine: machine.Text, MACs: known, Why: "the LPAR's number and name (uname -L) could not be read"}},
		{"not an LPAR", IdentityInput{machine, &LPAR{Number: -1, Name: "NULL"}, nics}, Identity{Machine: machine.Text, MACs: known, Why: "uname -L names no LPAR (-1 NULL)"}},
		{"no NICs", IdentityInput{machine, lpar, nil}, Identity{Machine: machine.Text, LPAR: *lpar, MACs: []string{}, Why: "the MACs could not be read"}},
		{"no MAC", IdentityInput{machine, lpar, &NICs{List: []NIC{{Name: "en0", MAC: "none"}}}}, Identity{Machine: machine.Text, LPAR: *lpar, MACs: []string{}, Why: "no NIC has told its MAC"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DeriveIdentity(c.in)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

// D16: two hundred NICs of a link aggregation have one MAC.
func TestIdentityOfManyNICs(t *testing.T) {
	nics := &NICs{}
	for i := range 200 {
		nics.List = append(nics.List, NIC{Name: fmt.Sprintf("en%d", i), MAC: "fa:16:3e:00:00:01"})
	}
	got, err := DeriveIdentity(IdentityInput{&Word{Text: "00FA00014C00"}, &LPAR{Number: 7, Name: "aix7"}, nics})
	if err != nil || !got.Known || len(got.MACs) != 1 {
		t.Errorf("%v %+v", err, got)
	}
}
