package fleet

import (
	"fmt"
	"strconv"
	"strings"
)

// accountLetters is how much of a hub's key is in the name of its account.
const accountLetters = 8

// Accounts is the account of a hub and its members as the configuration of a NATS server has it,
// to be included within its accounts. Its name is of the hub's key: the streams of an account
// are kept by its name, and a hub that replaces a lost one must find none.
func Accounts(list []Member) string {
	name := "AIXMEND"
	for _, m := range list {
		if m.Role == RoleHub && len(m.Key) > accountLetters {
			name += "_" + m.Key[1:1+accountLetters] // the first letter is that of all such keys
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# The account of an aixmend hub, printed by: aixmend hub accounts
# The server's configuration includes it, and holds JetStream to the disk:
#   accounts { include aixmend.conf }
#   jetstream { store_dir: /var/lib/nats, sync_interval: always }
#   max_payload: 33554432
# After each change of the members: print it again, reload the server.
%s: {
  jetstream: enabled
  users: [
`, name)
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
