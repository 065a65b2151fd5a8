package hints

import "testing"

// Each command in a text gets the flags of its verb, once, and prose gets none.
func TestComplete(t *testing.T) {
	flags := func(verb string) ([]Flag, bool) {
		switch verb {
		case "runs", "runs prune", "explain":
			return []Flag{{"--state", "my state"}}, true
		case "recover", "plan":
			return []Flag{{"-i", "a.yaml"}, {"--state", "s"}}, true
		case "audit":
			return []Flag{{"--set", "wait=1m"}, {"--set", "upload=my images"}, {"--allow", "cluster0"}, {"-l", "db"}}, true
		case "version":
			return nil, true
		}
		return nil, false
	}
	for text, want := range map[string]string{
		"aixmend runs lists all runs":                           "aixmend runs --state 'my state' lists all runs",
		"aixmend runs prune --keep 3":                           "aixmend runs prune --state 'my state' --keep 3",
		"aixmend recover -l h; aixmend explain R h":             "aixmend recover -i a.yaml --state s -l h; aixmend explain --state 'my state' R h",
		"aixmend recover -l h -i b.yaml or aixmend plan -l h":   "aixmend recover --state s -l h -i b.yaml or aixmend plan -i a.yaml --state s -l h",
		"to undo: aixmend recover --undo R":                     "to undo: aixmend recover --state s --undo R",
		"aixmend version, and aixmend has no aixmend.yaml here": "aixmend version, and aixmend has no aixmend.yaml here",
		"aixmend audit -l h --set wait=2m --allow node-id":      "aixmend audit --set 'upload=my images' --allow cluster0 -l h --set wait=2m --allow node-id",
		"aixmend audit --limit=h --set upload=FOLDER":           "aixmend audit --set wait=1m --allow cluster0 --limit=h --set 'upload=my images'",
		"aixmend audit --allow cluster0, or not":                "aixmend audit --set wait=1m --set 'upload=my images' -l db --allow cluster0, or not",
		"aixmend-state stays":                                   "aixmend-state stays",
	} {
		if got := Complete(text, "", flags); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// A command is called as this one was, unless a path stands before its name.
func TestProgramInHints(t *testing.T) {
	flags := func(verb string) ([]Flag, bool) { return []Flag{{"--state", "s"}}, verb == "runs" }
	text := "aixmend runs lists runs; /usr/bin/aixmend runs, too; aixmend has no x; (aixmend runs)"
	want := "./bin/aixmend runs --state s lists runs; /usr/bin/aixmend runs --state s, too; aixmend has no x; (./bin/aixmend runs --state s)"
	if got := Complete(text, "./bin/aixmend", flags); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
