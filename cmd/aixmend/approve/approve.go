// Package approve is the verb approve, by which a second person signs a saved plan, and the
// check of recover that a plan is approved.
package approve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/approval/signed"
	"aixmend/controller/report"
	"aixmend/transport/plain"
	"aixmend/transport/shell"
)

// verb is a call of approve.
type verb struct {
	*console.Console
	Signers
	home    string
	key     string
	comment string
	life    time.Duration
	yes     bool
	// unsigned: the document alone is written, for ssh-keygen to sign.
	unsigned bool
	verbose  int
}

// Command is the verb approve. home is the user's home folder, "" for none.
func Command(c *console.Console, home string) *cobra.Command {
	v := verb{Console: c, home: home}
	cmd := &cobra.Command{
		Use: "approve PLAN", Short: "Approve a saved plan as a second person: show it, ask, and sign it", Args: cobra.ExactArgs(1),
		Long: `Shows a plan that plan --out has saved, asks, and writes an approval beside it:
PLAN.approval, a text that names the plan, and PLAN.approval.sig, its signature by an
SSH key. recover --plan PLAN --require-approval applies a plan that an allowed signer
has approved who is not the person that made it. An approval expires.

--key names a private key, or a public key whose private half the agent holds: that is
the way for security keys (sk). Without it the key is that of ~/.ssh, or the only one
of the agent. ssh-keygen -Y sign -n aixmend-plan makes the same signature, and
ssh-keygen -Y verify checks it.

A file of allowed signers has a line for each: the names of the person, the login among
them, and the public key.

  ana,ana@example.com namespaces="aixmend-plan" ssh-ed25519 AAAA...`,
		RunE: func(cmd *cobra.Command, args []string) error { return v.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	fs.StringVar(&v.key, "key", "", "sign with the private key in `FILE`, or with that of the agent whose public key it is (default the user's own)")
	fs.StringVar(&v.comment, "comment", "", "remark to sign with the plan, `TEXT` on one line")
	fs.DurationVar(&v.life, "expires", 24*time.Hour, "how long the approval is good, at most 720h")
	fs.BoolVar(&v.yes, "yes", false, "do not ask; needed where there is no terminal")
	fs.BoolVar(&v.unsigned, "unsigned", false, "write PLAN.approval alone, and print the command of ssh-keygen that signs it with --key")
	v.Signers.Flags(fs)
	fs.CountVarP(&v.verbose, "verbose", "v", "print every command with its undo before the question")
	return cmd
}

// check checks the flags.
func (v *verb) check(file string) error {
	if err := signed.CheckComment(v.comment); err != nil {
		return exit.Usagef("", "--comment: %w", err)
	}
	if v.life < time.Minute || v.life > signed.MaxLife {
		return exit.Usagef("", "--expires %s: from 1m to %s", v.life, short(signed.MaxLife))
	}
	if v.unsigned && v.key == "" {
		return exit.Usagef("name the key that ssh-keygen is to sign with", "--unsigned needs --key")
	}
	if !v.yes && !v.CanAsk() {
		return exit.Usagef(shell.Line("aixmend", "plan", "show", file)+" prints the commands; --yes asks nothing", "approve asks before it signs, and there is no terminal to ask on")
	}
	return nil
}

func (v *verb) run(ctx context.Context, file string) error {
	if err := v.check(file); err != nil {
		return err
	}
	p, sum, err := planfile.LoadToApprove(file)
	if err != nil {
		return err
	}
	document, err := v.document(p, sum)
	if err != nil {
		return err
	}
	k := key{name: v.key}
	if !v.unsigned {
		if k, err = v.find(ctx); err != nil {
			return err
		}
		if k.principal, err = v.accepted(document, k.public); err != nil {
			return err
		}
	}
	into, err := vacant(file, k.public)
	if err != nil {
		return exit.Usagef("", "approvals of %s: %w", file, err)
	}
	if err := v.consent(p, file, k); err != nil {
		return err
	}
	if document, err = v.document(p, sum); err != nil { // its time is that of the yes
		return err
	}
	if err := v.write(document, k, into); err != nil {
		return err
	}
	if v.unsigned {
		return v.Print("written, not signed: %s\n%s signs it\n", into, shell.Line("ssh-keygen", "-Y", "sign", "-n", signed.Namespace, "-f", v.key, into))
	}
	apply := "with --require-approval"
	if signers := v.words(); len(signers) > 0 { // else the command would be refused
		apply = shell.Line(append([]string{"aixmend", "recover", "--plan", file, "--require-approval"}, signers...)...)
	}
	return v.Print("approved until %s: %s and %s\nboth files belong beside the plan where it is applied: %s\n",
		document.Expires.Format(time.RFC3339), into, into+signature, apply)
}

// document returns the document of the approval, as of now.
func (v *verb) document(p *planfile.Plan, sum string) (signed.Document, error) {
	subject, err := p.Subject()
	d := signed.New(subject, sum, v.By(), time.Now(), v.life)
	d.Comment = v.comment
	return d, err
}

// accepted checks before the question that recover would take the approval, as far as it is known
// who may approve, and returns who that is.
func (v *verb) accepted(d signed.Document, key ssh.PublicKey) (principal string, err error) {
	c, err := v.checks(time.Now())
	if err != nil {
		return "", err
	}
	if c.Signers == nil {
		if by := v.By(); by.Login() != "" && by.Login() == d.AskedBy.Login() {
			v.Say("warning: %s made the plan: recover --require-approval takes the approval of another person alone", by.Login())
		}
		return "", nil
	}
	a := signed.Approval{Document: d, Key: key}
	by, err := a.Check(d.Subject, c)
	var r *signed.Refused
	if errors.As(err, &r) {
		err = exit.Usagef(r.Remedy, "recover would not take this approval: %w", err)
	}
	return by.Principal, err
}

// consent shows the plan and asks.
func (v *verb) consent(p *planfile.Plan, file string, k key) error {
	view := planfile.View{TextOptions: v.ErrTextOptions(), Whole: v.verbose > 0, Each: len(p.Hosts) == 1}
	var err error
	if view.Notes, err = v.Notes(p, file, time.Now()); err != nil {
		return err
	}
	if v.yes {
		fmt.Fprint(v.Err, p.Describe(file, time.Now(), view))
		return nil
	}
	fmt.Fprint(v.Err, p.Text(file, time.Now(), view)+"\n")
	more := ""
	if !view.Whole {
		more = "-v prints every command. "
	}
	as := ""
	if k.principal != "" {
		as = " as " + k.principal
	}
	ok, err := v.Confirm("%s", report.Cleanf("approve signs plan %s of %s, made by %s: %s, %d would change.\n%sThe approval is good for %s; %s signs it%s.",
		filepath.Base(file), p.Created.Format(time.RFC3339), p.By.String(), report.Hosts(len(p.Hosts)), len(p.Changed()), more, short(v.life), k.name, as))
	if err == nil && !ok {
		return errNotSigned
	}
	return err
}

// short is a duration without the units that are 0 at its end.
func short(d time.Duration) string {
	text := d.String()
	for _, units := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, units) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// errNotSigned: a person was asked, and did not say yes.
var errNotSigned = fmt.Errorf("%w, and nothing was signed", exit.ErrNotConfirmed)

// write signs the document, checks the signature and writes both.
func (v *verb) write(d signed.Document, k key, into string) error {
	text, err := d.Text()
	if err != nil {
		return err
	}
	var sig []byte
	if k.signer != nil {
		if sig, err = v.signature(text, k); err != nil {
			return err
		}
		if _, err := signed.Read(text, sig); err != nil { // an agent may give anything
			return exit.Usagef("ssh-add -l lists the keys of the agent", "%s gave a signature that is not good: %w", k.name, err)
		}
	}
	if err := write(into, text, sig); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return exit.Usagef("copy the plan into a folder of your own, and approve it there", "%s can't be written: %w", into, plain.Error(err))
		}
		return err
	}
	return nil
}
