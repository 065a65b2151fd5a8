package facts

import (
	"encoding/json"
	"reflect"
	"slices"
)

// ReadPast reads the facts of a capture.json or of a host's page, by name, as
// JSON decodes them (procedure C1, V4). A fact that is missing, is null, does
// not decode or is larger than any parser makes it is left out of Has. Texts
// are cleaned once more: a file can be tampered with. The caller fills the
// name of the past and sets Known.
func ReadPast(factsByName map[string]any) Past {
	past := noPast()
	recall(&past, factsByName, "api", &past.API)
	recall(&past, factsByName, "cluster", &past.Cluster)
	recall(&past, factsByName, "hostname", &past.Hostname)
	recall(&past, factsByName, "hosts_table", &past.HostsTable)
	recall(&past, factsByName, "installed", &past.Installed)
	recall(&past, factsByName, "lpar", &past.LPAR)
	recall(&past, factsByName, "lspv", &past.Disks)
	recall(&past, factsByName, "machine_id", &past.MachineID)
	recall(&past, factsByName, "nameservers", &past.Nameservers)
	recall(&past, factsByName, "nics", &past.NICs)
	recall(&past, factsByName, "node_ids", &past.NodeIDs)
	recall(&past, factsByName, "routes", &past.Routes)
	recall(&past, factsByName, "rsct", &past.RSCT)
	recall(&past, factsByName, "static_routes", &past.StaticRoutes)
	recall(&past, factsByName, "storage", &past.Storage)
	recall(&past, factsByName, "time_servers", &past.TimeServers)
	return past
}

// recall fills one fact of the past.
func recall[T any](past *Past, factsByName map[string]any, name string, into *T) {
	value := factsByName[name]
	if value == nil {
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		return
	}
	var fact T
	if json.Unmarshal(text, &fact) != nil || !tidy(reflect.ValueOf(&fact).Elem()) {
		return
	}
	*into = fact
	past.Has = append(past.Has, name)
}

// noPast is a past of which nothing is known; its lists are empty, not nil.
func noPast() Past {
	var past Past
	tidy(reflect.ValueOf(&past).Elem())
	return past
}

// has reports whether a fact was remembered.
func (p Past) has(name string) bool {
	return slices.Contains(p.Has, name)
}

// tidy makes a decoded fact as a parser would have made it: no nil list, texts
// printable and bounded. It reports false for a list that is too long.
func tidy(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		v.SetString(clean(v.String(), maxValue))
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		if v.Len() > maxRows {
			return false
		}
		for i := range v.Len() {
			if !tidy(v.Index(i)) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !tidy(v.Field(i)) {
				return false
			}
		}
	}
	return true
}
