package main

import (
	"go/ast"
	"regexp"
	"strings"
)

// Words are counts over the comments of a package.
type Words struct {
	Lines          int // of comments
	What           int // that begin a clause with "what ..."
	Tells, Reports int // doc comments that begin with "X tells whether", "X reports whether"
}

func (w Words) plus(o Words) Words {
	return Words{Lines: w.Lines + o.Lines, What: w.What + o.What, Tells: w.Tells + o.Tells, Reports: w.Reports + o.Reports}
}

// whatClause is "what" as a noun clause: at the start of a comment or sentence, after a
// comma, colon, bracket or conjunction, or as the object of a verb or preposition.
var whatClause = regexp.MustCompile(`(?i)(^|[^\w"'` + "`" + `-])what('s)?( |$)`)

func (p *Package) words() Words {
	var w Words
	for _, f := range p.Files {
		for _, group := range f.syntax.Comments {
			w = w.plus(ofComment(group))
		}
	}
	return w
}

func ofComment(group *ast.CommentGroup) Words {
	var w Words
	for line := range strings.Lines(group.Text()) {
		w.Lines++
		if whatClause.MatchString(line) {
			w.What++
		}
	}
	switch words := strings.Fields(group.Text()); {
	case len(words) < 3 || words[2] != "whether":
	case words[1] == "tells":
		w.Tells = 1
	case words[1] == "reports":
		w.Reports = 1
	}
	return w
}
