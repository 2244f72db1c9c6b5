package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"

	"gorm.io/gorm"
)

// projectBatch is how many deliveries are kept in one transaction.
const projectBatch = 100

// Handlers are the jobs that read what has come in and match what waits for a
// service.
func (s *Store) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		JobProject: func(ctx context.Context, _ jobs.Job) error { return s.ProjectReceived(ctx) },
		JobMatch:   s.matchWaiting,
	}
}

// drain lets one projection of this process run at a time; those that come
// meanwhile make it look once more.
type drain struct {
	mu             sync.Mutex
	running, again bool
}

// enter is false when another is at work, which will look again.
func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running {
		d.again = true
		return false
	}
	d.running, d.again = true, false
	return true
}

// leave is false when it is to look again.
func (d *drain) leave(failed bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.again && !failed {
		d.again = false
		return false
	}
	d.running = false
	return true
}

// ProjectReceived reads all deliveries that have come in and were not read yet.
func (s *Store) ProjectReceived(ctx context.Context) error {
	if !s.reading.enter() {
		return nil
	}
	for {
		err := s.projectReceived(ctx)
		if s.reading.leave(err != nil) {
			return err
		}
	}
}

func (s *Store) projectReceived(ctx context.Context) error {
	for after := int64(0); ; {
		var ids []int64
		err := s.DB.WithContext(ctx).Model(&Delivery{}).Where("state = 'received' AND id > ?", after).
			Order("id").Limit(projectBatch).Pluck("id", &ids).Error
		if err != nil {
			return fmt.Errorf("find what has come in: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		if err := s.Project(ctx, ids...); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// Project reads deliveries and folds what they say into items; doing it again
// changes nothing. A delivery that cannot be read or kept is marked as failed and
// takes nothing else with it; an error is only given when the database does not
// answer.
func (s *Store) Project(ctx context.Context, deliveryIDs ...int64) error {
	for ids := range slices.Chunk(deliveryIDs, projectBatch) {
		batch, err := s.read(ctx, ids)
		if err != nil {
			return fmt.Errorf("read deliveries: %w", err)
		}
		if err := s.keepAll(ctx, batch); err != nil {
			return fmt.Errorf("keep what deliveries say: %w", err)
		}
	}
	return nil
}

// reading is a delivery as it was understood.
type reading struct {
	id        int64
	serviceID *int64 // of its source
	tool      string // that wrote it
	setTool   bool   // the delivery is to say so
	received  time.Time
	records   []Record // about things
	count     int      // of records that are of use here
	warnings  []string
	failure   string
}

// readable is a delivery with what its source says of it.
type readable struct {
	Delivery
	SourceTool string
	ServiceID  *int64
	FromFile   bool
}

// read parses deliveries, outside of any transaction.
func (s *Store) read(ctx context.Context, ids []int64) ([]reading, error) {
	var list []readable
	err := s.DB.WithContext(ctx).Table("hook_deliveries d").Joins("JOIN hook_sources s ON s.id = d.source_id").
		Select("d.*, s.tool AS source_tool, s.service_id, s.token_hash IS NULL AS from_file").
		Where("d.id IN ?", ids).Order("d.id").Find(&list).Error
	if err != nil {
		return nil, err
	}
	batch := make([]reading, 0, len(list))
	for _, a := range list {
		batch = append(batch, a.read())
	}
	return batch, nil
}

func (a readable) read() reading {
	r := reading{id: a.ID, serviceID: a.ServiceID, received: a.ReceivedAt}
	if a.Cut {
		r.failure = "The message was too large to be kept whole, so it was not read. Send less at once, or add it as a file."
		return r
	}
	tool := a.SourceTool
	if tool == "" && a.FromFile {
		tool = a.Tool
	}
	head := Header{}
	_ = json.Unmarshal([]byte(a.Headers), &head) // written by us
	parsed, err := Parse(Input{Name: a.Name, Header: head, Body: a.Body, Tool: tool})
	if err != nil {
		r.failure = plain(err.Error())
		return r
	}
	r.tool, r.setTool, r.warnings = parsed.Source, !a.FromFile, parsed.Warnings
	for _, record := range parsed.Records {
		switch record.Type {
		case TypeIgnored, "":
			continue
		case TypeMetric:
			r.count++
			continue
		}
		record, warning := tidy(record, a.ReceivedAt)
		if warning != "" && !slices.Contains(r.warnings, warning) {
			r.warnings = append(r.warnings, warning)
		}
		if record.SubjectKey == "" {
			continue
		}
		r.count++
		r.records = append(r.records, record)
	}
	return r
}

// plain makes a text fit to be stored.
func plain(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

// keepAll keeps a batch, and if that fails each delivery for itself.
func (s *Store) keepAll(ctx context.Context, batch []reading) error {
	if len(batch) == 0 {
		return nil
	}
	err := s.keep(ctx, batch)
	if db.IsUnique(err) { // somebody else made the same thing at the same moment
		err = s.keep(ctx, batch)
	}
	switch {
	case err == nil || fault.Is(err, fault.Unavailable) || ctx.Err() != nil:
		return err
	case len(batch) > 1:
		for i := range batch {
			if err := s.keepAll(ctx, batch[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	s.log().ErrorContext(ctx, "evidence: a delivery cannot be kept", "delivery", batch[0].id, "error", err)
	failed := reading{
		id: batch[0].id, tool: batch[0].tool, setTool: batch[0].setTool, warnings: batch[0].warnings,
		failure: "It was read but could not be kept. The log of the program says why.",
	}
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error { return mark(tx, []reading{failed}) })
}

func (s *Store) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// maxRecords is how many records are kept in one transaction, so that others
// are not kept waiting by a large file.
const maxRecords = 1000

// keep folds what a batch says into items: in one transaction, or in several if
// it says a lot. Only the last one marks the batch as read.
func (s *Store) keep(ctx context.Context, batch []reading) error {
	parts := portions(batch)
	for i, part := range parts {
		err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
			set, err := gather(tx, part)
			if err != nil {
				return err
			}
			if err := s.fold(tx, set); err != nil {
				return err
			}
			if i < len(parts)-1 {
				return nil
			}
			return mark(tx, batch)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// portions cuts what a batch says into parts of at most maxRecords records.
func portions(batch []reading) [][]reading {
	parts, n := [][]reading{nil}, 0
	for _, r := range batch {
		for rest := r.records; len(rest) > 0; {
			if n == maxRecords {
				parts, n = append(parts, nil), 0
			}
			some := min(len(rest), maxRecords-n)
			one := r
			one.records, rest = rest[:some], rest[some:]
			last := len(parts) - 1
			parts[last], n = append(parts[last], one), n+some
		}
	}
	return parts
}

// mark writes what became of deliveries; those that came to the same share one
// statement.
func mark(tx *gorm.DB, batch []reading) error {
	type result struct {
		state                   DeliveryState
		tool, failure, warnings string
		records                 int
	}
	ids := map[result][]int64{}
	for _, r := range batch {
		to := result{state: Projected, failure: r.failure, warnings: plain(strings.Join(r.warnings, "\n")), records: r.count}
		switch {
		case r.failure != "":
			to.state = Failed
		case r.count == 0:
			to.state = NothingNew
		}
		if r.setTool {
			to.tool = r.tool
		}
		ids[to] = append(ids[to], r.id)
	}
	for to, which := range ids {
		cols := map[string]any{
			"state": to.state, "failure": to.failure, "warnings": to.warnings, "records": to.records, "projected_at": db.Now(tx),
		}
		if to.tool != "" {
			cols["tool"] = to.tool
		}
		if err := tx.Model(&Delivery{}).Where("id IN ?", which).Updates(cols).Error; err != nil {
			return fmt.Errorf("mark deliveries as read: %w", err)
		}
	}
	return nil
}

// errNoItem says that an item vanished while it was locked, which cannot be.
var errNoItem = errors.New("evidence: an item that was just made is not there")
