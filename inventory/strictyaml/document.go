package strictyaml

import "gopkg.in/yaml.v3"

// A Document is a file that was parsed, and is still to be decoded or read:
// once, by Decoder.DecodeDocument or by Loose.
type Document struct {
	file string
	root *yaml.Node
}

// Parse parses the only document of data. It is nil when there are problems.
func Parse(file string, data []byte) (*Document, Problems) {
	root, problems := parse(file, data)
	if root == nil {
		return nil, problems
	}
	return &Document{file: file, root: root}, nil
}

// Root is the document as it was parsed, to be looked at before it is read.
func (doc *Document) Root() Tree { return Tree{file: doc.file, n: doc.root} }

// Loose reads the document as a program does that takes all of YAML. The
// problems name the parts that can't be read at all and have been removed, the
// warnings those that were read in one of several ways.
func (doc *Document) Loose() (tree Tree, problems, warnings Problems) {
	l := &looser{file: doc.file, heights: map[*yaml.Node]int{}, tags: map[string]int{}}
	l.walk(doc.root, 1)
	return doc.Root(), l.problems, l.warned()
}
