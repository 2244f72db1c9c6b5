package notify

import (
	"context"
	"fmt"
	"time"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/jobs"
	"coetracker/people"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// batch bounds how many ids go into one query.
const batch = 1000

// deliverAttempts is how often a worker may die over one delivery.
const deliverAttempts = 30

// PlanNow plans the digests that are due now and gives their number. It may
// run in several processes at once: the keys in the database see to it that
// each digest exists once.
func (s *Service) PlanNow(ctx context.Context) (planned int, err error) {
	in, err := s.load(ctx)
	if err != nil || in == nil {
		return 0, err
	}
	for _, d := range actions.Plan(*in) {
		made, err := s.keep(ctx, d)
		if err != nil {
			return planned, fmt.Errorf("plan the digest of person %d for %s: %w", d.PersonID, d.Day, err)
		}
		if made {
			planned++
		}
	}
	if planned > 0 {
		s.log().InfoContext(ctx, "digests planned", "count", planned)
	}
	return planned, nil
}

// keep writes one digest with its items and its job, or nothing when it is
// there already.
func (s *Service) keep(ctx context.Context, digest actions.Digest) (made bool, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return false, err
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		made = false
		d := Delivery{
			ID: id.String(), Kind: "digest", Channel: s.channel(), PersonID: digest.PersonID, LocalDate: digest.Day,
			DedupeKey: fmt.Sprintf("digest:%d:%s", digest.PersonID, digest.Day), Later: digest.Later,
			NotBefore: digest.NotBefore, ExpiresAt: digest.Expires, State: Planned, CreatedAt: db.Now(tx),
		}
		r := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&d)
		if r.Error != nil || r.RowsAffected == 0 {
			return r.Error
		}
		hit, err := keepItems(tx, d.ID, digest)
		if err != nil {
			return err
		}
		if !hit { // everything was told already today
			return tx.Delete(&Delivery{}, "id = ?", d.ID).Error
		}
		made, err = jobs.Enqueue(tx, JobDeliver, DeliverArgs{DeliveryID: d.ID},
			jobs.Opt{Key: d.ID, RunAt: d.NotBefore, Max: deliverAttempts})
		return err
	})
	return made, err
}

// keepItems writes the lines that were not told to this audience today; hit
// says whether a reason to send is among them.
func keepItems(tx *gorm.DB, deliveryID string, digest actions.Digest) (hit bool, err error) {
	for place, l := range digest.Lines {
		r := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&Item{
			DeliveryID: deliveryID, ActionID: l.ActionID, Audience: l.Audience,
			LocalDate: digest.Day, Section: l.Section, Place: place, Due: l.Due, Fresh: l.New, Hit: l.Hit,
		})
		if r.Error != nil {
			return false, r.Error
		}
		hit = hit || l.Hit && r.RowsAffected == 1
	}
	return hit, nil
}

// load reads what the planner needs; nil when nobody can get a digest now.
func (s *Service) load(ctx context.Context) (*actions.PlanInput, error) {
	tx := s.DB.WithContext(ctx)
	in := &actions.PlanInput{
		Now: db.Now(tx), People: map[int64]people.Person{}, Calendars: map[int64]people.Calendar{},
		Hours: map[int64]int{}, COEs: map[int64]actions.COE{}, History: map[int64]actions.History{},
	}
	ids, err := s.loadPeople(tx, in)
	if err != nil {
		return nil, err
	}
	due, err := s.waiting(tx, in, ids)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	for _, step := range []func(*gorm.DB, *actions.PlanInput) error{loadActions, loadCOEs} {
		if err := step(tx, in); err != nil {
			return nil, err
		}
	}
	return in, loadHistory(tx, in, due)
}

// loadPeople reads everybody with their calendars and hours. Former members
// too: what they own is looked for.
func (s *Service) loadPeople(tx *gorm.DB, in *actions.PlanInput) (ids []int64, err error) {
	var all []people.Person
	if err := tx.Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read the people: %w", err)
	}
	for _, p := range all {
		in.People[p.ID] = p
		ids = append(ids, p.ID)
	}
	err = inBatches(ids, func(some []int64) error {
		cals, err := people.Calendars(tx, some, s.Zone)
		for id, c := range cals {
			in.Calendars[id] = c
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the calendars: %w", err)
	}
	return ids, loadHours(tx, in)
}

// loadHours reads the digest hour of each person's oldest team.
func loadHours(tx *gorm.DB, in *actions.PlanInput) error {
	var rows []struct {
		PersonID int64
		Policy   string
	}
	err := tx.Table("team_members").Select("team_members.person_id, teams.policy").
		Joins("JOIN teams ON teams.id = team_members.team_id").Where("teams.policy <> '{}'").
		Order("team_members.team_id DESC").Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read the teams' policies: %w", err)
	}
	for _, r := range rows { // the oldest comes last and wins
		if p, err := people.ParsePolicy(r.Policy); err == nil {
			in.Hours[r.PersonID] = p.DigestHour
		}
	}
	return nil
}

