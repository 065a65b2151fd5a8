package powervs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Workspace is one workspace of the account.
type Workspace struct {
	ID, Name, CRN string
	// Region is its place, such as eu-de-1; URL the endpoint that has its machines.
	Region, URL string
	// Status is the API's word, such as active.
	Status string
}

// Instance is one virtual machine.
type Instance struct {
	ID, Name string
	// Status is the API's word: ACTIVE, SHUTOFF, BUILD, ERROR or another.
	Status string
	// OS is aix, ibmi, rhel or another; "" where the API does not say.
	OS string
	// Health is zero where the cloud does not say any.
	Health   Health
	Networks []Network
	// Tags are the user's; only Tags reads them.
	Tags []string
}

// Health is the cloud's word for a machine.
type Health struct {
	// Status is OK, WARNING or another word, "" for none.
	Status, Reason string
	// LastUpdate is the time of the sweep that found it, as the API writes it.
	LastUpdate string
}

// Network is one interface of a machine.
type Network struct {
	ID, Name string
	// Address is the address in the network, "" where the API has none that is one.
	Address string
	// MAC is lower case with colons, as NormalMAC returns it.
	MAC string
}

// The answers of the API, as far as they are read. Each field may be missing or null.
type (
	workspaceAnswer struct {
		ID, Name, Status string
		Details          struct{ CRN string }
		Location         struct{ Region, URL string }
	}
	instanceAnswer struct {
		ID       string          `json:"pvmInstanceID"`
		Name     string          `json:"serverName"`
		Status   string          `json:"status"`
		OS       string          `json:"osType"`
		Health   healthAnswer    `json:"health"`
		Networks []networkAnswer `json:"networks"`
		Tags     []string        `json:"userTags"`
	}
	healthAnswer struct {
		Status     string `json:"status"`
		Reason     string `json:"reason"`
		LastUpdate string `json:"lastUpdate"`
	}
	networkAnswer struct {
		ID        string `json:"networkID"`
		Name      string `json:"networkName"`
		IPAddress string `json:"ipAddress"`
		IP        string `json:"ip"` // its older name
		MAC       string `json:"macAddress"`
	}
)

// Workspaces lists the workspaces of the account that the key may see.
func (c *Client) Workspaces(ctx context.Context) ([]Workspace, error) {
	list, _, err := c.workspaces.get(ctx, c.now, func() ([]Workspace, error) {
		answers, err := listed[workspaceAnswer](ctx, c, "workspaces", request{op: "list the workspaces", url: c.endpoint() + "/v1/workspaces"})
		if err != nil {
			return nil, err
		}
		var list []Workspace
		for _, w := range answers {
			list = append(list, Workspace{
				ID: line(w.ID, 200), Name: line(w.Name, 200), CRN: line(w.Details.CRN, 500), Status: line(w.Status, 50),
				Region: line(w.Location.Region, 50), URL: line(w.Location.URL, 300),
			})
		}
		return list, nil
	})
	return list, err
}

// Instances lists the machines of a workspace, and says when they were listed: a list is
// used again as long as it is Fresh.
func (c *Client) Instances(ctx context.Context, w Workspace) ([]Instance, time.Time, error) {
	c.mu.Lock()
	known := c.lists[w.ID]
	if known == nil {
		known = newAsked[[]Instance]()
		c.lists[w.ID] = known
	}
	c.mu.Unlock()
	return known.get(ctx, c.now, func() ([]Instance, error) {
		op := fmt.Sprintf("list the VMs of workspace %q", w.Name)
		at, fault := c.instancesURL(w)
		if fault != nil {
			return nil, fault.of(op, 0)
		}
		answers, err := listed[instanceAnswer](ctx, c, "pvmInstances", request{op: op, url: at, crn: w.CRN})
		if err != nil {
			return nil, err
		}
		var list []Instance
		for _, i := range answers {
			one := i.instance()
			if one.ID == "" {
				return nil, &Error{Kind: Answer, Op: op, Reason: fmt.Sprintf("VM %q has no id in the answer", one.Name)}
			}
			list = append(list, one)
		}
		return list, nil
	})
}

