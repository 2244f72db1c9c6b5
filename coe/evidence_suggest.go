package coe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/people"
	"coetracker/timeline"
)

// How many suggestions are shown, and how many items are looked at for them.
const (
	mostSuggestions = 50
	mostCandidates  = 500
)

// Suggestions lists what may belong to a document that p may edit, the nearest
// first, at most 50. Nothing is linked by it. What was accepted or dismissed is
// left out. The list is empty when nobody knows when it happened.
func (s *Store) Suggestions(ctx context.Context, p *people.Principal, n int64) ([]Suggestion, error) {
	d, err := s.Load(ctx, p, n)
	if err != nil {
		return nil, err
	}
	out, err := s.SuggestedFor(ctx, p, d)
	return out.List, err
}

// SuggestedFor is Suggestions for a document that was loaded already, with the
// window that was looked at. It takes a fixed number of queries.
func (s *Store) SuggestedFor(ctx context.Context, p *people.Principal, d *Document) (Suggested, error) {
	if err := allow(p, people.Edit, d.Resource()); err != nil {
		return Suggested{}, err
	}
	start, end := event(d.COE, d.Entries)
	if start == nil {
		return Suggested{}, nil
	}
	from, to := lookFor(*start, end)
	tx := s.DB.WithContext(ctx)
	names, err := aliasesOf(tx, d)
	if err != nil {
		return Suggested{}, err
	}
	items, err := candidates(tx, d, names, from, to)
	if err != nil {
		return Suggested{}, err
	}
	list, err := materials(tx, items, from)
	if err != nil {
		return Suggested{}, err
	}
	back, err := evidence.GoesBack(tx, items)
	if err != nil {
		return Suggested{}, err
	}
	r := reasoner{d: d, back: back, start: start.UTC(), from: from, to: to, names: names, timeline: entryText(d)}
	out := Suggested{From: &from, To: &to}
	for _, m := range list {
		if sg, ok := r.suggest(m); ok {
			out.List = append(out.List, sg)
		}
	}
	slices.SortStableFunc(out.List, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Item.ID, b.Item.ID))
	})
	if len(out.List) > mostSuggestions {
		out.List, out.More = out.List[:mostSuggestions], true
	}
	return out, nil
}

// aliasesOf gives the names and aliases of the document's services, in lower
// case, with the service each of them means.
func aliasesOf(tx *gorm.DB, d *Document) (map[string]people.Service, error) {
	out := map[string]people.Service{}
	byID := map[int64]people.Service{}
	var ids []int64
	for _, sv := range d.Services {
		out[strings.ToLower(sv.Name)] = sv
		byID[sv.ID] = sv
		ids = append(ids, sv.ID)
	}
	var aliases []people.ServiceAlias
	if err := tx.Where("service_id IN ?", ids).Find(&aliases).Error; err != nil {
		return nil, fmt.Errorf("read the aliases of %s: %w", d.COE.Name(), err)
	}
	for _, a := range aliases {
		out[strings.ToLower(a.Alias)] = byID[a.ServiceID]
	}
	return out, nil
}

// touches limits items to those that were going on within a window. A span
// without an end counts for a day.
const touches = "EXISTS (SELECT 1 FROM evidence_spans sp WHERE sp.item_id = evidence_items.id AND sp.started_at <= ? AND (sp.ended_at >= ? OR sp.started_at >= ? OR sp.ended_at IS NULL AND sp.started_at >= ?))"

