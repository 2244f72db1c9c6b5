package evidence

import (
	"strings"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// itemOf finds an item of one of some types; another type is not there.
func itemOf(tx *gorm.DB, id int64, types ...Type) (Item, error) {
	var i Item
	err := tx.Where("type IN ?", types).Take(&i, id).Error
	if db.IsNotFound(err) {
		return i, fault.NotFoundf("There is no such thing.")
	}
	return i, err
}

// firedIn lists what began within a window, in order.
func firedIn(tx *gorm.DB, types []Type, from, to time.Time) ([]Fired, error) {
	var spans []Span
	err := tx.Where("started_at BETWEEN ? AND ? AND item_id IN (SELECT id FROM evidence_items WHERE type IN ?)", from, to, types).
		Order("started_at, item_id").Limit(listed).Find(&spans).Error
	if err != nil || len(spans) == 0 {
		return nil, err
	}
	ids := make([]int64, len(spans))
	for i, sp := range spans {
		ids[i] = sp.ItemID
	}
	var items []Item
	if err := tx.Where("id IN ?", ids).Find(&items).Error; err != nil {
		return nil, err
	}
	byID := map[int64]Item{}
	for _, i := range items {
		byID[i.ID] = i
	}
	var out []Fired
	for _, sp := range spans {
		out = append(out, Fired{Item: byID[sp.ItemID], At: sp.StartedAt, Until: sp.EndedAt})
	}
	return out, nil
}

// named gives the first of some names that means this alarm, "" for none: in any
// case, and an ARN is known by its last part too.
func (i Item) named(names []string) string {
	for _, own := range append([]string{i.Title, i.ExternalID, i.SubjectKey}, strings.Split(i.Names, "\n")...) {
		for _, n := range names {
			if own != "" && n != "" && strings.EqualFold(shortName(own), shortName(n)) {
				return n
			}
		}
	}
	return ""
}

// shortName is an alarm's name without the account and region before it.
func shortName(s string) string {
	s = strings.TrimSpace(s)
	if _, after, ok := strings.Cut(s, ":alarm:"); ok {
		return after
	}
	return s
}
