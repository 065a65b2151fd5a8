package ansible

import (
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// A reading turns the variables of one host into our settings. Something about how the
// host is reached that is not read is a fault of the host.
type reading struct {
	a      *resolver
	host   *member
	kind   *kind
	values *values
	ours   settings.SSHDoc // aixmend_ssh
	said   bool            // it is given
	faults strictyaml.Problems
	where  strictyaml.Problems // about the address
	varies bool
	looked int // how many variables were looked up for templates
	doc    settings.SSHDoc
	command
	behind *Bastion // of a ProxyCommand
}

// command is the command line of ssh, as far as it was read. As with ssh the first value
// of a setting wins.
type command struct {
	ignored                []string   // patterns of IgnoreUnknown
	way                    bool       // a ProxyJump or ProxyCommand was given
	noJump                 bool       // the way is ProxyJump none
	letterJump             bool       // the way is that of -J
	through                bastionWay // of the ProxyCommand
	throughAt              strictyaml.Pos
	throughFrom            string
	userFiles, systemFiles []settings.Text // of known host keys
}
