// Package examples holds files to start from: inventories, playbooks, a sweep,
// pipelines, systemd units and monitoring rules. Its tests check every file.
package examples
