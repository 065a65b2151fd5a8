package ansible

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/ranges"
)

// expandAnsible returns the hosts that an entry of an Ansible inventory stands for:
// web[01:50], db[a:f], x[0:10:2], each with :PORT. port is "" when there is none.
func expandAnsible(entry string) (names []string, port string, err error) {
	if len(entry) > ranges.MaxAddress {
		return nil, "", fmt.Errorf("longer than %d characters", ranges.MaxAddress)
	}
	if m := bracketedPort.FindStringSubmatch(entry); m != nil {
		return []string{m[1]}, m[2], nil
	}
	if m := namePort.FindStringSubmatch(entry); m != nil {
		entry, port = m[1], m[2]
	}
	names = []string{""}
	for {
		before, rest, found := strings.Cut(entry, "[")
		if strings.Contains(before, "]") {
			return nil, "", errors.New("a range is closed that was not opened: ]")
		}
		items := []string{""}
		if found {
			var body string
			if body, entry, found = strings.Cut(rest, "]"); !found {
				return nil, "", errors.New("a range is not closed: ] is missing")
			}
			if items, err = ansibleRange(body); err != nil {
				return nil, "", err
			}
		}
		if len(names)*len(items) > inventory.MaxHosts {
			return nil, "", fmt.Errorf("more than %d hosts", inventory.MaxHosts)
		}
		longer := make([]string, 0, len(names)*len(items))
		for _, name := range names {
			for _, item := range items {
				longer = append(longer, name+before+item)
			}
		}
		names = longer
		if !found {
			return names, port, nil
		}
	}
}

var (
	bracketedPort = regexp.MustCompile(`^\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]:([0-9]+)$`)
	namePort      = regexp.MustCompile(`^((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)$`)
)

// letters are in the order in which Ansible counts them.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// ansibleRange counts from BEGIN to END[:STEP], with letters or with numbers.
func ansibleRange(body string) ([]string, error) {
	bounds := strings.Split(body, ":")
	wrong := fmt.Errorf("range [%s] must be [BEGIN:END] or [BEGIN:END:STEP], such as [01:50] or [a:f]", ranges.Clip(body))
	step := 1
	if len(bounds) == 3 && ranges.IsNumber(bounds[2]) {
		step, _ = strconv.Atoi(bounds[2])
	} else if len(bounds) != 2 {
		return nil, wrong
	}
	if step < 1 {
		return nil, wrong
	}
	from, to := bounds[0], bounds[1]
	if from == "" {
		from = "0"
	}
	show := strconv.Itoa
	low, high := letterIndex(from), letterIndex(to)
	switch {
	case low >= 0 && high >= 0:
		show = func(i int) string { return letters[i : i+1] }
	case !ranges.IsNumber(from) || !ranges.IsNumber(to):
		return nil, wrong
	default:
		low, _ = strconv.Atoi(from)
		high, _ = strconv.Atoi(to)
		if from[0] == '0' && len(from) > 1 {
			if len(from) != len(to) {
				return nil, fmt.Errorf("range [%s]: %s and %s are not padded alike", ranges.Clip(body), from, to)
			}
			show = func(i int) string { return fmt.Sprintf("%0*d", len(from), i) }
		}
	}
	if low > high {
		return nil, fmt.Errorf("range [%s] counts down: %s comes before %s", ranges.Clip(body), to, from)
	}
	if (high-low)/step >= inventory.MaxHosts {
		return nil, fmt.Errorf("more than %d hosts", inventory.MaxHosts)
	}
	var items []string
	for i := low; i <= high; i += step {
		items = append(items, show(i))
	}
	return items, nil
}

// letterIndex is the place of a single letter, -1 for anything else.
func letterIndex(s string) int {
	if len(s) != 1 {
		return -1
	}
	return strings.Index(letters, s)
}
