package sudoers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"aixmend/transport/shell"
)

// sudoersUser matches a user or a %group that needs no quoting.
var sudoersUser = regexp.MustCompile(`^%?[A-Za-z_][A-Za-z0-9_.-]{0,63}$`)

// sudoersAlias matches what sudo reads as ALL, an alias or a keyword; keywords are others.
var sudoersAlias = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// keywords are names that sudo reads as something else than a user.
func keywords() []string {
	return []string{"Defaults", "User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias", "sudoedit", "sha224", "sha256", "sha384", "sha512"}
}

// checkUser returns an error for a name that sudo would not read as a user or a group.
func checkUser(user string) error {
	switch {
	case !sudoersUser.MatchString(user):
		return fmt.Errorf("%q can't be the user of a line in sudoers: letters, digits, dots, underscores and hyphens, %% in front of a group", user)
	case user == "ALL":
		return fmt.Errorf("%q is every user in sudoers: name the login, or a group that it is in (%%GROUP)", user)
	case sudoersAlias.MatchString(user):
		return fmt.Errorf("%q is an alias in sudoers, not a user: name a group that the login is in (%%GROUP), or a login in lower case", user)
	case slices.Contains(keywords(), user):
		return fmt.Errorf("%q is a keyword of sudoers, not a user: name a group that the login is in (%%GROUP)", user)
	}
	return nil
}

// sudoersLine writes a command in the syntax of sudoers, or says why it can't be exact.
func sudoersLine(words []string) (string, *refusal) {
	const fixed = "write the values out, or put the command into an arm of case whose pattern is like en[0-9]*"
	if !strings.HasPrefix(words[0], "/") {
		return "", &refusal{why: "its path is known only on the host", rather: fixed}
	}
	parts := make([]string, len(words))
	for i, w := range words {
		switch plain := withoutClasses.Replace(w); {
		case placeholder.MatchString(w):
			return "", &refusal{why: "a part of it is known only on the host"}
		case strings.Contains(w, shell.Any):
			return "", &refusal{why: "a part of it is known only on the host", rather: fixed}
		case i == 0 && strings.ContainsFunc(w, odd):
			return "", &refusal{why: "its path can't stand in sudoers", rather: "use a path without blanks and without parts that vary"}
		case w == "":
			return "", &refusal{why: "an argument is empty, which sudo can't tell from a blank", rather: "leave the argument out"}
		case strings.ContainsFunc(plain, unicode.IsSpace):
			return "", &refusal{why: "an argument has a blank in it, and sudo can't tell one argument from two", rather: "write the argument without a blank"}
		case strings.ContainsFunc(plain, odd):
			return "", &refusal{why: "an argument has a control character in it", rather: "write the argument without it"}
		}
		parts[i] = sudoersText(w)
	}
	if len(words) == 1 {
		parts = append(parts, `""`) // no argument, rather than any
	}
	return strings.Join(parts, " "), nil
}

// odd reports whether sudoers can't hold a character; a class is one, too.
func odd(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

var withoutClasses = strings.NewReplacer(shell.Digit, "", shell.Hex, "", shell.NameChar, "")

// sudoersText writes a word in the syntax of sudoers: special characters and patterns get
// a backslash, and classes become patterns of one character.
func sudoersText(word string) string {
	var b strings.Builder
	for _, r := range word {
		switch {
		case string(r) == shell.Digit:
			b.WriteString("[0-9]")
			continue
		case string(r) == shell.Hex:
			b.WriteString("[0-9a-f]")
			continue
		case string(r) == shell.NameChar:
			b.WriteString(`[A-Za-z0-9._@\,\=-]`)
			continue
		case strings.ContainsRune(`,:=\*?[]^#!`, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
