package aixsim

import "strings"

// FailedOver builds virtual machine number n at another site, started from a copy of the
// disks of original: files, ODM routes, filesets, host name and volume groups are the
// original's; the machine, its adapters and its address are its own, and nothing else was
// adapted. The same n as that of the original gives two machines with the same adapters.
func FailedOver(original *State, name string, n int) *State {
	s, machine := original.Clone(), Healthy(name, n)
	s.Hostname, s.LPAR, s.UUID = name, machine.LPAR, machine.UUID
	s.MachineID = "00FB00024C00"
	s.NICs, s.Routes, s.Effects = machine.NICs, machine.Routes, nil
	s.Inet0 = append(append([]string{}, original.Inet0...), machine.Inet0...)
	// cloud-init sets the address of the new RMC NIC.
	s.edit("/etc/rc.tcpip", func(string) string { return machine.Files["/etc/rc.tcpip"].Content })
	log := "/var/log/cloud-init-output.log"
	s.edit(log, func(old string) string { return strings.TrimRight(old, "\n") + "\n" + machine.Files[log].Content })
	return s
}
