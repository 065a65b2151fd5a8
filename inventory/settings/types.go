package settings

import (
	"time"

	"aixmend/inventory/strictyaml"
)

// Values as a file gives them, with their positions.
type (
	Text     = strictyaml.Value[string]
	Number   = strictyaml.Value[int]
	yesNo    = strictyaml.Value[bool]
	duration = strictyaml.Value[time.Duration]
)
