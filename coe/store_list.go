package coe

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// ListView is a prepared selection of documents.
type ListView string

// The views; "" is all that the person may see.
const (
	ViewMine     ListView = "mine"      // owned by or written by the person
	ViewWaiting  ListView = "waiting"   // the person is to sign off, or to go on as owner
	ViewInReview ListView = "in_review" // in review
	ViewOverdue  ListView = "overdue"   // with an overdue action
)

// Filter narrows a list. Its zero value is everything.
type Filter struct {
	Words     string // each word somewhere in title, tags or number
	Kind      Kind
	Severity  []int
	State     State
	ServiceID int64
	OwnerID   int64
	TeamID    int64
	View      ListView
}

// ListRow is a document as a list shows it.
type ListRow struct {
	COE       COE
	OwnerName string
	TeamName  string
	Services  []people.Service
	Moments   map[timeline.Kind]time.Time // the key moments that are known
	Actions   ActionCount
}

// ActionCount counts the actions of one document.
type ActionCount struct {
	Total    int
	Open     int // neither claimed done, verified nor declined
	Overdue  int // of those open, by the owner's day
	Verified int
}

// Page is a part of a list. Next is the cursor of the following one, "" at the end.
type Page struct {
	Rows []ListRow
	Next string
}

// List gives documents that p may see, the newest first, in a fixed number of
// queries. limit is at most 200; 0 is 50. The cursor is "" or Page.Next.
func (s *Store) List(ctx context.Context, p *people.Principal, f Filter, cursor string, limit int) (Page, error) {
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 200)
	tx := s.DB.WithContext(ctx)
	day, err := todayByOwner(tx, s.Zone)
	if err != nil {
		return Page{}, err
	}
	q, err := f.where(tx.Model(&COE{}), p, day)
	if err != nil {
		return Page{}, err
	}
	if cursor != "" {
		before, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil {
			return Page{}, fault.Invalidf("cursor", "This page does not exist. Begin at the first.")
		}
		q = q.Where("coes.number < ?", before)
	}
	var list []COE
	if err := q.Scopes(people.Visible(p)).Order("coes.number DESC").Limit(limit + 1).Find(&list).Error; err != nil {
		return Page{}, fmt.Errorf("list COEs: %w", err)
	}
	page := Page{}
	if len(list) > limit {
		list = list[:limit]
		page.Next = strconv.FormatInt(list[limit-1].Number, 10)
	}
	page.Rows, err = rowsOf(tx, list, day)
	return page, err
}

// where turns the filter into conditions.
func (f Filter) where(q *gorm.DB, p *people.Principal, day today) (*gorm.DB, error) {
	words := strings.Fields(f.Words)
	if len(words) > mostWords {
		return q, fault.Invalidf("words", "These are %d words. Look for at most %d at once.", len(words), mostWords)
	}
	for _, w := range words {
		like := "%" + likeText.Replace(strings.ToLower(w)) + "%"
		q = q.Where("(LOWER(coes.title) LIKE ? ESCAPE '!' OR coes.tags LIKE ? ESCAPE '!' OR 'coe-' || coes.number = ?)", like, like, strings.ToLower(w))
	}
	if f.Kind != "" {
		q = q.Where("coes.kind = ?", f.Kind)
	}
	if len(f.Severity) > 0 {
		q = q.Where("coes.severity IN ?", f.Severity)
	}
	if f.State != "" {
		q = q.Where("coes.state = ?", f.State)
	}
	if f.ServiceID != 0 {
		q = q.Where("coes.id IN (SELECT coe_id FROM coe_services WHERE service_id = ?)", f.ServiceID)
	}
	if f.OwnerID != 0 {
		q = q.Where("coes.owner_id = ?", f.OwnerID)
	}
	if f.TeamID != 0 {
		q = q.Where("coes.team_id = ?", f.TeamID)
	}
	return f.View.where(q, p, day)
}

// mostWords bounds a search, whose every word is a condition.
const mostWords = 20

// likeText takes the meaning of LIKE's signs away, with ! before them.
var likeText = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

func (v ListView) where(q *gorm.DB, p *people.Principal, day today) (*gorm.DB, error) {
	var id int64
	if p != nil {
		id = p.ID
	}
	switch v {
	case "":
		return q, nil
	case ViewMine:
		return q.Where("(coes.owner_id = ? OR coes.id IN (SELECT coe_id FROM coe_people WHERE person_id = ? AND role = 'writer'))", id, id), nil
	case ViewInReview:
		return q.Where("coes.state = 'in_review'"), nil
	case ViewWaiting:
		return q.Where("((coes.owner_id = ? AND coes.state IN ('changes_requested','approved')) OR ("+toSign+"))", id, id, id, id), nil
	case ViewOverdue:
		sql, args := day.overdue()
		return q.Where("EXISTS (SELECT 1 FROM actions a LEFT JOIN people o ON o.id = a.owner_id WHERE a.coe_id = coes.id AND a.deleted_at IS NULL AND "+sql+")", args...), nil
	}
	return q, fault.Invalidf("view", "%q is not a view. Choose mine, waiting, in_review or overdue.", clip(string(v)))
}