// waiting gives the active people whose window is open and who have no digest
// of their local day yet.
func (s *Service) waiting(tx *gorm.DB, in *actions.PlanInput, ids []int64) ([]int64, error) {
	day := people.DayOf(in.Now, time.UTC)
	var have []struct {
		PersonID  int64
		LocalDate people.Day
	}
	err := tx.Table("deliveries").Select("person_id, local_date").Where("local_date IN ?", []people.Day{day.Add(-1), day, day.Add(1)}).Scan(&have).Error
	if err != nil {
		return nil, fmt.Errorf("read today's deliveries: %w", err)
	}
	told := map[int64]people.Day{}
	for _, h := range have {
		told[h.PersonID] = max(told[h.PersonID], h.LocalDate)
	}
	var out []int64
	for _, id := range ids {
		who := in.People[id]
		hour, ok := in.Hours[id]
		if !ok {
			hour = actions.DigestHour
		}
		local, _, _, open := actions.Window(in.Now, in.Calendars[id], hour)
		if open && who.Active() && told[id] < local {
			out = append(out, id)
		}
	}
	return out, nil
}

// planned are the columns that planning needs.
const planned = "id, coe_id, owner_id, due, priority, state, verifier_id, claimed_at, assigned_at, created_at"

// loadActions reads the open actions in batches along their index by due day,
// and the claims along the one by state.
func loadActions(tx *gorm.DB, in *actions.PlanInput) error {
	const size = 5000
	due, id := people.Day(""), int64(0)
	for {
		var rows []actions.Action
		err := tx.Select(planned).Where("deleted_at IS NULL AND state IN ('open','in_progress','blocked') AND (due, id) > (?, ?)", due, id).
			Order("due, id").Limit(size).Find(&rows).Error
		if err != nil {
			return fmt.Errorf("read the open actions: %w", err)
		}
		in.Actions = append(in.Actions, rows...)
		if len(rows) < size {
			break
		}
		due, id = rows[len(rows)-1].Due, rows[len(rows)-1].ID
	}
	var claims []actions.Action
	if err := tx.Select(planned).Where("state = ? AND deleted_at IS NULL", actions.ClaimedDone).Find(&claims).Error; err != nil {
		return fmt.Errorf("read the claimed actions: %w", err)
	}
	in.Actions = append(in.Actions, claims...)
	return nil
}

// loadCOEs reads the documents of the actions; deleted ones are left out, and
// with them their actions.
func loadCOEs(tx *gorm.DB, in *actions.PlanInput) error {
	var ids []int64
	seen := map[int64]bool{}
	for _, a := range in.Actions {
		if !seen[a.COEID] {
			seen[a.COEID], ids = true, append(ids, a.COEID)
		}
	}
	return inBatches(ids, func(some []int64) error {
		var rows []coeFacts
		err := tx.Table("coes").Select("id, number, owner_id, visibility").Where("deleted_at IS NULL AND id IN ?", some).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("read the COEs with open actions: %w", err)
		}
		for _, r := range rows {
			in.COEs[r.ID] = actions.COE{ID: r.ID, Number: r.Number, OwnerID: r.OwnerID, Restricted: r.Visibility != "org"}
		}
		return loadNamed(tx, in, some)
	})
}

// loadNamed adds who may verify where a COE's owner owns the action, and who
// else sees a restricted COE.
func loadNamed(tx *gorm.DB, in *actions.PlanInput, coes []int64) error {
	var named []struct {
		CoeID    int64
		PersonID int64
		Signs    bool
	}
	err := tx.Table("coe_people").Select("coe_id, person_id, role IN ('reviewer','approver') AS signs").Where("coe_id IN ?", coes).
		Order("coe_id, person_id").Scan(&named).Error
	if err != nil {
		return fmt.Errorf("read who is named: %w", err)
	}
	for _, n := range named {
		c, ok := in.COEs[n.CoeID]
		switch {
		case !ok:
			continue
		case n.Signs:
			c.Reviewers = append(c.Reviewers, n.PersonID)
		default:
			c.Others = append(c.Others, n.PersonID)
		}
		in.COEs[n.CoeID] = c
	}
	return nil
}

// loadHistory reads what those who may get a digest were told before.
func loadHistory(tx *gorm.DB, in *actions.PlanInput, ids []int64) error {
	return inBatches(ids, func(some []int64) error {
		var rows []struct {
			PersonID int64
			Last     people.Day
			Told     people.Day
		}
		err := tx.Raw(`SELECT person_id, max(local_date) AS last,
				COALESCE(max(CASE WHEN state IN ('sent','assumed_sent') THEN local_date END), '') AS told
			FROM deliveries WHERE person_id IN ? GROUP BY person_id`, some).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("read what was told before: %w", err)
		}
		for _, r := range rows {
			in.History[r.PersonID] = actions.History{LastDay: r.Last, SentDay: r.Told}
		}
		var times []struct {
			PersonID  int64
			LocalDate people.Day
			CreatedAt time.Time
		}
		err = tx.Table("deliveries").Select("person_id, local_date, created_at").
			Where("(person_id, local_date) IN (SELECT person_id, max(local_date) FROM deliveries WHERE person_id IN ? AND state IN ('sent','assumed_sent') GROUP BY person_id)", some).
			Scan(&times).Error
		if err != nil {
			return fmt.Errorf("read when it was planned: %w", err)
		}
		for _, r := range times {
			h := in.History[r.PersonID]
			h.SentPlan = r.CreatedAt
			in.History[r.PersonID] = h
		}
		return nil
	})
}

func inBatches(ids []int64, f func([]int64) error) error {
	for len(ids) > 0 {
		n := min(batch, len(ids))
		if err := f(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
