package facts

import "errors"

// NodeIDsInput holds the facts that DeriveNodeIDs reads: the three places of the node id.
type NodeIDsInput struct {
	Command *NodeID `fact:"command"`
	Etc     *NodeID `fact:"etc"`
	Var     *NodeID `fact:"var"`
}

// DeriveNodeIDs compares lsnodeid, /etc/ct_node_id and /var/ct/cfg/ct_node_id
// (procedure D8). All three are needed; but where two that could be read are
// valid and differ, the mismatch is certain without the third, whose field is
// then "" although nothing is known of it. Where neither file holds an id there is
// none (D), whatever words lsnodeid has for that.
func DeriveNodeIDs(in NodeIDsInput) (NodeIDs, error) {
	verdict := NodeIDs{Command: validID(in.Command), Etc: validID(in.Etc), Var: validID(in.Var)}
	first, valid, differ := "", 0, false
	for _, id := range []string{verdict.Command, verdict.Etc, verdict.Var} {
		if id == "" {
			continue
		}
		if valid++; first == "" {
			first = id
		}
		differ = differ || id != first
	}
	unread := in.Etc == nil || in.Var == nil || in.Command == nil && (in.Etc.Valid || in.Var.Valid)
	switch {
	case differ:
		verdict.State = "mismatch"
	case unread:
		return NodeIDs{}, errors.New("not every place of the node id could be read")
	case valid == 0:
		verdict.State = "missing"
	case valid < 3:
		verdict.State = "mismatch"
	default:
		verdict.State = "agree"
		verdict.ID = first
	}
	return verdict, nil
}

// validID is the id of one place, "" when there is none.
func validID(n *NodeID) string {
	if n == nil || !n.Valid {
		return ""
	}
	return n.ID
}
