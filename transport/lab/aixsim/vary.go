package aixsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// kind is one sort of thing that differs between AIX hosts and of which no source
// says how (K), or only a conclusion (I).
type kind struct {
	name string
	// fits limits it to hosts on which it is plausible; nil: all.
	fits func(s *State) bool
	// draw changes the host, and says in words how.
	draw func(s *State, r *rand.Rand) string
}

// VariantKinds are the names of all kinds of variant, in the order in which
// [Vary] draws them.
func VariantKinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// Vary makes of a host one of the many that it could be where aix-facts.md does not
// know for sure: seed by seed other texts, numbers, exit statuses, orders of rows,
// columns, and things beside the point that are there or not. The true state of the
// host, and its illness, stay. Seed 0 changes nothing. only, where given, names
// the kinds that are drawn; a seed draws the same for a kind with and without the
// others. The notes, "kind: choice", name the choices.
func Vary(s *State, seed uint64, only ...string) (notes []string) {
	if seed == 0 {
		return nil
	}
	s.Variant.Seed = seed
	for _, k := range kinds() {
		r := newRand(seed, k.name)
		drawn := r.IntN(2) == 0
		if !drawn || len(only) > 0 && !slices.Contains(only, k.name) || k.fits != nil && !k.fits(s) {
			continue
		}
		notes = append(notes, k.name+": "+k.draw(s, r))
	}
	return notes
}

func kinds() []kind {
	return slices.Concat(answerKinds(), odmKinds(), netKinds(), formKinds(), presenceKinds())
}

