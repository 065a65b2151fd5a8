package approve

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/controller/approval/signed"
	"aixmend/controller/journal/durable"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

const (
	// suffix ends the name of an approval, behind that of its plan; signature that of its
	// signature, as ssh-keygen -Y sign names it.
	suffix    = ".approval"
	signature = ".sig"
	// most bounds the approvals of a plan.
	most = 32
	// maxBytes bounds an approval, and its signature.
	maxBytes = 1 << 20
)

// beside returns the approvals in the folder of a plan: PLAN.approval and PLAN.*.approval, by
// name. A signature without a document counts, too.
func beside(plan string) ([]string, error) {
	folder, base := filepath.Split(plan)
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return nil, plain.Error(err)
	}
	var files []string
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), signature)
		rest, own := strings.CutPrefix(name, base)
		if own && (rest == suffix || strings.HasPrefix(rest, ".") && strings.HasSuffix(rest, suffix)) && !slices.Contains(files, folder+name) {
			files = append(files, folder+name)
		}
	}
	if len(files) > most {
		return nil, errors.New("there are " + strconv.Itoa(len(files)) + " approvals beside it, and at most " + strconv.Itoa(most) + " are read: move those of other plans away")
	}
	slices.Sort(files)
	return files, nil
}

// read reads an approval and its signature, also where others can change the files: the signature
// is checked.
func read(file string) (*signed.Approval, error) {
	text, err := small(file)
	if err != nil {
		return nil, err
	}
	sig, err := small(file + signature)
	if err != nil {
		return nil, err
	}
	return signed.Read(text, sig)
}

// small reads a file of an approval. A link is refused: its target is no copy that was sent.
func small(file string) ([]byte, error) {
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &signed.Refused{Why: filepath.Base(file) + " is not there", Remedy: "an approval is two files, FILE.approval and FILE.approval.sig: get both from the approver"}
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, &signed.Refused{Why: filepath.Base(file) + " is a link", Remedy: "put a copy in its place"}
	}
	if err != nil {
		return nil, plain.Error(err)
	}
	return ownership.ReadFile(file, maxBytes)
}

// trusted is read of an approval that is obeyed: nobody but this user and root can change its
// files.
func trusted(file string) (*signed.Approval, error) {
	for _, path := range []string{file, file + signature} {
		if err := ownership.Check(path); err != nil {
			return nil, err
		}
	}
	return read(file)
}

// vacant returns the name for an approval with a key: the one with which that key approved the
// plan before, else the first that is free. key is nil where it is not known.
func vacant(plan string, key ssh.PublicKey) (string, error) {
	files, err := beside(plan)
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if a, err := read(file); err == nil && key != nil && string(a.Key.Marshal()) == string(key.Marshal()) {
			return file, nil
		}
	}
	for n := 1; ; n++ {
		file := plan + suffix
		if n > 1 {
			file = plan + "." + strconv.Itoa(n) + suffix
		}
		if !slices.Contains(files, file) {
			return file, nil
		}
	}
}

// write writes an approval and its signature, which is nil where ssh-keygen makes it.
func write(file string, text, sig []byte) error {
	if err := durable.WriteReport(file, false, durable.Bytes(text)); err != nil || sig == nil {
		return err
	}
	return durable.WriteReport(file+signature, false, durable.Bytes(sig))
}
