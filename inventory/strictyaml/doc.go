// Package strictyaml decodes one YAML document strictly into Go structs and reports all
// its problems at once, each with file, line and column.
//
// It is YAML made small: maps with text keys, lists, and scalars. Anchors,
// aliases, merge keys, tags and several documents in a file are refused, so
// are duplicate and unknown keys, and scalars that one YAML reader takes for
// text and another one for a number or a truth value. The rest reads the
// same to a person and to every program.
//
// A *problem* is one thing that is wrong and where; *problems* is all of them.
// Decoding goes on after a problem, so that the caller can add its own (a port
// out of range, a name that is not known) to the same list: Value and Map keep
// the positions it needs for that.
//
// Files that were written for another program are read *loosely*, as a Tree:
// anchors are followed, merge keys merged, tags told, and JSON is read too. The
// parts of a Tree that are ours are decoded strictly.
package strictyaml
