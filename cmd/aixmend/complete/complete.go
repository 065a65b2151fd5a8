// Package complete completes flags and arguments in a shell. It reads local files only: it
// runs no program, asks nobody, connects to no host, and skips unreadable files.
package complete

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/load"
	"aixmend/playbooks"
)

// completion offers words for the one being typed.
type completion = cobra.CompletionFunc

// Directives of the shell.
const (
	noFiles  = cobra.ShellCompDirectiveNoFileComp
	asListed = noFiles | cobra.ShellCompDirectiveKeepOrder // the newest first
	goesOn   = noFiles | cobra.ShellCompDirectiveNoSpace   // the word goes on
	asFiles  = cobra.ShellCompDirectiveDefault
	asDirs   = cobra.ShellCompDirectiveFilterDirs
)

// newestRuns is how many runs are searched for open ones.
const newestRuns = 50

// Register completes the flags and arguments of a command and of all below it. The kind of
// an argument is read from the usage line, that of a flag's value from its help text: a
// new verb needs nothing else.
func Register(c *cobra.Command, layers Layers) {
	a := completer{layers, home()}
	a.register(c)
}

// Layers are where flags that are not typed come from.
type Layers interface {
	// Set sets the flags of a verb that the environment and the config file give.
	Set(*cobra.Command) error
	// Profiles returns the profiles of the config file that Set has read.
	Profiles() []string
}

// completer completes for one call.
type completer struct {
	layers Layers
	home   string // of the user, "" for none
}

func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

func (a completer) register(c *cobra.Command) {
	for _, set := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
		set.VisitAll(func(f *pflag.Flag) {
			if f.NoOptDefVal != "" { // it takes no value
				return
			}
			_ = c.RegisterFlagCompletionFunc(f.Name, a.known(a.completeFlag(f))) // it fails where there is one already
		})
	}
	if c.ValidArgsFunction == nil && len(c.ValidArgs) == 0 && !c.HasSubCommands() {
		c.ValidArgsFunction = a.known(completeArgument)
	}
	for _, sub := range c.Commands() {
		a.register(sub)
	}
}

// known is a completion that knows the flags that are not typed.
func (a completer) known(then completion) completion {
	return func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		_ = a.layers.Set(c) // the verb itself reports a bad value
		words, directive := then(c, args, word)
		words = slices.DeleteFunc(words, func(w string) bool {
			text, _, _ := strings.Cut(w, "\t")
			return !strings.HasPrefix(text, word) || report.Clean(text, false) != text
		})
		return words, directive
	}
}

// completeFlag returns the completion of a flag's value.
func (a completer) completeFlag(f *pflag.Flag) completion {
	switch f.Name {
	case "limit":
		return a.completeLimit
	case "playbook":
		return completePlaybook
	case "allow":
		return completeAllow
	case "fail-on":
		return among(outcome.Names())
	case "set":
		return completeSetting
	case "format":
		return completeFormat
	case "profile":
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.layers.Profiles(), noFiles
		}
	case "notify-on", "from", "become":
		return cobra.FixedCompletions(offered(f.Usage), noFiles)
	case "since":
		return completeSince
	case "undo":
		return completeUndo
	}
	return completeKind(valueOf(f))
}

// valueOf is the name of a flag's value in the help text.
func valueOf(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	return name
}

// completeKind completes FILE, PLAN, RUN and the other names of usage lines and help texts.
func completeKind(kind string) completion {
	switch kind {
	case "FILE", "PLAN":
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { return nil, asFiles }
	case "DIR":
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { return nil, asDirs }
	case "RUN":
		return completeRun
	case "HOST":
		return completeHost
	case "NAME|FILE":
		return completePlaybook
	case "ID|LABEL|latest", "A", "B":
		return completeCapture
	}
	return cobra.NoFileCompletions
}

// completeArgument completes an argument by its name in the usage line.
func completeArgument(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	places := strings.Fields(strings.NewReplacer("[", "", "]", "", "...", " ...").Replace(c.Use))[1:]
	repeats := len(places) > 0 && places[len(places)-1] == "..."
	if repeats {
		places = places[:len(places)-1]
	}
	switch {
	case len(args) < len(places):
		return completeKind(places[len(args)])(c, args, word)
	case repeats:
		return completeKind(places[len(places)-1])(c, args, word)
	}
	return nil, noFiles
}

