package facts

import (
	"reflect"
	"strings"
	"testing"
)

func TestDeriveMachine(t *testing.T) {
	lpar := LPAR{Number: 12, Name: "aix12"}
	nics := NICs{List: []NIC{customerNIC(), rmcNIC()}}
	otherMAC := func(p *Past) {
		p.NICs = NICs{List: []NIC{change(customerNIC(), func(n *NIC) { n.MAC = "fa:d4:43:3e:d1:99" })}}
	}
	id := func(id, date string) func(*Past) { return func(p *Past) { p.ID, p.Date = id, date } }
	moved := func(p *Past) { p.LPAR.Number = 7 }
	label := func(label string) func(*Past) { return func(p *Past) { p.Label = label } }
	none := func(state, why string, others ...string) OwnCapture {
		return OwnCapture{State: state, Why: why, Past: noPast(), Others: append([]string{}, others...)}
	}
	is := func(past Past, why string, others ...string) OwnCapture {
		return OwnCapture{State: "found", Why: why, Past: past, Others: append([]string{}, others...)}
	}
	input := func(c Captures) MachineInput { return MachineInput{Captures: &c, LPAR: &lpar, NICs: &nics} }
	const same = "c1 of 2026-11-01: LPAR 12 aix12 and MAC " + mac0 + " are those of this machine"
	const elsewhere = "c0 of 2026-10-01: LPAR 7 aix7 then, 12 aix12 now; no MAC in common"
	elsewherePast := pastOf(id("c0", "2026-10-01"), otherMAC, func(p *Past) { p.LPAR = LPAR{Number: 7, Name: "aix7"} })
	const longID = "20261101T101112Z-0a1b2c"
	ofOther := pastOf(id(longID, "2026-11-01"), func(p *Past) { p.Host = "aixold" })
	ofOtherMoved := pastOf(id(longID, "2026-11-01"), moved, func(p *Past) { p.Host = "aixold" })
	runDerive(t, DeriveMachine, []deriveCase[MachineInput, OwnCapture]{
		{name: "own image: the newest", in: input(Captures{List: []Past{pastOf(), pastOf(id("c0", "2026-10-01"))}}), want: is(pastOf(), same)},
		{
			name: "own image: one MAC in common is enough", in: input(Captures{List: []Past{pastOf(func(p *Past) { p.NICs.List = p.NICs.List[1:] })}}),
			want: is(pastOf(func(p *Past) { p.NICs.List = p.NICs.List[1:] }), "c1 of 2026-11-01: LPAR 12 aix12 and MAC "+mac1+" are those of this machine"),
		},
		{
			name: "own image: a MAC written otherwise", in: input(Captures{List: []Past{pastOf(func(p *Past) { p.NICs.List[0].MAC = "FA.D4.43.3E.D1.10" })}}),
			want: is(pastOf(func(p *Past) { p.NICs.List[0].MAC = "FA.D4.43.3E.D1.10" }), same),
		},
		{name: "own image: one of another machine is passed over", in: input(Captures{List: []Past{elsewherePast, pastOf()}}), want: is(pastOf(), same, elsewhere)},
		{name: "own image: none at all", in: input(Captures{}), want: none("none", "the capture verb never took a good capture of this host")},
		{name: "own image: none, whatever could be read", in: MachineInput{Captures: &Captures{}}, want: none("none", "the capture verb never took a good capture of this host")},
		{name: "own image: all of another machine", in: input(Captures{List: []Past{elsewherePast}}), want: none("other", "none of 1 captures is of this machine, 12 aix12; "+elsewhere, elsewhere)},
		{
			name: "own image: another name", in: input(Captures{List: []Past{pastOf(func(p *Past) { p.LPAR.Name = "aix13" })}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; c1 of 2026-11-01: LPAR 12 aix13 then, 12 aix12 now", "c1 of 2026-11-01: LPAR 12 aix13 then, 12 aix12 now"),
		},
		{
			name: "own image: another number and another name on the same MAC", in: input(Captures{Asked: "c1", List: []Past{pastOf(func(p *Past) { p.LPAR = LPAR{Number: 7, Name: "aix7"} })}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; c1 of 2026-11-01: LPAR 7 aix7 then, 12 aix12 now", "c1 of 2026-11-01: LPAR 7 aix7 then, 12 aix12 now"),
		},
		{
			name: "own image: no MAC in common", in: input(Captures{List: []Past{pastOf(otherMAC)}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; c1 of 2026-11-01: no MAC in common", "c1 of 2026-11-01: no MAC in common"),
		},
		{
			name: "own image: a capture that read neither", in: input(Captures{List: []Past{noPast()}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; of : its LPAR was not read; its MACs were not read", "of : its LPAR was not read; its MACs were not read"),
		},
		{
			name: "own image: another number is another machine", in: input(Captures{List: []Past{elsewherePast, pastOf(moved)}}),
			want: none("other", "none of 2 captures is of this machine, 12 aix12; c1 of 2026-11-01: LPAR 7 aix12 then, 12 aix12 now; the name and MAC "+mac0+
				" are the same, so it may have been moved: name it with --set capture=c1 to use it", elsewhere,
				"c1 of 2026-11-01: LPAR 7 aix12 then, 12 aix12 now; the name and MAC "+mac0+" are the same, so it may have been moved: name it with --set capture=c1 to use it"),
		},
		{
			name: "own image: unless it was asked for", in: input(Captures{Asked: "c1", List: []Past{pastOf(moved)}}),
			want: is(pastOf(moved), "c1 of 2026-11-01: LPAR 7 aix12 then, 12 aix12 now; the name and MAC "+mac0+" are the same, and a live partition mobility may change the number"),
		},
		{name: "own image: asked by label: the store has chosen", in: input(Captures{Asked: "before", List: []Past{pastOf(label("before"))}}), want: is(pastOf(label("before")), same)},
		{name: "own image: asked for the latest", in: input(Captures{Asked: "latest", List: []Past{pastOf()}}), want: is(pastOf(), same)},
		{name: "own image: asked by a part of the id", in: input(Captures{Asked: "c", List: []Past{pastOf()}}), want: is(pastOf(), same)},
		{name: "own image: asked by host and id", in: input(Captures{Asked: "aixold/" + longID, List: []Past{ofOther}}), want: is(ofOther, longID+same[len("c1"):])},
		{
			name: "own image: asked by host and id, moved", in: input(Captures{Asked: "aixold/" + longID, List: []Past{ofOtherMoved}}),
			want: is(ofOtherMoved, longID+" of 2026-11-01: LPAR 7 aix12 then, 12 aix12 now; the name and MAC "+mac0+" are the same, and a live partition mobility may change the number"),
		},
		{name: "own image: asked does not make it ours", in: input(Captures{Asked: "c0", List: []Past{elsewherePast}}), want: none("other", "none of 1 captures is of this machine, 12 aix12; "+elsewhere, elsewhere)},
		{name: "own image: nor does asked by host and id", in: input(Captures{Asked: "aixold/c0", List: []Past{elsewherePast}}), want: none("other", "none of 1 captures is of this machine, 12 aix12; "+elsewhere, elsewhere)},
		{name: "own image: asked and damaged", in: input(Captures{Asked: "c9", Problem: "capture c9 is \x1b damaged", List: []Past{}}), want: none("none", "capture c9 is ? damaged")},
		{name: "own image: asked and not there", in: input(Captures{Asked: "c9", List: []Past{}}), want: none("none", `there is no good capture "c9" of this host`)},
		{name: "no LPAR", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, NICs: &nics}, want: none("unclear", "the LPAR's number and name could not be read, so no capture can be told to be of this machine")},
		{
			name: "no partition", in: MachineInput{Captures: &Captures{List: []Past{pastOf(func(p *Past) { p.LPAR = LPAR{Number: -1, Name: "NULL"} })}}, LPAR: &LPAR{Number: -1, Name: "NULL"}, NICs: &nics},
			want: none("unclear", "uname -L names no LPAR (-1 NULL), so no capture can be told to be of this machine"),
		},
		{
			name: "no number", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, LPAR: &LPAR{Number: 0, Name: "aix12"}, NICs: &nics},
			want: none("unclear", "uname -L names no LPAR (0 aix12), so no capture can be told to be of this machine"),
		},
		{name: "no NICs", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, LPAR: &lpar}, want: none("unclear", "the MACs could not be read, so no capture can be told to be of this machine")},
		{name: "no MAC", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, LPAR: &lpar, NICs: &NICs{List: []NIC{noNIC()}}}, want: none("unclear", "no NIC has told its MAC, so no capture can be told to be of this machine")},
		{name: "no captures", in: MachineInput{LPAR: &lpar, NICs: &nics}, err: "captures are not known"},
	})
}

// Own image: a capture taken from the boot volume that runs now says nothing of
// the volume before, so it must not hide one that does.
func TestDeriveMachineHidden(t *testing.T) {
	const ibm, own = "00fa1b2c3d4e5f60", "00fa1b2c3d4e5f61" // PVIDs
	const ibmID, ownID = "8c1f5a6e0b7d4321", "ffffffffffffffff"
	volume := func(pvid string) func(*Past) {
		return func(p *Past) {
			p.Disks.List = []Disk{{Name: "hdisk1", PVID: "00fa1b2c3d4e5f99", VG: "datavg", Active: true}, {Name: "hdisk0", PVID: pvid, VG: "rootvg", Active: true}}
		}
	}
	node := func(id string) func(*Past) {
		return func(p *Past) { p.NodeIDs = NodeIDs{State: "agree", ID: id, Command: id, Etc: id, Var: id} }
	}
	mismatch := func(p *Past) {
		p.NodeIDs = NodeIDs{State: "mismatch", Command: ibmID, Etc: ibmID, Var: ownID}
	}
	taken := func(id, date string, how ...func(*Past)) Past {
		return pastOf(append([]func(*Past){func(p *Past) { p.ID, p.Date = id, date }}, how...)...)
	}
	noDisks := func(p *Past) { p.Disks.List = []Disk{} }
	noPVID := volume("")
	elsewhere := func(p *Past) { p.LPAR = LPAR{Number: 7, Name: "aix7"} }
	// Now the own image runs; it has a node id of its own.
	nightly := taken("c3", "2026-11-03", volume(own), node(ownID))
	before := taken("c1", "2026-11-01", volume(ibm), node(ibmID))
	input := func(asked string, list ...Past) MachineInput {
		now := pastOf(volume(own))
		return MachineInput{Captures: &Captures{Asked: asked, List: list}, LPAR: &now.LPAR, NICs: &now.NICs, Disks: &now.Disks}
	}
	disks := func(in MachineInput, disks *Disks) MachineInput {
		in.Disks = disks
		return in
	}
	is := func(past Past, others ...string) OwnCapture {
		return OwnCapture{
			State: "found", Past: past, Others: append([]string{}, others...),
			Why: past.ID + " of " + past.Date + ": LPAR 12 aix12 and MAC " + mac0 + " are those of this machine",
		}
	}
	unclear := func(newest, holds, older, olderHolds string, others ...string) OwnCapture {
		return OwnCapture{
			State: "unclear", Past: noPast(), Others: append([]string{}, others...),
			Why: "capture " + newest + " was taken from the boot volume that runs now, and holds node id " + holds +
				"; capture " + older + ", from another volume, holds " + olderHolds + ": name one with --set capture=ID",
		}
	}
	hidden := unclear("c3 of 2026-11-03", ownID, "c1 of 2026-11-01", ibmID)
	nightBefore := taken("c2", "2026-11-02", volume(own), node(ownID))
	runDerive(t, DeriveMachine, []deriveCase[MachineInput, OwnCapture]{
		{name: "own image: another node id on the volume before", in: input("", nightly, before), want: hidden},
		{name: "own image: however many nights ago", in: input("", nightly, nightBefore, before), want: hidden},
		{name: "own image: the newest of the other volume is named", in: input("", nightly, before, taken("c0", "2026-10-01", volume(ibm), node("1111111111111111"))), want: hidden},
		{
			name: "own image: one that does not count stands between", want: hidden,
			in: input("", nightly, taken("c2", "2026-11-02", volume(ibm), mismatch), before),
		},
		{
			name: "own image: the newest holds no id that agrees", in: input("", taken("c3", "2026-11-03", volume(own), mismatch), before),
			want: unclear("c3 of 2026-11-03", "none", "c1 of 2026-11-01", ibmID),
		},
		{
			name: "own image: one of another machine is passed over, and said", in: input("", taken("c4", "2026-11-04", elsewhere), nightly, before),
			want: unclear("c3 of 2026-11-03", ownID, "c1 of 2026-11-01", ibmID, "c4 of 2026-11-04: LPAR 7 aix7 then, 12 aix12 now"),
		},
		{name: "own image: the same id", in: input("", taken("c3", "2026-11-03", volume(own)), before), want: is(taken("c3", "2026-11-03", volume(own)))},
		{name: "own image: the newest is of the volume before", in: input("", before, nightBefore), want: is(before)},
		{name: "own image: all are of the volume that runs now", in: input("", nightly, taken("c1", "2026-11-01", volume(own), node(ibmID))), want: is(nightly)},
		{name: "own image: there is only one", in: input("", nightly), want: is(nightly)},
		{name: "own image: the newest asked for by name", in: input("c3", nightly), want: is(nightly)},
		{name: "own image: asked for by name, whatever else there is", in: input("latest", nightly, before), want: is(nightly)},
		{name: "own image: the older asked for by name", in: input("c1", before), want: is(before)},
		{name: "own image: the boot volume of now not read", in: disks(input("", nightly, before), nil), want: is(nightly)},
		{name: "own image: no rootvg now", in: disks(input("", nightly, before), &Disks{List: []Disk{{Name: "hdisk0", PVID: own, VG: "altinst_rootvg"}}}), want: is(nightly)},
		{name: "own image: rootvg without a PVID", in: disks(input("", taken("c3", "2026-11-03", noPVID, node(ownID)), before), &Disks{List: []Disk{{Name: "hdisk0", VG: "rootvg"}}}), want: is(taken("c3", "2026-11-03", noPVID, node(ownID)))},
		{name: "own image: the boot volume of the newest not known", in: input("", taken("c3", "2026-11-03", noDisks, node(ownID)), before), want: is(taken("c3", "2026-11-03", noDisks, node(ownID)))},
		{name: "own image: the boot volume of the older not known", in: input("", nightly, taken("c1", "2026-11-01", noDisks)), want: is(nightly)},
		{name: "own image: rootvg of the older without a PVID", in: input("", nightly, taken("c1", "2026-11-01", noPVID)), want: is(nightly)},
		{name: "own image: the older is of another machine", in: input("", nightly, taken("c1", "2026-11-01", volume(ibm), elsewhere)), want: is(nightly)},
		{name: "own image: the older may be of this machine, moved", in: input("", nightly, taken("c1", "2026-11-01", volume(ibm), func(p *Past) { p.LPAR.Number = 7 })), want: is(nightly)},
		{name: "own image: the ids of the older do not agree", in: input("", nightly, taken("c1", "2026-11-01", volume(ibm), mismatch)), want: is(nightly)},
		{name: "own image: the older had no id", in: input("", nightly, taken("c1", "2026-11-01", volume(ibm), func(p *Past) { p.NodeIDs = NodeIDs{State: "missing"} })), want: is(nightly)},
		{
			name: "hostile ids", in: input("", taken("c3\x1b", "2026-11-03", volume(own), node(ownID)), taken("c1", "2026-11-01", volume(ibm), node("\x1b"+strings.Repeat("x", 98)))),
			want: unclear("c3? of 2026-11-03", ownID, "c1 of 2026-11-01", "?"+strings.Repeat("x", 98)),
		},
	})
}

// A long list of foreign captures is told in part.
func TestDeriveMachineOthersAreBounded(t *testing.T) {
	now := pastOf()
	captures := Captures{}
	for range 5000 {
		captures.List = append(captures.List, pastOf(func(p *Past) { p.ID, p.LPAR.Name = strings.Repeat("\x1bx", 500), strings.Repeat("y", 5000) }))
	}
	got, err := DeriveMachine(MachineInput{Captures: &captures, LPAR: &now.LPAR, NICs: &now.NICs})
	if err != nil || got.State != "other" || len(got.Others) != maxShown {
		t.Errorf("%s, %d others, %v", got.State, len(got.Others), err)
	}
	if problem := unfit(reflect.ValueOf(got), "fact"); problem != "" {
		t.Error(problem)
	}
}
