package coe

import "time"

// Findings runs the checker over a document and marks what somebody waived.
// Without a checker there are none; such a store takes nothing into review.
func (s *Store) Findings(d *Document, now time.Time) []Finding {
	if s.Check == nil {
		return nil
	}
	return d.Waive(s.Check(d, now))
}
