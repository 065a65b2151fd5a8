package fleet

import (
	"fmt"
	"strconv"
	"strings"
)

// Accounts is the account of a hub and its members as the configuration of a NATS server has it,
// to be included within its accounts.
func Accounts(list []Member) string {
	var b strings.Builder
	b.WriteString(`# The account of an aixmend hub, printed by: aixmend hub accounts
# The server's configuration includes it, and holds JetStream to the disk:
#   accounts { include aixmend.conf }
#   jetstream { store_dir: /var/lib/nats, sync_interval: always }
#   max_payload: 33554432
# After each change of the members: print it again, reload the server.
AIXMEND: {
  jetstream: enabled
  users: [
`)
	for _, m := range list {
		r := RightsOf(m.Role, m.Name)
		who := string(m.Role)
		if m.Role != RoleHub {
			who += " " + m.Name
		}
		fmt.Fprintf(&b, "    # %s\n    { nkey: %s, allowed_connection_types: [STANDARD], permissions: {\n      publish: { allow: %s }\n      subscribe: { allow: %s }\n    } }\n", who, m.Key, quoted(r.Publish), quoted(r.Subscribe))
	}
	b.WriteString("  ]\n}\n")
	return b.String()
}

// quoted is a list of subjects in a configuration: names of members hold nothing to be escaped.
func quoted(subjects []string) string {
	var list []string
	for _, s := range subjects {
		list = append(list, strconv.Quote(s))
	}
	return "[" + strings.Join(list, ", ") + "]"
}
