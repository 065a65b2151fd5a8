package aixsim

import (
	"testing"
)

const images = "/usr/sys/inst.images"

// oldRSCT is a host with RSCT 3.1.5.0 and three images for an update.
func oldRSCT(change func(s *State)) func(*State) {
	return func(s *State) {
		for i := range s.Filesets {
			if globMatch("rsct.core.*", s.Filesets[i].Name) {
				s.Filesets[i].Level = "3.1.5.0"
			}
		}
		s.Images = map[string][]Fileset{images: {update(rmcFileset), update("rsct.core.sec"), update("rsct.core.utils")}}
		if change != nil {
			change(s)
		}
	}
}

// imageOf is an image in a state.
func (s *State) imageOf(name string) *Fileset {
	for i := range s.Images[images] {
		if x := &s.Images[images][i]; x.Name == name {
			return x
		}
	}
	return nil
}

const (
	apply  = "installp -agXY -d /usr/sys/inst.images -e /tmp/log rsct.core.rmc rsct.core.sec rsct.core.utils"
	levels = "; for f in rmc sec utils; do lslpp -Lcq rsct.core.$f | cut -d: -f3,6; done"
	before = "3.1.5.0:C\n3.1.5.0:C\n3.1.5.0:C\n"
	after  = "3.2.6.2:A\n3.2.6.2:A\n3.2.6.2:A\n"
)

func TestInstallpList(t *testing.T) {
	runCases(t, []commandCase{
		{name: "-Ld", change: oldRSCT(func(s *State) {
			s.Images[images] = append(s.Images[images], Fileset{Name: "rsct.opt.x", Level: "3.2.0.0", Type: " ", Description: "Base"})
		}), command: "installp -Ld /usr/sys/inst.images", out: "rsct.core:rsct.core.rmc:3.2.6.2::S:C:::::N:RSCT for \"tests\" = 1::::0::\n" +
			"rsct.core:rsct.core.sec:3.2.6.2::S:C:::::N:RSCT for \"tests\" = 1::::0::\nrsct.core:rsct.core.utils:3.2.6.2::S:C:::::N:RSCT for \"tests\" = 1::::0::\nrsct.opt:rsct.opt.x:3.2.0.0::I:C:::::N:Base::::0::\n"},
		{name: "-l", change: oldRSCT(nil), command: "installp -ld /usr/sys/inst.images", has: []string{"Fileset Name                Level                     I/U Q Content\n", "  rsct.core.rmc               3.2.6.2                    U  N usr,root\n#   RSCT for"}},
		{name: "no folder", command: "installp -L -d /nosuch", exit: 1, err: "installp: 0503-105 The device or directory: /nosuch does not exist."},
		{name: "no device", command: "installp -L", exit: 1, err: "0503-105 The device or directory: /dev/rmt0"},
		{name: "an empty folder", command: "installp -L -d /tmp", exit: 1, err: "0503-020"},
		{name: "a damaged image does not hide the others", change: oldRSCT(func(s *State) { s.imageOf("rsct.core.sec").Damaged = true }),
			command: "installp -L -d /usr/sys/inst.images | cut -d: -f2", out: "rsct.core.rmc\nrsct.core.utils\n", err: "0503-007 installp:  The table of contents of /usr/sys/inst.images/rsct.core.sec.3.2.6.2.U"},
		{name: "an image file alone", change: func(s *State) { s.Files["/tmp/x.bff"] = File{Content: string(ImageFile(update("rsct.core.sec"), nil))} },
			command: "installp -L -d /tmp/x.bff | cut -d: -f2,3", out: "rsct.core.sec:3.2.6.2\n"},
		{name: "files join what the state has", change: oldRSCT(func(s *State) {
			s.Files[images+"/y"] = File{Content: string(ImageFile(Fileset{Name: "bos.y", Level: "7.2.0.0", Type: " "}, nil))}
		}), command: "installp -L -d /usr/sys/inst.images | cut -d: -f2", out: "bos.y\nrsct.core.rmc\nrsct.core.sec\nrsct.core.utils\n"},
		{name: "inutoc", change: func(s *State) { s.Files["/tmp/i/x"] = File{Content: string(ImageFile(update("rsct.core.sec"), nil))} },
			command: "inutoc /tmp/i && grep -c 'rsct.core.sec 3.2.6.2' /tmp/i/.toc && installp -Ld /tmp/i | wc -l", has: []string{"1\n       1\n"}},
		{name: "nothing asked", command: "installp", exit: 1, err: "Usage"},
		{name: "a flag that is none", command: "installp -k", exit: 1, err: "Not a recognized flag: k"},
		{name: "not root", change: func(s *State) { s.Unprivileged = true }, command: "/usr/sbin/installp -Ld /tmp", exit: 1, err: "0403-027"},
	})
}

