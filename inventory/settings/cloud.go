package settings

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

// CloudDoc says which virtual machine of Power Virtual Server a host is.
type CloudDoc struct {
	Instance  Text `yaml:"instance" jsonschema:"minLength=1" jsonschema_description:"The id of the VM (pvmInstanceID), where it can't be found by its name, address or MACs."`
	Workspace Text `yaml:"workspace" jsonschema:"pattern=^crn:" jsonschema_description:"The CRN of its workspace."`
}

// PowervsDoc is a source of hosts: the virtual machines of Power Virtual Server.
type PowervsDoc struct {
	Pos        strictyaml.Pos `yaml:"-"`
	Workspaces []Text         `yaml:"workspaces" jsonschema_description:"Workspaces by name, id or CRN. Without them all that the key may see."`
	OS         Text           `yaml:"os" jsonschema:"default=aix,minLength=1" jsonschema_description:"The system of the VMs as the API calls it; any for all of them."`
	Network    Text           `yaml:"network" jsonschema:"minLength=1" jsonschema_description:"The name or id of the network whose address a host has. Without it the one address of the VM."`
	Tags       []Text         `yaml:"tags" jsonschema_description:"User tags that a VM must all have. They cost one request a VM."`
	Region     Text           `yaml:"region" jsonschema:"default=us-south,pattern=^[a-z0-9-]+$" jsonschema_description:"The region whose endpoint lists the workspaces."`
	Endpoint   Text           `yaml:"endpoint" jsonschema:"pattern=^https://" jsonschema_description:"The URL of the endpoint, such as a private one, in place of that of the region."`
	Key        passwordDoc    `yaml:"key" jsonschema_description:"Where the IAM API key comes from; never the key itself. Without it the environment variable IBMCLOUD_API_KEY or IC_API_KEY."`
	Profile    Text           `yaml:"trusted_profile" jsonschema:"minLength=1" jsonschema_description:"In place of a key, on a VM with the metadata service: the id or CRN of the trusted profile, or default."`
	Metadata   Text           `yaml:"metadata" jsonschema:"default=powervs,enum=powervs,enum=vpc" jsonschema_description:"Whose metadata service makes the token of the trusted profile."`
}

const (
	// MetadataVPC is the value of metadata for a virtual server of VPC.
	MetadataVPC = "vpc"
	// metadataPowerVS is the other one.
	metadataPowerVS = "powervs"
	// DefaultProfile is the value of trusted_profile for the machine's default profile.
	DefaultProfile = "default"
)

var (
	regionPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	// keyLook is how an IAM API key looks.
	keyLook = regexp.MustCompile(`^[A-Za-z0-9_-]{44}$`)
)

// Powervs checks a source of Power Virtual Server. Relative paths start at folder.
func (c *Checker) Powervs(folder string, d *PowervsDoc) {
	for name, list := range map[string][]Text{"workspaces": d.Workspaces, "tags": d.Tags} {
		for i := range list {
			Check(c, "source.powervs."+name, &list[i], checkLine)
		}
	}
	for name, v := range map[string]*Text{"os": &d.OS, "network": &d.Network, "trusted_profile": &d.Profile} {
		Check(c, "source.powervs."+name, v, checkLine)
	}
	Check(c, "source.powervs.region", &d.Region, func(region string) error {
		if !regionPattern.MatchString(region) {
			return errors.New("must be a region of Power Virtual Server, such as us-south, eu-de or syd")
		}
		return nil
	})
	Check(c, "source.powervs.endpoint", &d.Endpoint, CheckEndpoint)
	Check(c, "source.powervs.metadata", &d.Metadata, func(service string) error {
		if service != metadataPowerVS && service != MetadataVPC {
			return fmt.Errorf("must be %s or %s", metadataPowerVS, MetadataVPC)
		}
		return nil
	})
	c.noKeyItself(&d.Key)
	c.password("source.powervs.key", folder, &d.Key)
	if d.Key.set() && d.Profile.Set() {
		c.Problems.Add(d.Profile.Pos, "keep one of them", "source.powervs has a key and a trusted_profile")
	}
}

// noKeyItself refuses a source that looks like an IAM API key. It is not quoted.
func (c *Checker) noKeyItself(d *passwordDoc) {
	words := append([]Text{d.from.File, d.from.Env, d.from.Age, d.from.Identity}, d.from.Exec...)
	for _, word := range words {
		if keyLook.MatchString(word.V) {
			c.Problems.Add(word.Pos, passwordHint+", and delete this key in IBM Cloud if others could read the file", "source.powervs.key looks like an API key itself, which does not belong in an inventory")
			*d = passwordDoc{}
			return
		}
	}
}

// CheckEndpoint checks the URL of an endpoint of the API: the token goes there.
func CheckEndpoint(text string) error {
	at, err := url.Parse(text)
	if err != nil || at.Scheme != "https" || at.Host == "" || at.User != nil || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" || at.Fragment != "" {
		return errors.New("must be https://HOST, such as https://private.eu-de.power-iaas.cloud.ibm.com")
	}
	return nil
}

// KeySource returns the key of the source of the API key, "" where there is none.
func (d *PowervsDoc) KeySource() string { return d.Key.key() }

// cloud checks which virtual machine a host is.
func (c *Checker) cloud(d *CloudDoc) {
	Check(c, "cloud.instance", &d.Instance, checkLine)
	Check(c, "cloud.workspace", &d.Workspace, func(crn string) error {
		if !strings.HasPrefix(crn, "crn:") {
			return errors.New("must be the CRN of a workspace: crn:v1:bluemix:public:power-iaas:...")
		}
		return checkLine(crn)
	})
}

// CloudInstance is the instance of a layer, not set where it has none.
func (l *Layer) CloudInstance() Text { return l.cloud.Instance }

// FillCloud sets the virtual machine of a layer that names none.
func (l *Layer) FillCloud(at strictyaml.Pos, vm inventory.Cloud) {
	l.cloud.Instance = Text{V: vm.Instance, Pos: at}
	if !l.cloud.Workspace.Set() {
		l.cloud.Workspace = Text{V: vm.Workspace, Pos: at}
	}
}
