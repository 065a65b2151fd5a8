package exec

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"strings"

	"aixmend/transport"
	"aixmend/transport/shell"
)

// Prelude begins a script, so that every host answers alike: untranslated messages,
// the system's ODM, a known search path (aix-facts section 5). It prints nothing.
const Prelude = transport.ScriptBegin + `; PATH=/usr/bin:/usr/sbin:/bin:/sbin:/etc
export LC_ALL LANG ODMDIR PATH
`

// NewNonce returns a random word that marks the frames of one session. Nothing on
// the host can know it in advance.
func NewNonce() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return "aixmend-" + hex.EncodeToString(b[:])
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// join makes shell text of words.
func join(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if quoted[i] = w; !plainWord.MatchString(w) {
			quoted[i] = shell.Quote(w)
		}
	}
	return strings.Join(quoted, " ")
}
