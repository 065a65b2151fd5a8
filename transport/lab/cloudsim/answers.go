package cloudsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serve answers one request.
func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.asked = append(c.asked, Asked{r.Method, r.URL.Path, r.Header.Get("CRN"), c.now()})
	c.busy++
	c.most = max(c.most, c.busy)
	fault := c.fault(r.URL.Path)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.busy--
		c.mu.Unlock()
	}()
	if fault != nil {
		fault.answer(w, r)
		return
	}
	c.mu.Lock()
	status, body := c.answer(r)
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// fault takes the next fault of a path.
func (c *Cloud) fault(path string) *Fault {
	for _, f := range c.faults {
		if f.Times > 0 && strings.Contains(path, f.Path) {
			f.Times--
			return f
		}
	}
	return nil
}

func (f *Fault) answer(w http.ResponseWriter, r *http.Request) {
	if f.Silent {
		<-r.Context().Done()
		return
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Location != "" {
		w.Header().Set("Location", f.Location)
	}
	if f.Date != "" {
		w.Header().Set("Date", f.Date)
	}
	if f.Cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)+1))
	}
	if f.Status != 0 {
		w.WriteHeader(f.Status)
	}
	if f.Drip > 0 {
		for {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			timer := time.NewTimer(f.Drip)
			select {
			case <-timer.C:
			case <-r.Context().Done():
				timer.Stop()
				return
			}
		}
	}
	blanks := strings.Repeat(" ", 64<<10)
	for left := f.Size; left > 0; left -= len(blanks) {
		if _, err := io.WriteString(w, blanks[:min(left, len(blanks))]); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, f.Body)
}

// object is a JSON object.
type object = map[string]any

// refusal is an error as the Power API writes it, another as IAM does.
func refusal(code int, description, word string) (int, any) {
	return code, object{"code": code, "description": description, "error": word, "message": ""}
}

func iamRefusal(code int, id, message string) (int, any) {
	return code, object{"errorCode": id, "errorMessage": message, "context": object{"requestId": "sim"}}
}

// answer is the answer to a request as a healthy cloud gives it.
func (c *Cloud) answer(r *http.Request) (int, any) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch route := r.Method + " " + strings.Join(parts[:min(len(parts), 3)], "/"); route {
	case "POST identity/token":
		return c.tokenOfKey(r)
	case "PUT identity/v1/token":
		if r.Header.Get("Metadata-Flavor") != "ibm" {
			return refusal(http.StatusBadRequest, "Metadata-Flavor is missing", "bad request")
		}
		return c.grant("identity", 5*time.Minute)
	case "POST identity/v1/iam_tokens":
		return c.tokenOfProfile(r)
	case "GET v1/workspaces", "GET pcloud/v1/cloud-instances":
		if until, ok := c.tokens["access "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; !ok || !c.now().Before(until) {
			return refusal(http.StatusUnauthorized, "token is expired or not valid", "unauthorized")
		}
		if route == "GET v1/workspaces" {
			return http.StatusOK, c.workspaceList()
		}
		return c.instances(r, parts[3:])
	}
	return refusal(http.StatusNotFound, "no such path", "not found")
}

// grant makes a token.
func (c *Cloud) grant(kind string, life time.Duration) (int, any) {
	text := fmt.Sprintf("sim.%s.%d", kind, len(c.tokens)+len(c.asked))
	now := c.now()
	c.tokens[kind+" "+text] = now.Add(life)
	return http.StatusOK, object{
		"access_token": text, "refresh_token": "not_supported", "token_type": "Bearer", "scope": "ibm openid",
		"expires_in": int(life / time.Second), "expiration": now.Add(life).Unix(),
	}
}

func (c *Cloud) life() time.Duration {
	if c.Life > 0 {
		return c.Life
	}
	return time.Hour
}

func (c *Cloud) tokenOfKey(r *http.Request) (int, any) {
	switch key := r.FormValue("apikey"); {
	case r.FormValue("grant_type") != "urn:ibm:params:oauth:grant-type:apikey":
		return iamRefusal(http.StatusBadRequest, "BXNIM0137E", "The parameter 'grant_type' is not right.")
	case key != Key:
		return iamRefusal(http.StatusBadRequest, "BXNIM0415E", "Provided API key could not be found.")
	}
	return c.grant("access", c.life())
}

