package console

import (
	"os"

	"golang.org/x/sys/windows"
)

// discardTyped discards the unread input of a terminal.
func discardTyped(terminal *os.File) error {
	return windows.FlushConsoleInputBuffer(windows.Handle(terminal.Fd()))
}
