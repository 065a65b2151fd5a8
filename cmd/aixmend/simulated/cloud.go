package simulated

import (
	"encoding/pem"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"aixmend/controller/journal/durable"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/cloudsim"
	"aixmend/transport/shell"
)

// cloudLag is how long the cloud takes to show a recovery, as the real one does.
const cloudLag = 20 * time.Minute

// CloudKey is the API key of the simulated cloud.
const CloudKey = cloudsim.Key

// Cloud starts a Power Virtual Server on loopback with the hosts of a fleet as its VMs. It
// must be closed.
func Cloud(fleet *aixsim.Fleet) (*cloudsim.Cloud, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &cloudsim.Workspace{ID: "ws-demo", Name: "demo", Region: "eu-de-1"}
	for i, m := range fleet.Inventory() {
		vm := VM(fmt.Sprintf("00000000-5171-4000-9000-%012d", i+1), m.Name, fleet.Host(m.Name))
		if m.Illness == "not-aix" {
			vm.OS, vm.Guest, vm.Health = "rhel", nil, "OK"
		}
		w.VMs = append(w.VMs, vm)
	}
	return cloudsim.Serve(l, w), nil
}

// VM is the VM of a simulated host: with the NICs in the customer's networks, its disks as
// volumes, and no snapshot.
func VM(id, name string, host *aixsim.Host) *cloudsim.VM {
	vm := &cloudsim.VM{ID: id, Name: name, Guest: host, Lag: cloudLag}
	now := host.Snapshot()
	for i, nic := range now.NICs {
		if nic.Management || nic.Metadata {
			continue
		}
		network := cloudsim.Network{Name: "admin", MAC: nic.MAC}
		if len(vm.Networks) > 0 {
			network.Name = fmt.Sprintf("data%d", i)
		}
		if len(nic.Live.IPv4) > 0 {
			network.Address, _, _ = strings.Cut(nic.Live.IPv4[0], "/")
		}
		vm.Networks = append(vm.Networks, network)
	}
	for _, d := range now.Disks {
		boot := d.Name == now.BootDisk
		vm.Volumes = append(vm.Volumes, cloudsim.Volume{ID: "vol-" + name + "-" + d.Name, Name: name + "-" + d.Name, WWN: aixsim.WWN(d), Boot: boot, Bootable: boot})
	}
	return vm
}

// CloudFile writes a file for a shell to source, cloud.sh, into a folder: its variables
// make other processes ask the simulated cloud, on Linux.
func CloudFile(dir string, cloud *cloudsim.Cloud) (path string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	ca := filepath.Join(dir, "cloud-ca.pem")
	if err := durable.Write(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cloud.Certificate()})); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, v := range [][2]string{
		{"SSL_CERT_FILE", ca}, {"IBMCLOUD_API_KEY", CloudKey}, {"IBMCLOUD_PI_API_ENDPOINT", cloud.URL()}, {"IBMCLOUD_IAM_API_ENDPOINT", cloud.URL()},
	} {
		fmt.Fprintf(&b, "export %s=%s\n", v[0], shell.Quote(v[1]))
	}
	return filepath.Join(dir, "cloud.sh"), durable.Write(filepath.Join(dir, "cloud.sh"), []byte(b.String()))
}