// among completes comma-separated lists of words.
func among(words []string) completion {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		before, _ := cutLast(word)
		given := strings.Split(before, ",")
		var list []string
		for _, w := range words {
			if bare, _, _ := strings.Cut(w, "\t"); !slices.Contains(given, bare) {
				list = append(list, before+w)
			}
		}
		return list, goesOn
	}
}

// cutLast cuts a list after its last comma.
func cutLast(list string) (before, last string) {
	at := strings.LastIndexByte(list, ',') + 1
	return list[:at], list[at:]
}

// offered are the words at the end of a help text: "...: text, json or nagios".
func offered(usage string) []string {
	_, words, _ := strings.Cut(usage, ": ")
	return strings.FieldsFunc(strings.ReplaceAll(words, " or ", " "), func(r rune) bool { return r == ',' || r == ' ' })
}

// completeFormat completes the output format; verbs that judge have the plugin format too, and
// report has Markdown.
func completeFormat(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	formats := []string{"text", "json"}
	if c.Flags().Lookup("fail-on") != nil {
		formats = append(formats, outcome.ConventionNagios)
	}
	if c.Name() == "report" {
		formats = append(formats, "markdown", outcome.ConventionNagios)
	}
	return formats, noFiles
}

// completeSince completes a run, or last.
func completeSince(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return append([]string{"last"}, runRefs(c)...), asListed
}

// completeLimit completes the last pattern of a list: hosts and groups, also excluded ones,
// and the hosts of a run.
func (a completer) completeLimit(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	before, last := cutLast(word)
	if not := strings.TrimLeft(last, "!"); not != last {
		before, last = before+"!", not
	}
	var names []string
	if ref, isRun := strings.CutPrefix(last, "@"); isRun {
		run, _, ended := strings.Cut(ref, ":")
		if ended {
			for _, o := range outcome.Names() {
				names = append(names, "@"+run+":"+o)
			}
		} else {
			for _, id := range runRefs(c) {
				names = append(names, "@"+id+":")
			}
		}
	} else {
		names = a.inventoryNames(c)
	}
	for i := range names {
		names[i] = before + names[i]
	}
	return names, goesOn
}

