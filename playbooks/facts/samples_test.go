package facts

// healthy is what a healthy host prints for each parser. The samples are
// written in the form that aix-facts.md documents; none is from a real system.
var healthy = map[string]Output{
	"word":    stdout("AIX\n"),
	"oslevel": stdout("7200-05-08-2420\n"),
	"lslpp": stdout("rsct.core:rsct.core.hostrm:3.2.6.2: : :C:F:RSCT Host Resource Manager: : : : : : :0:0:/:2420\n" +
		"rsct.core:rsct.core.rmc:3.2.6.2: : :A:F:RSCT Resource Monitoring and Control: : : : : : :0:0:/:2420\n" +
		"rsct.core:rsct.core.gui:3.2.6.0: : :C: :RSCT Graphical User Interface: : : : : : :0:0:/:2015\n"),
	"lssrc": stdout("Subsystem         Group            PID          Status \n" +
		" ctrmc            rsct             6947312      active\n"),
	"boot_reset": stdout("clouddev=1\nghostdev=\n"),
	"rmcdomainstatus": stdout("Management Domain Status: Management Control Points\n" +
		"   I A  0x3f12ab90cc41d7e8  0001  fe80::3a4b:c5ff:fe00:1\n"),
	"ifconfig": stdout("en0: flags=1e084863,814c0<UP,BROADCAST,NOTRAILERS,RUNNING,SIMPLEX,MULTICAST,GROUPRT,64BIT,CHECKSUM_OFFLOAD(ACTIVE),LARGESEND,CHAIN>\n" +
		"        inet 10.2.3.4 netmask 0xffffff00 broadcast 10.2.3.255\n" +
		"         tcp_sendspace 262144 tcp_recvspace 262144 rfc1323 1\n" +
		"en1: flags=1e084863,814c0<UP,BROADCAST,RUNNING>\n" +
		"        inet6 fe80::f8d4:43ff:fe3e:d120/64\n" +
		"lo0: flags=e08084b,c0<UP,BROADCAST,LOOPBACK,RUNNING>\n" +
		"        inet 127.0.0.1 netmask 0xff000000 broadcast 127.255.255.255\n" +
		"        inet6 ::1%1/0\n"),
	"lsdev": stdout("en0:Available\nen1:Available\net0:Defined\nlo0:Available\n"),
	"entstat": stdout("=== en0\nETHERNET STATISTICS (en0) :\nDevice Type: Virtual I/O Ethernet Adapter (l-lan)\nHardware Address: fa:d4:43:3e:d1:10\nElapsed Time: 0 days\n  Port VLAN ID:   321\n  VLAN Tag IDs:  10 20\n  Switch ID: ETHERNET0\n=== exit 0\n" +
		"=== en1\nDevice Type: Virtual I/O Ethernet Adapter (l-lan)\nHardware Address: fa:d4:43:3e:d1:20\nPort VLAN ID:  4094\nVLAN Tag IDs:  None\nSwitch ID: MGMTSWITCH\n=== exit 0\n"),
	"netstat_in": stdout("Name  Mtu   Network     Address            Ipkts Ierrs    Opkts Oerrs  Coll\n" +
		"en0   1500  link#2      fa.d4.43.3e.d1.10  193814     0    15203     0     0\n" +
		"en0   1500  10.2.3      10.2.3.4           193814     0    15203     0     0\n" +
		"en1   1500  link#3      fa.d4.43.3e.d1.20    1200     0     1100     0     0\n" +
		"en2*  1500  link#4      0.0.c9.d9.e8.bf         0     0        0     0     0\n" +
		"lo0   16896 link#1                          85012     0    85012     0     0\n"),
	"lsattr": stdout("=== en0\nnetaddr=10.2.3.4\nnetmask=255.255.255.0\nnetaddr6=\nprefixlen=\nalias6=\nstate=up\n=== end\n" +
		"=== en1\nnetaddr=\nnetmask=\nnetaddr6=fe80:0::f8d4:43ff:fe3e:d120\nprefixlen=64\nalias6=\nstate=up\n=== end\n"),
	"rc_tcpip": stdout("42:/usr/sbin/chdev -l en1 -anetaddr6=fe80::f8d4:43ff:fe3e:d120 -aprefixlen=64\n"),
	"cloud_init": stdout("running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=fe80::f8d4:43ff:fe3e:d120', '-aprefixlen=64']\n" +
		"Cloud-init v. 22.1 finished\n"),
	"node_id": stdout("8c1f5a6e0b7d4321\n"),
	"odmget": stdout("\nCuAt:\n\tname = \"cluster0\"\n\tattribute = \"node_uuid\"\n\tvalue = \"c3a1f0aa-77aa-11ee-8000-fad4433ed120\"\n" +
		"\ttype = \"R\"\n\tgeneric = \"DU\"\n\trep = \"s\"\n\tnls_index = 3\n"),
	"lscluster":       exit(1, "", "lscluster: Cluster services are not active.\n"),
	"lspv":            stdout("hdisk0          00fa1b2c3d4e5f60                    rootvg          active      \nhdisk1          none                                None                        \n"),
	"lspv_u":          stdout("hdisk0          00fa1b2c3d4e5f60                    rootvg          active      332136005076810AB0001000000000000000104214503IBMfcp      51c3bb5e-0000-4000-8000-000000000001\n"),
	"clrginfo":        exit(44, "", ""),
	"lsrpdomain":      stdout(""),
	"clstrmgr":        exit(1, "", "0513-085 The clstrmgrES Subsystem is not on file.\n"),
	"current_cluster": stdout("IW\n"),
	"directories":     stdout("IW/\ncfg/\nct_has.pkf\n"),
	"existing":        stdout(""),
	"df": stdout("Filesystem    1024-blocks      Free %Used    Iused %Iused Mounted on\n" +
		"/dev/hd9var        524288    301204   43%     6122     8% /var\n" +
		"/dev/hd3           262144    250100    5%       97     1% /tmp\n"),
	"date":           stdout("Sun Nov 22 10:58:50 UTC 2026\n"),
	"ssh_connection": stdout("10.9.8.7 50222 10.2.3.4 22\n"),
	"rsct_paths":     stdout("bin=/usr/sbin/rsct/bin\ninstall=/usr/sbin/rsct/install/bin\nrefresh_md=/opt/rsct/bin/rmcrefreshMD\n"),
	"lpar":           stdout("12 aixvm1\n"),
	"lines":          stdout("chdev -l en1 -a netaddr6=''\n"),
	"netstat_rn": stdout("Routing tables\n" +
		"Destination        Gateway           Flags   Refs     Use  If   Exp  Groups\n\n" +
		"Route tree for Protocol Family 2 (Internet):\n" +
		"default            10.2.3.1          UG       12    193814 en0      -      -   \n" +
		"10.2.3.0           10.2.3.4          UHSb      0         0 en0      -      -   =>\n" +
		"10.2.3/24          10.2.3.4          U         7     15203 en0      -      -   \n" +
		"10.2.3.4           127.0.0.1         UGHS      3      2410 lo0      -      -   \n" +
		"10.9/16            10.2.3.254        UG        0        44 en0      -      -   \n" +
		"127/8              127.0.0.1         U         9     85012 lo0      -      -   \n\n" +
		"Route tree for Protocol Family 24 (Internet v6):\n" +
		"::1%1              ::1%1             UH        1      4667 lo0      -      -   \n"),
	"timed_undos":  stdout(""),
	"resolv_conf":  stdout("# written by hand\nnameserver\t10.0.80.11\nnameserver 10.0.80.12\nsearch example.internal\n"),
	"ntp_conf":     stdout("server 10.0.80.21 prefer\nserver ntp2.example.internal\nserver 127.127.1.0\n"),
	"hosts_table":  stdout("127.0.0.1\t\tloopback localhost\n::1 loopback localhost # IPv6\n10.2.3.4 aixvm1 aixvm1.example.internal\n"),
	"inet0_routes": stdout("net,-hopcount,0,,0,10.2.3.1\nnet,-hopcount,0,-netmask,255.255.0.0,,,10.9.0.0,10.2.3.254\n"),
	"installp_list": stdout("rsct.core:rsct.core.rmc:3.2.6.2::S:C:::::N:RSCT Resource Monitoring and Control::::0::\n" +
		"rsct.core:rsct.core.utils:3.2.6.2::S:C:::::N:RSCT Utilities::::0::\n"),
}
