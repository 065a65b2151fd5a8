package powervs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// AnyOS is the Query.OS that takes machines of all systems.
const AnyOS = "any"

// Query selects machines.
type Query struct {
	// Workspaces are names, ids or CRNs; none: all that the key may see.
	Workspaces []string
	// OS is the system of the machines, or AnyOS. A machine of which the API does not
	// say its system is taken.
	OS string
	// Network is the name or id of the network whose address a machine has; "": the one
	// that it has.
	Network string
	// Tags must all be among the user's tags of a machine.
	Tags []string
}

// Source is where an inventory has machines from.
type Source struct {
	Query
	Account
}

// Account says whose machines are listed, and by which endpoint.
type Account struct {
	// Region, Endpoint, Metadata and Profile are those of Options and Auth; all may be
	// empty.
	Region, Endpoint, Metadata, Profile string
	// Key is the key of the inventory.PasswordSource of the API key; "" for none.
	Key string
}

// Machine is a machine of a workspace, as an inventory has it.
type Machine struct {
	Instance
	Workspace Workspace
	// Address is that in the network of the query; "" where Missing says why there is
	// none.
	Address, Missing string
}

// Listing is the answer to a query.
type Listing struct {
	// Machines are in the order of the workspaces and of their lists.
	Machines []Machine
	// At is when the oldest of the lists was made.
	At time.Time
}

// List lists the machines of a query. With an error the listing has those of the workspaces
// that were read: evidence, but no inventory, since half a fleet looks like a fleet.
func (c *Client) List(ctx context.Context, q Query) (Listing, error) {
	chosen, err := c.choose(ctx, q.Workspaces)
	if err != nil {
		return Listing{}, err
	}
	lists := make([][]Machine, len(chosen))
	times := make([]time.Time, len(chosen))
	err = together(len(chosen), func(i int) error {
		instances, at, err := c.Instances(ctx, chosen[i])
		if err == nil {
			times[i] = at
		}
		for _, one := range instances {
			if q.OS == "" || q.OS == AnyOS || one.OS == "" || one.OS == q.OS {
				m := Machine{Instance: one, Workspace: chosen[i]}
				m.Address, m.Missing = one.addressIn(q.Network)
				lists[i] = append(lists[i], m)
			}
		}
		return err
	})
	l := Listing{Machines: slices.Concat(lists...)}
	if times = slices.DeleteFunc(times, time.Time.IsZero); len(times) > 0 {
		l.At = slices.MinFunc(times, time.Time.Compare)
	}
	if err != nil || len(q.Tags) == 0 {
		return l, err
	}
	err = together(len(l.Machines), func(i int) (err error) {
		m := &l.Machines[i]
		m.Tags, err = c.Tags(ctx, m.Workspace, m.ID)
		return err
	})
	l.Machines = slices.DeleteFunc(l.Machines, func(m Machine) bool {
		return slices.ContainsFunc(q.Tags, func(tag string) bool { return !slices.Contains(m.Tags, tag) })
	})
	return l, err
}

// together does n things, a few at a time, and returns the first error in their order.
// Once one has failed for a reason that is not its own, no other is begun: a server that is
// silent would be waited for n times.
func together(n int, do func(i int) error) error {
	failed := make([]error, n)
	next := make(chan int)
	var over atomic.Bool
	var all sync.WaitGroup
	for range min(n, maxAtOnce) {
		all.Go(func() {
			for i := range next {
				if over.Load() {
					continue
				}
				if failed[i] = do(i); failed[i] != nil && !ofOne(failed[i]) {
					over.Store(true)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// ofOne reports whether an error is that of one workspace or machine.
func ofOne(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Kind == Forbidden || e.Kind == NotFound)
}

// choose returns the workspaces that are named, each once; all where none is.
func (c *Client) choose(ctx context.Context, names []string) ([]Workspace, error) {
	const op = "choose the workspaces"
	all, err := c.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		if len(all) == 0 {
			return nil, &Error{Kind: WrongChoice, Op: op, Reason: "the key sees no workspace at " + strings.TrimPrefix(c.endpoint(), "https://")}
		}
		return all, nil
	}
	var chosen []Workspace
	for _, name := range names {
		var found []Workspace
		for _, w := range all {
			if name == w.ID || name == w.Name || SameCRN(name, w.CRN) {
				found = append(found, w)
			}
		}
		switch len(found) {
		case 1:
			if !slices.ContainsFunc(chosen, func(w Workspace) bool { return w.ID == found[0].ID }) {
				chosen = append(chosen, found[0])
			}
		case 0:
			return nil, &Error{Kind: WrongChoice, Op: op, Reason: fmt.Sprintf("there is no workspace %q at %s; there are %s", line(name, 200), strings.TrimPrefix(c.endpoint(), "https://"), named(all))}
		default:
			return nil, &Error{Kind: WrongChoice, Op: op, Reason: fmt.Sprintf("%d workspaces have the name %q: %s", len(found), line(name, 200), named(found))}
		}
	}
	return chosen, nil
}

// SameCRN reports whether two CRNs are one; people leave the colons at the end out.
func SameCRN(x, y string) bool {
	return strings.HasPrefix(x, "crn:") && strings.TrimRight(x, ":") == strings.TrimRight(y, ":")
}

// named lists workspaces for a message.
func named(list []Workspace) string {
	if len(list) == 0 {
		return "none"
	}
	const most = 10
	var names []string
	for i, w := range list {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		names = append(names, fmt.Sprintf("%s (%s, %s)", w.Name, w.Region, w.ID))
	}
	return strings.Join(names, ", ")
}

// addressIn returns the address in a network, or why there is none.
func (i Instance) addressIn(network string) (address, missing string) {
	var addresses, names []string
	for _, n := range i.Networks {
		names = append(names, n.Name)
		if n.Address != "" && (network == "" || network == n.Name || network == n.ID) {
			addresses = append(addresses, n.Address)
		}
	}
	switch {
	case len(addresses) == 1:
		return addresses[0], ""
	case len(i.Networks) == 0:
		return "", "is in no network"
	case len(addresses) == 0 && network == "":
		return "", "has no address in its networks (" + strings.Join(names, ", ") + ")"
	case len(addresses) == 0:
		return "", fmt.Sprintf("has no address in network %s; it is in %s", network, strings.Join(names, ", "))
	case network == "":
		return "", "has several addresses: name one of its networks (" + strings.Join(names, ", ") + ") with network"
	}
	return "", fmt.Sprintf("has %d addresses in network %s", len(addresses), network)
}

// Silent reports whether an error means that the cloud gave no answer for now, in contrast
// to a wrong key or workspace.
func Silent(err error) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains([]Kind{Limited, ServerFailed, Unreachable, ProxyFailed}, e.Kind)
}
