package fleet

// Rights are the subjects that a member may publish to and subscribe to.
type Rights struct{ Publish, Subscribe []string }

// Role is the part of a member in the fleet.
type Role string

// The roles.
const (
	RoleHub      Role = "hub"
	RoleSite     Role = "site"
	RoleOperator Role = "operator"
)

// inbox is where the answers to a member go: nobody else can read there.
func inbox(role Role, name string) string { return "_INBOX." + string(role) + "." + name }

// RightsOf are the rights of a member: a site has its own subjects alone, and an operator
// asks.
func RightsOf(role Role, name string) Rights {
	answers := inbox(role, name) + ".>"
	switch role {
	case RoleHub:
		return Rights{Publish: []string{">"}, Subscribe: []string{">"}}
	case RoleSite:
		return Rights{
			Publish: []string{
				"aixmend.event." + name + ".*", "aixmend.site." + name + ".*", turnsSubject(name),
				"$JS.API.CONSUMER.INFO." + orders + "." + name, "$JS.API.CONSUMER.MSG.NEXT." + orders + "." + name,
				"$JS.ACK." + orders + "." + name + ".>",
			},
			Subscribe: []string{answers, stopSubject(name)},
		}
	case RoleOperator:
		return Rights{Publish: []string{"aixmend.ask." + name + ".*"}, Subscribe: []string{answers}}
	}
	return Rights{}
}