func TestInstallpApply(t *testing.T) {
	runCases(t, []commandCase{
		{name: "all named", change: oldRSCT(nil), command: apply + " >/dev/null" + levels, out: after},
		{name: "the log", change: oldRSCT(nil), command: apply + " >/dev/null; installp -s -e /tmp/log >/dev/null; grep -c installp /tmp/log; grep -c SUCCESS /tmp/log", out: "2\n4\n"},
		{name: "preview", change: oldRSCT(nil), command: "installp -apgXY -d /usr/sys/inst.images rsct.core.rmc" + levels, has: []string{"installp PREVIEW:  installation will not actually occur.", "rsct.core.rmc 3.2.6.2", before}},
		{name: "all", change: oldRSCT(nil), command: "installp -agXY -d /usr/sys/inst.images all >/dev/null" + levels, out: after},
		{name: "commit at once leaves nothing to reject", change: oldRSCT(nil), command: "installp -acgXY -d /usr/sys/inst.images rsct.core.rmc >/dev/null; lslpp -Lcq rsct.core.rmc | cut -d: -f3,6; installp -r rsct.core.rmc",
			exit: 1, out: "3.2.6.2:C\n", err: "0503-424"},
		{name: "commit later", change: oldRSCT(nil), command: apply + " >/dev/null; installp -s | grep -c rsct.core; installp -c all | grep -c COMMIT; installp -s; installp -r rsct.core.rmc", exit: 1, out: "3\n3\n", err: "0503-424"},
		{name: "a level that is not there", change: oldRSCT(nil), command: "installp -agXY -d /usr/sys/inst.images rsct.core.rmc 3.2.6.1", exit: 1, has: []string{"FAILURES", "Not Found on the Installation Media", "rsct.core.rmc 3.2.6.1"}},
		{name: "a level that is", change: oldRSCT(func(s *State) {
			newer := update(rmcFileset)
			newer.Level = "3.3.0.0"
			s.Images[images] = append(s.Images[images], newer)
		}), command: "installp -agXY -d /usr/sys/inst.images rsct.core.rmc 3.2.6.2 rsct.core.sec >/dev/null" + levels, out: "3.2.6.2:A\n3.2.6.2:A\n3.1.5.0:C\n"},
		{name: "the newest where none is named", change: oldRSCT(func(s *State) {
			newer := update(rmcFileset)
			newer.Level = "3.3.0.0"
			s.Images[images] = append([]Fileset{newer}, s.Images[images]...)
		}), command: "installp -agXY -d /usr/sys/inst.images rsct.core.rmc >/dev/null; lslpp -Lcq rsct.core.rmc | cut -d: -f3", out: "3.3.0.0\n"},
		{name: "a name that is not there", change: oldRSCT(nil), command: "installp -agXY -d /usr/sys/inst.images rsct.core.rmc nosuch >/dev/null" + levels, out: before},
		{name: "a damaged image fails before anything is done", change: oldRSCT(func(s *State) { s.imageOf("rsct.core.sec").Damaged = true }), command: apply + levels, has: []string{"Damaged Images", before}},
		{name: "one that was not asked for does not", change: oldRSCT(func(s *State) { s.imageOf("rsct.core.sec").Damaged = true }),
			command: "installp -agXY -d /usr/sys/inst.images rsct.core.rmc >/dev/null" + levels, out: "3.2.6.2:A\n3.1.5.0:C\n3.1.5.0:C\n"},
		{name: "-g brings what is needed", change: oldRSCT(func(s *State) {
			s.imageOf(rmcFileset).Requires = "rsct.new"
			s.Images[images] = append(s.Images[images], Fileset{Name: "rsct.new", Level: "3.2.6.0", Type: " "})
		}), command: "installp -aXY -d /usr/sys/inst.images rsct.core.rmc | grep Missing; installp -agXY -d /usr/sys/inst.images rsct.core.rmc | grep -c SUCCESS; lslpp -Lcq rsct.new | cut -d: -f3", out: "  Missing Requisites\n3\n3.2.6.0\n"},
		{name: "an update wants its base", change: oldRSCT(func(s *State) { s.Images[images] = append(s.Images[images], update("rsct.opt.x")) }),
			command: "installp -apgXY -d /usr/sys/inst.images rsct.opt.x", exit: 1, has: []string{"whose base level is not installed"}},
		{name: "nothing to do", change: oldRSCT(func(s *State) { s.fileset("rsct.core.sec").Level = "3.2.6.2" }), command: "installp -agXY -d /usr/sys/inst.images rsct.core.sec", has: []string{"already installed"}},
	})
}

