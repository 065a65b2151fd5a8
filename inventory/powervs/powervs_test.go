package powervs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport/lab/cloudsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/retry"
)

// fleet are two workspaces.
func fleet() []*cloudsim.Workspace {
	net := func(name, address, mac string) cloudsim.Network {
		return cloudsim.Network{Name: name, Address: address, MAC: mac}
	}
	return []*cloudsim.Workspace{
		{ID: "ws-1", Name: "prod-fra", Region: "eu-de-1", VMs: []*cloudsim.VM{
			{ID: "vm-1", Name: "aixprd01", Networks: []cloudsim.Network{net("admin", "10.1.2.1", "FA-16-3E-00-00-01"), net("backup", "10.9.2.1", "fa163e000101")}, Tags: []string{"env:prod", "rmc"}, Health: "OK"},
			{ID: "vm-2", Name: "aixprd02", Networks: []cloudsim.Network{net("admin", "10.1.2.2", "fa16.3e00.0002")}, Tags: []string{"env:prod"}, Health: "WARNING", Reason: "not active\x1b[2J"},
			{ID: "vm-3", Name: "linux01", OS: "rhel", Networks: []cloudsim.Network{net("admin", "10.1.2.3", "")}},
			{ID: "vm-4", Name: "aixoff01", Status: "SHUTOFF", Networks: []cloudsim.Network{net("backup", "10.9.2.4", "x")}, Health: "null"},
		}},
		{ID: "ws-2", Name: "prod-dal", Region: "dal10", VMs: []*cloudsim.VM{{ID: "vm-9", Name: "aixdal01", Health: "FLUX"}}},
	}
}

// world is a cloud in memory, and a client of it.
type world struct {
	*cloudsim.Cloud
	*Client
	fleet []*cloudsim.Workspace
	keys  int // how often the key was asked for
}

// inMemory runs a test in a bubble with a cloud and a client.
func inMemory(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		l := sshtest.NewMemListener("127.0.0.1:443")
		w := &world{fleet: fleet()}
		w.Cloud = cloudsim.Serve(l, w.fleet...)
		w.Client = New(Options{
			Endpoint: w.URL(), IAM: w.URL(), Dial: l.DialContext, RootCAs: w.RootCAs(), Version: "1.0",
			Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
			Auth:  Auth{Key: func(context.Context) ([]byte, error) { w.keys++; return []byte(cloudsim.Key), nil }},
		})
		defer w.Cloud.Close()
		defer w.Client.Close()
		test(t, w)
	})
}

// described lists machines for a comparison.
func described(l Listing) string {
	var b strings.Builder
	for _, m := range l.Machines {
		var macs []string
		for _, n := range m.Networks {
			macs = append(macs, n.MAC)
		}
		fmt.Fprintf(&b, "%s %s %s %q %s [%s] health %q %q\n", m.Workspace.Name, m.Name, m.Status, m.Address, m.Missing, strings.Join(macs, ","), m.Health.Status, m.Health.Reason)
	}
	return b.String()
}

