package live

import (
	"strings"
	"time"

	"aixmend/controller"
)

// about renders the reason of a waiting state.
func about(state controller.State) string {
	switch state {
	case controller.Waiting:
		return "waiting for their wave"
	case controller.Gathering:
		return "waiting for other hosts"
	}
	return string(state)
}

// short renders a duration for reading at a glance.
func short(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	if d >= time.Hour {
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	}
	return d.String()
}
