package report

import (
	"fmt"
	"strings"

	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
)

// CloudName is the label of the health of a VM in reports.
const CloudName = "Power Virtual Server"

// The words of CloudWord, the worst first.
const (
	cloudWarning = "WARNING"
	cloudPending = "pending"
	cloudOff     = "off"
	cloudUnknown = "unknown"
	cloudOK      = "OK"
)

// relations words the classes of a health that is known.
var relations = map[cloud.Class]string{
	cloud.BothGood:  "as in the guest",
	cloud.BothBad:   "as in the guest",
	cloud.CloudLags: "the guest is connected: the cloud lags",
	cloud.GuestBad:  "the guest is not connected, and counts",
	cloud.Pending:   "changed within 30 minutes: the cloud follows after 20 minutes or more",
	cloud.NoGuest:   "there is no verdict in the guest to compare with",
}

// CloudWord is the health of a VM in one word: OK, WARNING, pending after a recovery, off, or
// unknown; "" where the cloud was not asked. It holds no text of the cloud.
func CloudWord(c *outcome.Cloud) string {
	switch {
	case c == nil:
		return ""
	case c.Silence == "" && c.Status == cloud.Off:
		return cloudOff
	case c.Class == string(cloud.Pending):
		return cloudPending
	case relations[cloud.Class(c.Class)] == "" || c.Silence != "":
		return cloudUnknown
	case c.Health == cloudOK || c.Health == cloudWarning:
		return c.Health
	}
	return cloudUnknown
}

// CloudClass is the class of a health, "unknown" for one that is no class.
func CloudClass(c outcome.Cloud) string {
	if relations[cloud.Class(c.Class)] == "" {
		return string(cloud.Unknown)
	}
	return c.Class
}

// CloudText is the health of a VM beside the verdict in the guest, in one cleaned line; ""
// where the cloud was not asked.
func CloudText(c *outcome.Cloud) string {
	if c == nil {
		return ""
	}
	if c.Silence != "" {
		return Clean("unknown: "+c.Silence, false)
	}
	health, relation := c.Health, relations[cloud.Class(c.Class)]
	if health == "" {
		health = "no health"
	}
	switch {
	case c.Status == cloud.Off && c.Health != "":
		return Clean("the VM is off ("+c.Status+"), its health "+health, false)
	case c.Status == cloud.Off:
		return Clean("the VM is off ("+c.Status+"), "+health, false)
	case relation == "" && c.Status != "":
		relation = "unknown; the VM is " + c.Status
	case relation == "":
		relation = cloudUnknown
	}
	return Clean(health+", "+relation, false)
}

// CloudDetail is CloudText with the reason of the cloud and the time of its update, in one
// cleaned line.
func CloudDetail(c outcome.Cloud) string {
	text := CloudText(&c)
	if c.Reason != "" {
		text += "; reason: " + strings.TrimRight(c.Reason, ".")
	}
	if c.LastUpdate != "" {
		text += "; updated by the cloud at " + c.LastUpdate
	}
	return Clean(text, false)
}

// CloudCounts counts hosts by the word of their VM, the worst first: "2 WARNING, 3 OK"; ""
// where the cloud was not asked.
func CloudCounts(run outcome.Run) string {
	var clouds []*outcome.Cloud
	for _, h := range run.Hosts {
		clouds = append(clouds, h.Cloud)
	}
	return strings.Join(countWords(clouds), ", ")
}

func countWords(clouds []*outcome.Cloud) []string {
	counts := map[string]int{}
	for _, c := range clouds {
		counts[CloudWord(c)]++
	}
	var parts []string
	for _, word := range []string{cloudWarning, cloudOff, cloudPending, cloudUnknown, cloudOK} {
		if counts[word] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[word], word))
		}
	}
	return parts
}

// Cloud is the health of the VMs of a fold: one word, or else the hosts with each; "" where
// the cloud was not asked.
func (f Fold) Cloud() string {
	words := countWords(f.Clouds)
	if len(words) == 1 {
		return CloudWord(f.Clouds[0])
	}
	return strings.Join(words, ", ")
}