// candidates are the items of the window that belong to one of the services, or
// whose unmatched name is one of theirs, and about which nothing was decided.
func candidates(tx *gorm.DB, d *Document, names map[string]people.Service, from, to time.Time) ([]evidence.Item, error) {
	ids := make([]int64, len(d.Services))
	for i, sv := range d.Services {
		ids[i] = sv.ID
	}
	undecided := tx.Model(&evidence.Item{}).
		Where("id NOT IN (SELECT item_id FROM coe_evidence WHERE coe_id = ?)", d.COE.ID).
		Where(touches, to, from, from, from.Add(-longest)).Limit(mostCandidates).Order("started_at DESC, id DESC").
		Session(&gorm.Session{})
	var ours, unmatched []evidence.Item
	if err := undecided.Where("service_id IN ?", ids).Find(&ours).Error; err != nil {
		return nil, fmt.Errorf("find what belongs to %s: %w", d.COE.Name(), err)
	}
	if err := undecided.Where("service_id IS NULL").Find(&unmatched).Error; err != nil {
		return nil, fmt.Errorf("find what belongs to %s: %w", d.COE.Name(), err)
	}
	for _, i := range unmatched {
		if _, ok := meant(&i, names); ok {
			ours = append(ours, i)
		}
	}
	return ours, nil
}

// meant gives the service that one of an item's names means.
func meant(i *evidence.Item, names map[string]people.Service) (people.Service, bool) {
	for _, n := range i.AllNames() {
		if sv, ok := names[strings.ToLower(strings.TrimSpace(n))]; ok {
			return sv, true
		}
	}
	return people.Service{}, false
}

// materials reads what belongs to items: their spans, the other half of a
// deployment and its rollback, and what was said of incidents.
func materials(tx *gorm.DB, items []evidence.Item, from time.Time) ([]material, error) {
	ids, others, incidents := []int64{}, []int64{}, []int64{}
	for _, i := range items {
		ids = append(ids, i.ID)
		for _, o := range []*int64{i.UndoesID, i.UndoneByID} {
			if o != nil {
				others = append(others, *o)
			}
		}
		if i.Type == evidence.TypeIncident {
			incidents = append(incidents, i.ID)
		}
	}
	var spans []evidence.Span
	if err := tx.Where("item_id IN ?", ids).Order("started_at").Find(&spans).Error; err != nil {
		return nil, err
	}
	var found []evidence.Item
	if err := tx.Where("id IN ?", others).Find(&found).Error; err != nil {
		return nil, err
	}
	var said []evidence.Statement
	if err := tx.Where("item_id IN ?", incidents).Order("occurred_at, dedupe_key").Limit(2000).Find(&said).Error; err != nil {
		return nil, err
	}
	return assemble(items, spans, found, said, from), nil
}

func assemble(items []evidence.Item, spans []evidence.Span, others []evidence.Item, said []evidence.Statement, from time.Time) []material {
	out := make([]material, len(items))
	at, half, words := map[int64][]evidence.Span{}, map[int64]*evidence.Item{}, map[int64][]evidence.Statement{}
	for _, s := range spans {
		at[s.ItemID] = append(at[s.ItemID], s)
	}
	for i := range others {
		half[others[i].ID] = &others[i]
	}
	for _, s := range said {
		words[s.ItemID] = append(words[s.ItemID], s)
	}
	for n, i := range items {
		out[n] = material{item: i, spans: at[i.ID], said: records(words[i.ID]), from: from}
		for _, o := range []*int64{i.UndoesID, i.UndoneByID} {
			if o != nil && half[*o] != nil {
				out[n].other = half[*o]
			}
		}
	}
	return out
}

// entryText is all that the timeline says, in lower case.
func entryText(d *Document) string {
	var b strings.Builder
	for _, e := range d.Entries {
		b.WriteString(strings.ToLower(e.Text) + "\n")
	}
	return b.String()
}

// reasoner says why an item may belong to a document.
type reasoner struct {
	d        *Document
	start    time.Time // of the impact
	from, to time.Time
	names    map[string]people.Service
	timeline string
	back     map[int64]evidence.Item // deployments that bring a version back, and the one it ran with before
}

func (r reasoner) suggest(m material) (Suggestion, bool) {
	near, ok := r.nearest(m)
	if !ok {
		return Suggestion{}, false
	}
	role, rel := usual(&m.item)
	sg := Suggestion{Item: m.item, Spans: m.spans, Role: role, Relation: rel, Other: m.other, Distance: near.StartedAt.Sub(r.start).Abs()}
	if sg.Entries = m.entries(r.d.COE.Zone, role, rel); len(sg.Entries) == 0 {
		return Suggestion{}, false
	}
	sg.Reasons = r.reasons(m, near)
	return sg, true
}

