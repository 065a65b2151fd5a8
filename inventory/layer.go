package inventory

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
)

// A layer is the settings of one place, the defaults, a group or a host, with
// only those set that were given and are right.
type layer struct {
	ssh     sshDoc
	nic     text
	waivers []Waiver
	accepts []Acceptance
}

// check is checkOr without a hint.
func check[T any](c *checker, name string, v *strictyaml.Value[T], is func(T) error) {
	checkOr(c, "", name, v, is)
}

// checkOr checks a value that is given. One that is wrong is reported, with the
// hint, and then treated as not given.
func checkOr[T any](c *checker, hint, name string, v *strictyaml.Value[T], is func(T) error) {
	if !v.Set() {
		return
	}
	if err := is(v.V); err != nil {
		c.problems.Add(v.Pos, hint, "%s %s %v", name, quote(v.V), err)
		*v = strictyaml.Value[T]{}
	}
}

// layer checks settings. folder is where relative paths start.
func (c *checker) layer(folder string, s settings) layer {
	check(c, "ssh.user", &s.SSH.User, checkUser)
	check(c, "ssh.port", &s.SSH.Port, checkPort)
	c.become(&s.SSH)
	c.password("ssh.become_password", folder, &s.SSH.Password)
	c.password("ssh.password", folder, &s.SSH.Login)
	c.password("ssh.passphrase", folder, &s.SSH.Passphrase)
	check(c, "ssh.jump", &s.SSH.Jump, checkJump)
	check(c, "rmc_nic", &s.RMCNIC, checkNIC)
	c.path("ssh.identity", folder, &s.SSH.Identity)
	if s.SSH.Cert.V != none {
		c.path("ssh.certificate", folder, &s.SSH.Cert)
	}
	c.path("ssh.known_hosts", folder, &s.SSH.KnownHosts)
	return layer{ssh: s.SSH, nic: s.RMCNIC, waivers: c.waivers(s.Waive), accepts: c.acceptances(s.Accept)}
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
func (c *checker) path(name, folder string, v *text) {
	check(c, name, v, checkLine)
	check(c, name, v, func(path string) error {
		_, err := ExpandHome(path, c.home)
		return err
	})
	if !v.Set() {
		return
	}
	v.V, _ = ExpandHome(v.V, c.home)
	if !filepath.IsAbs(v.V) {
		v.V = filepath.Join(folder, v.V)
	}
}

// waivers checks the waivers of one place.
func (c *checker) waivers(docs []waiverDoc) []Waiver {
	var list []Waiver
	first := map[string]strictyaml.Pos{}
	for _, doc := range docs {
		check(c, "finding", &doc.Finding, func(id string) error {
			if !findingPattern.MatchString(id) {
				return errors.New("is not the id of a finding, such as clock-skew")
			}
			return nil
		})
		check(c, "reason", &doc.Reason, checkLine)
		w := Waiver{Finding: doc.Finding.V, Reason: doc.Reason.V, Pos: doc.Pos}
		check(c, "until", &doc.Until, func(date string) (err error) {
			w.Until, err = parseDate(date)
			return err
		})
		if !doc.Finding.Set() {
			continue
		}
		if c.knownFindings != nil {
			if known := c.knownFindings(); !slices.Contains(known, w.Finding) {
				c.problems.Add(doc.Finding.Pos, strictyaml.DidYouMean(w.Finding, known), "there is no finding %q", w.Finding)
			}
		}
		if other, found := first[w.Finding]; found {
			c.problems.Add(doc.Finding.Pos, "", "finding %q is already waived at %s", w.Finding, other)
			continue
		}
		first[w.Finding] = doc.Finding.Pos
		list = append(list, w)
	}
	return list
}

// resolve lays the layers over what is built in; later ones win. Waivers and
// acceptances add up, and for one finding or check the later one wins.
func (c *checker) resolve(layers []layer) Host {
	host := Host{SSH: SSH{Become: DefaultBecome}}
	waivers := map[string]Waiver{}
	var become rise
	for _, l := range layers {
		lay(&host.SSH.User, l.ssh.User)
		lay(&host.SSH.Port, l.ssh.Port)
		lay(&host.SSH.Identity, l.ssh.Identity)
		lay(&host.SSH.Certificate, l.ssh.Cert)
		laySource(&host.SSH.Passphrase, l.ssh.Passphrase)
		laySource(&host.SSH.Password, l.ssh.Login)
		lay(&host.SSH.LegacyAlgorithms, l.ssh.Legacy)
		lay(&host.SSH.KnownHosts, l.ssh.KnownHosts)
		become.lay(l.ssh)
		lay(&host.SSH.Jump, l.ssh.Jump)
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

// program checks a program with arguments. One that is named by a path starts at
// folder.
func (c *checker) program(name, folder string, argv []text) {
	if len(argv) == 0 {
		return
	}
	check(c, name, &argv[0], checkLine)
	if !strings.ContainsAny(argv[0].V, `/\`) {
		return
	}
	c.path(name, folder, &argv[0])
	if argv[0].Set() && !filepath.IsAbs(argv[0].V) {
		argv[0].V = "." + string(filepath.Separator) + argv[0].V // not one of the search path
	}
}
