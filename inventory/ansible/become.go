package ansible

import (
	"path"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// become takes how to become root.
func (r *reading) become() {
	if r.ours.Become.Given {
		return
	}
	word, ok := r.text(becomeVar)
	if !ok {
		return
	}
	yes, ok := strictyaml.Truth(word.V)
	if !ok {
		r.doubt(aboutBecome, word.Pos, "ansible_become %s is neither yes nor no", settings.Quote(word.V))
		return
	}
	tool := settings.Text{V: inventory.BecomeNone, Pos: word.Pos}
	if yes {
		if tool, ok = r.tool(word.Pos); !ok {
			return
		}
	}
	r.doc.Become = settings.BecomeDoc{Given: true, Tool: tool}
}

// tool returns the tool to become root with, after it has checked that its variables say
// nothing else.
func (r *reading) tool(at strictyaml.Pos) (settings.Text, bool) {
	tool := settings.Text{V: inventory.BecomeSudo, Pos: at}
	if method, ok := r.text(becomeMethodVar); ok {
		tool = method
		tool.V = strings.TrimPrefix(strings.TrimPrefix(tool.V, "ansible.builtin."), "community.general.")
	} else if r.answeredBadly(becomeMethodVar) {
		return tool, false
	}
	own, known := toolVariables[tool.V]
	if !known {
		r.doubt(aboutBecome, tool.Pos, "ansible_become_method %s is not known here; there are %s", settings.Quote(tool.V), strings.Join(settings.Tools[1:], ", "))
		return tool, false
	}
	if user, name, ok := r.strongest(own.user, becomeUserVar); ok && user.V != "root" {
		r.doubt(aboutBecome, user.Pos, "%s is %s: AIX is mended as root", name, settings.Quote(user.V))
	}
	if exe, name, ok := r.strongest(own.exe, becomeExeVar); ok {
		switch {
		case path.Base(exe.V) != tool.V:
			r.doubt(aboutBecome, exe.Pos, "%s %s is not read: it is another program than %s", name, settings.Quote(exe.V), tool.V)
		case exe.V != tool.V:
			r.a.warn(name, exe.Pos, "say it with aixmend_ssh: {become: {command: COMMAND}}", "%s is ignored: %s is looked for in the PATH of the login", name, tool.V)
		}
	}
	if flags, name, ok := r.strongest(own.flags, becomeFlagsVar); ok && !harmlessFlags(tool.V, flags.V) {
		r.doubt(aboutBecome, flags.Pos, "%s %s is not read: it may be somebody else than root, or root elsewhere", name, settings.Quote(flags.V))
	}
	return tool, true
}

// answeredBadly reports whether a variable has a value that is not read.
func (r *reading) answeredBadly(v variable) bool {
	given := r.values[v]
	return given.there() && given.value.Text() != ""
}

// plainFlags are the flags of each tool with which root stays root.
var plainFlags = map[string][]string{
	inventory.BecomeSudo: {"-H", "-S", "-n", "-E", "-i", "-s", "-k", "--non-interactive", "--stdin", "--set-home", "--login", "--preserve-env", "--user=root"},
	inventory.BecomeDzdo: {"-H", "-S", "-n", "-E", "-i", "-s"},
	inventory.BecomeSu:   {"-", "-l", "--login", "-m", "-p"},
}

// harmlessFlags reports whether root stays root with some flags.
func harmlessFlags(tool, flags string) bool {
	words := strings.Fields(flags)
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "-u" && tool != inventory.BecomeSu && i+1 < len(words) && words[i+1] == "root" {
			i++
			continue
		}
		each := []string{word}
		if len(word) > 2 && word[0] == '-' && word[1] != '-' { // several in one word
			each = nil
			for _, c := range word[1:] {
				each = append(each, "-"+string(c))
			}
		}
		for _, flag := range each {
			if !slices.Contains(plainFlags[tool], flag) {
				return false
			}
		}
	}
	return true
}
