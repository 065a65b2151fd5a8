//go:build !windows

package journal

// dirsSync tells whether a folder can be synced here.
const dirsSync = true
