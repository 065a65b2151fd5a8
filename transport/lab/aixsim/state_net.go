package aixsim

import "time"

// Route is a route of the kernel through a gateway: gone with the next boot
// unless State.Inet0 has it too. Routes of an interface's own net are not
// listed; they follow from its addresses.
type Route struct {
	// Destination is default, a net (10.5.0.0/16) or an address.
	Destination string `json:"destination"`
	Gateway     string `json:"gateway"`
	// Interface is where -if bound the route to; "" is where the gateway is.
	Interface string `json:"interface,omitempty"`
}

// Mount is a mounted NFS export.
type Mount struct {
	Server  string    `json:"server"`
	Export  string    `json:"export"` // path on the server
	Point   string    `json:"point"`  // mounted over
	Options string    `json:"options,omitempty"`
	Time    time.Time `json:"time,omitzero"`
}
