// Package load builds an inventory from files, folders and the output of programs. It
// tells the formats apart, puts the files together, and reports every problem of all
// of them at once.
package load
