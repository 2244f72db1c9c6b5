package coe

import (
	"context"
	"fmt"
	"time"

	"coetracker/people"
)

// TextChange says who changed which section when, without the text.
type TextChange struct {
	Section SectionName
	Version int64 // the section's version that it led to
	At      time.Time
	ByName  string // "" when unknown
	Origin  Origin
}

// TextChanges lists the changes of all sections' texts, the newest first, at
// most limit of them.
func (s *Store) TextChanges(ctx context.Context, p *people.Principal, n int64, limit int) ([]TextChange, error) {
	w, err := open(s.DB.WithContext(ctx), p, n, people.View)
	if err != nil {
		return nil, err
	}
	var list []TextChange
	err = w.tx.Table("section_updates u").Select("s.name AS section, u.version, u.at, u.origin, COALESCE(p.name, '') AS by_name").
		Joins("JOIN sections s ON s.id = u.section_id").Joins("LEFT JOIN people p ON p.id = u.author_id").
		Where("s.coe_id = ?", w.coe.ID).Order("u.at DESC, u.section_id, u.version DESC").Limit(limit).Scan(&list).Error
	if err != nil {
		return nil, fmt.Errorf("list text changes of %s: %w", w.coe.Name(), err)
	}
	return list, nil
}
