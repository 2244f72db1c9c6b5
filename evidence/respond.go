package evidence

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Response is one step of an incident: that it was opened, that somebody took
// it up, that it was closed.
type Response struct {
	At   time.Time // UTC
	What string    // the tool's word, in lower case
	Who  string    // "" where the tool does not say
}

// maxResponses bounds how much is read of the incidents of one run.
const maxResponses = 500

// responses gives the steps of incidents, each in order. What a tool repeats
// without another state is no step.
func responses(tx *gorm.DB, incidents []Item) (map[int64][]Response, error) {
	out := map[int64][]Response{}
	ids := make([]int64, len(incidents))
	for n, i := range incidents {
		ids[n] = i.ID
	}
	if len(ids) == 0 {
		return out, nil
	}
	var said []Statement
	if err := tx.Where("item_id IN ?", ids).Order("occurred_at, dedupe_key").Limit(maxResponses).Find(&said).Error; err != nil {
		return nil, fmt.Errorf("read who responded: %w", err)
	}
	for _, s := range said {
		r, err := s.record()
		if err != nil {
			return nil, err
		}
		state := strings.ToLower(strings.TrimSpace(r.State))
		if state == "" {
			continue
		}
		steps := out[s.ItemID]
		if n := len(steps); n > 0 && steps[n-1].What == state {
			continue
		}
		out[s.ItemID] = append(steps, Response{At: s.OccurredAt.UTC(), What: state, Who: r.Detail.Initiator})
	}
	return out, nil
}
