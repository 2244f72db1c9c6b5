package db

import (
	"maps"

	"coetracker/internal/fault"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// ForUpdate makes the following query lock the rows it reads until the end of
// the transaction. SQLite transactions hold the only write lock already.
func ForUpdate(tx *gorm.DB) *gorm.DB {
	if !IsPostgres(tx) {
		return tx
	}
	return tx.Clauses(clause.Locking{Strength: "UPDATE"})
}

// SaveVersioned sets cols on the row of model's table with this id, provided
// that it still has this version, and gives it version+1. Otherwise, also when
// the row is gone, it is a fault.Conflict. model names the table (a pointer to
// an empty value will do); its updated_at is filled when it has one. A model
// that carries values gets the new ones.
func SaveVersioned(tx *gorm.DB, model any, id, version int64, cols map[string]any) error {
	set := maps.Clone(cols)
	if set == nil {
		set = map[string]any{}
	}
	set["version"] = version + 1
	r := tx.Model(model).Where("id = ? AND version = ?", id, version).Updates(set)
	if r.Error != nil {
		return r.Error
	}
	if r.RowsAffected == 0 {
		return fault.Conflictf("Somebody else changed this meanwhile. Look at the new state and repeat your change.")
	}
	return nil
}
