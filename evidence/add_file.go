package evidence

import (
	"context"
	"errors"
	"slices"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// AddFile takes a file that a person adds, of any kind that Parse knows, and says
// what is in it. tool names the tool it comes from, "" to find out by its keys. A
// file that cannot be read is a fault.Invalid of the field file and is not kept;
// the same file again is a repeat and is read again.
func (s *Store) AddFile(ctx context.Context, p *people.Principal, name, tool string, body []byte) (Receipt, Parsed, error) {
	if err := canKeep(p); err != nil {
		return Receipt{}, Parsed{}, err
	}
	switch {
	case tool != "" && !slices.Contains(Tools(), tool):
		return Receipt{}, Parsed{}, fault.Invalidf("source", "%q is not a tool that is known.", tool)
	case len(body) > maxFile:
		return Receipt{}, Parsed{}, fault.Invalidf("file", "The file has more than %d MB. Cut it into pieces.", maxFile>>20)
	}
	parsed, err := Parse(Input{Name: name, Body: body, Tool: tool})
	if err != nil {
		return Receipt{}, parsed, fault.Invalidf("file", "%s", sentenceOf(err))
	}
	d := Delivery{
		DedupeKey: senderKey(parsed.Key), Tool: parsed.Source, Name: clean(name, 200), Headers: "{}", Body: stripFile(parsed.Source, body),
		Size: int64(len(body)), State: Received, ReceivedAt: db.Now(s.DB), ByID: p.PersonID(),
	}
	receipt, err := s.storeFile(ctx, &d)
	if err == nil {
		err = s.Project(ctx, receipt.DeliveryID)
	}
	return receipt, parsed, err
}

// stripFile leaves tables alone: they hold numbers.
func stripFile(tool string, body []byte) []byte {
	if tool == "csv" {
		return body
	}
	return strip(body)
}

// storeFile stores the delivery.
func (s *Store) storeFile(ctx context.Context, d *Delivery) (Receipt, error) {
	var receipt Receipt
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		var err error
		if d.SourceID, err = filesSourceID(tx); err != nil {
			return err
		}
		d.Repeats = 0
		stored, err := insertDeliveries(tx, []*Delivery{d})
		if err != nil {
			return err
		}
		receipt = Receipt{DeliveryID: stored[0].ID, Repeat: stored[0].Repeats > 0}
		return tx.Exec("UPDATE hook_sources SET received_at = ? WHERE id = ?", d.ReceivedAt, d.SourceID).Error
	})
	return receipt, err
}

// filesSourceID gives the source of files, made when it is first needed.
func filesSourceID(tx *gorm.DB) (int64, error) {
	var src Source
	err := tx.Where("name = ?", filesSource).Take(&src).Error
	if !db.IsNotFound(err) {
		return src.ID, err
	}
	src = Source{Name: filesSource, Verifier: VerifyNone, Version: 1, CreatedAt: db.Now(tx), UpdatedAt: db.Now(tx)}
	err = tx.Create(&src).Error
	if db.IsUnique(err) {
		return 0, errors.New("the source of files was made by somebody else this moment; try again")
	}
	return src.ID, err
}
