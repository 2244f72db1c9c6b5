package people

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Visible limits a query over the table coes, joined or not, to what May lets
// this person View. Use it with Scopes, which applies it to everything that
// was asked before, alternatives (Or) too. A property test keeps it equal to
// May.
func Visible(p *Principal) func(*gorm.DB) *gorm.DB {
	sql, args := visible(p)
	return also(sql, args)
}

// VisibleActions limits a query over actions joined with coes to what May lets
// this person SeeAction: those of visible COEs, and their own everywhere. For
// its own actions alone nothing but number, text and date may be shown.
func VisibleActions(p *Principal) func(*gorm.DB) *gorm.DB {
	sql, args := visible(p)
	if p.active() && p.ID != 0 {
		sql = "coes.deleted_at IS NULL AND (actions.owner_id = ? OR " + sql + ")"
		args = append([]any{p.ID}, args...)
	}
	return also(sql, args)
}

func visible(p *Principal) (sql string, args []any) {
	switch {
	case !p.active():
		return "(1 = 0)", nil
	case p.Role == Admin:
		return "(coes.deleted_at IS NULL)", nil
	}
	return "(coes.deleted_at IS NULL AND (coes.visibility = 'org' OR coes.owner_id = ? OR EXISTS (" +
		"SELECT 1 FROM coe_people WHERE coe_people.coe_id = coes.id AND coe_people.person_id = ?)))", []any{p.ID, p.ID}
}

// also adds a condition that holds besides all those before it. gorm by itself
// would write "a OR b AND visible", where a escapes.
func also(sql string, args []any) func(*gorm.DB) *gorm.DB {
	return func(tx *gorm.DB) *gorm.DB {
		cond := clause.Expr{SQL: "(" + sql + ")", Vars: args}
		tx = tx.Where(cond)
		c := tx.Statement.Clauses["WHERE"]
		w, ok := c.Expression.(clause.Where)
		if !ok || len(w.Exprs) < 2 {
			return tx
		}
		before := append([]clause.Expression{}, w.Exprs[:len(w.Exprs)-1]...)
		c.Expression = clause.Where{Exprs: []clause.Expression{clause.AndConditions{Exprs: before}, cond}}
		tx.Statement.Clauses["WHERE"] = c
		return tx
	}
}