// toSign selects documents in review that a named reviewer has not signed
// since they entered it.
const toSign = "coes.state = 'in_review' AND coes.owner_id <> ? AND " +
	"coes.id IN (SELECT coe_id FROM coe_people WHERE person_id = ? AND role IN ('reviewer','approver')) AND " +
	"NOT EXISTS (SELECT 1 FROM signoffs s WHERE s.coe_id = coes.id AND s.person_id = ? AND s.at >= coes.state_since)"

// rowsOf gathers what a list shows besides the headers, in five queries. A
// document may be in the list twice.
func rowsOf(tx *gorm.DB, list []COE, day today) ([]ListRow, error) {
	at := map[int64]*ListRow{}
	var ids []int64
	for _, c := range list {
		if at[c.ID] == nil {
			at[c.ID] = &ListRow{COE: c, Moments: map[timeline.Kind]time.Time{}}
			ids = append(ids, c.ID)
		}
	}
	for _, fill := range []func() error{
		func() error { return fillNames(tx, at) },
		func() error { return fillServices(tx, at, ids) },
		func() error { return fillMoments(tx, at, ids) },
		func() error { return fillActions(tx, at, ids, day) },
	} {
		if err := fill(); err != nil {
			return nil, fmt.Errorf("complete a list of COEs: %w", err)
		}
	}
	rows := make([]ListRow, len(list))
	for i, c := range list {
		rows[i] = *at[c.ID]
	}
	return rows, nil
}

func fillNames(tx *gorm.DB, at map[int64]*ListRow) error {
	var owners, teams []int64
	for _, r := range at {
		owners = append(owners, r.COE.OwnerID)
		if r.COE.TeamID != nil {
			teams = append(teams, *r.COE.TeamID)
		}
	}
	persons, err := namesOf(tx, &people.Person{}, owners)
	if err != nil {
		return err
	}
	groups, err := namesOf(tx, &people.Team{}, teams)
	for _, r := range at {
		r.OwnerName = persons[r.COE.OwnerID]
		if r.COE.TeamID != nil {
			r.TeamName = groups[*r.COE.TeamID]
		}
	}
	return err
}

// namesOf gives the names of rows of a table by their ids.
func namesOf(tx *gorm.DB, model any, ids []int64) (map[int64]string, error) {
	var list []struct {
		ID   int64
		Name string
	}
	err := tx.Model(model).Select("id, name").Where("id IN ?", unique(ids)).Scan(&list).Error
	out := map[int64]string{}
	for _, x := range list {
		out[x.ID] = x.Name
	}
	return out, err
}

func fillServices(tx *gorm.DB, at map[int64]*ListRow, ids []int64) error {
	var list []struct {
		people.Service
		CoeID int64
	}
	err := tx.Table("coe_services cs").Select("s.*, cs.coe_id").Joins("JOIN services s ON s.id = cs.service_id").
		Where("cs.coe_id IN ?", ids).Order("s.name, s.id").Scan(&list).Error
	for _, x := range list {
		at[x.CoeID].Services = append(at[x.CoeID].Services, x.Service)
	}
	return err
}

func fillMoments(tx *gorm.DB, at map[int64]*ListRow, ids []int64) error {
	var list []timeline.Entry
	err := tx.Select("coe_id, kind, at, is_key").Where("coe_id IN ? AND kind IN ? AND deleted_at IS NULL AND NOT raw AND at IS NOT NULL", ids, timeline.KeyMoments()).
		Order("at, rank").Find(&list).Error
	if err != nil {
		return err
	}
	byCOE := map[int64][]timeline.Entry{}
	for _, e := range list {
		byCOE[e.COEID] = append(byCOE[e.COEID], e)
	}
	for id, entries := range byCOE {
		for _, k := range timeline.KeyMoments() {
			if e, ok := timeline.KeyMoment(entries, k); ok {
				at[id].Moments[k] = *e.At
			}
		}
	}
	return nil
}

func fillActions(tx *gorm.DB, at map[int64]*ListRow, ids []int64, day today) error {
	overdue, args := day.overdue()
	var list []struct {
		CoeID int64
		ActionCount
	}
	err := tx.Table("actions a").
		Select("a.coe_id, COUNT(*) AS total, SUM(CASE WHEN a.state IN ('open','in_progress','blocked') THEN 1 ELSE 0 END) AS open, "+
			"SUM(CASE WHEN a.state = 'verified' THEN 1 ELSE 0 END) AS verified, "+
			"SUM(CASE WHEN "+overdue+" THEN 1 ELSE 0 END) AS overdue", args...).
		Joins("LEFT JOIN people o ON o.id = a.owner_id").
		Where("a.coe_id IN ? AND a.deleted_at IS NULL", ids).Group("a.coe_id").Scan(&list).Error
	for _, x := range list {
		at[x.CoeID].Actions = x.ActionCount
	}
	return err
}
