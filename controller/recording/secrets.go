package recording

import "aixmend/controller/recording/redact"

// redact removes likely secrets from every answer.
func (r *Recording) redact() {
	clean := func(s *Stream) {
		text, n := redact.Text(string(*s))
		if n > 0 {
			*s = Stream(text)
			r.Redacted += n
		}
	}
	clean(&r.Noise)
	for i := range r.Commands {
		if r.Commands[i].LevelsOnly() { // the descriptions have colons and may look like secrets
			continue
		}
		clean(&r.Commands[i].Stdout)
		clean(&r.Commands[i].Stderr)
	}
	if r.Trouble != nil {
		text, n := redact.Text(r.Trouble.Text)
		r.Trouble.Text, r.Redacted = text, r.Redacted+n
	}
}
