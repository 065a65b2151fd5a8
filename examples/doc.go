// Package examples holds files to start from: inventories, playbooks, a sweep,
// pipelines, units, rules for monitoring. Its tests load or judge each of them, so
// that none can rot.
package examples
