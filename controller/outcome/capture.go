package outcome

import "time"

// Purposes of a capture.
const (
	PurposeCapture  = "capture"   // taken by the capture verb
	PurposePreImage = "pre-image" // taken by recover before its first change
)

// Capture is capture.json: the state of a host at one time.
type Capture struct {
	Schema   string    `json:"schema"`
	ID       string    `json:"id"`
	Host     string    `json:"host"`
	Address  string    `json:"address"`
	RunID    string    `json:"run_id"`
	Purpose  string    `json:"purpose"`
	Label    string    `json:"label"`
	Created  time.Time `json:"created"`
	Playbook Playbook  `json:"playbook"`
	// Unique are the host's values that must be unique over the fleet, by their name in the
	// playbook.
	Unique   map[string]string `json:"unique,omitempty"`
	Facts    map[string]any    `json:"facts"`
	Findings []Finding         `json:"findings"`
	// Items lists every probe and file that was asked for, in order.
	Items []CaptureItem `json:"items"`
}

// CaptureItem is one probe or file of a capture.
type CaptureItem struct {
	ID string `json:"id"`
	// Path is the file on the host; empty for a probe.
	Path string `json:"path,omitempty"`
	// Stored is the path below the capture's folder; empty when absent.
	Stored     string `json:"stored,omitempty"`
	Command    string `json:"command"`
	ExitStatus int    `json:"exit_status"`
	// Absent says that the host has no such file.
	Absent bool   `json:"absent,omitempty"`
	Error  string `json:"error,omitempty"`
	// Truncated counts the bytes that were not kept.
	Truncated int64 `json:"truncated,omitempty"`
	// PreImage marks an item that recovery may change.
	PreImage bool `json:"pre_image,omitempty"`
}

// CapturedID is a unique value of a host at the time of a capture.
type CapturedID struct {
	Host    string
	Name    string // of the kind of value, in the playbook
	Value   string
	Created time.Time
	// Identity is the fact of this name as JSON, "" when the capture has none.
	Identity string
}

// CaptureFile is one file to be stored in a capture's folder.
type CaptureFile struct {
	// Name is its path below the folder, with slashes.
	Name string
	Data []byte
}