func TestInstallpGoesWrong(t *testing.T) {
	small := func(free, vg int64) func(*State) {
		return oldRSCT(func(s *State) {
			s.mountOf("/usr").FreeKB, s.RootvgFreeKB = free, vg
			for i := range s.Images[images] {
				s.Images[images][i].SizeKB = 1000
			}
		})
	}
	const quiet = " >/dev/null 2>&1; echo $?"
	const usr = "; df -k /usr | tail -n 1 | tr -s ' ' | cut -d' ' -f3"
	half := "3.2.6.2:A\n3.2.6.2:B\n3.1.5.0:C\n"
	runCases(t, []commandCase{
		{name: "room enough", change: small(3000, 0), command: apply + quiet + levels + usr, out: "0\n" + after + "0\n"},
		{name: "out of space half way", change: small(1500, 0), command: apply + quiet + levels + usr, out: "1\n" + half + "500\n"},
		{name: "and says so", change: small(1500, 0), command: apply, exit: 1, has: []string{"APPLY       SUCCESS", "APPLY       FAILED", "APPLY       CANCELLED"}, err: "0503-008 installp:  There is not enough free disk space in filesystem\n\t/usr"},
		{name: "the preview can't know", change: small(1500, 0), command: "installp -apgXY -d /usr/sys/inst.images all >/dev/null; echo $?", out: "0\n"},
		{name: "-X makes room", change: small(1500, 2000), command: apply + quiet + levels + usr, out: "0\n" + after + "0\n"},
		{name: "without -X it does not", change: small(1500, 2000), command: "installp -agY -d /usr/sys/inst.images rsct.core.rmc rsct.core.sec rsct.core.utils" + quiet + levels, out: "1\n" + half},
		{name: "-C cleans up", change: small(1500, 0), command: apply + quiet + "; installp -C | grep -c 'CLEANUP     SUCCESS'; installp -C | grep -c 'could be cleaned up'" + levels, out: "1\n1\n1\n3.2.6.2:A\n3.1.5.0:C\n3.1.5.0:C\n"},
		{name: "-r takes back the rest", change: small(1500, 0), command: apply + quiet + "; installp -C >/dev/null; installp -rgXp rsct.core.rmc >/dev/null; lslpp -Lcq rsct.core.rmc | cut -d: -f3; installp -rgX rsct.core.rmc >/dev/null" + levels + usr,
			out: "1\n3.2.6.2\n" + before + "1500\n"},
		{name: "broken is not rejected", change: small(1500, 0), command: apply + quiet + "; installp -r rsct.core.sec", exit: 1, out: "1\n", err: "0503-424"},
		{name: "broken is not consistent", change: small(1500, 0), command: apply + quiet + "; lppchk -v rsct.core.rmc; echo $?; lppchk -v", exit: 3, out: "1\n0\n", err: "rsct.core.sec 3.2.6.2  (usr: BROKEN)"},
		{name: "an update that broke can be tried again", change: small(1500, 0), command: apply + quiet + "; installp -agXY -d /usr/sys/inst.images rsct.core.utils >/dev/null 2>&1; echo $?", out: "1\n1\n"},
		{name: "and broken again it still goes back", change: small(1500, 0), command: apply + quiet + "; installp -aX -d /usr/sys/inst.images rsct.core.sec" + quiet + "; installp -C >/dev/null" + levels,
			out: "1\n1\n3.2.6.2:A\n3.1.5.0:C\n3.1.5.0:C\n"},
		{name: "what never was there goes altogether", change: oldRSCT(func(s *State) {
			s.Images[images] = append(s.Images[images], Fileset{Name: "rsct.new", Level: "3.2.6.0", Type: " "})
			s.Installp = "half"
		}), command: "installp -aX -d /usr/sys/inst.images rsct.new" + quiet + "; lslpp -Lcq rsct.new | cut -d: -f6; installp -C >/dev/null; lslpp -Lcq rsct.new", exit: 1, out: "1\nB\n", err: "0504-132"},
		{name: "half", change: oldRSCT(func(s *State) { s.Installp = "half" }), command: apply + quiet + levels, out: "1\n3.2.6.2:A\n3.2.6.2:A\n3.2.6.2:B\n"},
		{name: "noop", change: oldRSCT(func(s *State) { s.Installp = "noop" }), command: apply + " | grep -c SUCCESS" + levels + "; lppchk -v", out: "4\n" + before},
		{name: "inconsistent", change: oldRSCT(func(s *State) { s.Installp = "inconsistent" }), command: apply + quiet + levels + "; lppchk -v rsct.core.rmc", exit: 3, out: "0\n" + after, err: "rsct.core.sec 3.2.6.2  (not installed; requisite fileset)"},
		{name: "a reject makes it consistent again", change: oldRSCT(func(s *State) { s.Installp = "inconsistent" }), command: apply + quiet + "; installp -r rsct.core.rmc rsct.core.sec rsct.core.utils >/dev/null; lppchk -v; echo $?", out: "0\n0\n"},
		{name: "lppchk of nothing", command: "lppchk -v nosuch", exit: 1, err: "0504-206"},
		{name: "lppchk asks for a flag", command: "lppchk", exit: 1, err: "Usage"},
	})
}

// TestHalfInstalledRMC: an RSCT update stops the daemon; the clean-up brings
// both back, and the illness rsct-broken can be cleaned up too.
func TestHalfInstalledRMC(t *testing.T) {
	s := Healthy("aixvm1", 1)
	oldRSCT(func(s *State) { s.Installp = "half" })(s)
	s.fileset(rmcFileset).Level = "3.2.5.2"
	m := boot(t, s)
	m.run("installp -agXY -d /usr/sys/inst.images rsct.core.rmc")
	if why := m.host.Why(); why != "rsct.core.rmc is broken" || m.host.Snapshot().subsystem(ctrmc).Active() {
		t.Errorf("why %q", why)
	}
	m.wants("installp -C")
	if why := m.host.Why(); why != "the handshake has not ended" {
		t.Errorf("cleaned up: why %q", why)
	}
	broken, err := FindIllness("rsct-broken")
	if err != nil {
		t.Fatal(err)
	}
	s = Healthy("aixvm2", 2)
	broken.Apply(s)
	m = boot(t, s)
	m.wants("installp -C")
	if got := m.wants("lslpp -Lcq rsct.core.rmc | cut -d: -f3,6"); got != "3.2.5.2:C\n" {
		t.Errorf("got %q", got)
	}
}
