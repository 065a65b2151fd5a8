package report

// Commander finds the commands that runners of pipelines execute wherever they stand in
// a line of output: ## and a word and [, as in ##vso[task.setvariable ...] of Azure
// Pipelines, ##teamcity[...], ##octopus[...] and ##[...] of older GitHub runners. Its
// zero value is at the beginning of a text.
type Commander struct {
	hashes int  // # just read, at most 2
	word   bool // and a letter of the word after them
}

// Opens reports whether c, the next byte of the text, is the bracket that makes a
// command of the bytes before it.
func (s *Commander) Opens(c byte) bool {
	switch {
	case Ignorable(c):
		return false
	case c == '#' && !s.word:
		s.hashes = min(s.hashes+1, 2)
		return false
	case s.hashes == 2 && wordByte(c):
		s.word = true
		return false
	}
	opens := c == '[' && s.hashes == 2
	*s = Commander{}
	if c == '#' {
		s.hashes = 1
	}
	return opens
}

// Ignorable reports whether a runner may overlook the byte c while it compares texts, as
// .NET overlooks control characters, joiners and variation selectors. The escape byte is
// left out: no text of a host has one, and a colour of ours must stay whole.
func Ignorable(c byte) bool {
	return c < '\t' || c > '\r' && c < 0x1b || c > 0x1b && c < ' ' || c > '~'
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// Defuse puts a space into the commands that [Commander] finds, so that no runner
// executes them.
func Defuse(text string) string {
	var s Commander
	var safe []byte
	from := 0
	for i := range len(text) {
		if s.Opens(text[i]) {
			safe = append(append(safe, text[from:i]...), ' ')
			from = i
		}
	}
	if from == 0 {
		return text
	}
	return string(append(safe, text[from:]...))
}
