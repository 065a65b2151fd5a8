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
		time       = "changes all the time; clock-skew reports a wrong clock"
		room       = "changes all the time; filesystem-full reports too little space"
		connection = "describes this connection, not the host"
		mcp        = "counts and queues of RMC's connections; state says whether one is up"
		repeats    = "repeats parts of other facts"
		past       = "describes stored data about the host, not the host"
		run        = "describes files that this run left on the host"
	)
	return []Volatile{
		{"*.time", time},
		{"*.skew_seconds", time},
		{"*.var_free_kb", room},
		{"*.tmp_free_kb", room},
		{"*.pid", "differs after each restart; status shows whether it runs"},
		{"*.client", connection},
		{"*.server", connection},
		{"*.interfaces[].carries_session", connection},
		{"*.mcps[].number", mcp},
		{"*.mcps[].queue", mcp},
		{"*.list[static=false]", "the kernel adds and drops these routes by itself"},
		{"*.list[].flags", "flags of the kernel; static holds the part that matters"},
		{"*.list[].number", "the number of a line moves with the lines above it"},
		{"*.stale[].where", "contains such a number; written holds the text"},
		{"*.by", "contains such a number; persistent shows whether a boot restores the address"},
		{"*.raw", "the line that the id is read from"},
		{"*.evidence", "the checks' output in words; live and clear hold the conclusion"},
		{"*.active", repeats},
		{"*.interfaces[].up", repeats},
		{"*.interfaces[].running", repeats},
		{"*.version", repeats},
		{"*.tech_level", repeats},
		{"*.service_pack", repeats},
		{"*.release_stamp", repeats},
		{"nics", repeats},
		{"rmc_nic.nic", repeats},
		{"rmc_nic.contradictions", "describes the list of Power Virtual Server, too"},
		{"node_ids.command", repeats},
		{"node_ids.etc", repeats},
		{"node_ids.var", repeats},
		{"causes.boot_volume", repeats},
		{"causes.mksysb", repeats},
		{"causes.smit", repeats},
		{"captured", past},
		{"api", "describes the VM in Power Virtual Server, not the host"},
		{"storage", "describes the VM in Power Virtual Server, not the host"},
		{"boot_volume", "compares the host with Power Virtual Server; the findings report it"},
		{"own", past},
		{"lost.from", past},
		{"fleet", "describes other hosts; the findings report it"},
		{"node_id_copies", run},
		{"images_folder", run},
		{"timed_undos", "ends by itself; timed-undo-armed reports it"},
	}
}
