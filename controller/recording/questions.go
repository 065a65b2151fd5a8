package recording

// Question is an open question about AIX, or a command whose output helps to answer one.
type Question struct {
	// ID is the id of the entry in a recording.
	ID string
	// Number is the number of the open question: 1 to 9 as in section 11 of the facts about
	// AIX, 10 one more; 0: the output explains other answers.
	Number int
	// Asks is the question in words; "": none, or another row has it.
	Asks string
	// Command is read-only POSIX sh; "": reading a host can't answer the question.
	Command string
	// MaxOutput bounds each stream, in bytes; 0: the transport's default.
	MaxOutput int
}

// IDs of entries that Answers reads.
const (
	questionTools    = "q3_tools"
	questionNodeID   = "q2_node_id_files"
	questionLsnodeid = "q2_lsnodeid"
	questionRecfgct  = "q3_recfgct_usage"
	questionRmcctrl  = "q3_rmcctrl_usage"
	questionLog      = "q7_cloud_init_log"
	questionEntstat  = "q1_entstat"
	questionCluster  = "q5_lscluster"
	questionShell    = "q10_shell"
)

// either returns a command that runs an RSCT tool from whichever of its two folders has
// it; exit status 44: neither.
func either(folder, tool, arguments string) string {
	return "p=/usr/sbin/rsct/" + folder + "/" + tool + "\n" +
		`[ -x "$p" ] || p=/opt/rsct/` + folder + "/" + tool + "\n" +
		`[ -x "$p" ] || exit 44` + "\n" +
		`"$p"` + arguments
}

// Questions returns the table of open questions. Every command is read-only:
//   - recfgct and rmcctrl are only run with -h, which prints their usage (D);
//   - rmcrefreshMD is undocumented, so it is looked for but never run;
//   - entstat is never run with -r, which resets its counters (D);
//   - the other commands list, and have no flag that changes the host; type is a builtin of
//     every POSIX shell, in ksh88 an alias of whence -v.
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
		{ID: questionNodeID, Number: 2, Asks: "how many lines does ct_node_id have, and what does lsnodeid print?", Command: `for f in /etc/ct_node_id /var/ct/cfg/ct_node_id; do
  /usr/bin/ls -l "$f"
  /usr/bin/wc -l "$f"
  printf '=== %s\n' "$f"
  /usr/bin/cat "$f"
  printf '=== end\n'
done`},
		{ID: questionLsnodeid, Number: 2, Command: either("bin", "lsnodeid", "")},
		{ID: questionTools, Number: 3, Asks: "does rmcrefreshMD exist, and what are the exit codes of the tools?", Command: `for t in recfgct rmcrefreshMD lsnodeid rmcctrl rmcdomainstatus ctversion lsrpdomain lsrsrc ctsvhbac; do
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
		{ID: questionCluster, Number: 5, Asks: "what does lscluster print without a cluster?", Command: `for f in c m i s; do
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
		{ID: "q9_cluster0", Number: 9, Asks: "is it enough to remove the CuAt rows of cluster0 while CuDv has it?", Command: `/usr/sbin/lsattr -El cluster0
/usr/sbin/lsdev -l cluster0 -F name:status:description`},
		{ID: questionShell, Number: 10, Asks: "does the shell start a process for each printf?", Command: `printf 'KSH_VERSION=%s\n' "$KSH_VERSION"
type printf
/usr/bin/ls -l /usr/bin/sh /usr/bin/ksh /usr/bin/ksh93`},
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
