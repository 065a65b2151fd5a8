// Package signed is the approval of a saved plan by a second person: a small document that
// names the plan, and an OpenSSH signature of it (SSHSIG), as ssh-keygen -Y sign makes it.
// A file of allowed signers, as ssh-keygen -Y verify reads it, says who may approve.
package signed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"aixmend/controller/outcome"
)

// Namespace is that of the signatures: one made for another purpose, as for a commit, is no
// approval.
const Namespace = "aixmend-plan"

// schema is the schema of the document.
const schema = "aixmend.approval/v1"

// MaxLife is how long an approval may be good at most: a plan grows old.
const MaxLife = 30 * 24 * time.Hour

// Subject names the plan that is approved, and who asked for it.
type Subject struct {
	PlanID string `json:"plan_id"`
	// SHA256 is the hash of the values of the plan: the plan_id is its first half.
	SHA256  string     `json:"plan_sha256"`
	RunID   string     `json:"run_id"`
	Created time.Time  `json:"created"`
	AskedBy outcome.By `json:"asked_by"`
}

// Document is the approval of a plan. Its text is canonical: there is one for its values.
type Document struct {
	Schema string `json:"schema"`
	Subject
	// FileSHA256 is that of the bytes of the file that was approved. A JSON tool may
	// rewrite a plan, which is the same plan then, in another file.
	FileSHA256 string     `json:"file_sha256"`
	ApprovedBy outcome.By `json:"approved_by"`
	Approved   time.Time  `json:"approved"`
	Expires    time.Time  `json:"expires"`
	Comment    string     `json:"comment"`
}

// New returns the document of an approval that is good for a time.
func New(s Subject, file string, by outcome.By, now time.Time, life time.Duration) Document {
	now = now.UTC().Truncate(time.Second)
	return Document{Schema: schema, Subject: s, FileSHA256: file, ApprovedBy: by, Approved: now, Expires: now.Add(life)}
}

// Text is the text to sign.
func (d Document) Text() ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}

// maxComment bounds a comment, in characters.
const maxComment = 200

// CheckComment returns why a text can't be the comment of an approval, nil where it can.
func CheckComment(text string) error {
	if utf8.RuneCountInString(text) > maxComment || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("a comment is one line of at most %d characters", maxComment)
	}
	return nil
}

// decode reads a document. Only the text that Text gives is one, so that no two readers of it
// can differ.
func decode(text []byte) (Document, error) {
	var d Document
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil || d.Schema != schema {
		return d, errors.New("it is no document that approves a plan")
	}
	if err := CheckComment(d.Comment); err != nil {
		return d, err
	}
	if own, err := d.Text(); err != nil || !bytes.Equal(own, text) {
		return d, errors.New("it is not written as aixmend writes it")
	}
	return d, nil
}
