package main

import (
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

// completion is what the shell offers for a word that is being typed. It reads
// files of this machine and nothing else: no program that lists hosts is run,
// nobody is asked, no host is reached, and what can't be read is left out.
type completion = cobra.CompletionFunc

// Directives of the shell.
const (
	noFiles  = cobra.ShellCompDirectiveNoFileComp
	asListed = noFiles | cobra.ShellCompDirectiveKeepOrder // the newest first
	goesOn   = noFiles | cobra.ShellCompDirectiveNoSpace   // the word is not at its end
	asFiles  = cobra.ShellCompDirectiveDefault
	asDirs   = cobra.ShellCompDirectiveFilterDirs
)

// newestRuns is how many runs are looked into to find those that resume takes.
const newestRuns = 50

// complete makes the flags and arguments of a verb, and of those below it,
// complete. What an argument is its usage line says, and what the value of a flag
// is its help text: a new verb says no more than they do.
func (a *app) complete(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.NoOptDefVal != "" { // it takes no value
			return
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, a.known(a.completeFlag(f))) // it fails where there is one already
	})
	if c.ValidArgsFunction == nil && len(c.ValidArgs) == 0 && !c.HasSubCommands() {
		c.ValidArgsFunction = a.known(a.completeArgument)
	}
	for _, sub := range c.Commands() {
		a.complete(sub)
	}
}

// known is a completion that knows the flags which the environment gives.
func (a *app) known(then completion) completion {
	return func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		_ = fromEnvironment(c.Flags()) // what is wrong the verb itself will say
		words, directive := then(c, args, word)
		words = slices.DeleteFunc(words, func(w string) bool {
			text, _, _ := strings.Cut(w, "\t")
			return !strings.HasPrefix(text, word) || report.Clean(text, false) != text
		})
		return words, directive
	}
}

// completeFlag returns how the value of a flag is completed.
func (a *app) completeFlag(f *pflag.Flag) completion {
	switch f.Name {
	case "limit":
		return a.completeLimit
	case "playbook":
		return completePlaybook
	case "allow":
		return a.completeAllow
	case "fail-on":
		return among(outcomeNames())
	case "set":
		return a.completeSetting
	case "format":
		return completeFormat
	case "notify-on":
		return cobra.FixedCompletions(offered(f.Usage), noFiles)
	case "since":
		return a.completeSince
	}
	return a.completeKind(valueOf(f))
}

// valueOf is what the help text calls the value of a flag.
func valueOf(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	return name
}

// completeKind completes what usage lines and help texts call FILE, RUN and so on.
func (a *app) completeKind(kind string) completion {
	switch kind {
	case "FILE":
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { return nil, asFiles }
	case "DIR":
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { return nil, asDirs }
	case "RUN":
		return a.completeRun
	case "HOST":
		return a.completeHost
	case "NAME|FILE":
		return completePlaybook
	case "ID|LABEL|latest", "A", "B":
		return a.completeCapture
	}
	return cobra.NoFileCompletions
}

// completeArgument completes an argument by what the usage line calls it.
func (a *app) completeArgument(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	places := strings.Fields(strings.NewReplacer("[", "", "]", "", "...", " ...").Replace(c.Use))[1:]
	repeats := len(places) > 0 && places[len(places)-1] == "..."
	if repeats {
		places = places[:len(places)-1]
	}
	switch {
	case len(args) < len(places):
		return a.completeKind(places[len(args)])(c, args, word)
	case repeats:
		return a.completeKind(places[len(places)-1])(c, args, word)
	}
	return nil, noFiles
}

// among completes lists of words with commas between.
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

// cutLast cuts a list behind its last comma.
func cutLast(list string) (before, last string) {
	at := strings.LastIndexByte(list, ',') + 1
	return list[:at], list[at:]
}

func outcomeNames() []string {
	var names []string
	for _, o := range outcome.Outcomes() {
		names = append(names, string(o))
	}
	return names
}

// offered are the words that a help text ends with: "...: text, json or nagios".
func offered(usage string) []string {
	_, words, _ := strings.Cut(usage, ": ")
	return strings.FieldsFunc(strings.ReplaceAll(words, " or ", " "), func(r rune) bool { return r == ',' || r == ' ' })
}

// completeFormat completes what goes to stdout: of a run that is judged a plugin's
// line, too.
func completeFormat(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	formats := []string{"text", "json"}
	if c.Flags().Lookup("fail-on") != nil {
		formats = append(formats, outcome.ConventionNagios)
	}
	return formats, noFiles
}

