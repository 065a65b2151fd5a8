package facts

import (
	"bytes"
	"regexp"
	"strings"
)

// bootLine is the line with which a stage of cloud-init begins (C); the logger
// may say it once more.
var bootLine = regexp.MustCompile(`(?:^|\s)(Cloud-init v\. \S+ running '(init-local|init|modules:[a-z]+)'.*)$`)

// The stages of a boot that are told apart.
const (
	stageNone = iota // no line yet, or one that is no stage of its own
	stageLocal
	stageInit
	stageModules
)

// bootTracker tells the boots of a log apart. Where some line says that a boot
// begins, only such lines count: 'init-local' always, 'init' unless the
// 'init-local' of the same boot stands before it; modules belong to the boot
// before them. Where there is none, a boot begins when the order of settings,
// commands and ci-info table starts over (aix-facts 2; I).
type bootTracker struct {
	lined bool   // some line says that a boot begins
	last  string // the last boot line: said again, it says nothing new
	stage int

	// Kinds of elements that the block has shown, for a log without lines.
	settings, translated, commands, table bool
	titled                                bool // a title of a table whose header is still to come
}

// hasBootLine reports whether a line of the log says that a boot begins.
func hasBootLine(text []byte) bool {
	if !bytes.Contains(text, []byte("Cloud-init v. ")) {
		return false
	}
	for line := range splitLines(text) {
		if _, stage, ok := bootLineOf(line); ok && !strings.HasPrefix(stage, "modules:") {
			return true
		}
	}
	return false
}

// bootLineOf returns the message and the stage of a boot line; ok is false for
// another line.
func bootLineOf(line string) (message, stage string, ok bool) {
	if len(line) > maxLine || !strings.Contains(line, "Cloud-init v. ") {
		return "", "", false
	}
	parts := bootLine.FindStringSubmatch(strings.TrimSpace(line))
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// begins reports whether a boot begins with a boot line.
func (b *bootTracker) begins(message, stage string) bool {
	if message == b.last {
		return false
	}
	before := b.stage
	b.last = message
	switch stage {
	case "init-local":
		b.stage = stageLocal
		return true
	case "init":
		b.stage = stageInit
		return before != stageLocal
	}
	b.stage = stageModules
	return false
}

// startsOver reports whether the order starts over with one more element, and
// remembers the element: the block has shown one of its kind (seen), or one of a
// kind that stands behind it in the order (later).
func (b *bootTracker) startsOver(seen *bool, later ...bool) bool {
	over := *seen
	for _, l := range later {
		over = over || l
	}
	if over = over && !b.lined; over {
		*b = bootTracker{last: b.last, stage: b.stage}
	}
	*seen = true
	return over
}

// sawSettings reports whether a boot begins with a line of settings.
func (b *bootTracker) sawSettings() bool {
	return b.startsOver(&b.settings, b.translated, b.commands, b.table)
}

// sawTranslation is the same for their translation, which stands behind them.
func (b *bootTracker) sawTranslation() bool {
	return b.startsOver(&b.translated, b.commands, b.table)
}

// sawCommand is the same for a command, of which a boot has many.
func (b *bootTracker) sawCommand() bool {
	b.commands = false
	return b.startsOver(&b.commands, b.table)
}

// sawTitle is the same for the title of a device table.
func (b *bootTracker) sawTitle() bool {
	over := b.startsOver(&b.table)
	b.titled = true
	return over
}

// sawHeader is the same for its header, which may stand alone.
func (b *bootTracker) sawHeader() bool {
	if b.titled {
		b.titled = false
		return false
	}
	return b.startsOver(&b.table)
}
