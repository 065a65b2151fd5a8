package main

import (
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/cloudsim"
)

// simulatedCloud starts a Power Virtual Server in which the fleet of a script is, and sets
// the environment for it: cloud. Its workspaces are prod-fra, with the fleet, a VM without
// a network and one that is off, and prod-dal, with a VM of the name healthy.
//
//	cloud fault PATH STATUS [TIMES]  the next requests to PATH fail
//	cloud status NAME STATUS  a VM has another status
//	cloud rename NAME NEW     a VM has another name and address
//	cloud snapshot NAME TIME  a VM has a snapshot of that time, or of now
//	cloud boot NAME VOLUME    a VM starts from another volume
//	cloud twin                add the workspace prod-dal
func simulatedCloud(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case neg:
		ts.Fatalf("cloud can't be negated")
	case len(args) == 0:
		startCloud(ts)
	case args[0] == "twin":
		cloudOf(ts).Add(&cloudsim.Workspace{ID: "ws-2", Name: "prod-dal", Region: "dal10", VMs: []*cloudsim.VM{
			{ID: "vm-twin", Name: "healthy", Networks: []cloudsim.Network{{Name: "admin", Address: "10.7.0.1"}}},
		}})
	case args[0] == "rename" && len(args) == 3:
		vm := cloudOf(ts).VM("vm-" + args[1])
		cloudOf(ts).Change(func() { vm.Name, vm.Networks[0].Address = args[2], "10.6.0.1" })
	case args[0] == "snapshot" && len(args) == 3:
		vm := cloudOf(ts).VM("vm-" + args[1])
		if args[2] == "now" {
			args[2] = time.Now().UTC().Format(time.RFC3339Nano)
		}
		cloudOf(ts).Change(func() { vm.Snapshots = []cloudsim.Snapshot{{ID: "snap-1", Name: "before-swap", Created: args[2]}} })
	case args[0] == "boot" && len(args) == 3:
		vm := cloudOf(ts).VM("vm-" + args[1])
		cloudOf(ts).Change(func() {
			for i := range vm.Volumes {
				vm.Volumes[i].Boot = vm.Volumes[i].ID == args[2]
			}
		})
	case args[0] == "status" && len(args) == 3:
		vm := cloudOf(ts).VM("vm-" + args[1])
		cloudOf(ts).Change(func() { vm.Status = args[2] })
	case args[0] == "fault" && len(args) >= 3:
		fault := cloudsim.Fault{Path: args[1], Times: 1}
		for i, n := range []*int{&fault.Status, &fault.Times}[:len(args)-2] {
			var err error
			*n, err = strconv.Atoi(args[2+i])
			ts.Check(err)
		}
		cloudOf(ts).Fail(fault)
	default:
		ts.Fatalf("usage: cloud [fault PATH STATUS [TIMES] | status NAME STATUS | rename NAME NEW | snapshot NAME TIME | boot NAME VOLUME | twin]")
	}
}

// cloudValue is the value of a script that holds its cloud.
const cloudValue = "cloud"

func cloudOf(ts *testscript.TestScript) *cloudsim.Cloud {
	return *ts.Value(cloudValue).(**cloudsim.Cloud)
}

func startCloud(ts *testscript.TestScript) {
	fleet := ts.Value("fleet").(*aixsim.Fleet)
	w := &cloudsim.Workspace{ID: "ws-1", Name: "prod-fra", Region: "eu-de-1"}
	for i, m := range fleet.Inventory() {
		vm := simulated.VM("vm-"+m.Name, m.Name, fleet.Host(m.Name))
		if len(vm.Networks) == 0 {
			vm.Networks = []cloudsim.Network{{Name: "admin"}}
		}
		vm.Networks[0].Address = fmt.Sprintf("10.5.0.%d", i+1)
		w.VMs = append(w.VMs, vm)
	}
	w.VMs = append(w.VMs, &cloudsim.VM{ID: "vm-off", Name: "aixoff", Status: "SHUTOFF", Networks: []cloudsim.Network{{Name: "admin", Address: "10.1.1.1"}}},
		&cloudsim.VM{ID: "vm-lone", Name: "aixlone"}, &cloudsim.VM{ID: "vm-linux", Name: "linux", OS: "rhel"})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	cloud := cloudsim.Serve(l, w)
	ts.Defer(cloud.Close)
	*ts.Value(cloudValue).(**cloudsim.Cloud) = cloud
	ca := filepath.Join(ts.Getenv("WORK"), "cloud-ca.pem")
	ts.Check(os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cloud.Certificate()}), 0o600))
	ts.Setenv("SSL_CERT_FILE", ca)
	ts.Setenv("IBMCLOUD_PI_API_ENDPOINT", strings.TrimPrefix(cloud.URL(), "https://"))
	ts.Setenv("IBMCLOUD_IAM_API_ENDPOINT", cloud.URL())
	ts.Setenv("IBMCLOUD_API_KEY", cloudsim.Key)
}
