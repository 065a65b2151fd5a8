package facts

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseImages(t *testing.T) {
	rmc := Image{Package: "rsct.core", Fileset: "rsct.core.rmc", Level: "3.2.6.2", Type: "S", Description: "RSCT Resource Monitoring and Control"}
	utils := Image{Package: "rsct.core", Fileset: "rsct.core.utils", Level: "3.2.6.2", Type: "S", Description: "RSCT Utilities"}
	list := func(images ...Image) Images { return Images{Readable: true, List: append([]Image{}, images...)} }
	why := func(text string) Images { return Images{Why: text, List: []Image{}} }
	const row = "rsct.core:rsct.core.rmc:3.2.6.2::S:C:::::N:RSCT Resource Monitoring and Control::::0::\n"
	runParse(t, ParseImages, []parseCase[Images]{
		{name: "R5 images", in: healthy["installp_list"], want: list(rmc, utils)},
		{
			name: "R5 comments, rpms, base levels, other products, a description missing",
			in: stdout("#Package:Fileset:Level\n\n" + row + "bash-5.0:bash-5.0-3:5.0-3::R:::::::GNU shell::::0::\nzz:zz.rpm:1.2.3.4::R:C\n" +
				"bos.net:bos.net.tcp.client:7.2.5.0::I:C:::::N:TCP/IP::::0::\nrsct.core:rsct.core.rmc:3.2.0::I:T\n"),
			want: list(
				Image{Package: "bos.net", Fileset: "bos.net.tcp.client", Level: "7.2.5.0", Type: "I", Description: "TCP/IP"}, rmc,
				Image{Package: "rsct.core", Fileset: "rsct.core.rmc", Level: "3.2.0.0", Type: "I"},
				Image{Package: "zz", Fileset: "zz.rpm", Level: "1.2.3.4", Type: "R"},
			),
		},
		{name: "R5 the last row cut", in: stdout(row + "rsct.core:rsct.core.utils:3.2"), want: list(rmc)},
		{name: "R5 levels that are none", in: stdout("rsct.core:rsct.core.rmc:new::S:C\nrsct.core:rsct.core.sr:1.2.3.4.5::S:C\n" + row), want: list(rmc)},
		{name: "R5 an empty folder", in: stdout(""), want: list()},
		{name: "R5 a rule is no message", in: stdout("-----\n" + row), want: list(rmc)},
		{name: "R5 no folder (44)", in: exit(44, "", ""), want: why("no such folder")},
		{name: "R5 no folder (44), whatever was said", in: exit(44, "x", "y"), want: why("no such folder")},
		{name: "R5 installp refuses", in: exit(1, "+-----+\n", "\n------\ninstallp:  Device /images could not be accessed.\n"), want: why("installp:  Device /images could not be accessed.")},
		{name: "R5 the message number comes first", in: exit(1, "hello\n0503-005 installp:  The format of .toc file is invalid.\n", "some prose\n"), want: why("0503-005 installp:  The format of .toc file is invalid.")},
		{name: "R5 a message in spite of exit 0", in: exit(0, row, "0503-008 installp:  There is not enough room\n"), want: why("0503-008 installp:  There is not enough room")},
		{name: "R5 the same on stdout", in: stdout("0503-465 installp:  odd\n" + row), want: why("0503-465 installp:  odd")},
		{name: "R5 only prose", in: stdout("the volume is empty\n"), want: why("the volume is empty")},
		{name: "R5 only prose on stderr", in: exit(0, "", "odd\n"), want: why("odd")},
		{name: "R5 silent failure", in: exit(3, "\n--\n", ""), want: why("installp ended with exit 3 and said nothing")},
		{name: "hostile reason", in: exit(1, "", "\x1b]0;x\a$(reboot)\xff\n"), want: why("?]0;x?$(reboot)?")},
		{
			name: "hostile row", in: stdout("rsct.core:rsct.$(reboot)\x1b:3.2.6.2:: S\x00 :C:::::N:a\u202eb::::0::\n"),
			want: list(Image{Package: "rsct.core", Fileset: "rsct.$(reboot)?", Level: "3.2.6.2", Type: "S?", Description: "a?b"}),
		},
		{name: "binary", in: stdout("\x7fELF\x00\xff"), want: why("?ELF??")},
		{name: "flood", in: stdout(strings.Repeat(row, maxRows+1)), err: "too many rows"},
		{name: "giant row", in: stdout("rsct.core:" + strings.Repeat("x", maxLine)), err: "too long"},
		{name: "cut off", in: Output{Stdout: []byte(row), Truncated: true}, err: "cut off"},
		{name: "not there", in: exit(127, "", "installp: not found"), err: "installp is not there"},
	})
}

// R5: an lpp_source holds thousands of filesets; those of RSCT are all kept.
func TestParseImagesOfAnLppSource(t *testing.T) {
	var text strings.Builder
	for i := range maxRows + 100 {
		fmt.Fprintf(&text, "p%d:p%d.rte:7.2.5.%d::S:C:::::N:d::::0::\n", i, i, i)
	}
	text.WriteString("rsct.core:rsct.core.rmc:3.2.6.2::S:C:::::N:d::::0::\n")
	got, err := ParseImages(stdout(text.String()))
	if err != nil || len(got.List) != maxRows {
		t.Fatalf("%d images, %v", len(got.List), err)
	}
	if newestImages(got.List)[rmcFileset].level != (Level{3, 2, 6, 2}) {
		t.Error("rsct.core.rmc was not kept")
	}
	if problem := unfit(reflect.ValueOf(got), "fact"); problem != "" {
		t.Error(problem)
	}
}
