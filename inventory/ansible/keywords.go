package ansible

import (
	"slices"
	"strings"
)

// An effect is how a setting among the arguments of ssh counts.
type effect int

const (
	// unread: it says where, as whom, on which way or with which trust, and is not
	// read: a fault. That it has one of its harmless values says nothing.
	unread effect = iota
	// taken: it says such a thing, and is read.
	taken
	// told: without it nothing is less strict and nobody else is reached; a warning.
	told
	// tunes: it has nothing to do with it.
	tunes
)

// keyword is a setting of ssh_config, or a letter of ssh that stands for none, in its
// relation to how a host is reached.
type keyword struct {
	effect
	about    question // of a fault
	harmless []string
	// faults reports whether a value, in lower case, makes the setting a fault; nil: none
	// does.
	faults func(value string) bool
	hint   string // of a warning
}

var (
	no   = []string{"no", "false", "none"}
	none = []string{"none"}
)

// keywords are all that ssh knows. One that is not here makes ssh refuse its arguments,
// or is newer than this list.
var keywords = func() map[string]keyword {
	const legacy = "for old SSH servers: aixmend_ssh: {legacy_algorithms: true}"
	table := map[string]keyword{
		"hostname":                         {effect: unread, about: aboutAddress, harmless: []string{"%h", "%n"}},
		"canonicalizehostname":             {effect: unread, about: aboutAddress, harmless: no},
		"canonicaldomains":                 {effect: unread, about: aboutAddress, harmless: none},
		"canonicalizemaxdots":              {effect: unread, about: aboutAddress},
		"canonicalizefallbacklocal":        {effect: unread, about: aboutAddress},
		"canonicalizepermittedcnames":      {effect: unread, about: aboutAddress, harmless: none},
		"-W":                               {effect: unread, about: aboutAddress},
		"port":                             {effect: taken, about: aboutPort},
		"user":                             {effect: taken, about: aboutLogin},
		"identityfile":                     {effect: taken, about: aboutKey},
		"identityfile2":                    {effect: taken, about: aboutKey},
		"certificatefile":                  {effect: taken, about: aboutCertificate},
		"identityagent":                    {effect: taken, about: aboutAgent},
		"pkcs11provider":                   {effect: unread, about: aboutKey, harmless: none},
		"smartcarddevice":                  {effect: unread, about: aboutKey, harmless: none},
		"proxyjump":                        {effect: taken, about: aboutWay},
		"proxycommand":                     {effect: taken, about: aboutWay},
		"proxyusefdpass":                   {effect: unread, about: aboutWay, harmless: no},
		"bindaddress":                      {effect: unread, about: aboutWay},
		"bindinterface":                    {effect: unread, about: aboutWay},
		"refuseconnection":                 {effect: unread, about: aboutWay},
		"-G":                               {effect: unread, about: aboutWay},
		"-V":                               {effect: unread, about: aboutWay},
		"-Q":                               {effect: unread, about: aboutWay},
		"-O":                               {effect: unread, about: aboutWay},
		"-1":                               {effect: unread, about: aboutWay},
		"-F":                               {effect: taken, about: aboutConfig},
		"tag":                              {effect: unread, about: aboutConfig},
		"host":                             {effect: unread, about: aboutConfig},
		"match":                            {effect: unread, about: aboutConfig},
		"include":                          {effect: unread, about: aboutConfig},
		"userknownhostsfile":               {effect: taken, about: aboutTrust},
		"globalknownhostsfile":             {effect: taken, about: aboutTrust},
		"hostkeyalias":                     {effect: taken, about: aboutAlias},
		"knownhostscommand":                {effect: unread, about: aboutTrust, harmless: none},
		"revokedhostkeys":                  {effect: unread, about: aboutTrust, harmless: none},
		"requiredrsasize":                  {effect: unread, about: aboutTrust, harmless: []string{"1024", "2048"}},
		"checkhostip":                      {effect: unread, about: aboutTrust, harmless: no},
		"hostkeyalgorithms":                {effect: told, about: aboutTrust, faults: onlyCertificates, hint: legacy},
		"verifyhostkeydns":                 {effect: told, harmless: no},
		"nohostauthenticationforlocalhost": {effect: told, harmless: no},
		"stricthostkeychecking":            {effect: told, harmless: []string{"yes", "true", "ask"}, hint: "store the keys in known_hosts"},
		"addressfamily":                    {effect: told, harmless: []string{"any"}},
		"pubkeyauthentication":             {effect: unread, about: aboutKey, harmless: []string{"yes", "true", "host-bound", "unbound"}},
		"preferredauthentications":         {effect: tunes, about: aboutKey, faults: triesNoKey},
		"hostbasedauthentication":          {effect: told, harmless: no},
		"remotecommand":                    {effect: told, harmless: none},
		"ignoreunknown":                    {effect: taken},
		"securitykeyprovider":              {effect: told},
	}
	for _, name := range []string{
		"kexalgorithms", "ciphers", "macs", "pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms",
		"casignaturealgorithms", "hostbasedacceptedalgorithms", "hostbasedkeytypes", "cipher",
	} {
		table[name] = keyword{effect: told, hint: legacy}
	}
	for _, name := range []string{
		"addkeystoagent", "batchmode", "challengeresponseauthentication", "channeltimeout", "clearallforwardings", "compression", "compressionlevel",
		"connectionattempts", "connecttimeout", "controlmaster", "controlpath", "controlpersist", "dsaauthentication", "dynamicforward",
		"enableescapecommandline", "enablesshkeysign", "escapechar", "exitonforwardfailure", "fingerprinthash", "forkafterauthentication",
		"forwardagent", "forwardx11", "forwardx11timeout", "forwardx11trusted", "gatewayports", "gssapiauthentication",
		"gssapiclientidentity", "gssapidelegatecredentials", "gssapikeyexchange", "gssapikexalgorithms", "gssapirenewalforcesrekey",
		"gssapiserveridentity", "gssapitrustdns", "hashknownhosts", "identitiesonly", "ipqos", "kbdinteractiveauthentication",
		"kbdinteractivedevices", "keepalive", "localcommand", "localforward", "logfile", "loglevel", "logverbose",
		"numberofpasswordprompts", "obscurekeystroketiming", "passwordauthentication", "permitlocalcommand", "permitremoteopen",
		"protocol", "rekeylimit", "remoteforward", "requesttty", "rhostsrsaauthentication",
		"rsaauthentication", "sendenv", "serveralivecountmax", "serveraliveinterval", "sessiontype", "setenv", "setupcommand", "stdinnull",
		"streamlocalbindmask", "streamlocalbindunlink", "syslogfacility", "tcpkeepalive", "tunnel", "tunneldevice", "updatehostkeys",
		"usekeychain", "useprivilegedport", "useroaming", "versionaddendum", "visualhostkey", "warnweakcrypto", "xauthlocation",
	} {
		table[name] = keyword{effect: tunes}
	}
	return table
}()

