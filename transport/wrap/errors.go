package wrap

import (
	"fmt"

	"aixmend/transport"
)

func errNotAlone(target transport.Target, c transport.Command) error {
	return fmt.Errorf("%s: %s changes the host and must travel alone: %w", target.Name, c.ID, transport.ErrGateShut)
}