// listed asks for a list, which must be there: other programs answer with JSON, too.
func listed[T any](ctx context.Context, c *Client, key string, r request) ([]T, error) {
	var answer map[string]json.RawMessage
	r.into = &answer
	if err := c.get(ctx, r); err != nil {
		return nil, err
	}
	var list []T
	if err := json.Unmarshal(answer[key], &list); err != nil {
		return nil, &Error{Kind: Answer, Op: r.op, Reason: "there is no list of " + key + " in the answer", Err: err}
	}
	return list, nil
}

// Tags returns the user's tags of a machine, which the list does not have.
func (c *Client) Tags(ctx context.Context, w Workspace, id string) ([]string, error) {
	op := fmt.Sprintf("read the tags of a VM in workspace %q", w.Name)
	at, fault := c.instancesURL(w)
	if fault != nil {
		return nil, fault.of(op, 0)
	}
	var answer instanceAnswer
	err := c.get(ctx, request{op: op, url: at + "/" + url.PathEscape(id), crn: w.CRN, into: &answer})
	return answer.instance().Tags, err
}

// instancesURL is where the machines of a workspace are: at the URL that it has in the
// list, which is never computed; those of a private endpoint are there.
func (c *Client) instancesURL(w Workspace) (string, *Error) {
	from, err := url.Parse(c.endpoint())
	if err != nil {
		return "", &Error{Kind: Answer, Reason: "the endpoint is not a URL"}
	}
	at, err := url.Parse(w.URL)
	switch {
	case strings.HasPrefix(from.Host, "private."):
		at = from
	case w.URL == "":
		return "", &Error{Kind: Answer, Host: from.Host, Reason: "the workspace has no location.url in the list"}
	case err != nil || at.Scheme != "https" || at.User != nil || at.Host != from.Host && !strings.HasSuffix(at.Host, domain):
		return "", &Error{Kind: Elsewhere, Host: from.Host, Reason: "the workspace has a location.url in the list that is not of Power Virtual Server"}
	}
	return "https://" + at.Host + "/pcloud/v1/cloud-instances/" + url.PathEscape(w.ID) + "/pvm-instances", nil
}

func (a instanceAnswer) instance() Instance {
	i := Instance{
		ID: line(a.ID, 200), Name: line(a.Name, 200), Status: strings.ToUpper(line(a.Status, 50)), OS: strings.ToLower(line(a.OS, 50)),
		Health: Health{Status: strings.ToUpper(line(a.Health.Status, 50)), Reason: line(a.Health.Reason, 500), LastUpdate: line(a.Health.LastUpdate, 50)},
	}
	for _, n := range a.Networks {
		address := n.IPAddress
		if address == "" {
			address = n.IP
		}
		if ip, err := netip.ParseAddr(address); err != nil || ip.Zone() != "" || ip.IsUnspecified() {
			address = ""
		}
		i.Networks = append(i.Networks, Network{ID: line(n.ID, 200), Name: line(n.Name, 200), Address: address, MAC: NormalMAC(n.MAC)})
	}
	for _, tag := range a.Tags {
		i.Tags = append(i.Tags, line(tag, 200))
	}
	return i
}

// NormalMAC returns a MAC in lower case with colons, of any spelling: with colons, hyphens,
// dots or nothing between, and without leading zeros where something is; "" for any other text.
func NormalMAC(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	digits := ""
	if parts := strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == '-' }); len(parts) == 6 {
		for _, p := range parts {
			digits += strings.Repeat("0", max(2-len(p), 0)) + p
		}
	} else {
		digits = strings.ReplaceAll(text, ".", "")
	}
	if len(digits) != 12 || strings.Trim(digits, "0123456789abcdef") != "" {
		return ""
	}
	var b strings.Builder
	for i := 0; i < 12; i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digits[i : i+2])
	}
	return b.String()
}
