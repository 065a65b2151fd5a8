package facts

import "net/netip"

// EUI64LinkLocal returns the link-local address that follows from a MAC: bit
// 0x02 of the first octet flipped, ff:fe put in the middle, fe80::/64 in front
// (procedure D5). fa:d4:43:3e:d1:20 gives fe80::f8d4:43ff:fe3e:d120. That the
// address of the RMC NIC is made this way is inferred (I) from public driver code.
func EUI64LinkLocal(mac string) (netip.Addr, error) {
	m, err := parseMAC(mac)
	if err != nil {
		return netip.Addr{}, err
	}
	return netip.AddrFrom16([16]byte{
		0xfe, 0x80, 0, 0, 0, 0, 0, 0,
		m[0] ^ 0x02, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5],
	}), nil
}