func TestList(t *testing.T) {
	const fra1 = `prod-fra aixprd01 ACTIVE "10.1.2.1"  [fa:16:3e:00:00:01,fa:16:3e:00:01:01] health "OK" ""` + "\n"
	const fra2 = `prod-fra aixprd02 ACTIVE "10.1.2.2"  [fa:16:3e:00:00:02] health "WARNING" "not active [2J"` + "\n"
	const off = `prod-fra aixoff01 SHUTOFF "" has no address in network admin; it is in backup [] health "" ""` + "\n"
	for name, c := range map[string]struct {
		query Query
		want  string
	}{
		"of a network": {Query{Workspaces: []string{"prod-fra"}, OS: "aix", Network: "admin"}, fra1 + fra2 + off},
		"of a network by id, a workspace by id and by CRN": {Query{Workspaces: []string{"ws-1", fleet()[0].CRN(), strings.TrimSuffix(fleet()[0].CRN(), "::")}, OS: "aix", Network: "sim-net-backup"},
			strings.ReplaceAll(fra1, "10.1.2.1", "10.9.2.1") + strings.Replace(strings.Replace(fra2, `"10.1.2.2" `, `"" has no address in network sim-net-backup; it is in admin`, 1), "admin ", "admin ", 1) +
				strings.Replace(off, `"" has no address in network admin; it is in backup`, `"10.9.2.4" `, 1)},
		"without a network": {Query{Workspaces: []string{"prod-fra", "prod-dal"}},
			strings.Replace(fra1, `"10.1.2.1" `, `"" has several addresses: name one of its networks (admin, backup) with network`, 1) + fra2 +
				`prod-fra linux01 ACTIVE "10.1.2.3"  [] health "" ""` + "\n" + strings.Replace(off, `"" has no address in network admin; it is in backup`, `"10.9.2.4" `, 1) +
				`prod-dal aixdal01 ACTIVE "" is in no network [] health "FLUX" ""` + "\n"},
		"with tags": {Query{OS: "aix", Network: "admin", Tags: []string{"rmc", "env:prod"}}, fra1},
		"of no tag": {Query{Tags: []string{"none"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(t *testing.T, w *world) {
				got, err := w.List(t.Context(), c.query)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, described(got)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// One list a workspace and minute, one key a token, at most four requests at a time.
func TestAskedSparingly(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		for range 10 {
			if _, err := w.List(t.Context(), Query{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
		if n := len(w.Asked("/pvm-instances")); n != 2 || len(w.Asked("/v1/workspaces")) != 1 || w.keys != 1 {
			t.Errorf("%d lists, %d of workspaces, %d keys within a minute", n, len(w.Asked("/v1/workspaces")), w.keys)
		}
		time.Sleep(10 * time.Second)
		if _, err := w.List(t.Context(), Query{}); err != nil {
			t.Fatal(err)
		}
		if n := len(w.Asked("/pvm-instances")); n != 4 {
			t.Errorf("%d lists after a minute", n)
		}
		for _, a := range w.Asked("/pvm-instances") {
			if a.CRN == "" || a.Method != http.MethodGet {
				t.Errorf("%+v", a)
			}
		}
	})
	inMemory(t, func(t *testing.T, w *world) {
		var vms []*cloudsim.VM
		for i := range 40 {
			vms = append(vms, &cloudsim.VM{ID: fmt.Sprint("vm-", i), Name: fmt.Sprint("aix", i)})
		}
		w.Cloud.Add(&cloudsim.Workspace{ID: "ws-3", Name: "many", VMs: vms})
		if _, err := w.List(t.Context(), Query{Workspaces: []string{"many"}, Tags: []string{"x"}}); err != nil {
			t.Fatal(err)
		}
		if n := w.AtOnce(); n > maxAtOnce || len(w.Asked("/pvm-instances/")) != 40 {
			t.Errorf("%d at once, %d in all", n, len(w.Asked("/pvm-instances/")))
		}
	})
}

// A token is renewed when 80 % of its time is used up, and when it is refused.
func TestTokenIsRenewed(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		ask := func(after time.Duration, want int) {
			t.Helper()
			time.Sleep(after)
			if _, err := w.List(t.Context(), Query{}); err != nil {
				t.Fatal(err)
			}
			if n := len(w.Asked("/identity/token")); n != want || w.keys != want {
				t.Errorf("%d tokens, want %d", n, want)
			}
		}
		ask(0, 1)
		ask(47*time.Minute, 1)
		ask(2*time.Minute, 2)
		w.Revoke()
		ask(2*time.Minute, 3)
		w.Fail(cloudsim.Fault{Path: "/identity/token", Status: 503, Times: 4}) // the old one is good for a while
		time.Sleep(49 * time.Minute)
		if _, err := w.List(t.Context(), Query{}); err != nil {
			t.Error(err)
		}
	})
}

// A trusted profile needs no key.
func TestTrustedProfile(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		w.options.Auth = Auth{Metadata: w.URL(), Profile: cloudsim.Profile}
		if _, err := w.List(t.Context(), Query{}); err != nil {
			t.Fatal(err)
		}
		w.token.forget(w.token.text)
		w.options.Auth.Profile = "Profile-of-others"
		time.Sleep(Fresh)
		_, err := w.List(t.Context(), Query{})
		want := "Power Virtual Server: get a token for the trusted profile: 127.0.0.1:443 answered 403 Forbidden: the trusted profile is not linked to this VM"
		if err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
	})
}

// Whatever goes wrong: the operation, the server, what it said, and a remedy; how often it
// was asked, and how long that took.
func TestFaults(t *testing.T) {
	const list = `Power Virtual Server: list the VMs of workspace "prod-fra": 127.0.0.1:443`
	const huge = 64 << 20
	for name, c := range map[string]struct {
		fault   cloudsim.Fault
		want    string
		remedy  string
		asked   int
		atLeast time.Duration
	}{
		"limited":               {fault: cloudsim.Fault{Status: 429, Times: 2}, asked: 3, atLeast: time.Second},
		"limited, with seconds": {fault: cloudsim.Fault{Status: 429, RetryAfter: "7"}, asked: 2, atLeast: 7 * time.Second},
		"limited, with a date":  {fault: cloudsim.Fault{Status: 429, RetryAfter: "Sat, 01 Jan 2000 00:00:09 GMT"}, asked: 2, atLeast: 9 * time.Second},
		"limited for long": {fault: cloudsim.Fault{Status: 429, RetryAfter: "600"}, asked: 1,
			want: list + " answered 429 Too Many Requests: it asks to wait 10m0s", remedy: "wait"},
		"limited for a date, clocks apart": {fault: cloudsim.Fault{Status: 429, RetryAfter: "Sat, 01 Jan 2000 06:00:09 GMT", Date: "Sat, 01 Jan 2000 06:00:00 GMT"}, asked: 2, atLeast: 9 * time.Second},
		"limited till yesterday":           {fault: cloudsim.Fault{Status: 429, RetryAfter: "Fri, 31 Dec 1999 00:00:00 GMT"}, asked: 2},
		"limited for ever": {fault: cloudsim.Fault{Status: 429, RetryAfter: "99999999999999999999999"}, asked: 1,
			want: list + " answered 429 Too Many Requests: it asks to wait a day or more", remedy: "wait"},
		"limited for no time": {fault: cloudsim.Fault{Status: 429, RetryAfter: "-5"}, asked: 2},
		"limited in words":    {fault: cloudsim.Fault{Status: 503, RetryAfter: "soon\x1b[2J"}, asked: 2},
		"limited for good":    {fault: cloudsim.Fault{Status: 429, Times: 9}, asked: 4, want: list + " answered 429 Too Many Requests (tried 4 times)", remedy: "fewer controllers"},
		"broken":              {fault: cloudsim.Fault{Status: 500, Times: 1}, asked: 2},
		"broken for good":     {fault: cloudsim.Fault{Status: 502, Times: 9, Body: "<html>\x1b[31m"}, asked: 4, want: list + " answered 502 Bad Gateway (tried 4 times)", remedy: "status"},
		"busy":                {fault: cloudsim.Fault{Status: 503, RetryAfter: "3"}, asked: 2, atLeast: 3 * time.Second},
		"expired":             {fault: cloudsim.Fault{Status: 401}, asked: 2},
		"not authenticated": {fault: cloudsim.Fault{Status: 401, Times: 9, Body: `{"description":"token\u001b[0m of others"}`}, asked: 2,
			want: list + " answered 401 Unauthorized: token [0m of others", remedy: "API key is wrong"},
		"forbidden": {fault: cloudsim.Fault{Status: 403, Body: `{"code":403,"message":"no access"}`}, asked: 1, want: list + " answered 403 Forbidden: no access", remedy: "service role Reader and the platform role Viewer"},
		"not found": {fault: cloudsim.Fault{Status: 404}, asked: 1, want: list + " answered 404 Not Found", remedy: "another account"},
		"redirect":  {fault: cloudsim.Fault{Status: 302, Location: "https://elsewhere.example/"}, asked: 1, want: list + " answered 302 Found: it redirects elsewhere", remedy: "final URL"},
		"huge":      {fault: cloudsim.Fault{Size: huge}, asked: 1, want: list + ": its answer is longer than 16 MB", remedy: "another program"},
		"page":      {fault: cloudsim.Fault{Body: "<html>log in"}, asked: 1, want: list + ": its answer is not the JSON that was asked for", remedy: "another program"},
		"half":      {fault: cloudsim.Fault{Body: `{"pvmInstances": [{"serverName": "a`}, asked: 1, want: list + ": its answer is not the JSON that was asked for", remedy: "another program"},
		"cut once":  {fault: cloudsim.Fault{Body: `{"pvmInstances": [`, Cut: true}, asked: 2},
		"cut": {fault: cloudsim.Fault{Body: `{"pvmInstances": [`, Cut: true, Times: 9}, asked: 4,
			want: list + ": it ends early (tried 4 times)", remedy: "port 443"},
		"other":  {fault: cloudsim.Fault{Body: `{"ok": true}`}, asked: 1, want: strings.TrimSuffix(list, "127.0.0.1:443") + "there is no list of pvmInstances in the answer", remedy: "another program"},
		"silent": {fault: cloudsim.Fault{Silent: true, Times: 9}, asked: 3, want: list + ": no answer within 1m0s (tried 3 times)", remedy: "port 443"},
		"drip":   {fault: cloudsim.Fault{Drip: time.Second}, asked: 2, atLeast: 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(t *testing.T, w *world) {
				c.fault.Path = "/pvm-instances"
				w.Fail(c.fault)
				began := time.Now()
				_, err := w.List(t.Context(), Query{Workspaces: []string{"prod-fra"}})
				took := time.Since(began)
				said := ""
				if err != nil {
					said = err.Error()
				}
				if said != c.want || !strings.Contains(Remedy(err), c.remedy) {
					t.Errorf("got  %s\nwant %s\nremedy %s", said, c.want, Remedy(err))
				}
				if n := len(w.Asked("/pvm-instances")); n != c.asked {
					t.Errorf("asked %d times, want %d", n, c.asked)
				}
				if took < c.atLeast || took > 90*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// One that asks to be left alone is left alone by all requests.
func TestRetryAfterHoldsForAll(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		if _, err := w.Workspaces(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Fail(cloudsim.Fault{Path: "/ws-1/", Status: 429, RetryAfter: "10"})
		began := time.Now()
		if _, err := w.List(t.Context(), Query{Workspaces: []string{"prod-fra"}}); err != nil {
			t.Fatal(err)
		}
		for _, a := range w.Asked("/ws-1/")[1:] {
			if wait := a.At.Sub(began); wait < 10*time.Second {
				t.Errorf("asked again after %s", wait)
			}
		}
	})
}

// While a server asks for a wait that is longer than an operation may last, no request is
// sent: the operation fails immediately, with that reason.
func TestRetryAfterThatOutlastsTheRun(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		w.Fail(cloudsim.Fault{Path: "/ws-1/", Status: 429, RetryAfter: "7200"})
		for _, want := range []string{"answered 429 Too Many Requests: it asks to wait 2h0m0s", "it asks to wait 1h59m0s from now on"} {
			n, began := len(w.Asked("")), time.Now()
			_, err := w.List(t.Context(), Query{Workspaces: []string{"prod-fra"}})
			if err == nil || !strings.Contains(err.Error(), want) || time.Since(began) > time.Second || !Silent(err) || Remedy(err) == "" {
				t.Errorf("%v after %s", err, time.Since(began))
			}
			if began = time.Now(); strings.Contains(want, "from now on") && len(w.Asked("")) != n {
				t.Errorf("%d more requests", len(w.Asked(""))-n)
			}
			time.Sleep(Fresh)
		}
		time.Sleep(2 * time.Hour)
		if _, err := w.List(t.Context(), Query{Workspaces: []string{"prod-fra"}}); err != nil {
			t.Error(err)
		}
	})
}

// A caller that gives up is not kept.
func TestCancelled(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		w.Fail(cloudsim.Fault{Path: "/pvm-instances", Silent: true, Times: 9})
		gone := errors.New("the caller is gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(gone) })
		began := time.Now()
		_, err := w.List(ctx, Query{})
		if !errors.Is(err, gone) || time.Since(began) != 5*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// Volumes and snapshots are asked for one machine, in their own lists.
func TestStorage(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		w.Cloud.Change(func() {
			vm := w.fleet[0].VMs[0]
			vm.Volumes = []cloudsim.Volume{{ID: "vol-1", Name: "boot", WWN: "6005076810AB00010000000000000001", Boot: true}, {ID: "vol-2", Name: "data\x1b", WWN: "x"}}
			vm.Snapshots = []cloudsim.Snapshot{{ID: "snap-1", Name: "before", Created: "2026-11-30T01:02:03.000Z", Volumes: []string{"vol-1"}}}
		})
		all, err := w.Workspaces(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		volumes, err := w.Volumes(t.Context(), all[0], "vm-1")
		want := []Volume{{ID: "vol-1", Name: "boot", WWN: "6005076810ab00010000000000000001", Boot: true, Bootable: true}, {ID: "vol-2", Name: "data"}}
		if diff := cmp.Diff(want, volumes); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		snapshots, err := w.Snapshots(t.Context(), all[0], "vm-1")
		kept := []Snapshot{{ID: "snap-1", Name: "before", Status: "available", Created: "2026-11-30T01:02:03.000Z", Volumes: []string{"vol-1"}}}
		if diff := cmp.Diff(kept, snapshots); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if _, err := w.Volumes(t.Context(), all[0], "vm-0"); err == nil || !strings.Contains(err.Error(), `list the volumes of a VM in workspace "prod-fra": 127.0.0.1:443 answered 404 Not Found`) {
			t.Errorf("%v", err)
		}
		w.Fail(cloudsim.Fault{Path: "/snapshots", Body: `{"snapshots": {}}`})
		if _, err := w.Snapshots(t.Context(), all[0], "vm-1"); err == nil || !strings.Contains(err.Error(), "there is no list of snapshots in the answer") {
			t.Errorf("%v", err)
		}
	})
}

// Neither key nor token is in an error, whatever the server says.
func TestSecretsStayHere(t *testing.T) {
	for name, c := range map[string]struct {
		key    func(context.Context) ([]byte, error)
		fault  cloudsim.Fault
		want   string
		remedy string
	}{
		"no key":     {nil, cloudsim.Fault{}, "there is no API key", "IBMCLOUD_API_KEY"},
		"no program": {func(context.Context) ([]byte, error) { return nil, errors.New("vault: exit status 1") }, cloudsim.Fault{}, "there is no API key: vault: exit status 1", "IBMCLOUD_API_KEY"},
		"wrong key":  {func(context.Context) ([]byte, error) { return []byte("wr0ng-k3y-nobody-sees"), nil }, cloudsim.Fault{}, "127.0.0.1:443 answered 400 Bad Request: BXNIM0415E Provided API key could not be found.", "create one"},
		"echo": {func(context.Context) ([]byte, error) { return []byte("wr0ng-k3y-nobody-sees"), nil }, cloudsim.Fault{Path: "/identity/token", Status: 400, Body: `{"errorMessage": "key wr0ng-k3y-nobody-sees is not known"}`},
			"127.0.0.1:443 answered 400 Bad Request", "create one"},
		"echo that is cut off": {func(context.Context) ([]byte, error) { return []byte("wr0ng-k3y-nobody-sees"), nil }, cloudsim.Fault{Path: "/identity/token", Status: 400, Body: `{"errorMessage": "` + strings.Repeat("x", 185) + `wr0ng-k3y-nobody-sees"}`},
			"127.0.0.1:443 answered 400 Bad Request", "create one"},
		"no token":  {func(context.Context) ([]byte, error) { return []byte(cloudsim.Key), nil }, cloudsim.Fault{Path: "/identity/token", Body: `{"access_token": ""}`}, "there is no token in the answer", "another program"},
		"bad token": {func(context.Context) ([]byte, error) { return []byte(cloudsim.Key), nil }, cloudsim.Fault{Path: "/identity/token", Body: `{"access_token": "a\r\nHost: x", "expires_in": 3600}`}, "there is no token in the answer", "another program"},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(t *testing.T, w *world) {
				w.options.Auth.Key = c.key
				if c.fault.Path != "" {
					w.Fail(c.fault)
				}
				_, err := w.List(t.Context(), Query{})
				if want := "Power Virtual Server: get a token for the API key: " + c.want; err == nil || err.Error() != want || !strings.Contains(Remedy(err), c.remedy) {
					t.Errorf("got  %v\nwant %s\nremedy %s", err, want, Remedy(err))
				}
				if err != nil && strings.Contains(err.Error()+Remedy(err), "wr0ng-k3y") {
					t.Error("the key is quoted")
				}
			})
		})
	}
}

// A token that an answer repeats is in no error and in no list.
func TestTokenIsNotRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body, want string
	}{
		"error":        {400, `{"message": "bad token Bearer TOKEN"}`, "127.0.0.1:443 answered 400 Bad Request"},
		"escaped":      {400, `{"message": "bad token \u0053HORT"}`, "127.0.0.1:443 answered 400 Bad Request"},
		"another":      {400, `{"message": "bad token"}`, "127.0.0.1:443 answered 400 Bad Request: bad token"},
		"name of a VM": {200, `{"pvmInstances": [{"pvmInstanceID": "vm-1", "serverName": "TOKEN"}]}`, "127.0.0.1:443: its answer repeats the token"},
		"no id":        {200, `{"pvmInstances": [{"serverName": "aix1"}]}`, `VM "aix1" has no id in the answer`},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(t *testing.T, w *world) {
				token, err := w.accessToken(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				body := strings.NewReplacer("TOKEN", token, `\u0053HORT`, fmt.Sprintf(`\u%04x%s`, token[0], token[1:])).Replace(c.body)
				w.Fail(cloudsim.Fault{Path: "/pvm-instances", Status: c.status, Body: body})
				_, err = w.List(t.Context(), Query{Workspaces: []string{"prod-fra"}})
				if want := `Power Virtual Server: list the VMs of workspace "prod-fra": ` + c.want; err == nil || err.Error() != want {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			})
		})
	}
	const long = "eyJraWQiOiIyMDI2.eyJpYW1faWQi.c2lnbmF0dXJl"
	for text, want := range map[string]bool{"": false, "eyJraWQiOiI": false, "the end: YW1faWQi.c2lnbmF0dXJl": true, "..." + long[:12]: true, "nothing": false} {
		if quotes(text, "Bearer "+long) != want || quotes(text, "") {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// A server that is silent is waited for once, not once for each workspace.
func TestSilenceIsWaitedForOnce(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		for i := range 20 {
			w.Cloud.Add(&cloudsim.Workspace{ID: fmt.Sprint("ws-1", i), Name: fmt.Sprint("many", i)})
		}
		w.Fail(cloudsim.Fault{Path: "/pvm-instances", Silent: true, Times: 99})
		began := time.Now()
		_, err := w.List(t.Context(), Query{})
		if took := time.Since(began); err == nil || took > retry.Cloud.Within+retry.Cloud.Each {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// The token goes to the endpoint and to Power Virtual Server, nowhere else.
func TestLocation(t *testing.T) {
	for location, want := range map[string]string{
		"none":                    "the workspace has no location.url in the list",
		"https://evil.example":    "the workspace has a location.url in the list that is not of Power Virtual Server",
		"http://127.0.0.1:443":    "the workspace has a location.url in the list that is not of Power Virtual Server",
		"https://x@127.0.0.1:443": "the workspace has a location.url in the list that is not of Power Virtual Server",
		"https://evil.example/.power-iaas.cloud.ibm.com": "the workspace has a location.url in the list that is not of Power Virtual Server",
		"::": "the workspace has a location.url in the list that is not of Power Virtual Server",
	} {
		inMemory(t, func(t *testing.T, w *world) {
			w.Cloud.Add(&cloudsim.Workspace{ID: "ws-7", Name: "there", URL: location})
			_, err := w.List(t.Context(), Query{Workspaces: []string{"there"}})
			if err == nil || !strings.HasSuffix(err.Error(), "127.0.0.1:443: "+want) || len(w.Asked("/ws-7/")) > 0 {
				t.Errorf("%s: %v", location, err)
			}
		})
	}
	for w, want := range map[Workspace]string{
		{ID: "a/b", URL: "https://lon.power-iaas.cloud.ibm.com"}: "https://lon.power-iaas.cloud.ibm.com/pcloud/v1/cloud-instances/a%2Fb/pvm-instances",
	} {
		got, err := New(Options{}).instancesURL(w)
		if err != nil || got != want {
			t.Errorf("%s %v", got, err)
		}
		got, err = New(Options{Endpoint: "https://private.eu-gb.power-iaas.cloud.ibm.com"}).instancesURL(w)
		if want := strings.Replace(want, "lon", "private.eu-gb", 1); err != nil || got != want {
			t.Errorf("%s %v", got, err)
		}
	}
	if got := New(Options{}).endpoint() + New(Options{Region: "syd"}).endpoint(); got != "https://us-south.power-iaas.cloud.ibm.comhttps://syd.power-iaas.cloud.ibm.com" {
		t.Error(got)
	}
}

func TestChoose(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		w.Cloud.Add(&cloudsim.Workspace{ID: "ws-8", Name: "prod-dal", Region: "us-south"})
		for name, want := range map[string]string{
			"prod-lon": `there is no workspace "prod-lon" at 127.0.0.1:443; there are prod-fra (eu-de-1, ws-1), prod-dal (dal10, ws-2), prod-dal (us-south, ws-8)`,
			"prod-dal": `2 workspaces have the name "prod-dal": prod-dal (dal10, ws-2), prod-dal (us-south, ws-8)`,
		} {
			_, err := w.List(t.Context(), Query{Workspaces: []string{name}})
			if err == nil || err.Error() != "Power Virtual Server: choose the workspaces: "+want || !strings.Contains(Remedy(err), "ibmcloud pi workspace list") {
				t.Errorf("%v", err)
			}
		}
	})
}

// Why there is no way to the server.
func TestUnreached(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		want   string
		remedy string
	}{
		"name":    {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "xx.power-iaas.cloud.ibm.com", IsNotFound: true}}, "no such host", "wrong region"},
		"route":   {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}, "no route to it", "443"},
		"refused": {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "it refuses the connection", "443"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c1 := New(Options{
					Region: "xx", Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
					Dial: func(context.Context, string, string) (net.Conn, error) { return nil, c.err },
					Auth: Auth{Key: func(context.Context) ([]byte, error) { return []byte(cloudsim.Key), nil }},
				})
				began := time.Now()
				_, err := c1.List(t.Context(), Query{})
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("it took %s", took)
				}
				want := "Power Virtual Server: get a token for the API key: iam.cloud.ibm.com: " + c.want + " (tried 2 times)"
				if err == nil || err.Error() != want || !strings.Contains(Remedy(err), c.remedy) || !Silent(err) {
					t.Errorf("%v\n%s", err, Remedy(err))
				}
			})
		})
	}
}

