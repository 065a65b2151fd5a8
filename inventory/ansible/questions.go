package ansible

import (
	"reflect"
	"slices"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// A question is one part of how a host is reached. Where our own variables answer it,
// nothing that Ansible's say of it is a fault.
type question int

const (
	aboutAddress question = iota
	aboutPort
	aboutLogin
	aboutKey
	aboutCertificate
	aboutAgent
	aboutTrust
	aboutAlias
	aboutWay
	aboutConfig
	aboutConnection
	aboutBecome
)

// answers are the settings of aixmend_ssh that answer a question, and the remedy that
// a fault about it names.
var answers = map[question]struct {
	by     []string
	remedy string
}{
	aboutAddress:     {nil, "aixmend_address: ADDRESS"},
	aboutPort:        {[]string{"ssh.port"}, "aixmend_ssh: {port: 22}"},
	aboutLogin:       {[]string{"ssh.user"}, "aixmend_ssh: {user: LOGIN}"},
	aboutKey:         {[]string{"ssh.identity"}, "aixmend_ssh: {identity: FILE}"},
	aboutCertificate: {[]string{"ssh.certificate"}, "aixmend_ssh: {certificate: FILE}"},
	aboutAgent:       {[]string{"ssh.agent"}, "aixmend_ssh: {agent: SOCKET}"},
	aboutTrust:       {[]string{"ssh.known_hosts"}, "aixmend_ssh: {known_hosts: FILE}"},
	aboutAlias:       {[]string{"ssh.host_key_alias"}, "aixmend_ssh: {host_key_alias: NAME}"},
	aboutWay:         {[]string{"ssh.jump", "ssh.config"}, "aixmend_ssh: {jump: HOST}, or {jump: none} for a direct way"},
	aboutConfig:      {[]string{"ssh.config"}, "aixmend_ssh: {config: FILE}, or {config: none}"},
	aboutConnection:  {nil, "aixmend_ssh: {}"},
	aboutBecome:      {[]string{"ssh.become"}, "aixmend_ssh: {become: sudo}, {become: none} or {become: {command: COMMAND}}"},
}

// remedy is the hint of a fault about q.
func (q question) remedy() string { return "say it for this program: " + answers[q].remedy }

// answered reports whether aixmend_ssh answers a question.
func (r *reading) answered(q question) bool {
	if q == aboutConnection {
		return r.said
	}
	fields := settings.FieldList(&r.ours)
	for _, name := range answers[q].by {
		if v := fields[name]; v != nil && settings.IsSet(v) {
			return true
		}
	}
	return false
}

// doubt makes a fault of something about q that is not read, unless our own variables
// answer it.
func (r *reading) doubt(q question, at strictyaml.Pos, format string, args ...any) {
	into := &r.faults
	switch {
	case q == aboutAddress: // of one host, whose settings others may share
		into = &r.where
	case r.answered(q):
		return
	}
	before := len(*into)
	into.Add(at, q.remedy(), format, args...)
	if slices.Contains((*into)[:before], (*into)[before]) { // a variable may be read twice
		*into = (*into)[:before]
	}
}

// only leaves those settings of Ansible's variables whose names are wanted.
func (r *reading) only(wanted func(name string) bool) {
	for name, v := range settings.Fields(&r.doc) {
		if !wanted(name) {
			reflect.ValueOf(v).Elem().SetZero()
		}
	}
}
