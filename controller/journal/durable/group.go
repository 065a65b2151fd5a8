package durable

import (
	"slices"
	"sync"
)

// Group makes files durable that several callers have written below one folder. All that wait at one
// time share one sync of the file system, where one can be relied on (see wholeFileSystem);
// elsewhere each file and each folder is synced, as by Disk.Write.
type Group struct {
	disk   Disk
	folder string

	once  sync.Once
	whole *fileSystem // nil: it can't be synced as a whole

	turn    chan struct{} // held while the file system is synced
	mu      sync.Mutex
	waiting *round // that has not begun; nil: nobody waits
	failed  Since  // rounds
}

// Since is a moment: how many syncs of the file system had failed.
type Since int

// round is one sync, for all that waited for it when it began.
type round struct {
	done chan struct{}
	err  error
}

// NewGroup returns the group of a folder, which need not exist yet.
func (d Disk) NewGroup(folder string) *Group {
	return &Group{disk: d, folder: folder, turn: make(chan struct{}, 1)}
}

// Begin is called before anything is written, when the folder exists. Sync then reports each write
// that has failed to reach the disk since, also one of another caller.
func (g *Group) Begin() Since {
	if !g.disk.oneByOne {
		g.once.Do(func() { g.whole = wholeFileSystem(g.folder) })
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed
}

// Written lists the files and folders that a caller of Sync has written.
type Written struct {
	// Since is the moment before the first of them was written, by Begin.
	Since Since
	// Files are closed.
	Files []string
	// Folders hold the new names.
	Folders []string
}

// Sync returns when all that was written is durable. An error is that of these files and
// folders: after an error of the whole file system, which may be another program's, they are
// synced one by one. So they are if another caller got an error since they were written: it is
// reported once, and may be theirs.
func (g *Group) Sync(w Written) error {
	if g.Begin(); g.whole != nil && g.whole.holds(w) && g.share() == nil && g.Begin() == w.Since {
		return nil
	}
	for _, path := range w.Files {
		if err := g.disk.syncFile(path); err != nil {
			return err
		}
	}
	for _, path := range w.Folders {
		if err := g.disk.SyncDir(path); err != nil {
			return err
		}
	}
	return nil
}

// share waits for a sync of the whole file system that begins after the call. The first of
// those that wait does it for all of them, when the one before it has ended.
func (g *Group) share() error {
	g.mu.Lock()
	r := g.waiting
	leads := r == nil
	if leads {
		r = &round{done: make(chan struct{})}
		g.waiting = r
	}
	g.mu.Unlock()
	if leads {
		g.turn <- struct{}{}
		g.mu.Lock()
		g.waiting = nil // who comes from now on has written too late for this one
		g.mu.Unlock()
		if r.err = g.disk.sync(g.folder, true, g.whole.sync); r.err != nil {
			g.mu.Lock()
			g.failed++
			g.mu.Unlock()
		}
		<-g.turn
		close(r.done)
	}
	<-r.done
	return r.err
}

// fileSystem is a file system that can be synced as a whole.
type fileSystem struct {
	// has reports whether a folder is on it: a link may lead elsewhere.
	has  func(folder string) bool
	sync func() error
}

// holds reports whether all that was written is on the file system.
func (s *fileSystem) holds(w Written) bool {
	return !slices.ContainsFunc(w.Folders, func(folder string) bool { return !s.has(folder) })
}