// one draws one of a list.
func one[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// says is an answer in words.
func (a Answer) says() string {
	stream := "stderr"
	if a.Stdout {
		stream = "stdout"
	}
	if a.Text == "" {
		stream = "silent"
	}
	return fmt.Sprintf("exit %d, %s %q", a.Exit, stream, a.Text)
}

// answerKind draws one of the answers into a place of the variant.
func answerKind(name string, place func(*Variant) **Answer, list []Answer) kind {
	return kind{name: name, draw: func(s *State, r *rand.Rand) string {
		a := one(r, list...)
		*place(&s.Variant) = &a
		return a.says()
	}}
}

func answerKinds() []kind {
	return []kind{
		answerKind("lscluster-none", func(v *Variant) **Answer { return &v.NoCluster }, noClusterAnswers()),
		answerKind("lscluster-stopped", func(v *Variant) **Answer { return &v.Stopped }, statusAnswers()),
		answerKind("odm-no-class", func(v *Variant) **Answer { return &v.NoClass }, noClassAnswers()),
		answerKind("src-not-on-file", func(v *Variant) **Answer { return &v.NotOnFile }, notOnFileAnswers()),
		answerKind("lslpp-none", func(v *Variant) **Answer { return &v.NotInstalled }, notInstalledAnswers()),
		answerKind("domain-down", func(v *Variant) **Answer { return &v.DaemonDown }, daemonDownAnswers()),
		answerKind("lsrpdomain-none", func(v *Variant) **Answer { return &v.NoPeerDomain }, noPeerDomainAnswers()),
		answerKind("lsnodeid-none", func(v *Variant) **Answer { return &v.NoNodeID }, noNodeIDAnswers()),
		answerKind("entstat-failed", func(v *Variant) **Answer { return &v.EntstatFailed }, entstatFailedAnswers()),
		answerKind("rmcctrl-active", func(v *Variant) **Answer { return &v.AlreadyActive }, alreadyActiveAnswers()),
		answerKind("refresh", func(v *Variant) **Answer { return &v.Refreshed }, refreshAnswers()),
		answerKind("refreshmd-says", func(v *Variant) **Answer { return &v.RefreshMD }, refreshMDAnswers()),
		{name: "recfgct-says", draw: func(s *State, r *rand.Rand) string {
			s.Variant.Recfgct = one(r, "0513-071 The ctcas Subsystem has been added.\n0513-071 The ctrmc Subsystem has been added.\n0513-059 The ctrmc Subsystem has been started. Subsystem PID is 6947400.\n",
				"Configuration is done.\n")
			return s.Variant.Recfgct
		}},
	}
}

// odmKinds are about the ODM, and about sys0.
func odmKinds() []kind {
	return []kind{
		{name: "odmget-no-match", draw: func(s *State, _ *rand.Rand) string {
			s.Variant.NoMatch = 1
			return "odmget where nothing matches: silent, exit 1"
		}},
		{name: "odm-empty-class", fits: func(s *State) bool { return !s.classKnown("HACMPcluster") }, draw: func(s *State, r *rand.Rand) string {
			s.Classes = append(s.Classes, "HACMPcluster")
			if r.IntN(2) == 0 {
				s.ODM = append(s.ODM, Stanza{Class: "HACMPcluster", Attrs: []Field{{Name: "id", Value: "0", Numeric: true}, {Name: "name", Value: ""}}})
				return "HACMPcluster is there, with a row that names no cluster"
			}
			return "HACMPcluster is there, without a row"
		}},
		{name: "cluster0-ordinary", fits: func(s *State) bool { return !s.cluster0Rows() }, draw: drawCluster0},
		{name: "sys0", draw: func(s *State, r *rand.Rand) string {
			s.Sys0 = one(r, map[string]string{}, map[string]string{"clouddev": "0", "ghostdev": "0"}, map[string]string{"clouddev": "1", "ghostdev": "0"},
				map[string]string{"ghostdev": "1"}, map[string]string{"clouddev": "", "ghostdev": "1"})
			return fmt.Sprintf("attributes %v", s.Sys0)
		}},
	}
}

// drawCluster0 gives a host that never was in a cluster the rows of cluster0 that
// are ordinary.
func drawCluster0(s *State, r *rand.Rand) string {
	rows := cluster0()
	at, dv := rows[0], rows[2]
	value := one(r, "00000000-0000-0000-0000-000000000000", "c5a1e0de-44d2-11f0-8006-fad44300b121")
	setField(&at, "value", value)
	setField(&at, "rep", one(r, "s", "sl"))
	switch r.IntN(3) {
	case 0:
		s.ODM = append(s.ODM, at, dv)
		return "node_uuid " + value + " in CuAt, a row in CuDv"
	case 1:
		s.ODM = append(s.ODM, at)
		return "node_uuid " + value + " in CuAt"
	}
	setField(&dv, "status", "0")
	s.ODM = append(s.ODM, dv)
	return "a row in CuDv alone, Defined"
}

// formKinds are about the form of the output of commands.
func formKinds() []kind {
	set := func(name, note string, f func(v *Variant)) kind {
		return kind{name: name, draw: func(s *State, _ *rand.Rand) string { f(&s.Variant); return note }}
	}
	return []kind{
		{name: "order", draw: func(s *State, r *rand.Rand) string {
			s.Variant.Shuffle = r.Uint64() | 1
			return "rows of lsdev, lspv, lslpp, ifconfig in another order"
		}},
		{name: "odm-order", draw: func(s *State, r *rand.Rand) string {
			r.Shuffle(len(s.ODM), func(i, j int) { s.ODM[i], s.ODM[j] = s.ODM[j], s.ODM[i] })
			return "objects of the ODM in another order"
		}},
		set("lssrc-groups", "lssrc shows no group", func(v *Variant) { v.NoGroups = true }),
		{name: "lsnodeid-form", draw: func(s *State, r *rand.Rand) string {
			s.Variant.UpperNodeID, s.Variant.NodeIDPrefix = r.IntN(2) == 0, one(r, "", "0x", "  ")
			return fmt.Sprintf("upper case %t, before it %q", s.Variant.UpperNodeID, s.Variant.NodeIDPrefix)
		}},
		{name: "date-zone", draw: func(s *State, r *rand.Rand) string {
			s.Variant.UTC = one(r, "GMT", "CUT")
			return "date -u says " + s.Variant.UTC
		}},
		{name: "lspv-column", draw: func(s *State, r *rand.Rand) string {
			s.Variant.LspvColumn = one(r, "locked", "4c4c4544-9f1e-11ee-8004-fad4433ed120")
			return "lspv has a further column: " + s.Variant.LspvColumn
		}},
		{name: "lslpp-form", draw: func(s *State, r *rand.Rand) string {
			s.Variant.LslppHeader, s.Variant.BuildDate = r.IntN(2) == 0, one(r, "", "2420", "Mon Jan 12 08:30:00 UTC 2026")
			return fmt.Sprintf("lslpp -Lcq: header %t, build date %q", s.Variant.LslppHeader, s.Variant.BuildDate)
		}},
		{name: "domain-row", draw: func(s *State, r *rand.Rand) string {
			s.Variant.DomainRow = one(r, "{1} {2} 0x{id} 0001 {mcp}\n", "   {1} {2}  0x{id}  0001  {mcp} (nvl01)\n", "\t{1}\t{2}\t0x{id}\t0001\t{mcp}\t-\n",
				"   {1}  a  0x{id}  0001  nvl01.mgmt\n", "   {1} {2}  0x{id}  0001  {mcp}%en1  0x0000\n\n")
			return fmt.Sprintf("%q", s.Variant.DomainRow)
		}},
	}
}

// presenceKinds are about things whose presence does not matter.
func presenceKinds() []kind {
	usual := func(s *State, command string) bool { _, odd := s.Behaviours[command]; return !s.clustered() && !odd }
	return []kind{
		{name: "lslpp-more", fits: func(s *State) bool { return s.fileset(rmcFileset) != nil }, draw: func(s *State, r *rand.Rand) string {
			more := []Fileset{{Name: "rsct.opt.storagerm", Level: "3.2.6.0", State: "C", Type: " ", Description: "RSCT Storage Resource Manager"},
				{Name: "rsct.msg.en_US.core.rmc", Level: "3.2.0.0", State: "C", Type: " ", Description: "RSCT RMC Msgs - U.S. English"},
				{Name: "rsct.core.rmc.debug", Level: "2.1.0.0", State: "B", Type: "F", Description: "RSCT: an odd fileset"},
				{Name: "rsct.basic.sp", Level: "3.1.0.0", State: "O", Type: "F", Description: "RSCT Basic Function (PSSP Support)"}}
			n := 1 + r.IntN(len(more))
			s.Filesets = append(s.Filesets, more[:n]...)
			return fmt.Sprintf("%d further filesets rsct.*", n)
		}},
		{name: "lscluster-missing", fits: func(s *State) bool { return usual(s, "lscluster") }, draw: func(s *State, _ *rand.Rand) string {
			s.uninstall("bos.cluster.", "clcomd", "clconfd")
			return "bos.cluster.rte is not installed: no lscluster, no clconfd"
		}},
		{name: "current-cluster", fits: func(s *State) bool {
			sub, there := s.subsystem(ctrmc), s.Files["/var/ct/cfg/current_cluster"]
			return usual(s, "lsrpdomain") && sub != nil && sub.Active() && there.Content == "IW\n" && s.fileset("rsct.basic.rte") != nil
		}, draw: func(s *State, r *rand.Rand) string {
			text := one(r, "IW", "iw\n", "", "\n", "IW.\n", "IW 0\nIW 0\n")
			s.edit("/var/ct/cfg/current_cluster", func(string) string { return text })
			return fmt.Sprintf("/var/ct/cfg/current_cluster is %q, lsrpdomain says none", text)
		}},
		{name: "var-ct", fits: func(s *State) bool {
			_, there := s.Files["/var/ct/cfg/current_cluster"]
			return there && !s.clustered()
		}, draw: drawVarCT},
		{name: "rsct-basic-missing", fits: func(s *State) bool {
			return usual(s, "lsrpdomain") && s.fileset("rsct.basic.rte") != nil && strings.TrimSpace(s.Files["/var/ct/cfg/current_cluster"].Content) == "IW"
		}, draw: func(s *State, _ *rand.Rand) string {
			s.uninstall("rsct.basic.", "cthags", "cthats", "IBM.ConfigRM")
			return "rsct.basic is not installed: no lsrpdomain, cthags, cthats"
		}},
		{name: "lsrpdomain-down", draw: func(s *State, r *rand.Rand) string {
			a := one(r, noSessionAnswers()...)
			s.Variant.NoSession = &a
			return "without the daemon: " + a.says()
		}},
		{name: "refreshmd-missing", draw: func(s *State, _ *rand.Rand) string {
			s.RMC.HasRefreshMD = false
			return "rmcrefreshMD is not installed"
		}},
		{name: "ctversion-missing", draw: func(s *State, _ *rand.Rand) string {
			s.behave("ctversion", Behaviour{Missing: true})
			return "ctversion is not there"
		}},
	}
}

// uninstall removes filesets by the beginning of their names, and subsystems.
func (s *State) uninstall(prefix string, subsystems ...string) {
	s.Filesets = slices.DeleteFunc(slices.Clone(s.Filesets), func(f Fileset) bool { return strings.HasPrefix(f.Name, prefix) })
	s.Subsystems = slices.DeleteFunc(slices.Clone(s.Subsystems), func(x Subsystem) bool { return slices.Contains(subsystems, x.Name) })
}

// drawVarCT puts things into /var/ct of which it is not known who has them.
func drawVarCT(s *State, r *rand.Rand) string {
	dirs := []string{"1234567", "lck", "2XYZ.stderr", "IW.lastlog", "2Q7sXw9vP", "ctsec", "run", "lost+found"}
	r.Shuffle(len(dirs), func(i, j int) { dirs[i], dirs[j] = dirs[j], dirs[i] })
	dirs = dirs[:1+r.IntN(3)]
	for _, d := range dirs {
		s.Files["/var/ct/"+d] = File{Dir: true}
	}
	s.Files["/var/ct/ct_has.qkf"] = File{Content: "\x01", Mode: 0o600}
	return "/var/ct has " + strings.Join(dirs, ", ")
}
