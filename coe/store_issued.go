package coe

import (
	"context"
	"fmt"

	"coetracker/actions"
	"coetracker/people"
)

// Issued gives the document as readers see it: where it changed since its last
// issue, that issue, with the state, owner, date, moves and proofs of its
// actions as they are now. Without pending changes it is d itself.
func (s *Store) Issued(ctx context.Context, p *people.Principal, d *Document) (*Document, error) {
	if !d.Pending {
		return d, nil
	}
	rev, err := s.Issue(ctx, p, d.COE.Number)
	if err != nil {
		return nil, err
	}
	file, err := Read(rev.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read issue %d of %s: %v", rev.Issue, d.COE.Name(), err)
	}
	old, out := file.Document, *d
	out.COE.Title, out.COE.Kind, out.COE.Severity, out.COE.Zone = old.COE.Title, old.COE.Kind, old.COE.Severity, old.COE.Zone
	out.COE.WindowStart, out.COE.WindowEnd, out.COE.Tags, out.COE.NoneBecause = old.COE.WindowStart, old.COE.WindowEnd, old.COE.Tags, old.COE.NoneBecause
	out.Impacts, out.Metrics, out.Whys, out.Lessons, out.Links, out.Sharings = old.Impacts, old.Metrics, old.Whys, old.Lessons, old.Links, old.Sharings
	out.Services = issuedServices(old.Services, d.Services)
	out.Attachments = issuedFiles(old.Attachments, d.Attachments)
	if err := s.issuedTexts(ctx, old, d, &out); err != nil {
		return nil, err
	}
	issuedActions(old, d, &out)
	return &out, nil
}

// issuedServices names those of the issue, with what is known of them now.
func issuedServices(old, now []people.Service) []people.Service {
	known := map[string]people.Service{}
	for _, s := range now {
		known[s.Name] = s
	}
	var out []people.Service
	for _, s := range old {
		if k, ok := known[s.Name]; ok {
			s = k
		}
		out = append(out, s)
	}
	return out
}

func issuedFiles(old, now []Attachment) []Attachment {
	in := map[string]bool{}
	for _, a := range old {
		in[a.Key] = true
	}
	var out []Attachment
	for _, a := range now {
		if in[a.Key] {
			out = append(out, a)
		}
	}
	return out
}

// issuedTexts gives the texts of the issue their HTML: a file has none. What
// did not change since has it already.
func (s *Store) issuedTexts(ctx context.Context, old, now, out *Document) error {
	out.Sections = map[SectionName]Section{}
	for _, name := range SectionNames {
		sec, live := now.Section(name), now.Section(name).Text
		if sec.Text = old.Section(name).Text; sec.Text != live {
			html, err := s.render(ctx, "text", string(name)+"-", sec.Text)
			if err != nil {
				return err
			}
			sec.HTML, sec.Plain = html.HTML, html.Text
		}
		out.Sections[name] = sec
	}
	out.Answers = map[string]Answer{}
	for id, a := range old.Answers {
		if live, ok := now.Answers[id]; ok && live.Text == a.Text {
			a.HTML = live.HTML
		} else {
			html, err := s.render(ctx, "text", id+"-", a.Text)
			if err != nil {
				return err
			}
			a.HTML = html.HTML
		}
		out.Answers[id] = a
	}
	html := map[string]string{}
	for _, e := range now.Entries {
		html[e.Key+e.Text] = e.HTML
	}
	out.Entries = nil
	for _, e := range old.Entries {
		e.HTML = html[e.Key+e.Text] // "" is shown as the text it is
		out.Entries = append(out.Entries, e)
	}
	return nil
}

// issuedActions joins the actions of the issue with what became of them. Ids
// of a file count within it, so links go by key; an action that was deleted
// since gets a negative id, as its owner does.
func issuedActions(old, now, out *Document) {
	live := map[string]actions.Action{}
	for _, a := range now.Actions {
		live[a.Key] = a
	}
	out.People = map[int64]people.Person{}
	for id, p := range now.People {
		out.People[id] = p
	}
	ids := map[int64]int64{} // of the file → of the result
	out.Actions = nil
	for _, a := range old.Actions {
		from := a.ID
		if l, ok := live[a.Key]; ok {
			l.Title, l.Detail, l.Criterion = a.Title, a.Detail, a.Criterion
			a = l
		} else {
			a.ID, a.VerifierID = -a.ID, nil
			if a.OwnerID != nil {
				id := -*a.OwnerID
				out.People[id] = old.People[*a.OwnerID]
				a.OwnerID = &id
			}
		}
		ids[from] = a.ID
		out.Actions = append(out.Actions, a)
	}
	out.WhyActions, out.LessonLinks = nil, nil
	for _, l := range old.WhyActions {
		out.WhyActions = append(out.WhyActions, WhyAction{WhyID: l.WhyID, ActionID: ids[l.ActionID]})
	}
	for _, l := range old.LessonLinks {
		out.LessonLinks = append(out.LessonLinks, LessonAction{LessonID: l.LessonID, ActionID: ids[l.ActionID]})
	}
}
