package coe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/people"
)

// A row under Related may name an experiment, a deployment or a rollback without
// anything having been taken over: by the name of the experiment, or as
// tool:external-id. The link is followed in both directions all the same.

// relatedRow is a row under Related, with its document.
type relatedRow struct {
	Number              int64
	Title               string
	Type, Target, Words string
}

// relation gives the relation that typed words mean, "" for other words.
func (n relatedRow) relation() string {
	words := strings.ToLower(strings.Join(strings.Fields(n.Words), " "))
	for _, t := range []evidence.Type{evidence.TypeExperiment, evidence.TypeDeployment, evidence.TypeRollback} {
		for _, r := range Relations(t) {
			if words != "" && (words == r.Label() || words == string(r) || strings.HasPrefix(r.Label(), words+" ")) {
				return string(r)
			}
		}
	}
	return ""
}

// namedIn finds the rows under Related that name one of some targets, in
// documents that p may see, newest first.
func namedIn(tx *gorm.DB, p *people.Principal, types []evidence.Type, targets []string) ([]relatedRow, error) {
	var rows []relatedRow
	if len(targets) == 0 {
		return nil, nil
	}
	err := tx.Table("links l").Select("coes.number, coes.title, l.type, l.target, l.role AS words").Joins("JOIN coes ON coes.id = l.coe_id").
		Where("l.deleted_at IS NULL AND l.type IN ? AND lower(l.target) IN ?", types, targets).
		Scopes(people.Visible(p)).Order("coes.number DESC, l.id").Limit(modeRows).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find what is related: %w", err)
	}
	return rows, nil
}

// addNamed adds to links the documents that name an item by hand.
func addNamed(tx *gorm.DB, p *people.Principal, ids []int64, links map[int64][]ItemLink) error {
	var items []evidence.Item
	err := tx.Select("id", "type", "tool", "external_id").Where("id IN ? AND type IN ?", ids, []evidence.Type{evidence.TypeExperiment, evidence.TypeDeployment, evidence.TypeRollback}).Find(&items).Error
	if err != nil {
		return fmt.Errorf("read what may be related: %w", err)
	}
	at := map[string]int64{}
	var targets []string
	for _, i := range items {
		target := strings.ToLower(LinkTarget(&i))
		at[string(i.Type)+" "+target] = i.ID
		targets = append(targets, target)
	}
	rows, err := namedIn(tx, p, []evidence.Type{evidence.TypeExperiment, evidence.TypeDeployment, evidence.TypeRollback}, targets)
	if err != nil {
		return err
	}
	for _, r := range rows {
		id := at[r.Type+" "+strings.ToLower(r.Target)]
		known := slices.ContainsFunc(links[id], func(l ItemLink) bool { return l.Number == r.Number })
		if id != 0 && !known {
			links[id] = append(links[id], ItemLink{ItemID: id, COERef: COERef{r.Number, r.Title}, Relation: r.relation()})
		}
	}
	return nil
}

// ExperimentLinks gives the COEs that p may see and that name an experiment
// under Related, newest first, each once.
func (s *Store) ExperimentLinks(ctx context.Context, p *people.Principal, x evidence.Experiment) ([]ItemLink, error) {
	names := []string{strings.ToLower(x.Name)}
	if x.Tool != "" {
		names = append(names, strings.ToLower(x.Tool+":"+x.Definition))
	}
	rows, err := namedIn(s.DB.WithContext(ctx), p, []evidence.Type{evidence.TypeExperiment}, names)
	var out []ItemLink
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].Number != r.Number {
			out = append(out, ItemLink{COERef: COERef{r.Number, r.Title}, Relation: r.relation()})
		}
	}
	return out, err
}

// ExperimentsOf gives the experiments that rows under Related of a document
// name, by the row's target. Like ReferencesOf it asks for no further rights.
func (s *Store) ExperimentsOf(ctx context.Context, d *Document) (map[string]int64, error) {
	targets := map[string]string{} // in lower case
	var names []string
	for _, l := range d.Links {
		if l.Type == string(evidence.TypeExperiment) {
			targets[l.Target] = strings.ToLower(l.Target)
			names = append(names, strings.ToLower(l.Target))
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	var found []evidence.Experiment
	err := s.DB.WithContext(ctx).Where("lower(name) IN ? OR tool <> '' AND lower(tool || ':' || definition) IN ?", names, names).Order("id").Limit(modeRows).Find(&found).Error
	if err != nil {
		return nil, fmt.Errorf("find the experiments of %s: %w", d.COE.Name(), err)
	}
	out := map[string]int64{}
	for target, name := range targets {
		for _, x := range found {
			if strings.ToLower(x.Name) == name || x.Tool != "" && strings.ToLower(x.Tool+":"+x.Definition) == name {
				out[target] = x.ID
				break
			}
		}
	}
	return out, nil
}
