package cloud

import (
	"strings"
	"testing"

	"aixmend/inventory"
	"aixmend/inventory/powervs"
)

// lookup is an environment.
func lookup(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { text, ok := vars[name]; return text, ok }
}

// The inventory goes before the environment; an endpoint is https.
func TestOptions(t *testing.T) {
	env := func(name string) string { return inventory.PasswordSource{Env: name}.Key() }
	for name, c := range map[string]struct {
		vars     map[string]string
		account  powervs.Account
		key      string
		endpoint string
		metadata string
		profile  string
		wrong    string
	}{
		"nothing":             {},
		"key of ibmcloud":     {vars: map[string]string{"IBMCLOUD_API_KEY": "a", "IC_API_KEY": "b"}, key: env("IBMCLOUD_API_KEY")},
		"key of Terraform":    {vars: map[string]string{"IBMCLOUD_API_KEY": "", "IC_API_KEY": "b"}, key: env("IC_API_KEY")},
		"key of an inventory": {vars: map[string]string{"IBMCLOUD_API_KEY": "a"}, account: powervs.Account{Key: env("OTHER")}, key: env("OTHER")},
		"profile":             {vars: map[string]string{"IBMCLOUD_API_KEY": "a"}, account: powervs.Account{Profile: "Profile-1"}, key: env("IBMCLOUD_API_KEY"), metadata: powervs.MetadataPowerVS, profile: "Profile-1"},
		"default profile":     {account: powervs.Account{Profile: "default", Metadata: "vpc"}, metadata: powervs.MetadataVPC},
		"endpoint":            {vars: map[string]string{"IBMCLOUD_PI_API_ENDPOINT": "syd.power-iaas.cloud.ibm.com"}, endpoint: "https://syd.power-iaas.cloud.ibm.com"},
		"endpoint of both":    {vars: map[string]string{"IBMCLOUD_PI_API_ENDPOINT": "https://a"}, account: powervs.Account{Endpoint: "https://b"}, endpoint: "https://b"},
		"endpoint in clear":   {vars: map[string]string{"IBMCLOUD_IAM_API_ENDPOINT": "http://iam"}, wrong: "IBMCLOUD_IAM_API_ENDPOINT must be https://HOST"},
		"endpoint with login": {vars: map[string]string{"IBMCLOUD_PI_API_ENDPOINT": "https://u:s3cret@x"}, wrong: "IBMCLOUD_PI_API_ENDPOINT must be https://HOST"},
	} {
		t.Run(name, func(t *testing.T) {
			clouds := New(Options{Lookup: lookup(c.vars)})
			a := c.account
			a.Key = clouds.keyOf(a.Key)
			o, err := clouds.optionsOf(a)
			if c.wrong != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.wrong) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || a.Key != c.key || o.Endpoint != c.endpoint || o.Auth.Metadata != c.metadata || o.Auth.Profile != c.profile || (o.Auth.Key != nil) != (c.key != "" && c.metadata == "") {
				t.Errorf("%v: key %s, %+v", err, a.Key, o)
			}
			first, err := clouds.Client(c.account)
			if again, _ := clouds.Client(c.account); err != nil || first != again {
				t.Errorf("two clients for one account: %v", err)
			}
		})
	}
}

// A simulated cloud is asked with its own key and certificate, whatever the environment and
// the inventory say.
func TestSimulatedTakesNothingElse(t *testing.T) {
	sim := &Simulated{Endpoint: "https://127.0.0.1:1", Key: "simulated"}
	clouds := New(Options{Simulated: sim, Lookup: lookup(map[string]string{
		KeyVariable: "s3cret", olderKeyVariable: "s3cret", endpointVariable: "https://real", iamVariable: "https://real",
	})})
	for _, a := range []powervs.Account{{}, {Key: "env:X", Endpoint: "https://real", Region: "eu-de"}, {Profile: "Profile-1"}} {
		a.Key = clouds.keyOf(a.Key)
		o, err := clouds.optionsOf(a)
		if err != nil || o.Endpoint != sim.Endpoint || o.IAM != sim.Endpoint || o.Auth.Profile != "" {
			t.Fatalf("%v: %+v", err, o)
		}
		if key, err := o.Auth.Key(t.Context()); err != nil || string(key) != sim.Key || !clouds.Asks("") {
			t.Errorf("%v: %s", err, key)
		}
	}
}