// nearest is the span within the window that begins nearest to the impact.
func (r reasoner) nearest(m material) (best evidence.Span, ok bool) {
	for _, s := range m.spans {
		end := s.StartedAt.Add(longest)
		if s.EndedAt != nil {
			end = *s.EndedAt
		}
		if s.StartedAt.After(r.to) || end.Before(r.from) {
			continue
		}
		if !ok || s.StartedAt.Sub(r.start).Abs() < best.StartedAt.Sub(r.start).Abs() {
			best, ok = s, true
		}
	}
	return best, ok
}

func (r reasoner) reasons(m material, near evidence.Span) []string {
	out := []string{r.when(near)}
	if sv, ok := r.service(&m.item); ok {
		out = append([]string{sv}, out...)
	}
	for _, a := range m.item.AlarmNames() {
		if m.item.Type != evidence.TypeAlarm {
			out = append(out, "Names the alarm "+a)
		}
	}
	if m.item.Type == evidence.TypeAlarm && r.mentioned(name(&m.item)) {
		out = append(out, "The timeline speaks of "+name(&m.item))
	}
	if m.other != nil && m.item.Type == evidence.TypeRollback {
		out = append(out, "Undoes the deployment "+shortVersion(m.other.ExternalID))
	} else if m.item.Type == evidence.TypeRollback && m.item.Undoes != "" {
		out = append(out, "Undoes the deployment "+shortVersion(m.item.Undoes))
	}
	if m.other != nil && m.item.Type == evidence.TypeDeployment {
		out = append(out, "Was rolled back at "+r.clock(m.other.StartedAt))
	}
	if was, ok := r.back[m.item.ID]; ok {
		out = append(out, fmt.Sprintf("It goes back to %s, which was deployed before on %s", shortVersion(was.ToVersion), was.StartedAt.In(r.d.COE.Location()).Format("Mon 2 Jan")))
	}
	if m.item.Type == evidence.TypeExperiment && m.item.EndedAt != nil {
		out = append(out, "It "+outcomeWord(m.item.Showed()))
	}
	if m.item.DryRun {
		out = append(out, "It was a dry run: nothing was broken")
	}
	return out
}

// service says by which service an item comes here.
func (r reasoner) service(i *evidence.Item) (string, bool) {
	for _, sv := range r.d.Services {
		if i.ServiceID != nil && sv.ID == *i.ServiceID {
			return "Same service " + sv.Name, true
		}
	}
	if sv, ok := meant(i, r.names); ok {
		return fmt.Sprintf("It says %s, which is a name of %s", subject(i), sv.Name), true
	}
	return "", false
}

// when says how near a span is to the impact.
func (r reasoner) when(s evidence.Span) string {
	d := s.StartedAt.Sub(r.start)
	end := r.to.Add(-lookAfter)
	switch {
	case d < 0 && s.EndedAt != nil && s.EndedAt.After(r.start):
		return span(-d) + " before impact began, and still going on then"
	case d < 0:
		return span(-d) + " before impact began"
	case d < time.Minute:
		return "At the moment when impact began"
	case s.StartedAt.After(end):
		return span(s.StartedAt.Sub(end)) + " after it was over"
	}
	return span(d) + " after impact began"
}

func (r reasoner) clock(t *time.Time) string {
	if t == nil {
		return "an unknown time"
	}
	return t.In(r.d.COE.Location()).Format("15:04")
}

// mentioned reports whether the timeline names something.
func (r reasoner) mentioned(what string) bool {
	return len(what) > 3 && strings.Contains(r.timeline, strings.ToLower(what))
}

// timelineStore renders entries as package timeline does it.
func (s *Store) timelineStore() *timeline.Store {
	return &timeline.Store{DB: s.DB, Host: s.Host, LinkID: s.LinkID}
}
