package playbooks

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/playbooks/onhost"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// A timed undo that a killed run left armed is a finding until it has fired or was
// disarmed; the run that armed it reports none.
func TestArmedUndoIsFound(t *testing.T) {
	p, params := restore(t)
	synctest.Test(t, func(t *testing.T) {
		h := aixsim.NewHost(aixsim.Healthy("aix01", 0), aixsim.HostOptions{LogLimit: -1})
		defer h.Close()
		shell := func(text string) {
			h.ServeExec(t.Context(), &sshtest.Exec{User: "root", Command: text, Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{},
				Remote: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 50222}})
		}
		found := func(run string) []string {
			probes, err := p.Asked(params, "audit", run)
			if err != nil {
				t.Fatal(err)
			}
			ids := []string{}
			for _, v := range p.Judge(params, Given{RunID: run, Verb: "audit", Fleet: nothingGiven.Fleet}, probeAll(h, params, probes)).Verdicts {
				if v.Severity != "info" {
					ids = append(ids, v.Title)
				}
			}
			return ids
		}
		see := func(when, run string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(append([]string{}, want...), found(run)); diff != "" {
				t.Errorf("%s, to run %s (-want +got):\n%s", when, run, diff)
			}
		}
		see("before", "look")
		until := time.Now().UTC().Add(5 * time.Minute).Format(time.RFC3339)
		shell(onhost.ArmCommand("set-rmc-address", "killed", "/usr/bin/true", 4*time.Minute, time.Minute))
		armed := "timed undo of set-rmc-address, armed by killed until " + until
		see("armed", "look", armed)
		see("armed", "killed")
		shell("/usr/bin/ln -s run=resumable,by=x,until=20300101T000000Z " + onhost.LeasePath)
		see("armed under a lease", "look", armed)
		shell("/usr/bin/rm -f " + onhost.LeasePath)
		time.Sleep(6 * time.Minute)
		see("fired", "look")
		shell(onhost.ArmCommand("set-rmc-address", "killed", "/usr/bin/true", time.Hour, time.Minute))
		shell(onhost.DisarmCommand("set-rmc-address", "killed"))
		see("disarmed", "look")
	})
}
