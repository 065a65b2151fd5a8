package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/inventory/settings"
)

// ask asks for the hosts and how to log in to them.
func (o *Options) ask() ([]entry, error) {
	question := "name the hosts, such as aix01 root@10.1.2.3:2222 aixprd[01-20] db1=10.1.3.3\nor where they are listed:\n"
	for _, from := range []string{fromSSHConfig, fromKnownHosts} {
		if names, _, err := o.names(from); err == nil && len(names) > 0 {
			question += fmt.Sprintf("  %-24s %s\n", from+" [PATTERN...]", report.Hosts(len(names)))
		}
	}
	o.Console.Say("%s", question+fmt.Sprintf("  %-24s %s", "FILE", "an inventory of Ansible's"))
	var hosts []entry
	err := o.until("Hosts: ", func(answer string) error {
		words := strings.Fields(answer)
		switch {
		case len(words) == 0:
			return errors.New("no host is named")
		case words[0] == fromSSHConfig, words[0] == fromKnownHosts:
			o.From, o.Words = words[0], words[1:]
		case len(words) == 1 && isFile(words[0]):
			o.From, o.Words = fromAnsible, words
			return nil
		default:
			o.From, o.Words = "", words
		}
		var err error
		if o.From != "" {
			hosts, err = o.sourced(o.From, o.Words)
		} else {
			hosts, err = given(o.Words)
		}
		return err
	})
	if err != nil || o.From == fromAnsible {
		return nil, err
	}
	return hosts, o.askLogin()
}

// askLogin asks for the login, and how it becomes root, where flags don't say.
func (o *Options) askLogin() error {
	if o.User == "" {
		err := o.until("Login (Enter: that of ssh_config, else root): ", func(answer string) error {
			if o.User = answer; answer == "" {
				return nil
			}
			return settings.CheckUser(answer)
		})
		if err != nil {
			return err
		}
	}
	if o.User == "" || o.User == "root" || o.Become != "" {
		return nil
	}
	return o.until(fmt.Sprintf("How does %s become root: sudo, dzdo, pbrun or su (Enter: sudo)? ", o.User), func(answer string) error {
		if o.Become = answer; answer == "" {
			o.Become = inventory.BecomeSudo
		}
		return settings.CheckBecome(o.Become)
	})
}

// until asks until an answer is taken.
func (o *Options) until(question string, take func(answer string) error) error {
	for {
		answer, err := o.Console.Ask("%s", question)
		if err != nil {
			return err
		}
		err = take(answer)
		switch {
		case err == nil:
			return nil
		case answer == "": // also at the end of the input
			return exit.Usagef(o.sources(), "no host is named")
		}
		o.Console.Say("error: %s", err)
	}
}

// isFile reports whether a word is the name of a file, not of a host: one is there, or the
// name ends like those of inventories.
func isFile(word string) bool {
	if strings.Contains(word, "=") {
		return false
	}
	if slices.Contains([]string{".ini", ".cfg", ".yaml", ".yml", ".json", ".txt"}, filepath.Ext(word)) {
		return true
	}
	info, err := os.Stat(word)
	return err == nil && info.Mode().IsRegular()
}
