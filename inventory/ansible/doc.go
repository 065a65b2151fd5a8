// Package ansible reads Ansible's YAML inventories and the output of --list as
// Ansible does: groups with variables, parents and hosts, group_vars and host_vars,
// with Ansible's precedence. It takes the variables that say how to reach a host.
//
// A setting that is written in a way that is not read makes a *fault* of its host:
// that host can't be selected, the others can.
package ansible
