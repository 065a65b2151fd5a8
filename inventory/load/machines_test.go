package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
	"aixmend/inventory/powervs"
)

// vm is a machine in a workspace.
func vm(workspace, id, name, address string) powervs.Machine {
	m := powervs.Machine{Instance: powervs.Instance{ID: id, Name: name, Status: "ACTIVE", OS: "aix"}, Workspace: powervs.Workspace{ID: "ws-" + workspace, Name: workspace, CRN: "crn:v1:" + workspace + "::"}, Address: address}
	if address == "" {
		m.Missing = "is in no network"
	}
	return m
}

// loadCloud loads an inventory whose source lists machines.
func loadCloud(text string, list ...powervs.Machine) (*inventory.Inventory, error) {
	o := testOptions()
	o.List = func(powervs.Source) (powervs.Listing, error) { return powervs.Listing{Machines: list}, nil }
	return o.Parse("i.yaml", []byte("apiVersion: aixmend/v1\n"+text))
}

// withCloud is described with the virtual machines.
func withCloud(inv *inventory.Inventory, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	lines := strings.SplitAfter(described(inv), "\n")
	for i, h := range inv.Hosts {
		lines[i] = strings.TrimSuffix(lines[i], "\n") + fmt.Sprintf(" is %s of %s\n", h.Cloud.Instance, h.Cloud.Workspace)
	}
	return strings.Join(lines, "")
}

