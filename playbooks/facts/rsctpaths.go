package facts

import (
	"errors"
	"slices"
	"strings"
)

// rsctPlaces are the only paths that may go on into a command.
var rsctPlaces = map[string][]string{
	"bin":        {"/usr/sbin/rsct/bin", "/opt/rsct/bin"},
	"install":    {"/usr/sbin/rsct/install/bin", "/opt/rsct/install/bin"},
	"refresh_md": {"/opt/rsct/bin/rmcrefreshMD", "/usr/sbin/rsct/bin/rmcrefreshMD"},
}

// ParseRSCTPaths reads where the RSCT tools are (aix-facts section 1): lines
// bin=, install=, refresh_md=; the first of each counts. These paths become
// part of commands, so every value must be one of the known places.
func ParseRSCTPaths(o Output) (RSCTPaths, error) {
	if o.Exit != 0 {
		return RSCTPaths{}, failed("looking for the rsct tools", o)
	}
	all, err := lines(o)
	if err != nil {
		return RSCTPaths{}, err
	}
	found := map[string]string{}
	for line := range all {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		places, known := rsctPlaces[key]
		if !known || value != "" && !slices.Contains(places, value) {
			return RSCTPaths{}, notUnderstood("the probe", line)
		}
		if found[key] == "" {
			found[key] = value
		}
	}
	if found["bin"] == "" {
		return RSCTPaths{}, errors.New("the rsct tools are not there")
	}
	return RSCTPaths{Bin: found["bin"], Install: found["install"], RefreshMD: found["refresh_md"]}, nil
}
