package facts

import "strings"

// ParseLPAR reads `uname -L` (K): "12 aixvm1", the partition's number and name.
// A machine without partitions says "-1 NULL", which is an answer too.
func ParseLPAR(o Output) (LPAR, error) {
	if o.Exit != 0 {
		return LPAR{}, failed("uname", o)
	}
	line, err := onlyLine(o)
	if err != nil {
		return LPAR{}, err
	}
	numberText, name := line, ""
	if at := strings.IndexAny(line, " \t"); at >= 0 {
		numberText, name = line[:at], clean(line[at:], maxText)
	}
	if numberText == "-1" {
		return LPAR{Number: -1, Name: name}, nil
	}
	number, ok := parseNumber(numberText, 9)
	if !ok || name == "" {
		return LPAR{}, notUnderstood("uname", line)
	}
	return LPAR{Number: int(number), Name: name}, nil
}
