package facts

import (
	"fmt"
	"regexp"
	"strings"
)

// lslppRow: a package, a colon and at once a fileset. A banner such as
// "WARNING: text" has a blank after its colon.
var lslppRow = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*:[^\s:]`)

// lslppFields is how many of the 18 fields must be there for a row to count.
const lslppFields = 8

// ParseFilesets reads `lslpp -Lcq PATTERN` (procedure D1), or all filesets when
// there is no pattern (V4). The state is the letter of field 6; field 4, where
// the header puts it, is a blank in real output and used only when field 6 is
// empty. RPM rows hold colons in their build date, so rows may have more than 18
// fields. Exit 44 is the probe's word for a product of which the file system has
// nothing; message 0504-132 (C) means that nothing matches: an empty list. Rows
// count whatever the exit status of those two.
func ParseFilesets(o Output) (Filesets, error) {
	none := o.Exit == exitAbsent || hasMessage(o, "0504-132") && !notThere(o)
	if o.Exit != 0 && !none {
		return Filesets{}, failed("lslpp", o)
	}
	all, err := lines(o)
	if err != nil {
		return Filesets{}, err
	}
	found := Filesets{List: []Fileset{}}
	odd := firstText(o.Stderr)
	for line := range all {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !lslppRow.MatchString(line) {
			odd = line
			continue
		}
		row, err := parseFileset(line)
		if err != nil {
			return Filesets{}, err
		}
		if len(found.List) == maxRows {
			return Filesets{}, errTooMany
		}
		found.List = append(found.List, row)
	}
	if len(found.List) == 0 && odd != "" && !none {
		return Filesets{}, notUnderstood("lslpp", odd)
	}
	return found, nil
}

// parseFileset reads one colon row. RPM (R) and interim fix (E) rows have no
// V.R.M.F level: theirs is "" unless it happens to look like one, and so is that
// of old products with a fifth part. Only where a verdict rests on the level,
// with RSCT, is a level that can't be read an error.
func parseFileset(line string) (Fileset, error) {
	fields := strings.Split(line, ":")
	if len(fields) < lslppFields {
		return Fileset{}, fmt.Errorf("lslpp row has %d fields: %s", len(fields), quoted(line))
	}
	row := Fileset{
		Name:        clean(fields[1], maxName),
		State:       clean(fields[5], 8),
		Type:        clean(fields[6], 8),
		Description: clean(fields[7], maxText),
	}
	if row.State == "" {
		row.State = clean(fields[3], 8)
	}
	level, err := ParseLevel(fields[2])
	switch {
	case err == nil:
		row.Level = level.String()
	case isRSCT(row.Name) && row.Type != "R" && row.Type != "E":
		return Fileset{}, fmt.Errorf("lslpp row of %s: %w", quoted(row.Name), err)
	}
	return row, nil
}