func TestMachines(t *testing.T) {
	const source = "source: {powervs: {}}\n"
	off := vm("fra", "vm-3", "aix3", "10.0.0.3")
	off.Status = "SHUTOFF"
	for name, c := range map[string]struct {
		text string
		list []powervs.Machine
		want string
	}{
		"alone": {source, []powervs.Machine{vm("fra", "vm-1", "aix1", "10.0.0.1"), vm("dal 1", "vm-2", "aix2", "10.0.0.2")},
			"aix1 at 10.0.0.1 in fra is vm-1 of crn:v1:fra::\naix2 at 10.0.0.2 in dal 1 is vm-2 of crn:v1:dal 1::\n"},
		"off, and without an address": {source, []powervs.Machine{off, vm("fra", "vm-4", "aix4", "")},
			"aix3 at 10.0.0.3 in fra is vm-3 of crn:v1:fra::\naix4 at aix4 in fra is vm-4 of crn:v1:fra::\n" +
				"warning: i.yaml:2:19: VM \"aix3\" of workspace \"fra\" is SHUTOFF\n  hint: leave the host out with --limit, or start the VM\n" +
				"warning: i.yaml:2:19: VM \"aix4\" of workspace \"fra\" is in no network; it is reached by its name\n  hint: write the address under hosts: NAME: {address: ADDRESS}\n"},
		"defaults, the group of the workspace, and an entry": {"defaults: {ssh: {user: ops}}\ngroups: {fra: {ssh: {port: 2222}}, db: {}}\n" +
			"hosts: {AIX1: {address: 10.9.9.9, groups: [db], ssh: {user: root}}}\n" + source, []powervs.Machine{vm("fra", "vm-1", "aix1", "10.0.0.1"), vm("fra", "vm-2", "aix2", "10.0.0.2")},
			"AIX1 at 10.9.9.9 user root in db,fra is vm-1 of crn:v1:fra::\naix2 at 10.0.0.2 user ops port 2222 in fra is vm-2 of crn:v1:fra::\n"},
		"an entry that names the VM": {"hosts: {db01: {cloud: {instance: vm-1}}}\n" + source, []powervs.Machine{vm("fra", "vm-1", "aix1", "10.0.0.1")},
			"db01 at 10.0.0.1 in fra is vm-1 of crn:v1:fra::\n"},
		"entries that name no VM": {"hosts: {aix7: {}, aix8: {}}\n" + source, []powervs.Machine{vm("fra", "", "aix1", "10.0.0.1")},
			"aix1 at 10.0.0.1 in fra is  of crn:v1:fra::\naix7 at aix7 is  of \naix8 at aix8 is  of \n"},
		"an entry that names another VM": {"hosts: {aix1: {cloud: {instance: vm-7}}}\n" + source, []powervs.Machine{vm("fra", "vm-1", "aix1", "10.0.0.1")},
			"error: i.yaml:2:34: host \"aix1\": cloud.instance \"vm-7\" is not the VM of that name, which is vm-1 in workspace \"fra\"\n  hint: take the id from ibmcloud pi instance list, or leave cloud out\n"},
		"one name in two workspaces": {source, []powervs.Machine{vm("fra", "vm-1", "aix1", "10.0.0.1"), vm("dal", "vm-1d", "aix1", "10.7.0.1"), vm("dal", "vm-2", "aix2", "10.0.0.2")},
			"aix1 at 10.0.0.1 in fra is vm-1 of crn:v1:fra::\naix2 at 10.0.0.2 in dal is vm-2 of crn:v1:dal::\n" +
				"error: i.yaml:2:19: host \"aix1\": 2 VMs have its name: vm-1 in workspace \"fra\", vm-1d in workspace \"dal\"\n" +
				"  hint: say which one it is under hosts: aix1: {cloud: {instance: ID}}, name one workspace in the source, or give one of them another name\n"},
		"one name in two workspaces, and an entry": {"hosts: {aix1: {cloud: {instance: vm-1d}}}\n" + source, []powervs.Machine{vm("fra", "vm-1", "aix1", "10.0.0.1"), vm("dal", "vm-1d", "aix1", "10.7.0.1")},
			"aix1 at 10.7.0.1 in dal is vm-1d of crn:v1:dal::\n"},
		"twice in the list": {source, []powervs.Machine{vm("fra", "vm-1", "aix1", "10.0.0.1"), vm("fra", "vm-1", "aix1", "10.0.0.1")}, "aix1 at 10.0.0.1 in fra is vm-1 of crn:v1:fra::\n"},
		"odd names": {source, []powervs.Machine{vm("all", "vm-1", "my vm", "10.0.0.1"), vm("a,b", "vm-2", "aix2", "10.0.0.2")},
			"aix2 at 10.0.0.2 is vm-2 of crn:v1:a,b::\nmy vm at 10.0.0.1 is vm-1 of crn:v1:all::\n" +
				"error: i.yaml:2:19: host \"my vm\": its name must be 1 to 200 letters, digits, dots, underscores and hyphens, and begin with a letter or digit\n  hint: give the VM such a name\n"},
		"nothing":                  {source, nil, "error: i.yaml:1:1: names no host\n  hint: name them under hosts\n"},
		"one VM for a range":       {"hosts: {\"aix[1-2]\": {cloud: {instance: vm-1}}}\n", nil, "error: i.yaml:2:40: host \"aix2\" has cloud.instance \"vm-1\" of host \"aix1\"\n  hint: a VM is one host: name it at that host, not for a group or a range\n"},
		"a workspace for a group":  {"groups: {p: {cloud: {workspace: \"crn:v1:x::\"}}}\nhosts: {aix1: {groups: [p]}, aix2: {groups: [p], cloud: {instance: vm-2}}}\n", nil, "aix1 at aix1 in p is  of crn:v1:x::\naix2 at aix2 in p is vm-2 of crn:v1:x::\n"},
		"a workspace without CRN":  {"hosts: {aix1: {cloud: {workspace: prod}}}\n", nil, "error: i.yaml:2:35: cloud.workspace \"prod\" must be the CRN of a workspace: crn:v1:bluemix:public:power-iaas:...\n"},
		"a group with a VM's name": {source, []powervs.Machine{vm("aix1", "vm-1", "aix1", "10.0.0.1")}, "aix1 at 10.0.0.1 is vm-1 of crn:v1:aix1::\nwarning: i.yaml:2:19: the group \"aix1\" has the name of a host, and is left out\n  hint: --limit finds the host\n"},
	} {
		t.Run(name, func(t *testing.T) {
			inv, err := loadCloud(c.text, c.list...)
			if diff := cmp.Diff(c.want, withCloud(inv, err)); diff != "" {
				t.Error(diff)
			}
			if err == nil && len(inv.Faults) == 0 {
				checkSame(t, name, inv, inv.Export(inv.Hosts))
			}
		})
	}
}

