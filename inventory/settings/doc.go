// Package settings reads the host settings of inventory files: it checks each value and
// merges the layers (defaults, groups, host).
//
// A *document* holds the values as the file gives them, with their positions. A
// *layer* holds the values of one place, the defaults, a group or a host, that were
// given and are right. A [Checker] makes layers of documents and gathers the
// problems, warnings and conflicts of all files.
package settings
