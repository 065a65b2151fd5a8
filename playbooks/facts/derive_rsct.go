package facts

import (
	"errors"
	"fmt"
)

// rmcFileset is the fileset of the RMC daemon: its level is the one that counts.
const rmcFileset = "rsct.core.rmc"

// RSCTInput holds the facts that DeriveRSCT reads.
type RSCTInput struct {
	Filesets *Filesets `fact:"filesets"`
}

// DeriveRSCT finds the RSCT level (procedure D1), which is that of
// rsct.core.rmc alone: other filesets lag behind it on healthy machines.
func DeriveRSCT(in RSCTInput) (RSCT, error) {
	if in.Filesets == nil {
		return RSCT{}, errors.New("the filesets are not known")
	}
	found := RSCT{}
	for _, row := range in.Filesets.List {
		if row.Name != rmcFileset || row.Type == "E" || row.Type == "R" {
			continue
		}
		if found.Installed && (found.Level != row.Level || found.State != row.State) {
			return RSCT{}, fmt.Errorf("%s is listed twice: %s %s and %s %s",
				rmcFileset, found.Level, found.State, row.Level, row.State)
		}
		found = RSCT{
			Installed: true,
			Level:     row.Level,
			State:     row.State,
			Broken:    row.State == "B" || row.State == "?",
		}
	}
	return found, nil
}
