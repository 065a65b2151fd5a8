// Package cloud makes the clients of Power Virtual Server that a command needs: with the key
// and the endpoints of the inventory, or else of the environment.
package cloud

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"sync"

	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/powervs"
	"aixmend/inventory/secrets"
	"aixmend/inventory/settings"
)

// The environment variables that are read where an inventory says nothing; those of
// ibmcloud and of Terraform's provider.
const (
	KeyVariable      = "IBMCLOUD_API_KEY"
	olderKeyVariable = "IC_API_KEY"
	endpointVariable = "IBMCLOUD_PI_API_ENDPOINT"
	iamVariable      = "IBMCLOUD_IAM_API_ENDPOINT"
)

// Options are the options of New.
type Options struct {
	// Lookup is os.LookupEnv.
	Lookup func(string) (string, bool)
	// Ask asks a person for a key; nil where nobody can be asked.
	Ask secrets.Ask
	// Version is that of this program.
	Version string
	// Simulated is asked in place of every other cloud, with its own key; nil for none.
	Simulated *Simulated
}

// Simulated is a Power Virtual Server in this process.
type Simulated struct {
	Endpoint, Key string
	RootCAs       *x509.CertPool
}

// Clouds holds the clients of one command, one for each key and endpoint, so that a list is
// not asked for again within a minute. It is safe for concurrent use.
type Clouds struct {
	options Options

	mu      sync.Mutex
	clients map[powervs.Account]*powervs.Client
	asked   []powervs.Source // by the inventory
}

// New returns the clients of a command. It opens no connection.
func New(o Options) *Clouds {
	return &Clouds{options: o, clients: map[powervs.Account]*powervs.Client{}}
}

// Lister lists machines until the context ends. Its sources are those of the run, too.
func (c *Clouds) Lister(ctx context.Context) load.Lister {
	return func(s powervs.Source) (powervs.Listing, error) {
		c.mu.Lock()
		c.asked = append(c.asked, s)
		c.mu.Unlock()
		client, err := c.Client(s.Account)
		if err != nil {
			return powervs.Listing{}, err
		}
		return client.List(ctx, s.Query)
	}
}

// Client returns the client of an account.
func (c *Clouds) Client(a powervs.Account) (*powervs.Client, error) {
	a.Key = c.keyOf(a.Key)
	options, err := c.optionsOf(a)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clients[a] == nil {
		c.clients[a] = powervs.New(options)
	}
	return c.clients[a], nil
}

// Close closes idle connections.
func (c *Clouds) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, client := range c.clients {
		client.Close()
	}
}

// keyOf is the source of the key: that of the inventory, or the environment's; "" for none.
func (c *Clouds) keyOf(source string) string {
	if sim := c.options.Simulated; sim != nil {
		return sim.Key // no other is read
	}
	if source != "" {
		return source
	}
	for _, name := range []string{KeyVariable, olderKeyVariable} {
		if text, ok := c.options.Lookup(name); ok && text != "" {
			return inventory.PasswordSource{Env: name}.Key()
		}
	}
	return ""
}

func (c *Clouds) optionsOf(a powervs.Account) (powervs.Options, error) {
	if sim := c.options.Simulated; sim != nil {
		key := func(context.Context) ([]byte, error) { return []byte(sim.Key), nil }
		return powervs.Options{Endpoint: sim.Endpoint, IAM: sim.Endpoint, RootCAs: sim.RootCAs, Version: c.options.Version, Auth: powervs.Auth{Key: key}}, nil
	}
	o := powervs.Options{Region: a.Region, Endpoint: a.Endpoint, Version: c.options.Version}
	for name, at := range map[string]*string{endpointVariable: &o.Endpoint, iamVariable: &o.IAM} {
		text, ok := c.options.Lookup(name)
		if !ok || text == "" || *at != "" {
			continue
		}
		if !strings.Contains(text, "://") {
			text = "https://" + text // as Terraform's provider takes it
		}
		if err := settings.CheckEndpoint(text); err != nil {
			return o, errors.New(name + " " + err.Error())
		}
		*at = text
	}
	switch {
	case a.Profile != "":
		o.Auth.Metadata = powervs.MetadataPowerVS
		if a.Metadata == settings.MetadataVPC {
			o.Auth.Metadata = powervs.MetadataVPC
		}
		if a.Profile != settings.DefaultProfile {
			o.Auth.Profile = a.Profile
		}
	case a.Key != "":
		o.Auth.Key = func(ctx context.Context) ([]byte, error) {
			read := secrets.New(c.options.Ask, "") // the key is forgotten when the token is there
			defer read.Clear()
			return read.APIKey(ctx, a.Key)
		}
	}
	return o, nil
}
