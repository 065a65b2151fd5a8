package ownership

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Open opens a file for reading without waiting: a pipe that nobody writes to is at its
// end. The information is that of the open file, behind all links.
func Open(path string) (*os.File, fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// ReadFile reads a regular file of at most limit bytes. A pipe, a device and a longer
// file are errors: who can write a folder can plant one that never ends.
func ReadFile(path string, limit int64) ([]byte, error) {
	file, info, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	switch {
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder, not a file", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is a pipe or a device, not a file", path)
	case info.Size() > limit:
		return nil, tooLong(path, limit)
	}
	text := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	_, err = text.ReadFrom(io.LimitReader(file, limit+1))
	if err == nil && int64(text.Len()) > limit { // it has grown
		err = tooLong(path, limit)
	}
	return text.Bytes(), err
}

func tooLong(path string, limit int64) error {
	return fmt.Errorf("%s is longer than %d MiB", path, limit>>20)
}