func (c *Cloud) tokenOfProfile(r *http.Request) (int, any) {
	if _, ok := c.tokens["identity "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; !ok {
		return refusal(http.StatusUnauthorized, "the identity token is not valid", "unauthorized")
	}
	var wish struct {
		Profile struct{ ID, CRN string } `json:"trusted_profile"`
	}
	if json.NewDecoder(r.Body).Decode(&wish) != nil || wish.Profile.ID != "" && wish.Profile.ID != Profile {
		return refusal(http.StatusForbidden, "the trusted profile is not linked to this VM", "forbidden")
	}
	return c.grant("access", c.life())
}

func (c *Cloud) workspaceList() any {
	list := []any{}
	for _, w := range c.workspaces {
		location := object{"region": w.Region, "type": "data-center", "url": w.URL}
		switch w.URL {
		case "":
			location["url"] = c.server.URL
		case "none":
			delete(location, "url")
		}
		list = append(list, object{
			"id": w.ID, "name": w.Name, "status": "active", "type": "off-premises",
			"capabilities": object{"cloud-connections": false, "power-edge-router": true},
			"details":      object{"crn": w.CRN(), "creationDate": "2025-03-04T05:06:07.000Z"},
			"location":     location,
		})
	}
	return object{"workspaces": list}
}

// instances answers below a workspace.
func (c *Cloud) instances(r *http.Request, path []string) (int, any) {
	for _, w := range c.workspaces {
		switch {
		case len(path) == 0 || w.ID != path[0]:
			continue
		case r.Header.Get("CRN") != w.CRN():
			return refusal(http.StatusBadRequest, "the CRN is not that of the cloud instance", "bad request")
		case w.Hidden:
			return refusal(http.StatusForbidden, "account ID 00000000000000000000000000051712 does not have service (read-only) access", "forbidden")
		case len(path) == 2 && path[1] == "pvm-instances":
			list := []any{}
			for _, vm := range w.VMs {
				list = append(list, c.instance(w, vm))
			}
			return http.StatusOK, object{"pvmInstances": list}
		case len(path) >= 3 && path[1] == "pvm-instances":
			for _, vm := range w.VMs {
				if vm.ID == path[2] {
					return c.one(w, vm, strings.Join(path[3:], "/"))
				}
			}
		}
		break
	}
	return refusal(http.StatusNotFound, "cloud instance or pvm instance not found", "not found")
}

// one answers below a VM.
func (c *Cloud) one(w *Workspace, vm *VM, path string) (int, any) {
	list := []any{}
	switch path {
	case "":
		one := c.instance(w, vm)
		one["userTags"] = vm.Tags
		return http.StatusOK, one
	case "volumes":
		for _, v := range vm.Volumes {
			list = append(list, object{
				"volumeID": v.ID, "name": v.Name, "wwn": v.WWN, "bootVolume": v.Boot, "bootable": v.Boot || v.Bootable, "state": "in-use",
				"size": 20, "diskType": "tier3", "shareable": false, "pvmInstanceIDs": []string{vm.ID}, "href": "/pcloud/v1/cloud-instances/" + w.ID + "/volumes/" + v.ID,
			})
		}
	case "snapshots":
		for _, s := range vm.Snapshots {
			volumes := object{}
			for _, id := range s.Volumes {
				volumes[id] = "sim-copy-of-" + id
			}
			list = append(list, object{
				"snapshotID": s.ID, "name": s.Name, "pvmInstanceID": vm.ID, "status": or(s.Status, "available"), "percentComplete": 100,
				"creationDate": s.Created, "lastUpdateDate": s.Created, "volumeSnapshots": volumes,
			})
		}
	default:
		return refusal(http.StatusNotFound, "no such path", "not found")
	}
	return http.StatusOK, object{path: list}
}

// instance is one VM as the API shows it.
func (c *Cloud) instance(w *Workspace, vm *VM) object {
	networks := []any{}
	for i, n := range vm.Networks {
		networks = append(networks, object{
			"networkID": "sim-net-" + n.Name, "networkName": n.Name, "ipAddress": n.Address, "ip": n.Address, "macAddress": n.MAC,
			"type": "fixed", "version": 4, "networkInterfaceID": "sim-nic-" + vm.ID + "-" + strconv.Itoa(i),
		})
	}
	one := object{
		"pvmInstanceID": vm.ID, "serverName": vm.Name, "status": or(vm.Status, "ACTIVE"), "osType": or(vm.OS, "aix"), "operatingSystem": "AIX 7.2, 7200-05-08-2420",
		"networks": networks, "addresses": networks, "crn": strings.TrimSuffix(w.CRN(), "::") + ":pvm-instance:" + vm.ID,
		"href": "/pcloud/v1/cloud-instances/" + w.ID + "/pvm-instances/" + vm.ID, "imageID": "sim-image", "diskSize": 20, "memory": 4,
		"processors": 0.25, "procType": "shared", "sysType": "s922", "storageType": "tier3", "storagePool": "sim-pool", "pinPolicy": "none", "progress": 0,
		"creationDate": "2025-03-04T05:06:07.000Z", "updatedDate": "2025-03-04T05:06:07.000Z", "srcs": []any{[]any{object{"src": "", "timestamp": ""}}},
		"virtualCores": object{"assigned": 1, "max": 4, "min": 1},
	}
	status, reason := vm.health(c.now())
	switch status {
	case "":
	case "null":
		one["health"] = nil
	default:
		one["health"] = object{"status": status, "reason": reason, "lastUpdate": c.now().UTC().Truncate(time.Minute).Format("2006-01-02T15:04:05.000000")}
	}
	return one
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
