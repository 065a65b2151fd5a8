package aixsim

import (
	"encoding/json"
	"unicode/utf8"
)

// fileFields is a File without its methods.
type fileFields File

// fileJSON is how a file is written: content that is no text as base64, so
// that nothing of an uploaded image is lost.
type fileJSON struct {
	fileFields
	Content string `json:"content,omitempty"`
	Bytes   []byte `json:"bytes,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (f File) MarshalJSON() ([]byte, error) {
	out := fileJSON{fileFields: fileFields(f)}
	if utf8.ValidString(f.Content) {
		out.Content = f.Content
	} else {
		out.Bytes = []byte(f.Content)
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *File) UnmarshalJSON(b []byte) error {
	var in fileJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*f = File(in.fileFields)
	if f.Content = in.Content; in.Bytes != nil {
		f.Content = string(in.Bytes)
	}
	return nil
}
