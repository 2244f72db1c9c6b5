package coe

import (
	"context"

	"coetracker/people"
)

// Preview gives the HTML that a save of this text would store, sanitised,
// without saving anything. Who may not edit the document gets no preview.
func (s *Store) Preview(ctx context.Context, p *people.Principal, n int64, name SectionName, text string) (html string, err error) {
	if _, err := s.readSection(ctx, p, n, name, people.Edit); err != nil {
		return "", err
	}
	if text, err = block("text", text); err != nil {
		return "", err
	}
	out, err := s.render(ctx, "text", string(name)+"-", text)
	return out.HTML, err
}
