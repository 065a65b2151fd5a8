package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/config"
	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/help"
)

// The config files that people copy set flags that exist to values that they take, for
// every verb and profile.
func TestConfigFilesOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	noError(t, err)
	example, err := os.ReadFile("../../examples/config.yaml")
	noError(t, err)
	_, block, begun := strings.Cut(string(page), "```yaml\n")
	block, _, ended := strings.Cut(block, "```")
	if !begun || !ended {
		t.Fatal("docs/configuration.md shows no file")
	}
	for name, text := range map[string]string{"docs": block, "examples": string(example)} {
		path := write(t, t.TempDir()+"/"+name+".yaml", text)
		set := map[string]bool{}
		root := tree(t)
		file, err := config.Load(path, slices.Collect(maps.Keys(flagsOf(root))))
		noError(t, err)
		for _, profile := range append(file.Profiles(), "") {
			for _, verb := range below(tree(t)) {
				c := &cli{Console: console.New(console.Streams{}, console.NewInterrupts(), os.Getenv)}
				cmd, _, err := newRoot(c).Find(strings.Fields(verb.CommandPath())[1:])
				noError(t, err)
				noError(t, cmd.ParseFlags([]string{"--config", path, "--profile", profile}))
				if err := c.layers.Set(cmd); err != nil {
					t.Errorf("%s, profile %q, %s: %v", name, profile, verb.CommandPath(), err)
				}
				for _, word := range strings.Fields(c.layers.Hint()) {
					set[strings.Trim(word, ",;")] = true
				}
			}
			list, err := file.Settings(profile)
			noError(t, err)
			for _, s := range list {
				if !set["--"+s.Flag] {
					t.Errorf("%s: no verb takes %s", name, s.Flag)
				}
			}
		}
	}
}

// flagsOf are the visible flags of all verbs.
func flagsOf(root *cobra.Command) map[string]bool {
	names := map[string]bool{}
	for _, c := range append(below(root), root) {
		for _, o := range help.Options(c) {
			names[o.Flag.Name] = true
		}
	}
	return names
}

// The docs name the flags that must be typed, and each of them exists.
func TestTypedFlagsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	noError(t, err)
	_, rest, begun := strings.Cut(string(page), "These flags must be typed")
	list, _, ended := strings.Cut(rest, ".\n")
	if !begun || !ended {
		t.Fatal("docs/configuration.md has no list")
	}
	var documented, want []string
	for i, word := range strings.Split(list, "`") {
		if i%2 == 1 {
			documented = append(documented, word)
		}
	}
	known := flagsOf(tree(t))
	for name := range config.Typed {
		if known[name] {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if !slices.Equal(documented, want) {
		t.Errorf("documented are %v\nwanted %v", documented, want)
	}
}
