package request

import (
	"aixmend/cmd/aixmend/exit"
	"aixmend/playbooks"
)

// Shelf returns the playbooks that runs over a hub may use: the embedded ones, and those in the
// files of --trust-playbook.
func Shelf(files []string) (playbooks.Shelf, error) {
	s, err := playbooks.NewShelf(files)
	if err != nil {
		return nil, exit.Usagef("name a file that holds a playbook", "--trust-playbook: %w", err)
	}
	return s, nil
}
