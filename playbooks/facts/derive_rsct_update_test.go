package facts

import (
	"strings"
	"testing"
)

func TestDeriveUpdate(t *testing.T) {
	img := func(fileset, level, kind string) Image {
		return Image{Package: "rsct.core", Fileset: fileset, Level: level, Type: kind}
	}
	row := func(name, level, state string) Fileset {
		return Fileset{Name: name, Level: level, State: state, Type: "F"}
	}
	const rmc, utils = "rsct.core.rmc", "rsct.core.utils"
	input := func(images []Image, installed ...Fileset) UpdateInput {
		filesets := Filesets{List: installed}
		rsct, err := DeriveRSCT(RSCTInput{Filesets: &filesets})
		if err != nil {
			t.Fatal(err)
		}
		return UpdateInput{Images: &Images{Readable: true, List: images}, RSCT: &rsct, Filesets: &filesets}
	}
	not := func(state, why, level string) Update {
		return Update{State: state, Why: why, Level: level, Names: []string{}}
	}
	ready := func(why string, rejectable bool, names ...string) Update {
		return Update{State: "ready", Why: why, Level: "3.2.6.2", Names: names, Rejectable: rejectable}
	}
	const newer = "the images have rsct.core.rmc 3.2.6.2, installed is 3.2.5.0"
	images := []Image{img(rmc, "3.2.6.2", "S"), img(utils, "3.2.6.2", "S")}
	runDerive(t, DeriveUpdate, []deriveCase[UpdateInput, Update]{
		{name: "R5 ready", in: input(images, row(rmc, "3.2.5.0", "C"), row(utils, "3.2.5.0", "C")), want: ready(newer, true, rmc, utils)},
		{
			name: "R5 what goes along: installed and older, or broken, or utils that is absent",
			in: input(append(images, img("rsct.core.sec", "3.2.6.0", "S"), img("rsct.core.sr", "3.2.6.0", "S"), img("rsct.core.gui", "3.2.6.0", "S"), img("rsct.core.hostrm", "3.2.6.0", "S"),
				img("rsct.opt.storagerm", "3.2.6.0", "S"), img("bos.net.tcp.client", "7.2.5.300", "S"), img("rsct.msg.en_US.core.rmc", "3.2.6.0", "S")),
				row(rmc, "3.2.5.0", "C"), row("rsct.core.sec", "3.2.5.0", "C"), row("rsct.core.sr", "3.2.6.0", "B"), row("rsct.core.gui", "3.2.6.0", "C"), row("rsct.core.hostrm", "3.2.6.5", "C"),
				row("bos.net.tcp.client", "7.2.5.0", "C"), row("rsct.msg.en_US.core.rmc", "3.2.5.9", "A")),
			want: ready(newer, false, rmc, "rsct.core.sec", "rsct.core.sr", utils, "rsct.msg.en_US.core.rmc"),
		},
		{name: "R5 broken at a newer level than the image's is left out", in: input(append(images, img("rsct.core.sr", "3.2.6.0", "S")), row(rmc, "3.2.5.0", "C"), row(utils, "3.2.6.2", "C"), row("rsct.core.sr", "3.2.6.1", "B")), want: ready(newer, true, rmc)},
		{name: "R5 a base level can't be rejected", in: input([]Image{img(rmc, "3.2.6.2", "I"), img(utils, "3.2.6.2", "S")}, row(rmc, "3.2.5.0", "C"), row(utils, "3.2.5.0", "C")), want: ready(newer, false, rmc, utils)},
		{name: "R5 nor can the same level in both forms", in: input([]Image{img(rmc, "3.2.6.2", "S"), img(rmc, "3.2.6.2", "I")}, row(rmc, "3.2.5.0", "C")), want: ready(newer, false, rmc)},
		{name: "R5 nor an image of no type", in: input([]Image{img(rmc, "3.2.6.2", "")}, row(rmc, "3.2.5.0", "C")), want: ready(newer, false, rmc)},
		{name: "R5 nor where utils is new", in: input(images, row(rmc, "3.2.5.0", "C")), want: ready(newer, false, rmc, utils)},
		{name: "R5 the highest of several levels", in: input([]Image{img(rmc, "3.2.0.0", "I"), img(rmc, "3.2.6.2", "S"), img(rmc, "3.2.6.0", "S")}, row(rmc, "3.2.5.0", "C")), want: ready(newer, true, rmc)},
		{name: "R5 levels are numbers", in: input([]Image{img(rmc, "3.2.6.2", "S")}, row(rmc, "3.2.10.0", "C")), want: not("older", "the images have rsct.core.rmc 3.2.6.2, installed is 3.2.10.0", "3.2.6.2")},
		{name: "R5 current", in: input(images, row(rmc, "3.2.6.2", "C"), row(utils, "3.2.5.0", "C")), want: not("current", "the images have rsct.core.rmc 3.2.6.2, installed is 3.2.6.2", "3.2.6.2")},
		{name: "R5 current and broken", in: input(images, row(rmc, "3.2.6.2", "B"), row(utils, "3.2.6.2", "C")), want: ready("the images have rsct.core.rmc 3.2.6.2, installed is 3.2.6.2 and broken", false, rmc)},
		{name: "R5 newer than one that is broken: nothing sound to go back to", in: input([]Image{img(rmc, "3.2.6.2", "S")}, row(rmc, "3.2.5.0", "B")), want: ready(newer, false, rmc)},
		{name: "R5 older and broken", in: input([]Image{img(rmc, "3.2.6.1", "S")}, row(rmc, "3.2.6.2", "B")), want: not("older", "the images have rsct.core.rmc 3.2.6.1, installed is 3.2.6.2", "3.2.6.1")},
		{name: "R5 not installed", in: input(images), want: ready("the images have rsct.core.rmc 3.2.6.2, none is installed", false, rmc, utils)},
		{name: "R5 foreign", in: input([]Image{img(utils, "3.2.6.2", "S")}, row(rmc, "3.2.5.0", "C")), want: not("foreign", "no image of rsct.core.rmc among 1", "")},
		{name: "R5 an rpm is no image of it", in: input([]Image{img(rmc, "3.2.6.2", "R")}, row(rmc, "3.2.5.0", "C")), want: not("foreign", "no image of rsct.core.rmc among 1", "")},
		{name: "R5 an empty folder", in: UpdateInput{Images: &Images{Readable: true}}, want: not("foreign", "no image of rsct.core.rmc among 0", "")},
		{name: "R5 no folder", in: UpdateInput{Images: &Images{Why: "no such folder"}}, want: not("none", "no such folder", "")},
		{name: "R5 unreadable", in: UpdateInput{Images: &Images{Why: "0503-005 installp:  odd"}}, want: not("unreadable", "0503-005 installp:  odd", "")},
		{
			name: "hostile names never reach a command",
			in: input(append(images, img("rsct.$(reboot)", "3.2.6.2", "S"), img("rsct."+strings.Repeat("x", 100), "3.2.6.2", "S"), img("rsct.a b", "3.2.6.2", "S"), img("rsct.bad", "new", "S")),
				row(rmc, "3.2.5.0", "C"), row(utils, "3.2.6.2", "C"), row("rsct.$(reboot)", "1.1.1.1", "C"), row("rsct."+strings.Repeat("x", 100), "1.1.1.1", "C"), row("rsct.a b", "1.1.1.1", "C"), row("rsct.bad", "1.1.1.1", "C")),
			want: ready(newer, true, rmc),
		},
		{
			name: "a fileset whose level is not known is left out",
			in:   input(append(images, img("rsct.core.sr", "3.2.6.2", "S")), row(rmc, "3.2.5.0", "C"), row(utils, "3.2.6.2", "C"), row("rsct.core.sr", "", "B")), want: ready(newer, true, rmc),
		},
		{name: "RSCT not had", in: UpdateInput{Images: &Images{Readable: true, List: images}, Filesets: &Filesets{}}, err: "installed RSCT is not known"},
		{name: "filesets not had", in: UpdateInput{Images: &Images{Readable: true, List: images}, RSCT: &RSCT{}}, err: "installed RSCT is not known"},
		{name: "installed level no level", in: UpdateInput{Images: &Images{Readable: true, List: images}, RSCT: &RSCT{Installed: true, Level: "new"}, Filesets: &Filesets{}}, err: "not a level"},
		{name: "not had", in: UpdateInput{}, err: "images are not known"},
	})
}
