package aixsim

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// imageMagic begins every image file. Real images are backup files; these are
// of the simulator's own making.
const imageMagic = "AIXSIM-IMAGE "

// image is one fileset that installp finds in a folder.
type image struct {
	Fileset
	file string // its name there
}

// ImageFile is an image as a file: a line that describes it, and the
// payload. In a folder of a host, by upload or in State.Files, `installp -d`
// finds it there under any name. A truncated or altered image is damaged, and
// so is the file of a fileset that is Damaged.
func ImageFile(f Fileset, payload []byte) []byte {
	sum := imageSum(f.Name, f.Level, imageRest(f), payload)
	if f.Damaged {
		sum = strings.Repeat("0", len(sum))
	}
	head := fmt.Sprintf("%sfileset=%s level=%s sha256=%s %s\n", imageMagic, f.Name, f.Level, sum, imageRest(f))
	return append([]byte(head), payload...)
}

// ImageName is how bffcreate calls an image: rsct.core.rmc.3.2.6.2.U, with U
// for an update and I for a fileset that can be installed anew.
func ImageName(f Fileset) string {
	return f.Name + "." + f.Level + "." + map[string]string{"S": "U", "I": "I"}[imageType(f)]
}

// imageType is S for an update and I for a base level: updated filesets are of
// type F, those at their base level of none (aix-facts 3).
func imageType(f Fileset) string {
	if f.Type == "F" {
		return "S"
	}
	return "I"
}

// imageRest are the words of the first line that most images do without.
func imageRest(f Fileset) string {
	return fmt.Sprintf("type=%s requires=%q size_kb=%d lacks=%q description=%q", imageType(f), f.Requires, f.SizeKB, f.Lacks, f.Description)
}

// imageSum is over the payload and the first line.
func imageSum(name, level, rest string, payload []byte) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s %s\n", name, level, rest) // a hash takes everything
	h.Write(payload)
	return hex.EncodeToString(h.Sum(nil))
}

// readImage reads an image file; ok is false for any other file. A damaged one
// may not even tell its name.
func readImage(name string, data []byte) (x image, ok bool) {
	x.file = name
	rest, ok := bytes.CutPrefix(data, []byte(imageMagic))
	if !ok {
		x.Damaged = true
		ext := path.Ext(name)
		return x, ext == ".U" || ext == ".I" || ext == ".bff"
	}
	line, payload, whole := bytes.Cut(rest, []byte("\n"))
	head := strings.SplitN(string(line), " ", 4) // fileset, level, sum and the rest
	if len(head) < 4 {
		x.Damaged = true
		return x, true
	}
	words := imageWords(string(line))
	size, _ := strconv.ParseInt(words["size_kb"], 10, 64)
	x.Fileset = Fileset{Name: words["fileset"], Level: words["level"], State: "C", Type: " ", Description: words["description"],
		Requires: words["requires"], SizeKB: size, Lacks: words["lacks"]}
	if words["type"] == "S" {
		x.Type = "F"
	}
	sum, known := strings.CutPrefix(head[2], "sha256=")
	x.Damaged = !whole || !known || head[0] != "fileset="+x.Name || head[1] != "level="+x.Level || sum != imageSum(x.Name, x.Level, head[3], payload)
	return x, true
}

// imageWords reads key=value pairs; a value may be quoted.
func imageWords(line string) map[string]string {
	words := map[string]string{}
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		key, rest, ok := strings.Cut(line, "=")
		if !ok {
			break
		}
		value, err := strconv.QuotedPrefix(rest)
		if err == nil {
			line = rest[len(value):]
			value, _ = strconv.Unquote(value)
		} else {
			value, line, _ = strings.Cut(rest, " ")
		}
		words[key] = value
	}
	return words
}

// images lists the filesets that installp finds in a folder, or in one image file, by
// name and rising level: the state's, those of an NFS server that is mounted there, and files. found is
// false when there is no such place.
func (e *Env) images(place string) (list []image, found bool) {
	add := func(filesets []Fileset, ok bool) {
		found = found || ok
		for _, f := range filesets {
			list = append(list, image{Fileset: f, file: ImageName(f)})
		}
	}
	filesets, ok := e.State.Images[place]
	add(filesets, ok)
	if m := e.State.mounted(place); m != nil {
		filesets, ok = e.State.Exports[m.remote(place)]
		add(filesets, ok || place == m.Point)
	} else if info, err := e.Files.Stat(place); err == nil {
		found = true
		list = append(list, e.imageFiles(place, info.IsDir())...)
	}
	slices.SortStableFunc(list, func(a, b image) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), compareLevels(a.Level, b.Level))
	})
	return list, found
}

// imageFiles reads the images in a folder, or one that is a file.
func (e *Env) imageFiles(place string, dir bool) []image {
	names := []string{place}
	if dir {
		names = nil
		infos, _ := e.Files.ReadDir(place)
		for _, info := range infos {
			if info.Mode().IsRegular() {
				names = append(names, path.Join(place, info.Name()))
			}
		}
	}
	var list []image
	for _, name := range names {
		if data, err := e.Files.ReadFile(name); err == nil {
			if x, ok := readImage(path.Base(name), data); ok {
				list = append(list, x)
			}
		}
	}
	return list
}
