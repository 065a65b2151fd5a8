package controller_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller"
)

// A capture keeps what the own-image flow needs later (C1), the pre-image of what
// recovery may touch, with its hash (C2), and evidence (C3).
func TestCaptureIsWhole(t *testing.T) {
	t.Parallel()
	const host = "cluster0-leftover"
	b := newBench(t, host)
	b.use("rmc-restore-own-image")
	h := b.run(controller.Capture)[host]
	state := b.fleet.Host(host).Snapshot()
	dir := filepath.Join(b.store.Root(), filepath.FromSlash(h.Capture))
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest.sha256"))
	must(t, err)
	for row, files := range map[string]map[string]string{
		"C1": {
			"probes/ifconfig_all.out": "en0: flags=", "probes/lsattr_all.out": "netaddr6", "probes/routes.out": "default", "probes/interfaces.out": "link#",
			"probes/adapters.out": "Network Address", "files/etc/resolv.conf": "", "files/etc/hosts": "", "diagnose/entstat.out": "Switch ID",
			"diagnose/node_id_command.out": idOf(state), "diagnose/static_routes.out": "net,-hopcount", "diagnose/hostname.out": state.Hostname, "diagnose/lpar.out": state.LPAR.Name,
		},
		"C2": {
			"files/etc/ct_node_id": state.Files["/etc/ct_node_id"].Content, "files/var/ct/cfg/ct_node_id": state.Files["/var/ct/cfg/ct_node_id"].Content,
			"files/etc/rc.tcpip": state.Files["/etc/rc.tcpip"].Content, "probes/cuat_cluster0.out": "cluster0", "probes/cudv_cluster0.out": "",
		},
		"C3": {
			"files/var/log/cloud-init-output.log": "cloud-init", "probes/rsct_filesets.out": "rsct.core.rmc", "probes/boot_disk.out": state.BootDisk,
			"probes/errpt_rmc.out": "", "diagnose/oslevel.out": state.OSLevel,
		},
	} {
		for name, want := range files {
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
			if err != nil || !strings.Contains(strings.ToLower(string(data)), strings.ToLower(want)) {
				t.Errorf("%s: %s: %v; no %q in %.200q", row, name, err, want, data)
			}
			sum := sha256.Sum256(data)
			if !strings.Contains(string(manifest), hex.EncodeToString(sum[:])+"  "+name+"\n") {
				t.Errorf("%s: the manifest does not hold %s with its hash", row, name)
			}
		}
	}
}
