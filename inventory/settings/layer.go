package settings

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

// A Layer is the settings of one place, the defaults, a group or a host, with
// only those set that were given and are right.
type Layer struct {
	SSH     SSHDoc
	nic     Text
	waivers []inventory.Waiver
	accepts []inventory.Acceptance
}

// Check is checkOr without a hint.
func Check[T any](c *Checker, name string, v *strictyaml.Value[T], is func(T) error) {
	checkOr(c, "", name, v, is)
}

// checkOr checks a value that is given. One that is wrong is reported, with the
// hint, and then treated as not given.
func checkOr[T any](c *Checker, hint, name string, v *strictyaml.Value[T], is func(T) error) {
	if !v.Set() {
		return
	}
	if err := is(v.V); err != nil {
		c.Problems.Add(v.Pos, hint, "%s %s %v", name, Quote(v.V), err)
		*v = strictyaml.Value[T]{}
	}
}

// Layer checks settings. folder is where relative paths start.
func (c *Checker) Layer(folder string, s Doc) Layer {
	Check(c, "ssh.user", &s.SSH.User, CheckUser)
	Check(c, "ssh.port", &s.SSH.Port, CheckPort)
	c.become(&s.SSH)
	c.password("ssh.become_password", folder, &s.SSH.Password)
	c.password("ssh.password", folder, &s.SSH.Login)
	c.password("ssh.passphrase", folder, &s.SSH.Passphrase)
	Check(c, "ssh.jump", &s.SSH.Jump, CheckJump)
	Check(c, "rmc_nic", &s.RMCNIC, checkNIC)
	c.path("ssh.identity", folder, &s.SSH.Identity)
	if s.SSH.Cert.V != none {
		c.path("ssh.certificate", folder, &s.SSH.Cert)
	}
	c.path("ssh.known_hosts", folder, &s.SSH.KnownHosts)
	return Layer{SSH: s.SSH, nic: s.RMCNIC, waivers: c.waivers(s.Waive), accepts: c.acceptances(s.Accept)}
}

// none is a value that takes back what an outer place says.
const none = "none"

func checkNIC(nic string) error {
	if !nicPattern.MatchString(nic) {
		return errors.New("is not the name of an interface such as en1")
	}
	return nil
}

// path checks a path, expands ~ and makes it start at folder.
func (c *Checker) path(name, folder string, v *Text) {
	Check(c, name, v, checkLine)
	Check(c, name, v, func(path string) error {
		_, err := ExpandHome(path, c.Home)
		return err
	})
	if !v.Set() {
		return
	}
	v.V, _ = ExpandHome(v.V, c.Home)
	if !filepath.IsAbs(v.V) {
		v.V = filepath.Join(folder, v.V)
	}
}

// waivers checks the waivers of one place.
func (c *Checker) waivers(docs []waiverDoc) []inventory.Waiver {
	var list []inventory.Waiver
	first := map[string]strictyaml.Pos{}
	for _, doc := range docs {
		Check(c, "finding", &doc.Finding, func(id string) error {
			if !findingPattern.MatchString(id) {
				return errors.New("is not the id of a finding, such as clock-skew")
			}
			return nil
		})
		Check(c, "reason", &doc.Reason, checkLine)
		w := inventory.Waiver{Finding: doc.Finding.V, Reason: doc.Reason.V, Pos: doc.Pos}
		Check(c, "until", &doc.Until, func(date string) (err error) {
			w.Until, err = parseDate(date)
			return err
		})
		if !doc.Finding.Set() {
			continue
		}
		if c.KnownFindings != nil {
			if known := c.KnownFindings(); !slices.Contains(known, w.Finding) {
				c.Problems.Add(doc.Finding.Pos, strictyaml.DidYouMean(w.Finding, known), "there is no finding %q", w.Finding)
			}
		}
		if other, found := first[w.Finding]; found {
			c.Problems.Add(doc.Finding.Pos, "", "finding %q is already waived at %s", w.Finding, other)
			continue
		}
		first[w.Finding] = doc.Finding.Pos
		list = append(list, w)
	}
	return list
}

// Resolve lays the layers over what is built in; later ones win. Waivers and
// acceptances add up, and for one finding or check the later one wins.
func (c *Checker) Resolve(layers []Layer) inventory.Host {
	host := inventory.Host{SSH: inventory.SSH{Become: inventory.DefaultBecome}}
	waivers := map[string]inventory.Waiver{}
	var become rise
	for _, l := range layers {
		lay(&host.SSH.User, l.SSH.User)
		lay(&host.SSH.Port, l.SSH.Port)
		lay(&host.SSH.Identity, l.SSH.Identity)
		lay(&host.SSH.Certificate, l.SSH.Cert)
		laySource(&host.SSH.Passphrase, l.SSH.Passphrase)
		laySource(&host.SSH.Password, l.SSH.Login)
		lay(&host.SSH.LegacyAlgorithms, l.SSH.Legacy)
		lay(&host.SSH.KnownHosts, l.SSH.KnownHosts)
		become.lay(l.SSH)
		lay(&host.SSH.Jump, l.SSH.Jump)
		lay(&host.RMCNIC, l.nic)
		for _, w := range l.waivers {
			waivers[w.Finding] = w
		}
		host.Accepts = layAcceptances(host.Accepts, l.accepts)
	}
	become.settle(c, &host.SSH)
	for _, finding := range slices.Sorted(maps.Keys(waivers)) {
		host.Waivers = append(host.Waivers, waivers[finding])
	}
	return host
}

// lay replaces what is there by a value that is given.
func lay[T any](over *T, v strictyaml.Value[T]) {
	if v.Set() {
		*over = v.V
	}
}

// laySource replaces the key of a source by that of one that is given.
func laySource(over *string, d passwordDoc) {
	if d.set() {
		*over = d.key()
	}
}

// Program checks a program with arguments. One that is named by a path starts at
// folder.
func (c *Checker) Program(name, folder string, argv []Text) {
	if len(argv) == 0 {
		return
	}
	Check(c, name, &argv[0], checkLine)
	if !strings.ContainsAny(argv[0].V, `/\`) {
		return
	}
	c.path(name, folder, &argv[0])
	if argv[0].Set() && !filepath.IsAbs(argv[0].V) {
		argv[0].V = "." + string(filepath.Separator) + argv[0].V // not one of the search path
	}
}
