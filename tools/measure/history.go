package main

import (
	"fmt"
	"os/exec"
	"strings"
	"unicode/utf8"
)

const (
	// recent is how many commits are looked at.
	recent = 250
	// subjectLimit is how many characters the subject of a commit may have.
	subjectLimit = 60
)

// Commits are counts over the newest commits.
type Commits struct {
	All, Bodies, Long int
	LongSubjects      []string
}

func history(root string) (Commits, error) {
	cmd := exec.Command("git", "log", "--no-merges", "-n", fmt.Sprint(recent), "--format=%s%x00%b%x01")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return Commits{}, fmt.Errorf("git log: %w", err)
	}
	var c Commits
	for entry := range strings.SplitSeq(string(out), "\x01") {
		subject, body, ok := strings.Cut(strings.TrimSpace(entry), "\x00")
		if !ok {
			continue
		}
		c.All++
		if strings.TrimSpace(body) != "" {
			c.Bodies++
		}
		if utf8.RuneCountInString(subject) > subjectLimit {
			c.Long++
			if len(c.LongSubjects) < 3 {
				c.LongSubjects = append(c.LongSubjects, subject)
			}
		}
	}
	return c, nil
}