// A certificate is checked; a proxy that refuses is told from the server, and not quoted.
func TestProxyAndTLS(t *testing.T) {
	inMemory(t, func(t *testing.T, w *world) {
		o := w.options
		o.RootCAs = nil
		_, err := New(o).List(t.Context(), Query{})
		var fault *Error
		if !errors.As(err, &fault) || fault.Kind != Untrusted || fault.Attempts != 1 || !strings.Contains(Remedy(err), "CA") {
			t.Errorf("%v", err)
		}
		for want, proxy := range map[string]func(*http.Request) (*url.URL, error){
			"the proxy that the environment names can't be understood": func(*http.Request) (*url.URL, error) { return nil, errors.New("bad http://u:s3cret@") },
			"the proxy answered 403 Forbidden":                         func(*http.Request) (*url.URL, error) { return url.Parse("https://u:s3cret@127.0.0.1:443") },
		} {
			o := w.options
			o.Proxy = proxy
			w.Fail(cloudsim.Fault{Path: "", Status: 403})
			c := New(o)
			_, err := c.List(t.Context(), Query{})
			c.Close()
			if err == nil || !strings.HasSuffix(err.Error(), "127.0.0.1:443: "+want) || strings.Contains(err.Error(), "s3cret") || !strings.Contains(Remedy(err), "HTTPS_PROXY") {
				t.Errorf("%v", err)
			}
		}
	})
}

