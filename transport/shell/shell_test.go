package shell

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"mvdan.cc/sh/v3/syntax"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// root is the word that the tests put in front of each call.
const root = "aixmend_root"

func TestPrefixed(t *testing.T) {
	for text, want := range map[string]string{
		"/usr/bin/id -u": "R /usr/bin/id -u",
		"  /usr/bin/uname -s; # the end\n/usr/bin/id":                      "  R /usr/bin/uname -s; # the end\nR /usr/bin/id",
		`p=/a/x; [ -x "$p" ] || p=/b/x; "$p" -s ctrmc`:                     `p=/a/x; [ -x "$p" ] || p=/b/x; R "$p" -s ctrmc`,
		`"${d}/rmcctrl" -p`:                                                `R "${d}/rmcctrl" -p`,
		`$d/rmcctrl -p`:                                                    `R $d/rmcctrl -p`,
		`'/usr/bin/id' -u; "/usr/bin/id"; \/usr/bin/id`:                    `R '/usr/bin/id' -u; R "/usr/bin/id"; R \/usr/bin/id`,
		`for n in $(/usr/sbin/lsdev -F name); do printf '%s\n' "$n"; done`: `for n in $(R /usr/sbin/lsdev -F name); do printf '%s\n' "$n"; done`,
		`printf x | /usr/bin/grep '^[a]*' >/dev/null 2>&1`:                 `printf x | R /usr/bin/grep '^[a]*' >/dev/null 2>&1`,
		`a=$("$p" -s x); r=$?; exit $r`:                                    `a=$(R "$p" -s x); r=$?; exit $r`,
		`if ! /bin/a; then /bin/b; elif /bin/c; then :; else /bin/d; fi`:   `if ! R /bin/a; then R /bin/b; elif R /bin/c; then :; else R /bin/d; fi`,
		`case "$n" in en[0-9]*|"/x") /bin/a ;; *) ( /bin/b ) ;; esac`:      `case "$n" in en[0-9]*|"/x") R /bin/a ;; *) ( R /bin/b ) ;; esac`,
		`f() { /bin/a "$1"; }; f x && { /bin/b; }`:                         `f() { R /bin/a "$1"; }; f x && { R /bin/b; }`,
		`/bin/cp -p "$(printf x | /bin/tr / .)" "$c"`:                      `R /bin/cp -p "$(printf x | R /bin/tr / .)" "$c"`,
		`while IFS= read -r l; do /bin/a "$l"; done </dev/null`:            `while IFS= read -r l; do R /bin/a "$l"; done </dev/null`,
		"/bin/cat <<END\n$(/bin/a) /bin/b\nEND\n/bin/c":                    "R /bin/cat <<END\n$(R /bin/a) /bin/b\nEND\nR /bin/c",
		"/bin/cat <<'END'\n$(/bin/a)\nEND":                                 "R /bin/cat <<'END'\n$(/bin/a)\nEND",
		`/bin/a /bin/b --x=/bin/c "a * [b]" 'x?' \*`:                       `R /bin/a /bin/b --x=/bin/c "a * [b]" 'x?' \*`,
		`set -- a b; shift; /bin/a "$@" $1`:                                `set -- a b; shift; R /bin/a "$@" $1`,
		`2>/dev/null /bin/a`:                                               `2>/dev/null R /bin/a`,
		`echo "é"; /bin/a`:                                                 `echo "é"; R /bin/a`,
		`: /bin/a; echo /bin/b; x=/bin/c`:                                  `: /bin/a; echo /bin/b; x=/bin/c`,
		"":                                                                 "",
	} {
		split := Split(text)
		if split.Whole() != "" {
			t.Errorf("%s\nhas to run as a whole: %s", text, split.Whole())
			continue
		}
		if diff := cmp.Diff(want, split.Prefixed("R")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// What would mean something else, command by command, stays in one piece.
func TestWhole(t *testing.T) {
	for text, want := range map[string]string{
		"/bin/a >/etc/x":                          "it writes a file by redirection",
		"/bin/a >>/dev/console":                   "it writes a file by redirection",
		`printf x >"$f"`:                          "it writes a file by redirection",
		": >|/dev/nullx":                          "it writes a file by redirection",
		"while read l; do :; done </etc/hosts":    "it reads a file by redirection",
		"/bin/a <>/dev/tty":                       "it writes a file by redirection",
		"/bin/a 3>&1":                             "it uses file descriptor 3",
		"/bin/a >&3":                              "it copies a file descriptor of its own",
		`/bin/a >&"$x"`:                           "it copies a file descriptor of its own",
		"/bin/a &":                                "it runs something in the background",
		"( /bin/a ) </dev/null >/dev/null 2>&1 &": "it runs something in the background",
		"cd /x && /bin/a":                         `"cd" is no absolute path`,
		"lslpp -L":                                `"lslpp" is no absolute path`,
		"kill -1 1":                               `"kill" is no absolute path`,
		"exec /bin/a":                             `"exec" is no absolute path`,
		"eval x":                                  `"eval" is no absolute path`,
		". /etc/profile":                          `"." is no absolute path`,
		"umask 022; /bin/a":                       `"umask" is no absolute path`,
		"trap '/bin/a' 1":                         `"trap" is no absolute path`,
		"export X=1; /bin/a":                      `"export" is no absolute path`,
		"command /bin/a":                          `"command" is no absolute path`,
		"bin/a":                                   `"bin/a" is no absolute path`,
		"LC_ALL=de_DE /bin/a":                     "it gives a variable to one command",
		"LC_ALL=de_DE; /bin/a":                    "it sets LC_ALL",
		"PATH=/x":                                 "it sets PATH",
		"/bin/ls /etc/*":                          "it looks for files by a pattern",
		"/bin/i?":                                 "it looks for files by a pattern",
		"for f in /etc/[ab]; do :; done":          "it looks for files by a pattern",
		"/bin/ls ~/x":                             "it names a home folder by ~",
		"p=~/x":                                   "it names a home folder by ~",
		"a=`/bin/a`":                              "it holds backquotes",
		`"$@"`:                                    "a command in it is an argument",
		`"$1" -u`:                                 "a command in it is an argument",
		`$(/bin/a) -u`:                            "a command in it is an argument",
		`f() { $2; }; f x /bin/a`:                 "a command in it is an argument",
		"set -a; X=1; /bin/a":                     "it sets options of the shell",
		`read "$v"`:                               "it reads into a variable that it computes",
		"aixmend_root() { :; }; aixmend_root /x":  "it defines the function aixmend_root",
		"/bin/cat <<$(/bin/a)\nx\n$(/bin/a)\n":    "it is not POSIX sh",
		"/bin/a\r":                                "it holds control characters",
		"a+=x; /bin/a":                            `"a+=x" is no absolute path`,
		"/bin/a '":                                "it is not POSIX sh",
		"/bin/a <(/bin/b)":                        "it is not POSIX sh",
	} {
		split := Split(text)
		if got := split.Whole(); got != want {
			t.Errorf("%s\nruns as a whole because %q, want %q", text, got, want)
		}
		if split.Rather() == "" {
			t.Errorf("%s\nnothing says how to write it instead", text)
		}
	}
}

func TestWords(t *testing.T) {
	split := Split(`/usr/bin/lslpp -Lcq 'rsct.*' "a b" c\ d; /bin/a "$x"; "$p" -u; /bin/b "a"'b'\` + "\n" + `c`)
	var got [][]string
	for _, c := range split.Calls() {
		words, ok := c.Words()
		if !ok {
			words = nil
		}
		got = append(got, words)
	}
	want := [][]string{{"/usr/bin/lslpp", "-Lcq", "rsct.*", "a b", "c d"}, nil, nil, {"/bin/b", "abc"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestForms(t *testing.T) {
	for text, want := range map[string][]string{
		`/bin/a -x "b c"`:                                   {"/bin/a -x b c"},
		`p=/a/x; [ -x "$p" ] || p=/b/x; "$p" -s`:            {"/a/x -s", "/b/x -s"},
		`for d in /a /b; do "$d/x" -p; done`:                {"/a/x -p", "/b/x -p"},
		`for n in $(/bin/ls); do /bin/a "en$n" "$n"; done`:  {"/bin/ls", "/bin/a en* *"},
		`for a in x y; do /bin/a "$a=$(/bin/b)" "$c"; done`: {"/bin/a x=* *", "/bin/a y=* *", "/bin/b"},
		`m=/etc/m; /bin/mv "$m" "$m.gone"`:                  {"/bin/mv /etc/m /etc/m.gone"},
		`a=/etc; b=$a/x; /bin/rm "$b"`:                      {"/bin/rm /etc/x"},
		`a=$a$a; /bin/rm "$a"`:                              {"/bin/rm *"},
		`a=x; a=$(/bin/b); /bin/rm "$a"`:                    {"/bin/b", "/bin/rm *", "/bin/rm x"},
		`a=x; read a; /bin/rm "$a"`:                         {"/bin/rm *"},
		`read a; a=x; /bin/rm "$a"`:                         {"/bin/rm *"},
		`a=x; : "${a:=y}"; /bin/rm "$a"`:                    {"/bin/rm *"},
		`a=1; a=$((a+1)); /bin/rm "$a"`:                     {"/bin/rm *"},
		`a=x; /bin/rm "${a%x}" "${#a}" "$HOME" "$1" "$?"`:   {"/bin/rm * * * * *"},
		`a='x*'; /bin/rm $a`:                                {"/bin/rm *"},
		`x="b c"; for a in $x y; do /bin/rm $a; done`:       {"/bin/rm *", "/bin/rm y"},
		`a="x y"; /bin/rm $a`:                               {"/bin/rm *"},
		`a=; /bin/rm "x$a"`:                                 {"/bin/rm x"},
		`for a; do /bin/rm "$a"; done`:                      {"/bin/rm *"},
		`for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8; do /bin/rm $a $b; done; done`: {
			"/bin/rm 1 *", "/bin/rm 2 *", "/bin/rm 3 *", "/bin/rm 4 *", "/bin/rm 5 *", "/bin/rm 6 *", "/bin/rm 7 *", "/bin/rm 8 *", "/bin/rm 9 *",
		},
		// one value for all words of a form
		`for a in x y; do /bin/mv "$a" "$a.old" $a; done`:             {"/bin/mv x x.old x", "/bin/mv y y.old y"},
		`for a in x y; do b=/d/$a c="$b.c"; /bin/mv "$a" "$c"; done`:  {"/bin/mv x /d/x.c", "/bin/mv y /d/y.c"},
		`for a in x y; do for b in 1 2; do /bin/a "$a$b"; done; done`: {"/bin/a x1", "/bin/a x2", "/bin/a y1", "/bin/a y2"},
		// what an arm of a case says of its variable
		`for n in $(/bin/l); do case "$n" in en[0-9]*) /bin/a "$n" ;; esac; /bin/b "$n"; done`:       {"/bin/l", "/bin/a en#", "/bin/a en##", "/bin/b *"},
		`n=$(/bin/l); case $n in en[0-9]|et[0-9][0-9]) /bin/a "x$n.y" $n ;; esac`:                    {"/bin/l", "/bin/a xen#.y en#", "/bin/a xet##.y et##"},
		`n=$1; case "$n" in ''|"a"|'b*'|c) /bin/a "$n" ;; d*) /bin/b "$n" ;; *) /bin/c "$n" ;; esac`: {"/bin/a *", "/bin/b *", "/bin/c *"},
		`n=$1; case "${n}" in ''|"a"|c) /bin/a "$n" ;; esac`:                                         {"/bin/a ", "/bin/a a", "/bin/a c"},
		`n=$1; case "$n" in [0-9]?|[a-c]) /bin/a "$n" ;; esac`:                                       {"/bin/a *"},
		`n=$1; case "$n" in a\*) /bin/a "$n" ;; x$y) /bin/b "$n" ;; "x$y") /bin/c "$n" ;; esac`:      {"/bin/a *", "/bin/b *", "/bin/c *"},
		`n=$1; case "$n" in a) case "$n" in b[0-9]) /bin/a "$n" ;; esac; /bin/b "$n" ;; esac`:        {"/bin/a b#", "/bin/b a"},
		`n=$1; case "$n" in a) n=b; /bin/a "$n" ;; esac`:                                             {"/bin/a *", "/bin/a b"},
		`n=$1; case "$n" in a) for n in c d; do /bin/a "$n"; done ;; esac`:                           {"/bin/a *", "/bin/a c", "/bin/a d"},
		`n=$1; case "$n" in a) read n; /bin/a "$n" ;; esac`:                                          {"/bin/a *"},
		`n=$1; f() { n=$2; }; case "$n" in a) f; /bin/a "$n" ;; esac`:                                {"/bin/a *"},
		`case "$1" in a) /bin/a "$1" ;; esac`:                                                        {"/bin/a *"},
		`n=$1; case "x$n" in xa) /bin/a "$n" ;; esac`:                                                {"/bin/a *"},
		`n=$1; case "$n" in a) /bin/a "${n%x}" ;; esac`:                                              {"/bin/a *"},
	} {
		split := Split(text)
		var got []string
		for _, c := range split.Calls() {
			for _, form := range c.Forms() {
				got = append(got, strings.NewReplacer(Any, "*", Digit, "#").Replace(strings.Join(form, " ")))
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" || split.Whole() != "" {
			t.Errorf("%s (-want +got) %s:\n%s", text, split.Whole(), diff)
		}
	}
}

// Whatever the text: it parses with the prefixes in it, and without them it is
// what it was; every call has one, and nothing else has.
func FuzzPrefixed(f *testing.F) {
	for _, seed := range []string{
		`for n in $(/usr/sbin/lsdev -Cc if -F name); do case "$n" in en*) "$e" -d "$n" 2>&1 ;; esac; done`,
		"/bin/cat <<-E | /bin/a \"$(/bin/b <<'X'\n$(/c)\nX\n)\"\n\t$(/d \\\n e)\n\tE\n", "f() ( /a; ); f & f | ! /b", "((/a))", "(( /a ) )",
		"a=1 /b; { /c; }>/dev/null; \"/d\"\\\n e '$(/f)' ${x:-$(/g)} $((1+$(/h)))", "aixmend_root /a", "$(( $(/a) ))/b", "/a\\\n/b", "`/a`", "é=/a é",
	} {
		f.Add(seed)
	}
	parser, printer := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)), syntax.NewPrinter()
	printed := func(text string) string {
		file, err := parser.Parse(strings.NewReader(text), "")
		if err != nil {
			return "error: " + err.Error()
		}
		syntax.Walk(file, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 1 && c.Args[0].Lit() == root {
				c.Args = c.Args[1:]
			}
			return true
		})
		var b strings.Builder
		if err := printer.Print(&b, file); err != nil {
			return "error: " + err.Error()
		}
		return b.String()
	}
	f.Fuzz(func(t *testing.T, text string) {
		split := Split(text)
		for _, c := range split.Calls() {
			c.Forms()
		}
		if split.Whole() != "" {
			return
		}
		got := split.Prefixed(root)
		if before, after := printed(text), printed(got); before != after || strings.HasPrefix(after, "error: ") {
			t.Fatalf("%q\nbecame %q:\n%s\nnot\n%s", text, got, after, before)
		}
		file, _ := parser.Parse(strings.NewReader(got), "")
		prefixes := 0
		syntax.Walk(file, func(n syntax.Node) bool {
			c, ok := n.(*syntax.CallExpr)
			if !ok || len(c.Args) == 0 {
				return true
			}
			first, known := literal(c.Args[0])
			switch {
			case first == root:
				prefixes++
				if next, _ := literal(c.Args[1]); next == root || slices.Contains(builtins, next) {
					t.Fatalf("%q: %s is run by %s", got, next, root)
				}
			case !known || strings.Contains(first, "/"):
				t.Fatalf("%q: a call is left", got)
			}
			return true
		})
		if prefixes != len(split.Calls()) {
			t.Fatalf("%q: %d prefixes for %d calls", got, prefixes, len(split.Calls()))
		}
	})
}