// inventoryNames are the hosts and groups of the inventory. Where the files don't load
// together, each file that loads alone counts.
func (a completer) inventoryNames(c *cobra.Command) []string {
	named, _ := c.Flags().GetStringArray("inventory")
	var inventories []string // once each: cobra reads the flags twice
	for _, file := range named {
		if !slices.Contains(inventories, file) {
			inventories = append(inventories, file)
		}
	}
	var names []string
	add := func(files ...string) bool {
		if slices.ContainsFunc(files, func(file string) bool { return !isAtHand(file) }) {
			return false
		}
		inv, err := load.Options{Home: a.home, Sources: load.NotAsked()}.Load(files...)
		if err != nil {
			return false
		}
		for _, g := range inv.Groups {
			names = append(names, g.Name)
		}
		for _, h := range inv.Hosts {
			names = append(names, h.Name)
		}
		return true
	}
	if !add(inventories...) && len(inventories) > 1 {
		for _, file := range inventories {
			add(file)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isAtHand reports whether a file can be read without waiting for a writer.
func isAtHand(path string) bool {
	info, err := os.Stat(path)
	return err == nil && (info.Mode().IsRegular() || info.IsDir())
}

// state is the state folder, nil when there is none.
func state(c *cobra.Command) *journal.Store {
	folder, _ := c.Flags().GetString("state")
	store, _, err := journal.OpenToPrint(folder)
	if err != nil {
		return nil
	}
	return store
}

// runRefs are the ids of the kept runs, and latest.
func runRefs(c *cobra.Command) []string {
	store := state(c)
	if store == nil {
		return nil
	}
	ids, err := store.RunIDs()
	if err != nil || len(ids) == 0 {
		return nil
	}
	return append([]string{"latest"}, ids...)
}

func completeRun(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	refs := runRefs(c)
	if c.Name() != "resume" {
		return refs, asListed
	}
	var open []string
	for _, id := range refs[min(1, len(refs)):min(1+newestRuns, len(refs))] {
		if state(c).StateByHead(id) == journal.StateOpen {
			open = append(open, id)
		}
	}
	return open, asListed
}

// completeUndo completes the runs that changed something and are no rollbacks.
func completeUndo(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	refs := runRefs(c)
	var list []string
	for _, id := range refs[min(1, len(refs)):min(1+newestRuns, len(refs))] {
		var asked struct{ Verb, Undoes string }
		if state(c).LoadRequestHead(id, &asked) == nil && asked.Verb == "recover" && asked.Undoes == "" && state(c).HasChange(id) {
			list = append(list, id)
		}
	}
	if len(list) > 0 {
		list = append([]string{"latest"}, list...)
	}
	return list, asListed
}

// completeHost completes a host of the run in the first argument, or a host with captures.
func completeHost(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	store := state(c)
	if store == nil {
		return nil, noFiles
	}
	if !strings.Contains(c.Use, "RUN") {
		hosts, err := store.CapturedHosts()
		if err != nil {
			return nil, noFiles
		}
		return slices.DeleteFunc(hosts, func(h string) bool { return slices.Contains(args, h) }), noFiles
	}
	if len(args) == 0 {
		return nil, noFiles
	}
	id, err := store.Named(args[0])
	if err != nil {
		return nil, noFiles
	}
	run, err := store.LoadRun(id)
	if errors.Is(err, fs.ErrNotExist) { // killed, or at work
		return requested(store, id), noFiles
	}
	if err != nil {
		return nil, noFiles
	}
	var names []string
	for _, h := range run.Hosts {
		names = append(names, h.Name+"\t"+string(h.Outcome))
	}
	return names, noFiles
}

// requested are the hosts of a run, by its request.
func requested(store *journal.Store, id string) []string {
	var asked struct {
		Hosts []struct{ Name string } `json:"hosts"`
	}
	if store.LoadRequest(id, &asked) != nil {
		return nil
	}
	var names []string
	for _, h := range asked.Hosts {
		names = append(names, h.Name)
	}
	return names
}

// completeCapture completes a capture of the host in the first argument.
func completeCapture(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	store := state(c)
	if store == nil || len(args) == 0 {
		return nil, noFiles
	}
	ids, err := store.CaptureIDs(args[0])
	if err != nil || len(ids) == 0 {
		return nil, noFiles
	}
	slices.Reverse(ids)
	return append([]string{"latest"}, ids...), asListed
}

// completePlaybook completes the name of a playbook, and files.
func completePlaybook(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, name := range playbooks.Names() {
		if strings.HasPrefix(name, word) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, asFiles
	}
	return names, noFiles
}

// completeAllow completes a list of the words that the playbook takes; of an unreadable
// playbook, those of all embedded ones.
func completeAllow(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	known := playbooks.EmbeddedAllowWords()
	if p := playbookAtHand(c); p != nil {
		known = p.AllowWords()
	}
	var words []string
	for _, w := range known {
		words = append(words, strings.TrimSuffix(w.Word+"\t"+w.About, "\t"))
	}
	return among(words)(c, args, word)
}

// playbookAtHand is the playbook of --playbook, nil where it can't be read.
func playbookAtHand(c *cobra.Command) *playbooks.Playbook {
	name, _ := c.Flags().GetString("playbook")
	if !slices.Contains(playbooks.Names(), name) && !isAtHand(name) {
		return nil
	}
	p, err := playbooks.Load(name)
	if err != nil {
		return nil
	}
	return p
}

// completeSetting completes the parameters of the playbook, and the runs of baseline=.
func completeSetting(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	key, _, hasValue := strings.Cut(word, "=")
	if hasValue {
		var list []string
		if key == "baseline" {
			for _, ref := range runRefs(c) {
				list = append(list, "baseline="+ref)
			}
		}
		return list, asListed
	}
	p := playbookAtHand(c)
	if p == nil {
		return nil, noFiles
	}
	var list []string
	for _, param := range p.Params {
		list = append(list, param.Key+"=\t"+param.Value.About)
	}
	return list, goesOn
}
