package facts

import (
	"strings"
	"testing"
)

func TestDeriveSwap(t *testing.T) {
	ready := func(how ...func(*SwapInput)) SwapInput {
		now := pastOf()
		in := SwapInput{
			NodeIDs: &now.NodeIDs, NICs: &now.NICs, LPAR: &now.LPAR, RMCNIC: found(rmcNIC()),
			RMCAddress: &RMCAddress{State: "right", Expected: eui1}, Static: &now.StaticRoutes, Cluster: &now.Cluster,
		}
		for _, h := range how {
			h(&in)
		}
		return in
	}
	nic := func(how func(*NIC)) func(*SwapInput) {
		return func(in *SwapInput) { in.NICs = &NICs{List: []NIC{change(customerNIC(), how), rmcNIC()}} }
	}
	wanting := func(reasons ...string) Swap { return Swap{Reasons: reasons} }
	const notClear = "the cluster guard is not clear: no node id would be given back on the own image"
	yes := Swap{Ready: true, Reasons: []string{}}
	runDerive(t, DeriveSwap, []deriveCase[SwapInput, Swap]{
		{name: "own image: ready", in: ready(), want: yes},
		{
			name: "own image: nothing could be read", in: SwapInput{},
			want: wanting("the node ids could not be read", "the LPAR's number and name could not be read", "the nics could not be read", "the RMC NIC is not known", "the static routes of inet0 could not be read", notClear),
		},
		{
			name: "own image: node ids differ", in: ready(func(in *SwapInput) {
				in.NodeIDs = &NodeIDs{State: "mismatch", Command: "8c1f5a6e0b7d4321", Etc: "8c1f5a6e0b7d4322"}
			}),
			want: wanting("the three node ids do not agree: lsnodeid 8c1f5a6e0b7d4321, /etc/ct_node_id 8c1f5a6e0b7d4322, /var/ct/cfg/ct_node_id none"),
		},
		{name: "own image: no partition", in: ready(func(in *SwapInput) { in.LPAR = &LPAR{Number: -1, Name: "NULL"} }), want: wanting("uname -L names no LPAR: -1 NULL")},
		{name: "own image: no MAC", in: ready(nic(func(n *NIC) { n.MAC = "" })), want: wanting("en0: its MAC is not known")},
		{name: "own image: attributes not read", in: ready(nic(func(n *NIC) { n.Attributes.Interface = "" })), want: wanting("en0: its ODM attributes could not be read")},
		{name: "own image: a NIC that is not there needs neither", in: ready(nic(func(n *NIC) {
			n.Status, n.MAC, n.Attributes.Interface, n.IPv4 = "Defined", "", "", []string{"10.9.9.9"}
		})), want: yes},
		{name: "own image: a NIC of unknown status does", in: ready(nic(func(n *NIC) { n.Status, n.MAC = "", "" })), want: wanting("en0: its MAC is not known")},
		{
			name: "own image: live and not in the ODM", in: ready(nic(func(n *NIC) { n.IPv4 = append(n.IPv4, "10.2.3.9", "x\x1b") })),
			want: wanting("en0: 10.2.3.9 is live and not in the ODM", "en0: x? is live and not in the ODM"),
		},
		{name: "own image: live and an alias", in: ready(nic(func(n *NIC) {
			n.IPv4, n.Attributes.Alias4 = append(n.IPv4, "10.2.3.9"), []string{"10.2.3.9,255.255.255.0"}
		})), want: yes},
		{name: "own image: RMC NIC not found", in: ready(func(in *SwapInput) { in.RMCNIC = &RMCNIC{State: nicAmbiguous, Why: "each of en1, en2 has no IPv4"} }), want: wanting("the RMC NIC is ambiguous: each of en1, en2 has no IPv4")},
		{name: "own image: address not judged", in: ready(func(in *SwapInput) { in.RMCAddress = nil }), want: wanting("en1: its link-local address could not be judged")},
		{name: "own image: address wrong", in: ready(func(in *SwapInput) { in.RMCAddress.State = "wrong" }), want: wanting("en1: its link-local address is wrong, " + eui1 + " is expected")},
		{name: "own image: address missing", in: ready(func(in *SwapInput) { in.RMCAddress = &RMCAddress{State: "missing"} }), want: wanting("en1: its link-local address is missing, none is expected")},
		{name: "own image: routes not read", in: ready(func(in *SwapInput) { in.Static = nil }), want: wanting("the static routes of inet0 could not be read")},
		{name: "own image: cluster guard not answered", in: ready(func(in *SwapInput) { in.Cluster = nil }), want: wanting(notClear)},
		{name: "own image: cluster guard not clear", in: ready(func(in *SwapInput) { in.Cluster = &Cluster{} }), want: wanting(notClear)},
		{
			name: "hostile", in: ready(nic(func(n *NIC) { n.Name, n.MAC = strings.Repeat("\x1bx", 1000), "" })),
			want: wanting(strings.Repeat("?x", maxText)),
		},
	})
}
