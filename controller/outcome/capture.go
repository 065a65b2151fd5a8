package outcome

import "time"

// Purposes of a capture.
const (
	PurposeCapture  = "capture"   // taken by the capture verb
	PurposePreImage = "pre-image" // taken by recover before its first change
)

// Capture is capture.json: what was kept of a host, and when.
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
	// Unique are the values that the host went by of what its playbook wants to be
	// unique over a fleet, by name.
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
	// Absent tells that the host has no such file.
	Absent bool   `json:"absent,omitempty"`
	Error  string `json:"error,omitempty"`
	// Truncated counts the bytes that were not kept.
	Truncated int64 `json:"truncated,omitempty"`
	// PreImage marks what recovery may touch.
	PreImage bool `json:"pre_image,omitempty"`
}

// CapturedID is a value that must be unique, as a host went by it when a capture was
// taken.
type CapturedID struct {
	Host    string
	Name    string // of what must be unique, as the playbook calls it
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