// The query of a source, and every mistake in one. A key is refused and not quoted.
func TestPowervsSource(t *testing.T) {
	const key = "x5aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdEF"
	asked := powervs.Source{}
	o := testOptions()
	o.List = func(s powervs.Source) (powervs.Listing, error) {
		asked = s
		return powervs.Listing{}, &powervs.Error{Kind: powervs.Forbidden, Op: "list", Host: "h", Status: 403}
	}
	parse := func(o Options, text string) string {
		asked = powervs.Source{}
		_, err := o.Parse("i.yaml", []byte("apiVersion: aixmend/v1\nsource: "+text+"\n"))
		if err == nil {
			t.Fatalf("%s is read", text)
		}
		if strings.Contains(err.Error(), key) {
			t.Errorf("the key is quoted: %v", err)
		}
		return err.Error()
	}
	got := parse(o, "{powervs: {workspaces: [a, b], os: AIX, network: n, tags: [t], region: eu-de, key: {file: k}, endpoint: 'https://private.eu-de.power-iaas.cloud.ibm.com'}}")
	if want := "i.yaml:2:19: the source could not be read: Power Virtual Server: list: h answered 403 Forbidden\n  hint: give the owner of the key the service role Reader and the platform role Viewer on the workspace (service Power Virtual Server)"; got != want {
		t.Error(got)
	}
	want := powervs.Source{Query: powervs.Query{Workspaces: []string{"a", "b"}, OS: "aix", Network: "n", Tags: []string{"t"}}, Account: powervs.Account{Region: "eu-de", Endpoint: "https://private.eu-de.power-iaas.cloud.ibm.com", Key: `{"file":"k"}`}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	parse(o, "{powervs: {os: any, trusted_profile: default, metadata: vpc}}")
	if diff := cmp.Diff(powervs.Source{Query: powervs.Query{OS: "any"}, Account: powervs.Account{Profile: "default", Metadata: "vpc"}}, asked); diff != "" {
		t.Error(diff)
	}
	const keyHint = "\n  hint: write prompt, {file: PATH}, {exec: [PROGRAM, ARGUMENT, ...]}, {env: NAME} or {age: FILE, identity: FILE}"
	const lookHint = keyHint + ", and delete this key in IBM Cloud if others could read the file"
	for text, want := range map[string]string{
		"{powervs: {key: " + key + "}}":                     "i.yaml:2:25: key says where the secret comes from; a secret does not belong in an inventory" + keyHint,
		"{powervs: {key: {env: " + key + "}}}":              "i.yaml:2:31: source.powervs.key looks like an API key itself, which does not belong in an inventory" + lookHint,
		"{powervs: {key: {file: " + key + "}}}":             "i.yaml:2:32: source.powervs.key looks like an API key itself, which does not belong in an inventory" + lookHint,
		"{powervs: {key: {exec: [echo, " + key + "]}}}":     "i.yaml:2:39: source.powervs.key looks like an API key itself, which does not belong in an inventory" + lookHint,
		"{powervs: {apikey: " + key + "}}":                  `i.yaml:2:20: unknown key "apikey"`,
		"{powervs: {}, exec: [x]}":                          "i.yaml:2:19: a source has exec or powervs, not both\n  hint: put each source into a file of its own, and name both with -i",
		"{powervs: {region: 'eu/de'}}":                      `i.yaml:2:28: source.powervs.region "eu/de" must be a region of Power Virtual Server, such as us-south, eu-de or syd`,
		"{powervs: {endpoint: 'http://x'}}":                 `i.yaml:2:30: source.powervs.endpoint "http://x" must be https://HOST, such as https://private.eu-de.power-iaas.cloud.ibm.com`,
		"{powervs: {metadata: aws}}":                        `i.yaml:2:30: source.powervs.metadata "aws" must be powervs or vpc`,
		"{powervs: {key: prompt, trusted_profile: p}}":      "i.yaml:2:50: source.powervs has a key and a trusted_profile\n  hint: keep one of them",
		"{powervs: {workspaces: prod}}":                     "i.yaml:2:32: workspaces must be a list, found the text \"prod\"",
		"{powervs: {workspaces: [\"a\\nb\"]}}\nhosts: {}\n": `i.yaml:2:33: source.powervs.workspaces "a\nb" must be one line of printable text`,
	} {
		if got := parse(o, text); !strings.HasPrefix(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
		if asked.OS != "" {
			t.Errorf("%s: it was asked", text)
		}
	}
	if got := parse(testOptions(), "{powervs: {}}"); got != "i.yaml:2:19: Power Virtual Server is not asked here" {
		t.Error(got)
	}
	o.List = NotListed
	inv, err := o.Parse("i.yaml", []byte("apiVersion: aixmend/v1\nsource: {powervs: {}}\n"))
	if err != nil || len(inv.Warnings) != 1 || !strings.Contains(inv.Warnings[0].Message, "not asked") || errors.Is(err, errNotRun) {
		t.Errorf("%v %v", err, inv.Warnings)
	}
}
