package ownership

import (
	"os"
	"path/filepath"
	"strings"
)

// Program returns a *Fault if anybody but this user and root can change the files of a
// command line: a program that is named by its path, and each argument that names a file
// or a folder (a script, an inventory), also behind "=". Relative paths start at folder, ""
// for the working folder. A program without a slash comes from the user's PATH, which is
// not checked; nor is a folder with the sticky bit.
func Program(argv []string, folder string) error {
	for i, word := range argv {
		if i == 0 {
			if !strings.ContainsRune(filepath.ToSlash(word), '/') {
				continue
			}
		} else if _, value, both := strings.Cut(word, "="); both && strings.HasPrefix(word, "-") {
			word = value
		}
		if word == "" {
			continue
		}
		path := word
		if folder != "" && !filepath.IsAbs(path) {
			path = folder + string(filepath.Separator) + path // ".." depends on links
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() && !info.IsDir() || info.IsDir() && info.Mode()&os.ModeSticky != 0 {
			continue // running it tells
		}
		if err := Check(path); err != nil {
			return err
		}
	}
	return nil
}
