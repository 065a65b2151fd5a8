package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"aixmend/inventory/naming"
)

// VerbAdopt is the verb of an order that asks for runs of the past: a hub has lost its folder.
// The worker tells which runs of a hub its state folder has, a Kept each, then the reports of
// each as it has them, and changes and reads no host.
const VerbAdopt = "adopt"

// MaxHave bounds Order.Have.
const MaxHave = 100_000

// Kept is a run of a hub, as far as the worker of a site has it; or, with End, the end of their
// list.
type Kept struct {
	// Request is the whole run in the words of the hub that ordered it, as Order.Request.
	Request json.RawMessage `json:"request,omitempty"`
	// Why is why the site can't tell it; "" where it can.
	Why string `json:"why,omitempty"`
	// Open says that the site's part has not ended.
	Open bool `json:"open,omitempty"`
	// Ended is when it ended, or was last worked on.
	Ended time.Time `json:"ended,omitzero"`
	// Begun are the hosts that the site was let begin, Process names the folder that has begun
	// them, as leases do.
	Begun   []string `json:"begun,omitempty"`
	Process string   `json:"process,omitempty"`
	// ID is the run.
	ID string `json:"id,omitempty"`
	// End is the end of the list.
	End *KeptEnd `json:"end,omitempty"`
}

// KeptEnd counts the runs that the list leaves out.
type KeptEnd struct {
	// There are those that the hub has, Older those for which there was no room.
	There int `json:"there"`
	Older int `json:"older"`
}

// process is the name of a process in leases that names its folder.
var process = regexp.MustCompile(`^[0-9a-f]{12}\.[0-9a-f]{8}$`)

// check returns why a run that came of a site can't be one.
func (k Kept) check() error {
	if k.End != nil {
		return nil
	}
	switch {
	case !naming.IsFile(k.ID):
		return fmt.Errorf("run %q can't be one", k.ID)
	case len(k.Why) > MaxWhy:
		return errors.New("its reason is too long")
	case k.Process != "" && !process.MatchString(k.Process), k.Process == "" && len(k.Begun) > 0:
		return fmt.Errorf("process %q can't be one", k.Process)
	case len(k.Begun) > maxHosts:
		return fmt.Errorf("%d hosts are too many", len(k.Begun))
	}
	return nil
}

// MaxWhy bounds Kept.Why, in bytes.
const MaxWhy = 500

// Clear removes the orders and the events of a site for all runs but those that are open: the rest
// of an adoption that was cut off must not be taken for the answer to another one.
func (h *Hub) Clear(ctx context.Context, site string, open []string) error {
	keep := map[string]bool{}
	for _, run := range open {
		keep[token(run)] = true
	}
	var problems []error
	for stream, all := range map[string]string{orders: "aixmend.order." + site + ".*", events: "aixmend.event." + site + ".*"} {
		problems = append(problems, h.purgeBut(ctx, stream, all, keep))
	}
	return errors.Join(problems...)
}

// purgeBut removes the messages of some subjects, but for those whose last token is to be kept.
func (h *Hub) purgeBut(ctx context.Context, stream, all string, keep map[string]bool) error {
	s, err := h.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(all))
	if err != nil {
		return err
	}
	for subject := range info.State.Subjects {
		if part := strings.Split(subject, "."); keep[part[len(part)-1]] {
			continue
		}
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return err
		}
	}
	return nil
}
