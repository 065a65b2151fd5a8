package recording

// Question is one row of the table: a command that every host is asked so that an
// open question about AIX can be settled, or a question that an answer settles that
// is there anyway.
type Question struct {
	// ID names the entry in a recording.
	ID string
	// Number is that of the open question in section 11 of the facts about AIX,
	// 1 to 9; 0: it is asked because it explains others.
	Number int
	// Asks is the question, as a person asks it.
	Asks string
	// Command is POSIX sh that only reads; "": a probe of a playbook asks it, or it
	// can't be settled by reading.
	Command string
	// MaxOutput is how many bytes of each stream are kept; 0: the transport's own.
	MaxOutput int
}

// IDs of entries to which answers refer.
const (
	questionTools    = "q3_tools"
	questionNodeID   = "q2_node_id_files"
	questionLsnodeid = "q2_lsnodeid"
	questionRecfgct  = "q3_recfgct_usage"
	questionRmcctrl  = "q3_rmcctrl_usage"
	questionLog      = "q7_cloud_init_log"
	questionEntstat  = "q1_entstat"
	questionCluster  = "q5_lscluster"
)

// either runs a tool of RSCT from the one or the other of its folders; 44 says that
// there is none.
func either(folder, tool, arguments string) string {
	return "p=/usr/sbin/rsct/" + folder + "/" + tool + "\n" +
		`[ -x "$p" ] || p=/opt/rsct/` + folder + "/" + tool + "\n" +
		`[ -x "$p" ] || exit 44` + "\n" +
		`"$p"` + arguments
}

// Questions is the table. Every command is read-only:
//   - recfgct and rmcctrl are run with -h alone, which prints their usage (D);
//   - rmcrefreshMD is documented nowhere, so it is only looked for, never run;
//   - entstat is never run with -r, which resets its counters (D);
//   - the others list, and have no flag that changes anything.
func Questions() []Question {
	return []Question{
		{ID: questionEntstat, Number: 1, Asks: "does the RMC NIC show VLAN 4094 or the switch MGMTSWITCH?", MaxOutput: 1 << 20, Command: `e=/usr/sbin/entstat
[ -x "$e" ] || e=/usr/bin/entstat
for n in $(/usr/sbin/lsdev -Cc adapter -F name); do
  case "$n" in
  ent[0-9]*)
    printf '=== %s\n' "$n"
    "$e" -d "$n" 2>&1
    printf '=== exit %s\n' "$?" ;;
  esac
done`},
		{ID: questionNodeID, Number: 2, Asks: "how many lines has ct_node_id, and what does lsnodeid print?", Command: `for f in /etc/ct_node_id /var/ct/cfg/ct_node_id; do
  /usr/bin/ls -l "$f"
  /usr/bin/wc -l "$f"
  printf '=== %s\n' "$f"
  /usr/bin/cat "$f"
  printf '=== end\n'
done`},
		{ID: questionLsnodeid, Number: 2, Command: either("bin", "lsnodeid", "")},
		{ID: questionTools, Number: 3, Asks: "is rmcrefreshMD there, and how do the tools end?", Command: `for t in recfgct rmcrefreshMD lsnodeid rmcctrl rmcdomainstatus ctversion lsrpdomain lsrsrc ctsvhbac; do
  for d in /usr/sbin/rsct/bin /opt/rsct/bin /usr/sbin/rsct/install/bin /opt/rsct/install/bin; do
    if [ -x "$d/$t" ]; then
      printf '%s=%s\n' "$t" "$d/$t"
      /usr/bin/ls -l "$d/$t"
    fi
  done
done`},
		{ID: questionRecfgct, Number: 3, Command: either("install/bin", "recfgct", " -h")},
		{ID: questionRmcctrl, Number: 3, Command: either("bin", "rmcctrl", " -h")},
		{ID: "q4_domain", Number: 4, Asks: "which tokens does rmcdomainstatus show?", Command: either("bin", "rmcdomainstatus", " -s ctrmc")},
		{ID: "q4_lsrsrc_mcp", Number: 4, Command: either("bin", "lsrsrc", " IBM.MCP")},
		{ID: questionCluster, Number: 5, Asks: "how does lscluster answer where there is no cluster?", Command: `for f in c m i s; do
  printf '=== lscluster -%s\n' "$f"
  /usr/sbin/lscluster -$f 2>&1
  printf '=== exit %s\n' "$?"
done`},
		{ID: "q6_autoconf6", Number: 6, Asks: "does autoconf6 alone restore the address?", Command: `/usr/bin/ls -l /usr/sbin/autoconf6
/usr/bin/grep -n -e autoconf6 -e ndpd -e dhcpcd /etc/rc.tcpip`},
		{ID: questionLog, Number: 7, Asks: "what does cloud-init write on AIX?", MaxOutput: 1 << 20, Command: `f=/var/log/cloud-init-output.log
[ -f "$f" ] || exit 44
/usr/bin/ls -l "$f"
/usr/bin/wc "$f"
/usr/bin/tail -n 400 "$f"`},
		{ID: "health_reason", Number: 8, Asks: "what does health.reason hold in the API?"},
		{ID: "q9_cluster0", Number: 9, Asks: "is it enough to remove the CuAt rows while CuDv has cluster0?", Command: `/usr/sbin/lsattr -El cluster0
/usr/sbin/lsdev -l cluster0 -F name:status:description`},
		{ID: "ct_folder", Command: `/usr/bin/ls -lR /var/ct | /usr/bin/head -n 300`},
		{ID: "subsystems", Command: "/usr/bin/lssrc -a"},
		{ID: "sys0", Command: "/usr/sbin/lsattr -El sys0"},
		{ID: "inet0", Command: "/usr/sbin/lsattr -El inet0"},
		{ID: "objrepos", Command: "/usr/bin/ls -l /etc/objrepos"},
		{ID: "peer_domains", Command: either("bin", "lsrpdomain", "")},
		{ID: "ctversion", Command: either("install/bin", "ctversion", "")},
		{ID: "levels", Command: "/usr/bin/oslevel -s"},
		{ID: "rsct_filesets", MaxOutput: 1 << 20, Command: "/usr/bin/lslpp -Lc 'rsct.*'"},
		{ID: "service_rm", Command: "/usr/bin/lslpp -Lc 'devices.chrp.base.ServiceRM' 'openssh.base.server' 'cluster.es.server.rte'"},
		{ID: "trusted_hosts", Command: either("bin", "ctsvhbac", "")},
		{ID: "machine", Command: "/usr/bin/uname -a\n/usr/bin/uname -m\n/usr/bin/uname -L\n/usr/bin/uname -M"},
		{ID: "interfaces_of_boot", Command: "/usr/sbin/lsdev -Cc if\n/usr/sbin/lsdev -Cc adapter"},
	}
}
