// Package settings reads the settings of hosts in an inventory file: the document as
// written, the checks of single values, and layers of settings that are laid
// over one another or must agree.
//
// A *document* holds the values as the file gives them, with their positions. A
// *layer* holds the values of one place, the defaults, a group or a host, that were
// given and are right. A [Checker] makes layers of documents and gathers the
// problems, warnings and conflicts of all files.
package settings
