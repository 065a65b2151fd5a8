package planfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/approval"
	"aixmend/controller/approval/signed"
	"aixmend/controller/journal"
	"aixmend/controller/report"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// Identify returns the id of the plan: a hash of the values of everything else in it. It
// doesn't depend on how a JSON tool writes them.
func (p Plan) Identify() (string, error) {
	values, err := p.values()
	if err != nil {
		return "", err
	}
	return identify(values)
}

// identify is Identify of the values of a plan.
func identify(values any) (string, error) {
	sum, err := hash(values)
	if err != nil {
		return "", err
	}
	return sum[:len(sum)/2], nil
}

// Subject names the plan for an approval. Its hash is that of the values of the plan, whose
// first half is the id.
func (p Plan) Subject() (signed.Subject, error) {
	values, err := p.values()
	if err != nil {
		return signed.Subject{}, err
	}
	sum, err := hash(values)
	return signed.Subject{PlanID: p.ID, SHA256: sum, RunID: p.RunID, Created: p.Created, AskedBy: p.By}, err
}

// hash is the hash of the values of a plan, but of its id.
func hash(values any) (string, error) {
	top, _ := values.(map[string]any)
	top = maps.Clone(top)
	top["plan_id"] = ""
	text, err := json.Marshal(top)
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// values are the values of the document that aixmend writes of the plan.
func (p Plan) values() (any, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return approval.Values(text)
}

// maxSize bounds a plan file, in bytes.
const maxSize = 1 << 30

// again is the hint for a file that can't be applied.
const again = "make a new plan: aixmend plan --out plan.json"

// Load reads a plan file. One that does not hold the values that aixmend wrote, or that
// anybody but this user and root can change, is a mistake of the caller.
func Load(file string) (*Plan, error) {
	if err := ownership.Check(file); err != nil {
		return nil, exit.Usagef("", "plan: %w", err)
	}
	return LoadToPrint(file)
}

// LoadToPrint is Load of a plan that is only printed: it reads a file of others, too.
func LoadToPrint(file string) (*Plan, error) {
	p, _, err := LoadToApprove(file)
	return p, err
}

// LoadToApprove is LoadToPrint of a plan that is signed then, with the SHA-256 of the file.
func LoadToApprove(file string) (p *Plan, sum string, err error) {
	text, err := read(file)
	if err != nil {
		return nil, "", exit.Usagef("aixmend plan --out plan.json writes one", "plan %s: %w", file, err)
	}
	p, err = decode(bytes.TrimPrefix(text, []byte(byteOrder))) // some JSON tools write a BOM
	switch {
	case errors.Is(err, errNoPlan):
		return nil, "", exit.Usagef("aixmend plan --out plan.json writes one", "plan %s: %w", file, err)
	case err != nil:
		return nil, "", exit.Usagef(again, "plan %s: %w", file, err)
	}
	hash := sha256.Sum256(text)
	return p, hex.EncodeToString(hash[:]), nil
}

// byteOrder is a BOM in UTF-8.
const byteOrder = "\ufeff"

// errNoPlan is the error of a file that holds something else.
var errNoPlan = errors.New("it is not a plan file")

// CheckOut checks before a run that its plan may be written to a file: one that is there
// must be an earlier plan or empty, since Save replaces it: it says which, "" for none. A pipe
// or a device is written to in place.
func CheckOut(file string) (replaced string, err error) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return "", nil // other checks find out whether it can be written
	}
	text, err := read(file)
	if err == nil {
		var values any
		values, err = approval.Values(bytes.TrimPrefix(text, []byte(byteOrder)))
		top, _ := values.(map[string]any)
		if found, _ := top["schema"].(string); err == nil && strings.HasPrefix(found, schemas) {
			return earlier(top), nil
		}
	}
	return "", exit.Usagef("name another file, or move this one away", "--out %s: the file exists and is no plan", file)
}

// earlier names a plan of any version by the values in it.
func earlier(values map[string]any) string {
	text := "the plan"
	created, _ := values["created"].(string)
	if at, err := time.Parse(time.RFC3339, created); err == nil {
		text += " of " + report.Stamp(at)
	}
	if hosts, ok := values["hosts"].([]any); ok {
		text += " for " + report.Hosts(len(hosts))
	}
	return text
}

// read reads a regular file of at most maxSize.
func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // a pipe would hang
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxSize:
		return nil, errors.New("it is too large to be a plan")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, errors.New("it is UTF-16: write it as UTF-8")
	}
	return text, nil
}

// decode reads a plan strictly: its values are those that aixmend writes, each name once
// and in its own case. Layout, order, escapes and the notation of numbers don't matter.
func decode(text []byte) (*Plan, error) {
	values, err := approval.Values(text)
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return nil, errors.New("it is empty")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("it breaks off in the middle%w", plain.Silent(err))
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNoPlan, plain.Error(err))
	}
	top, _ := values.(map[string]any)
	if found, _ := top["schema"].(string); found != schema {
		return nil, fmt.Errorf("%w: its schema is %q, expected %s", errNoPlan, found, schema)
	}
	var p Plan
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		if bytes.Contains(text, []byte(`"mends":`)) { // a key of journal format 2
			return nil, fmt.Errorf("an older version made it: %w", plain.JSON(text, err))
		}
		return nil, plain.JSON(text, err)
	}
	if wrong := p.wrong(); wrong != "" {
		return nil, errors.New(wrong)
	}
	written, err := p.values()
	if err != nil {
		return nil, err
	}
	if place, how, differ := approval.Differs(values, written); differ {
		return nil, fmt.Errorf("%s: %s: another version made it, or it was changed", place, how)
	}
	id, err := identify(values)
	if err == nil && id != p.ID {
		err = errors.New("it was changed after aixmend wrote it: plan_id does not match (-l applies a part of a plan)")
	}
	return &p, err
}

// wrong says why a plan can't be one that aixmend wrote, "" where it can.
func (p *Plan) wrong() string {
	switch {
	case !journal.IsRunID(p.RunID):
		return fmt.Sprintf("%q is not a run id", p.RunID)
	case len(p.Hosts) == 0:
		return "it has no hosts"
	case p.ID == "":
		return "it has no plan_id: an older version made it"
	}
	for _, flag := range append(append([]string{p.Named}, p.Set...), p.Allow...) {
		if flag == "" || strings.ContainsFunc(flag, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return fmt.Sprintf("%q can't be the value of a flag", flag)
		}
	}
	names := map[string]bool{}
	for _, h := range p.Hosts {
		if names[h.Name] {
			return fmt.Sprintf("host %q is there twice", h.Name)
		}
		names[h.Name] = true
	}
	if p.Set == nil || p.Allow == nil || slices.ContainsFunc(p.Hosts, func(h Host) bool { return h.Name == "" }) {
		return "set, allow or the name of a host is missing"
	}
	return ""
}