func TestNormalMAC(t *testing.T) {
	for _, text := range []string{"fa:16:3e:0:a:01", "FA:16:3E:00:0A:01", "fa-16-3e-00-0a-01", "fa16.3e00.0a01", "FA163E000A01", " fa:16:3e:00:0a:01\n"} {
		if got := NormalMAC(text); got != "fa:16:3e:00:0a:01" {
			t.Errorf("%q: %q", text, got)
		}
	}
	for _, text := range []string{"", "x", "fa:16:3e:00:0a", "fa:16:3e:00:0a:01:02", "ga:16:3e:00:0a:01", "faa:16:3e:00:0a:1", "fa163e000a0102"} {
		if got := NormalMAC(text); got != "" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// The client reads: GET, and for tokens the two methods that make one, in the file of tokens.
func TestOnlyReads(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	method := regexp.MustCompile(`http\.(Method\w+)|http\.(Post|Head|PostForm|Get|DefaultClient|DefaultTransport)\b|"(POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"`)
	got := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range method.FindAllString(string(text), -1) {
			if !slices.Contains(got[file], m) {
				got[file] = append(got[file], m)
			}
		}
	}
	want := map[string][]string{"client.go": {"http.MethodGet"}, "token.go": {"http.MethodPost", "http.MethodPut"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
