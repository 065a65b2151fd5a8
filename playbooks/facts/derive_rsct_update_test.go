package facts

import (
	"slices"
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
		return Update{State: state, Why: why, Level: level, Names: []string{}, Wanted: []string{}, Before: []string{}}
	}
	// at writes filesets with their level; ready names those that are wanted.
	at := func(level string, names ...string) []string {
		list := []string{}
		for _, name := range names {
			list = append(list, name+"="+level)
		}
		return list
	}
	ready := func(why string, rejectable bool, wanted, before []string) Update {
		names := []string{}
		for _, text := range wanted {
			name, _, _ := strings.Cut(text, "=")
			names = append(names, name)
		}
		slices.Sort(names)
		return Update{State: "ready", Why: why, Level: "3.2.6.2", Names: names, Wanted: wanted, Before: before, Rejectable: rejectable}
	}
	const newer = "the images have rsct.core.rmc 3.2.6.2, installed is 3.2.5.0"
	const newerThanBase = "the images have rsct.core.rmc 3.2.6.2, installed is 3.2.6.0"
	images := []Image{img(rmc, "3.2.6.2", "S"), img(utils, "3.2.6.2", "S")}
	runDerive(t, DeriveUpdate, []deriveCase[UpdateInput, Update]{
		{
			name: "R5 ready", in: input(images, row(rmc, "3.2.5.0", "C"), row(utils, "3.2.5.1", "C")),
			want: Update{
				State: "ready", Why: newer, Level: "3.2.6.2", Names: []string{"rsct.core.rmc", "rsct.core.utils"}, Rejectable: true,
				Wanted: []string{"rsct.core.rmc=3.2.6.2", "rsct.core.utils=3.2.6.2"}, Before: []string{"rsct.core.rmc=3.2.5.0", "rsct.core.utils=3.2.5.1"},
			},
		},
		{
			name: "R5 what goes along: installed and older, or broken, or utils that is absent",
			in: input(append(images, img("rsct.core.sec", "3.2.6.0", "S"), img("rsct.core.sr", "3.2.6.0", "S"), img("rsct.core.gui", "3.2.6.0", "S"), img("rsct.core.hostrm", "3.2.6.0", "S"),
				img("rsct.opt.storagerm", "3.2.6.0", "S"), img("bos.net.tcp.client", "7.2.5.300", "S"), img("rsct.msg.en_US.core.rmc", "3.2.6.0", "S")),
				row(rmc, "3.2.5.0", "C"), row("rsct.core.sec", "3.2.5.0", "C"), row("rsct.core.sr", "3.2.6.0", "B"), row("rsct.core.gui", "3.2.6.0", "C"), row("rsct.core.hostrm", "3.2.6.5", "C"),
				row("bos.net.tcp.client", "7.2.5.0", "C"), row("rsct.msg.en_US.core.rmc", "3.2.5.9", "A")),
			want: ready(newer, false, []string{"rsct.core.rmc=3.2.6.2", "rsct.core.sec=3.2.6.0", "rsct.core.sr=3.2.6.0", "rsct.core.utils=3.2.6.2", "rsct.msg.en_US.core.rmc=3.2.6.0"},
				[]string{"rsct.core.rmc=3.2.5.0", "rsct.core.sec=3.2.5.0", "rsct.core.sr=3.2.6.0", "rsct.msg.en_US.core.rmc=3.2.5.9"}),
		},
		{name: "R5 broken at a newer level than the image's is left out", in: input(append(images, img("rsct.core.sr", "3.2.6.0", "S")), row(rmc, "3.2.5.0", "C"), row(utils, "3.2.6.2", "C"), row("rsct.core.sr", "3.2.6.1", "B")), want: ready(newer, true, at("3.2.6.2", rmc), at("3.2.5.0", rmc))},
		{name: "R5 a base level can't be rejected", in: input([]Image{img(rmc, "3.2.6.2", "I"), img(utils, "3.2.6.2", "S")}, row(rmc, "3.2.5.0", "C"), row(utils, "3.2.5.0", "C")), want: ready(newer, false, at("3.2.6.2", rmc, utils), at("3.2.5.0", rmc, utils))},
		{name: "R5 nor can the same level in both forms", in: input([]Image{img(rmc, "3.2.6.2", "S"), img(rmc, "3.2.6.2", "I")}, row(rmc, "3.2.5.0", "C")), want: ready(newer, false, at("3.2.6.2", rmc), at("3.2.5.0", rmc))},
		{name: "R5 nor an image of no type", in: input([]Image{img(rmc, "3.2.6.2", "")}, row(rmc, "3.2.5.0", "C")), want: ready(newer, false, at("3.2.6.2", rmc), at("3.2.5.0", rmc))},
		{name: "R5 nor where utils is new, which is at no level before", in: input(images, row(rmc, "3.2.5.0", "C")), want: ready(newer, false, at("3.2.6.2", rmc, utils), at("3.2.5.0", rmc))},
		{name: "R5 the highest of several levels", in: input([]Image{img(rmc, "3.2.0.0", "I"), img(rmc, "3.2.6.2", "S"), img(rmc, "3.2.6.0", "S")}, row(rmc, "3.2.5.0", "C")), want: ready(newer, true, at("3.2.6.2", rmc), at("3.2.5.0", rmc))},
		{name: "R5 of a base level and its update only the newest", in: input([]Image{img(rmc, "3.2.6.0", "I"), img(rmc, "3.2.6.2", "S")}, row(rmc, "3.2.6.0", "C")), want: ready(newerThanBase, true, at("3.2.6.2", rmc), at("3.2.6.0", rmc))},
		{name: "R5 wherever it stands", in: input([]Image{img(rmc, "3.2.6.2", "S"), img(rmc, "3.2.6.0", "I")}, row(rmc, "3.2.6.0", "C")), want: ready(newerThanBase, true, at("3.2.6.2", rmc), at("3.2.6.0", rmc))},
		{name: "R5 so it is of what goes along", in: input(append(images, img("rsct.core.sec", "3.2.6.0", "I"), img("rsct.core.sec", "3.2.6.1", "S")), row(rmc, "3.2.5.0", "C"), row(utils, "3.2.6.2", "C"), row("rsct.core.sec", "3.2.6.0", "C")),
			want: ready(newer, true, []string{"rsct.core.rmc=3.2.6.2", "rsct.core.sec=3.2.6.1"}, []string{"rsct.core.rmc=3.2.5.0", "rsct.core.sec=3.2.6.0"})},
		{name: "R5 two rows of one fileset: before is the newest", in: input(images, row(rmc, "3.2.5.0", "C"), row(utils, "3.2.0.0", "C"), row(utils, "3.2.5.0", "A")), want: ready(newer, true, at("3.2.6.2", rmc, utils), at("3.2.5.0", rmc, utils))},
		{name: "R5 levels are written out", in: input([]Image{img(rmc, "3.2.6.2", "S"), img(utils, "3.3", "S")}, row(rmc, "3.2.5", "C"), row(utils, "3.2", "C")), want: ready(newer, true, []string{"rsct.core.rmc=3.2.6.2", "rsct.core.utils=3.3.0.0"}, []string{"rsct.core.rmc=3.2.5.0", "rsct.core.utils=3.2.0.0"})},
		{name: "R5 levels are numbers", in: input([]Image{img(rmc, "3.2.6.2", "S")}, row(rmc, "3.2.10.0", "C")), want: not("older", "the images have rsct.core.rmc 3.2.6.2, installed is 3.2.10.0", "3.2.6.2")},
		{name: "R5 current", in: input(images, row(rmc, "3.2.6.2", "C"), row(utils, "3.2.5.0", "C")), want: not("current", "the images have rsct.core.rmc 3.2.6.2, installed is 3.2.6.2", "3.2.6.2")},
		{name: "R5 current and broken", in: input(images, row(rmc, "3.2.6.2", "B"), row(utils, "3.2.6.2", "C")), want: ready("the images have rsct.core.rmc 3.2.6.2, installed is 3.2.6.2 and broken", false, at("3.2.6.2", rmc), at("3.2.6.2", rmc))},
		{name: "R5 newer than one that is broken: nothing sound to go back to", in: input([]Image{img(rmc, "3.2.6.2", "S")}, row(rmc, "3.2.5.0", "B")), want: ready(newer, false, at("3.2.6.2", rmc), at("3.2.5.0", rmc))},
		{name: "R5 older and broken", in: input([]Image{img(rmc, "3.2.6.1", "S")}, row(rmc, "3.2.6.2", "B")), want: not("older", "the images have rsct.core.rmc 3.2.6.1, installed is 3.2.6.2", "3.2.6.1")},
		{name: "R5 not installed, so nothing before", in: input(images), want: ready("the images have rsct.core.rmc 3.2.6.2, none is installed", false, at("3.2.6.2", rmc, utils), []string{})},
		{name: "R5 foreign", in: input([]Image{img(utils, "3.2.6.2", "S")}, row(rmc, "3.2.5.0", "C")), want: not("foreign", "no image of rsct.core.rmc among 1", "")},
		{name: "R5 an rpm is no image of it", in: input([]Image{img(rmc, "3.2.6.2", "R")}, row(rmc, "3.2.5.0", "C")), want: not("foreign", "no image of rsct.core.rmc among 1", "")},
		{name: "R5 an empty folder", in: UpdateInput{Images: &Images{Readable: true}}, want: not("foreign", "no image of rsct.core.rmc among 0", "")},
		{name: "R5 no folder", in: UpdateInput{Images: &Images{Why: "no such folder"}}, want: not("none", "no such folder", "")},
		{name: "R5 unreadable", in: UpdateInput{Images: &Images{Why: "0503-005 installp:  odd"}}, want: not("unreadable", "0503-005 installp:  odd", "")},
		{
			name: "hostile names never reach a command",
			in: input(append(images, img("rsct.$(reboot)", "3.2.6.2", "S"), img("rsct."+strings.Repeat("x", 100), "3.2.6.2", "S"), img("rsct.a b", "3.2.6.2", "S"), img("rsct.bad", "new", "S")),
				row(rmc, "3.2.5.0", "C"), row(utils, "3.2.6.2", "C"), row("rsct.$(reboot)", "1.1.1.1", "C"), row("rsct."+strings.Repeat("x", 100), "1.1.1.1", "C"), row("rsct.a b", "1.1.1.1", "C"), row("rsct.bad", "1.1.1.1", "C")),
			want: ready(newer, true, at("3.2.6.2", rmc), at("3.2.5.0", rmc)),
		},
		{
			name: "a fileset whose level is not known is left out",
			in:   input(append(images, img("rsct.core.sr", "3.2.6.2", "S")), row(rmc, "3.2.5.0", "C"), row(utils, "3.2.6.2", "C"), row("rsct.core.sr", "", "B")), want: ready(newer, true, at("3.2.6.2", rmc), at("3.2.5.0", rmc)),
		},
		{name: "RSCT not had", in: UpdateInput{Images: &Images{Readable: true, List: images}, Filesets: &Filesets{}}, err: "installed RSCT is not known"},
		{name: "filesets not had", in: UpdateInput{Images: &Images{Readable: true, List: images}, RSCT: &RSCT{}}, err: "installed RSCT is not known"},
		{name: "installed level no level", in: UpdateInput{Images: &Images{Readable: true, List: images}, RSCT: &RSCT{Installed: true, Level: "new"}, Filesets: &Filesets{}}, err: "not a level"},
		{name: "not had", in: UpdateInput{}, err: "images are not known"},
	})
}
