package config

// Reasons why a flag must be typed.
const (
	consents = "it makes a change possible or skips a question"
	removes  = "it decides which evidence is removed"
	once     = "it is meant for one call"
	chooses  = "it chooses the config file"
)

// Typed are the flags that a config file can't set, each with the reason.
var Typed = map[string]string{
	"allow":           consents,
	"comment":         once,
	"config":          chooses,
	"date":            once,
	"dry-run":         once,
	"from":            once,
	"help":            once,
	"host":            once,
	"hostkeys":        consents,
	"hosts":           once,
	"keep":            removes,
	"label":           once,
	"mend-warnings":   consents,
	"no-descriptions": once,
	"older-than":      removes,
	"only-new":        consents,
	"out":             once,
	"plan":            consents,
	"profile":         chooses,
	"recover":         consents,
	"replace":         consents,
	"run-sources":     consents,
	"serve":           once,
	"ticket":          once,
	"undo":            consents,
	"version":         once,
	"yes":             consents,
}
