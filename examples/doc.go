// Package examples holds files to start from: inventories, a playbook and a
// crontab. Its tests load each of them, so that none can rot.
package examples