// completeSince completes a run, or what stands for the newest of each host.
func (a *app) completeSince(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append([]string{lastRun}, a.runRefs()...), asListed
}

// completeLimit completes the last pattern of a list: hosts and groups, those that
// are left out, and the hosts of a run.
func (a *app) completeLimit(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	before, last := cutLast(word)
	if not := strings.TrimLeft(last, "!"); not != last {
		before, last = before+"!", not
	}
	var names []string
	if ref, isRun := strings.CutPrefix(last, "@"); isRun {
		run, _, ended := strings.Cut(ref, ":")
		if ended {
			for _, o := range outcomeNames() {
				names = append(names, "@"+run+":"+o)
			}
		} else {
			for _, id := range a.runRefs() {
				names = append(names, "@"+id+":")
			}
		}
	} else {
		names = a.inventoryNames()
	}
	for i := range names {
		names[i] = before + names[i]
	}
	return names, goesOn
}

// inventoryNames are the hosts and groups of the inventory. Where the files do not
// make one, each file that can be read alone gives what it has.
func (a *app) inventoryNames() []string {
	var names []string
	add := func(files ...string) bool {
		if slices.ContainsFunc(files, func(file string) bool { return !isAtHand(file) }) {
			return false
		}
		inv, err := load.Options{Home: home()}.Load(files...) // without Run: no program is started
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
	if !add(a.flags.Inventories...) && len(a.flags.Inventories) > 1 {
		for _, file := range a.flags.Inventories {
			add(file)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isAtHand tells whether a file can be read without waiting for a writer.
func isAtHand(path string) bool {
	info, err := os.Stat(path)
	return err == nil && (info.Mode().IsRegular() || info.IsDir())
}

// kept is the state folder, nil when there is none.
func (a *app) kept() *journal.Store {
	store, err := journal.OpenExisting(a.flags.state)
	if err != nil {
		return nil
	}
	return store
}

// runRefs are the names of the runs that are kept, and latest.
func (a *app) runRefs() []string {
	store := a.kept()
	if store == nil {
		return nil
	}
	ids, err := store.RunIDs()
	if err != nil || len(ids) == 0 {
		return nil
	}
	return append([]string{"latest"}, ids...)
}

func (a *app) completeRun(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	refs := a.runRefs()
	if c.Name() != "resume" {
		return refs, asListed
	}
	var open []string
	for _, id := range refs[min(1, len(refs)):min(1+newestRuns, len(refs))] {
		if a.kept().State(id) == journal.StateOpen {
			open = append(open, id)
		}
	}
	return open, asListed
}

// completeHost completes a host of the run that is the first argument, or of those
// of which captures are kept.
func (a *app) completeHost(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	store := a.kept()
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
	id, err := store.Resolve(args[0])
	if err != nil {
		return nil, noFiles
	}
	run, err := store.LoadRun(id)
	if err != nil {
		return nil, noFiles
	}
	var names []string
	for _, h := range run.Hosts {
		names = append(names, h.Name+"\t"+string(h.Outcome))
	}
	return names, noFiles
}

// completeCapture completes a capture of the host that is the first argument.
func (a *app) completeCapture(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	store := a.kept()
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

// completeAllow completes a list of the words that the playbook takes; of one that can't
// be read the words of the embedded ones are offered.
func (a *app) completeAllow(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	known := playbooks.EmbeddedAllowWords()
	if p := a.playbookAtHand(); p != nil {
		known = p.AllowWords()
	}
	var words []string
	for _, w := range known {
		words = append(words, strings.TrimSuffix(w.Word+"\t"+w.About, "\t"))
	}
	return among(words)(c, args, word)
}

// playbookAtHand is the playbook that is asked for, nil where it can't be read.
func (a *app) playbookAtHand() *playbooks.Playbook {
	name := a.flags.Playbook
	if !slices.Contains(playbooks.Names(), name) && !isAtHand(name) {
		return nil
	}
	p, err := playbooks.Load(name)
	if err != nil {
		return nil
	}
	return p
}

// completeSetting completes the parameters of the playbook, and the runs that a
// host can be compared with.
func (a *app) completeSetting(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	key, _, hasValue := strings.Cut(word, "=")
	if hasValue {
		var list []string
		if key == "baseline" {
			for _, ref := range a.runRefs() {
				list = append(list, "baseline="+ref)
			}
		}
		return list, asListed
	}
	p := a.playbookAtHand()
	if p == nil {
		return nil, noFiles
	}
	var list []string
	for _, param := range p.Params {
		list = append(list, param.Key+"=\t"+param.Value.About)
	}
	return list, goesOn
}
