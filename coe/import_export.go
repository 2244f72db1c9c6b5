package coe

import (
	"context"

	"coetracker/people"
)

// Export gives the file of a document that p may see.
func (s *Store) Export(ctx context.Context, p *people.Principal, n int64) ([]byte, error) {
	d, err := s.Load(ctx, p, n)
	if err != nil {
		return nil, err
	}
	return Write(d)
}

// Numbers lists the numbers of all documents that p may see, ascending.
func (s *Store) Numbers(ctx context.Context, p *people.Principal) ([]int64, error) {
	var out []int64
	err := s.DB.WithContext(ctx).Model(&COE{}).Scopes(people.Visible(p)).Order("number").Pluck("number", &out).Error
	return out, err
}
