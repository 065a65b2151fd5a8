package inventory

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"

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
func check[T any](b *builder, name string, v *strictyaml.Value[T], is func(T) error) {
	checkOr(b, "", name, v, is)
}

// checkOr checks a value that is given. One that is wrong is reported, with the
// hint, and then treated as not given.
func checkOr[T any](b *builder, hint, name string, v *strictyaml.Value[T], is func(T) error) {
	if !v.Set() {
		return
	}
	if err := is(v.V); err != nil {
		b.problems.Add(v.Pos, hint, "%s %s %v", name, quote(v.V), err)
		*v = strictyaml.Value[T]{}
	}
}

// layer checks settings. folder is where relative paths start.
func (b *builder) layer(folder string, s settings) layer {
	check(b, "ssh.user", &s.SSH.User, checkUser)
	check(b, "ssh.port", &s.SSH.Port, checkPort)
	b.become(&s.SSH)
	b.password("ssh.become_password", folder, &s.SSH.Password)
	b.password("ssh.password", folder, &s.SSH.Login)
	b.password("ssh.passphrase", folder, &s.SSH.Passphrase)
	check(b, "ssh.jump", &s.SSH.Jump, checkJump)
	check(b, "rmc_nic", &s.RMCNIC, checkNIC)
	b.path("ssh.identity", folder, &s.SSH.Identity)
	if s.SSH.Cert.V != none {
		b.path("ssh.certificate", folder, &s.SSH.Cert)
	}
	b.path("ssh.known_hosts", folder, &s.SSH.KnownHosts)
	return layer{ssh: s.SSH, nic: s.RMCNIC, waivers: b.waivers(s.Waive), accepts: b.acceptances(s.Accept)}
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
func (b *builder) path(name, folder string, v *text) {
	check(b, name, v, checkLine)
	check(b, name, v, func(path string) error {
		_, err := ExpandHome(path, b.home)
		return err
	})
	if !v.Set() {
		return
	}
	v.V, _ = ExpandHome(v.V, b.home)
	if !filepath.IsAbs(v.V) {
		v.V = filepath.Join(folder, v.V)
	}
}

// waivers checks the waivers of one place.
func (b *builder) waivers(docs []waiverDoc) []Waiver {
	var list []Waiver
	first := map[string]strictyaml.Pos{}
	for _, doc := range docs {
		check(b, "finding", &doc.Finding, func(id string) error {
			if !findingPattern.MatchString(id) {
				return errors.New("is not the id of a finding, such as clock-skew")
			}
			return nil
		})
		check(b, "reason", &doc.Reason, checkLine)
		w := Waiver{Finding: doc.Finding.V, Reason: doc.Reason.V, Pos: doc.Pos}
		check(b, "until", &doc.Until, func(date string) (err error) {
			w.Until, err = parseDate(date)
			return err
		})
		if !doc.Finding.Set() {
			continue
		}
		if b.options.KnownFindings != nil {
			if known := b.options.KnownFindings(); !slices.Contains(known, w.Finding) {
				b.problems.Add(doc.Finding.Pos, strictyaml.DidYouMean(w.Finding, known), "there is no finding %q", w.Finding)
			}
		}
		if other, found := first[w.Finding]; found {
			b.problems.Add(doc.Finding.Pos, "", "finding %q is already waived at %s", w.Finding, other)
			continue
		}
		first[w.Finding] = doc.Finding.Pos
		list = append(list, w)
	}
	return list
}

// resolve lays the layers over what is built in; later ones win. Waivers and
// acceptances add up, and for one finding or check the later one wins.
func (b *builder) resolve(layers []layer) Host {
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
	become.settle(b, &host.SSH)
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
