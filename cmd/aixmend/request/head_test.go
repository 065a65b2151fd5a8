package request

import (
	"encoding/json"
	"strings"
	"testing"

	"aixmend/inventory"
)

// Lists of runs read the part of a request before its hosts: the plan that the run applies must
// stand there.
func TestHeadOfARequest(t *testing.T) {
	text, err := json.MarshalIndent(Request{Schema: schema, Scope: Scope{Applies: "a run", Hosts: []inventory.Host{{Name: "aix01"}}}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if head, _, found := strings.Cut(string(text), "\n  \"hosts\": "); !found || !strings.Contains(head, `"applies": "a run"`) {
		t.Errorf("%s", text)
	}
}
