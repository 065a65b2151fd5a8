package facts

import "strings"

// ParseDiskIDs reads `lspv -u` (own image): the columns of lspv, and behind them the
// unique id of the disk, which the storage's name of the volume is part of. The id may
// hold blanks, and may touch the next column, so all that follows is kept as one word.
func ParseDiskIDs(o Output) (DiskIDs, error) {
	if o.Exit != 0 {
		return DiskIDs{}, failed("lspv -u", o)
	}
	all, err := lines(o)
	if err != nil {
		return DiskIDs{}, err
	}
	found := DiskIDs{List: []DiskID{}}
	for line := range all {
		words := strings.Fields(line)
		if len(words) < 3 || !diskName.MatchString(words[0]) || !diskPVID.MatchString(words[1]) {
			continue // a banner
		}
		if len(found.List) == maxRows {
			return DiskIDs{}, errTooMany
		}
		id := clean(strings.ToLower(strings.Join(words[3:], "")), maxText)
		found.List = append(found.List, DiskID{Name: words[0], ID: strings.TrimPrefix(id, "active")})
	}
	if len(found.List) == 0 {
		return DiskIDs{}, notUnderstood("lspv -u", firstText(o.Stdout))
	}
	return found, nil
}
