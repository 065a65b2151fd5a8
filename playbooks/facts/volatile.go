package facts

// Volatile is a part of facts that is otherwise at every reading, or is not the
// host's, or repeats another part: that it changed says nothing.
type Volatile struct {
	// Path names it by the JSON names: FACT.FIELD, * for any fact, [] after a list
	// for each of its elements, [FIELD=VALUE] for those whose field is so.
	Path string
	// Why is the reason, for people.
	Why string
}

// Volatiles lists them. All other facts are stable, and drift when they change: a new
// fact is classified here, and in playbooks/testdata/drift.golden.
func Volatiles() []Volatile {
	const (
		time       = "the time goes on; clock-skew says when the clock is wrong"
		room       = "free space changes all the time; filesystem-full says when it is too little"
		connection = "of this connection, not of the host"
		mcp        = "counts and queues of RMC's connections; state says whether one is up"
		repeats    = "repeats parts of other facts"
		past       = "what is kept of the host, not the host"
		run        = "what this very run has left on the host"
	)
	return []Volatile{
		{"*.time", time},
		{"*.skew_seconds", time},
		{"*.var_free_kb", room},
		{"*.tmp_free_kb", room},
		{"*.pid", "another one after each restart; status says whether it runs"},
		{"*.client", connection},
		{"*.server", connection},
		{"*.interfaces[].carries_session", connection},
		{"*.mcps[].number", mcp},
		{"*.mcps[].queue", mcp},
		{"*.list[static=false]", "the kernel makes and forgets routes as it is used"},
		{"*.list[].flags", "the kernel's notes on a route; static says what counts"},
		{"*.list[].number", "the number of a line moves with the lines above it"},
		{"*.stale[].where", "names such a number; written says what stands there"},
		{"*.by", "names such a number; persistent says whether a boot brings the address back"},
		{"*.raw", "the line that the id is read from"},
		{"*.evidence", "what was said, in words; live and clear say what it means"},
		{"*.active", repeats},
		{"*.interfaces[].up", repeats},
		{"*.interfaces[].running", repeats},
		{"*.version", repeats},
		{"*.tech_level", repeats},
		{"*.service_pack", repeats},
		{"*.release_stamp", repeats},
		{"nics", repeats},
		{"rmc_nic.nic", repeats},
		{"node_ids.command", repeats},
		{"node_ids.etc", repeats},
		{"node_ids.var", repeats},
		{"causes.boot_volume", repeats},
		{"causes.mksysb", repeats},
		{"causes.smit", repeats},
		{"captured", past},
		{"own", past},
		{"lost.from", past},
		{"fleet", "what is known of other hosts; the findings say it"},
		{"node_id_copies", run},
		{"images_folder", run},
	}
}
