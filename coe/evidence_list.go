package coe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/people"
)

// Evidence lists all items on which something was decided for a document that p
// may edit, dismissed ones too, by when they began.
func (s *Store) Evidence(ctx context.Context, p *people.Principal, n int64) ([]Linked, error) {
	d, err := s.Load(ctx, p, n)
	if err != nil {
		return nil, err
	}
	return s.EvidenceOf(ctx, p, d)
}

// EvidenceOf is Evidence for a document that was loaded already, in a fixed
// number of queries.
func (s *Store) EvidenceOf(ctx context.Context, p *people.Principal, d *Document) ([]Linked, error) {
	if err := allow(p, people.Edit, d.Resource()); err != nil {
		return nil, err
	}
	tx := s.DB.WithContext(ctx)
	var decisions []evidence.Decision
	if err := tx.Where(mine, d.COE.ID).Find(&decisions).Error; err != nil {
		return nil, err
	}
	var items []evidence.Item
	err := tx.Where("id IN (SELECT item_id FROM coe_evidence WHERE coe_id = ?)", d.COE.ID).Order("started_at, id").Find(&items).Error
	if err != nil {
		return nil, err
	}
	return linked(tx, d, items, decisions)
}

// ReferencesOf gives the experiments, deployments and rollbacks that stand
// under Related of a document as it is shown, by what the row names
// ("tool:external-id"). It asks for no rights beyond those that showed the
// document: the rows are part of it, and items may be seen by everyone.
func (s *Store) ReferencesOf(ctx context.Context, d *Document) ([]Linked, error) {
	var ids, tools []string
	want := map[string]int{}
	for n, l := range d.Links {
		tool, id, ok := strings.Cut(l.Target, ":")
		if ok && hasLink(evidence.Type(l.Type)) {
			ids, tools = append(ids, id), append(tools, tool)
			want[l.Type+" "+l.Target] = n + 1
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	tx := s.DB.WithContext(ctx)
	var found []evidence.Item
	err := tx.Where("external_id IN ? AND tool IN ? AND type IN ?", ids, tools, []evidence.Type{evidence.TypeExperiment, evidence.TypeDeployment, evidence.TypeRollback}).
		Order("started_at, id").Limit(mostCandidates).Find(&found).Error
	if err != nil {
		return nil, fmt.Errorf("find what %s refers to: %w", d.COE.Name(), err)
	}
	var items []evidence.Item
	for _, i := range found {
		key := string(i.Type) + " " + LinkTarget(&i)
		if want[key] > 0 {
			want[key] = 0
			items = append(items, i)
		}
	}
	var decisions []evidence.Decision
	if err := tx.Where(mine+" AND decision = ?", d.COE.ID, Accepted).Find(&decisions).Error; err != nil {
		return nil, err
	}
	return linked(tx, d, items, decisions)
}

// linked puts items, their decisions and what belongs to them together.
func linked(tx *gorm.DB, d *Document, items []evidence.Item, decisions []evidence.Decision) ([]Linked, error) {
	byItem := map[int64]evidence.Decision{}
	for _, x := range decisions {
		byItem[x.ItemID] = x
	}
	list, err := materials(tx, items, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("read the evidence of %s: %w", d.COE.Name(), err)
	}
	out := make([]Linked, len(list))
	for i, m := range list {
		out[i] = Linked{Item: m.item, Spans: m.spans, Other: m.other, Decision: byItem[m.item.ID], Impact: wave(&m.item, d.Impacts)}
	}
	return out, nil
}

// COEsOf lists the documents that p may see and to which an item belongs, by
// number.
func (s *Store) COEsOf(ctx context.Context, p *people.Principal, itemID int64) ([]Mention, error) {
	if !people.May(p, people.SeeItems, people.Resource{}) {
		return nil, fault.Forbiddenf("Sign in to see this.")
	}
	tx := s.DB.WithContext(ctx)
	i, err := findItem(tx, itemID)
	if err != nil {
		return nil, err
	}
	accepted := tx.Model(&evidence.Decision{}).Select("coe_id").Where("item_id = ? AND decision = ?", itemID, Accepted)
	related := tx.Model(&Link{}).Select("coe_id").Where("type = ? AND target = ? AND deleted_at IS NULL", i.Type, LinkTarget(&i))
	var list []COE
	err = tx.Model(&COE{}).Where("coes.id IN (?) OR coes.id IN (?)", accepted, related).Scopes(people.Visible(p)).
		Order("number").Find(&list).Error
	if err != nil {
		return nil, fmt.Errorf("find the COEs of item %d: %w", itemID, err)
	}
	var decisions []evidence.Decision
	if err := tx.Where("item_id = ? AND decision = ?", itemID, Accepted).Find(&decisions).Error; err != nil {
		return nil, err
	}
	byCOE := map[int64]evidence.Decision{}
	for _, d := range decisions {
		byCOE[d.COEID] = d
	}
	out := make([]Mention, len(list))
	for n, c := range list {
		d := byCOE[c.ID]
		out[n] = Mention{
			Number: c.Number, Title: c.Title, Kind: c.Kind, State: c.State,
			Role: Role(d.Role), Relation: Relation(d.Relation), Opened: d.Reason == openedReason,
		}
	}
	return out, nil
}
