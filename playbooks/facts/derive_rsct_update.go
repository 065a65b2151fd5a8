package facts

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// States of Update.
const (
	updateReady      = "ready"
	updateNone       = "none"
	updateUnreadable = "unreadable"
	updateForeign    = "foreign"
	updateOlder      = "older"
	updateCurrent    = "current"
)

// utilsFileset goes with rmcFileset: both are wanted even where one is absent.
const utilsFileset = "rsct.core.utils"

// filesetName matches the names that may be given to installp.
var filesetName = regexp.MustCompile(`^[A-Za-z0-9_.+-]{1,100}$`)

// UpdateInput holds the facts that DeriveUpdate reads; without images it says nothing.
type UpdateInput struct {
	Images   *Images   `fact:"images"`
	RSCT     *RSCT     `fact:"rsct"`
	Filesets *Filesets `fact:"filesets"`
}

// DeriveUpdate compares the images with the installed filesets (procedure R5). The
// level of rsct.core.rmc decides (D); other rsct filesets are updated with it if
// they are installed at an older level, or broken.
func DeriveUpdate(in UpdateInput) (Update, error) {
	if in.Images == nil {
		return Update{}, errors.New("the images are not known")
	}
	verdict := Update{Names: []string{}, Wanted: []string{}, Before: []string{}}
	best := newestImages(in.Images.List)
	rmc, there := best[rmcFileset]
	switch {
	case !in.Images.Readable && in.Images.Why == noFolder:
		return verdict.is(updateNone, noFolder), nil
	case !in.Images.Readable:
		return verdict.is(updateUnreadable, in.Images.Why), nil
	case !there:
		return verdict.is(updateForeign, fmt.Sprintf("no image of %s among %d", rmcFileset, len(in.Images.List))), nil
	case in.RSCT == nil || in.Filesets == nil:
		return Update{}, errors.New("the installed RSCT is not known")
	}
	verdict.Level = rmc.level.String()
	if in.RSCT.Installed {
		installed, err := ParseLevel(in.RSCT.Level)
		if err != nil {
			return Update{}, fmt.Errorf("%s: %w", rmcFileset, err)
		}
		levels := fmt.Sprintf("the images have %s %s, installed is %s", rmcFileset, rmc.level, installed)
		switch rmc.level.Compare(installed) {
		case -1:
			return verdict.is(updateOlder, levels), nil
		case 0:
			if !in.RSCT.Broken {
				return verdict.is(updateCurrent, levels), nil
			}
			levels += " and broken"
		}
		verdict = verdict.is(updateReady, levels)
	} else {
		verdict = verdict.is(updateReady, fmt.Sprintf("the images have %s %s, none is installed", rmcFileset, rmc.level))
	}
	verdict.choose(best, in.Filesets.List)
	return verdict, nil
}

func (u Update) is(state, why string) Update {
	u.State, u.Why = state, clean(why, maxText)
	return u
}

// choose names the filesets that installp is given.
func (u *Update) choose(best map[string]image, all []Fileset) {
	u.Rejectable = true
	installed := installedLevels(all)
	for name, image := range best {
		now, there := installed[name]
		switch {
		case !filesetName.MatchString(name):
			continue
		case !there && name != rmcFileset && name != utilsFileset:
			continue
		case there && (!now.known || image.level.Compare(now.level) < 0):
			continue
		case there && image.level.Compare(now.level) == 0 && !now.broken:
			continue
		}
		u.Names = append(u.Names, name)
		u.Wanted = append(u.Wanted, name+"="+image.level.String())
		if there {
			u.Before = append(u.Before, name+"="+now.level.String())
		}
		u.Rejectable = u.Rejectable && there && !now.broken && image.level.Compare(now.level) > 0 && !image.base
	}
	u.Rejectable = u.Rejectable && len(u.Names) > 0
	slices.Sort(u.Names)
	slices.Sort(u.Wanted)
	slices.Sort(u.Before)
}

// image is the newest image of one fileset.
type image struct {
	level Level
	base  bool // a base level: installp -r does not take it back
}

// newestImages are the newest images of the rsct filesets. Types are I for a
// base level, S and others for updates (C), R for rpms, which installp does
// not install.
func newestImages(all []Image) map[string]image {
	best := map[string]image{}
	for _, row := range all {
		level, err := ParseLevel(row.Level)
		if err != nil || !isRSCT(row.Fileset) || row.Type == "R" {
			continue
		}
		old, there := best[row.Fileset]
		next := image{level: level, base: row.Type == "I" || row.Type == ""}
		switch c := level.Compare(old.level); {
		case !there || c > 0:
			best[row.Fileset] = next
		case c == 0:
			old.base = old.base || next.base
			best[row.Fileset] = old
		}
	}
	return best
}

// installedFileset is one name of lslpp, its rows taken together.
type installedFileset struct {
	level  Level
	known  bool // the level could be read
	broken bool
}

// installedLevels takes the rows of each fileset together: the newest level, and
// broken where any is. Rpms and interim fixes have no such levels.
func installedLevels(all []Fileset) map[string]installedFileset {
	found := map[string]installedFileset{}
	for _, row := range all {
		if row.Type == "R" || row.Type == "E" {
			continue
		}
		now := found[row.Name]
		now.broken = now.broken || row.State == "B" || row.State == "?"
		if level, err := ParseLevel(row.Level); err == nil && (!now.known || level.Compare(now.level) > 0) {
			now.level, now.known = level, true
		}
		found[row.Name] = now
	}
	return found
}
