package coe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// New is what a document begins with.
type New struct {
	Title       string
	Kind        Kind
	Severity    int   // 1 to 4
	OwnerID     int64 // 0: who creates it
	TeamID      *int64
	Services    []int64
	Visibility  Visibility // "": org
	Zone        string     // "": the store's
	WindowStart *time.Time
	WindowEnd   *time.Time
	Tags        string // separated by spaces
}

// Create makes a draft with the next number and empty sections.
func (s *Store) Create(ctx context.Context, p *people.Principal, n New) (COE, error) {
	if !people.May(p, people.Create, people.Resource{}) {
		return COE{}, fault.Forbiddenf("Readers may not create a COE. An administrator can give you the role writer.")
	}
	c, err := s.prepare(p, n)
	if err != nil {
		return COE{}, err
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		c := &c
		c.ID, c.Seq = 0, 0 // the transaction may run again
		if err := checkReferences(tx, c, n.Services); err != nil {
			return err
		}
		if err := insert(tx, c, n.Services); err != nil {
			return err
		}
		w := &work{tx: tx, p: p, coe: *c, now: db.Now(tx)}
		err := w.record(partHeader, c.ID, c.Version, "coe.create", map[string]any{"number": c.Number, "kind": c.Kind, "severity": c.Severity})
		c.Seq = w.coe.Seq
		return err
	})
	return c, err
}

// prepare checks what can be checked without the database.
func (s *Store) prepare(p *people.Principal, n New) (COE, error) {
	c := COE{
		Kind: n.Kind, Severity: n.Severity, State: Draft, OwnerID: n.OwnerID, TeamID: n.TeamID,
		Visibility: n.Visibility, NextAction: 1, NoneBecause: "{}", Version: 1, CreatedBy: p.PersonID(),
	}
	if c.OwnerID == 0 {
		c.OwnerID = p.ID
	}
	if c.OwnerID == 0 {
		return c, fault.Invalidf("owner", "A COE has exactly one owner. Name one.")
	}
	if c.Visibility == "" {
		c.Visibility = Org
	}
	zone := n.Zone
	if zone == "" {
		zone = s.Zone
	}
	if zone == "" {
		zone = "UTC"
	}
	e := HeaderEdit{
		Title: &n.Title, Kind: &c.Kind, Severity: &c.Severity, Visibility: &c.Visibility, Zone: &zone,
		Tags: &n.Tags, Window: &Window{n.WindowStart, n.WindowEnd},
	}
	return c, e.apply(&c)
}

// checkReferences refuses an owner, team or service that is not there.
func checkReferences(tx *gorm.DB, c *COE, services []int64) error {
	if err := canOwn(tx, c.OwnerID); err != nil {
		return err
	}
	if c.TeamID != nil {
		if err := exist(tx, &people.Team{}, "team", []int64{*c.TeamID}); err != nil {
			return err
		}
	}
	return exist(tx, &people.Service{}, "services", services)
}

// insert writes the header with its number, its services and its sections.
func insert(tx *gorm.DB, c *COE, services []int64) error {
	if err := tx.Raw("UPDATE counters SET value = value + 1 WHERE name = 'coe' RETURNING value").Scan(&c.Number).Error; err != nil {
		return fmt.Errorf("number a COE: %w", err)
	}
	uid, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a COE: %w", err)
	}
	c.UID, c.StateSince = uid.String(), db.Now(tx)
	if err := tx.Create(c).Error; err != nil {
		return fmt.Errorf("insert COE-%d: %w", c.Number, err)
	}
	if err := setServices(tx, c.ID, services); err != nil {
		return err
	}
	sections := make([]Section, len(SectionNames))
	for i, name := range SectionNames {
		sections[i] = Section{COEID: c.ID, Name: name, UpdatedAt: c.CreatedAt}
	}
	return tx.Create(&sections).Error
}

// setServices makes these the affected services.
func setServices(tx *gorm.DB, coeID int64, ids []int64) error {
	if err := tx.Where("coe_id = ?", coeID).Delete(&COEService{}).Error; err != nil {
		return err
	}
	ids = unique(ids)
	if len(ids) == 0 {
		return nil
	}
	rows := make([]COEService, len(ids))
	for i, id := range ids {
		rows[i] = COEService{COEID: coeID, ServiceID: id}
	}
	return tx.Create(&rows).Error
}

// exist refuses ids that the model's table does not hold.
func exist(tx *gorm.DB, model any, field string, ids []int64) error {
	ids = unique(ids)
	if len(ids) == 0 {
		return nil
	}
	var n int64
	if err := tx.Model(model).Where("id IN ?", ids).Count(&n).Error; err != nil {
		return err
	}
	if int(n) != len(ids) {
		return fault.Invalidf(field, "One of these does not exist any more. Choose again.")
	}
	return nil
}

// activePeople refuses ids that nobody has, and former members.
func activePeople(tx *gorm.DB, field string, ids []int64) error {
	ids = unique(ids)
	if len(ids) == 0 {
		return nil
	}
	var n int64
	if err := tx.Model(&people.Person{}).Where("id IN ? AND disabled_at IS NULL", ids).Count(&n).Error; err != nil {
		return err
	}
	if int(n) != len(ids) {
		return fault.Invalidf(field, "One of these people is not a member any more. Choose somebody else.")
	}
	return nil
}

// canOwn refuses an owner who is a former member or may not write.
func canOwn(tx *gorm.DB, id int64) error {
	if err := activePeople(tx, "owner", []int64{id}); err != nil {
		return err
	}
	var readers int64
	if err := tx.Model(&people.Person{}).Where("id = ? AND role = ?", id, people.Reader).Count(&readers).Error; err != nil {
		return err
	}
	if readers > 0 {
		return fault.Invalidf("owner", "A reader cannot own a COE. An administrator can give them the role writer.")
	}
	return nil
}

func unique(ids []int64) []int64 {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

// zoneName checks a zone and gives the name to store.
func zoneName(s string) (string, error) {
	_, name, err := timeline.LoadZone(s)
	return name, err
}

// tagWords gives tags in lower case, each once, separated by one space.
func tagWords(s string) string {
	words := strings.Fields(strings.ToLower(s))
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}
