package aixsim

// ownImageIllnesses are machines that were started from a volume of the
// customer's own. They keep their name and the address by which one gets in.
func ownImageIllnesses() []Illness {
	from := func(image BootImage) func(*State) {
		return func(s *State) {
			own := image // for whoever is next
			own.Hostname, own.Address = s.Hostname, true
			s.SwapBoot(own)
		}
	}
	return []Illness{
		{Name: "own-boot-image", Description: "started from an image of the customer's own: other node id, no management address, no default route", Apply: from(BootImage{})},
		{Name: "own-boot-image-renumbered", Description: "started from an own image that numbers the interfaces the other way round, with the cloud-init log of another machine",
			Apply: from(BootImage{Numbering: []int{1, 0}, CloudInit: true})},
		{Name: "own-boot-image-old-rsct", Description: "started from an own image with RSCT 3.1.5.0, images for an update are on it",
			Apply: from(BootImage{RSCT: "3.1.5.0", Images: rsctImages("")})},
	}
}