// harmlessValue reports whether a value says nothing of its setting.
func (k keyword) harmlessValue(value string) bool { return slices.Contains(k.harmless, value) }

// isFault reports whether a setting with a value is a fault. A value that can't be
// expanded is one where any value could be.
func (k keyword) isFault(value string, err error) bool {
	return k.effect == unread || k.faults != nil && (err != nil || k.faults(strings.ToLower(value)))
}

// triesNoKey reports whether ssh shows no key with these ways to authenticate.
func triesNoKey(list string) bool { return !slices.Contains(strings.Split(list, ","), "publickey") }

// onlyCertificates reports whether a list of algorithms leaves out each plain host key.
// It trusts fewer hosts than known_hosts does.
func onlyCertificates(list string) bool {
	return !strings.ContainsAny(list[:min(1, len(list))], "+-^") &&
		!slices.ContainsFunc(strings.Split(list, ","), func(name string) bool { return !strings.Contains(name, "-cert-") })
}

// isKnownHosts reports whether a setting names files of known host keys.
func isKnownHosts(keyword string) bool {
	return keyword == "userknownhostsfile" || keyword == "globalknownhostsfile"
}

// realFiles leaves out those that would leave no key to check against.
func realFiles(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), isNoFile)
}

func isNoFile(file string) bool { return file == "/dev/null" || file == "none" }
