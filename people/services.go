package people

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// ServiceEdit holds the changes to a service; what is nil stays.
type ServiceEdit struct {
	Name    *string
	TeamID  *int64          // 0: none
	Tier    *int            // 1 (most critical) to 4
	Targets *map[string]int // minutes for ttd, tte and ttm; all of them
	Aliases *[]string       // all other names tools use for it
}

// AllTargets gives the service's targets in minutes by name: ttd, tte, ttm.
func (sv *Service) AllTargets() map[string]int {
	t := map[string]int{}
	if json.Unmarshal([]byte(sv.Targets), &t) != nil || t == nil {
		return map[string]int{}
	}
	return t
}

// Target gives one of the targets in minutes; ok is false when it is not set.
func (sv *Service) Target(name string) (minutes int, ok bool) {
	minutes, ok = sv.AllTargets()[name]
	return minutes, ok
}

// AddService adds a service, of tier 3 unless given. A name or alias that is
// taken is a fault.Conflict. Admins only.
func (s *Store) AddService(ctx context.Context, by *Principal, serviceName string, e ServiceEdit) (*Service, error) {
	e.Name = &serviceName
	return s.saveService(ctx, by, "service.add", e, func(tx *gorm.DB, cols map[string]any) (int64, error) {
		sv := &Service{Name: cols["name"].(string), Tier: 3, Targets: "{}", Version: 1}
		if err := tx.Create(sv).Error; err != nil {
			return 0, takenName(err, "service", sv.Name)
		}
		return sv.ID, foreignTeam(tx.Model(sv).Updates(cols).Error)
	})
}

// SetService changes a service that is still at this version. Admins only.
func (s *Store) SetService(ctx context.Context, by *Principal, id, version int64, e ServiceEdit) (*Service, error) {
	return s.saveService(ctx, by, "service.set", e, func(tx *gorm.DB, cols map[string]any) (int64, error) {
		if _, err := serviceBy(tx, "id = ?", id); err != nil {
			return 0, err
		}
		err := db.SaveVersioned(tx, &Service{}, id, version, cols)
		return id, takenName(foreignTeam(err), "service", value(e.Name))
	})
}

func (s *Store) saveService(ctx context.Context, by *Principal, verb string, e ServiceEdit, write func(*gorm.DB, map[string]any) (int64, error)) (*Service, error) {
	if err := admins(by); err != nil {
		return nil, err
	}
	cols, err := e.columns()
	if err != nil {
		return nil, err
	}
	sv := &Service{}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		id, err := write(tx, cols)
		if err != nil {
			return err
		}
		if err := e.saveNames(tx, id); err != nil {
			return err
		}
		if sv, err = serviceBy(tx, "id = ?", id); err != nil {
			return err
		}
		return record(tx, by, verb, object("service", id), e.detail(cols))
	})
	if err != nil {
		return nil, err
	}
	return sv, nil
}

// columns checks the fields and gives them as the database keeps them.
func (e ServiceEdit) columns() (map[string]any, error) {
	cols := map[string]any{}
	if e.Name != nil {
		n, err := name(*e.Name)
		if err != nil {
			return nil, err
		}
		cols["name"] = n
	}
	if e.TeamID != nil {
		cols["team_id"] = nullable(*e.TeamID)
	}
	if e.Tier != nil {
		if *e.Tier < 1 || *e.Tier > 4 {
			return nil, fault.Invalidf("tier", "%d is not a tier. Write 1 (most critical) to 4.", *e.Tier)
		}
		cols["tier"] = *e.Tier
	}
	if e.Targets != nil {
		text, err := targetsText(*e.Targets)
		if err != nil {
			return nil, err
		}
		cols["targets"] = text
	}
	return cols, nil
}

func targetsText(targets map[string]int) (string, error) {
	for _, k := range slices.Sorted(maps.Keys(targets)) {
		if k != "ttd" && k != "tte" && k != "ttm" {
			return "", fault.Invalidf("target", "%s is not a target. Write ttd, tte or ttm.", quote(k))
		}
		if n := targets[k]; n < 1 || n > 60*24*365 {
			return "", fault.Invalidf("target", "The target %s is to be a whole number of minutes, at least 1.", k)
		}
	}
	if targets == nil {
		return "{}", nil
	}
	b, err := json.Marshal(targets)
	return string(b), err
}

func foreignTeam(err error) error {
	if db.IsForeignKey(err) {
		return fault.Invalidf("team", "This team does not exist. Add it first.")
	}
	return err
}

// saveNames replaces the aliases and sees to it that no text means two
// services.
func (e ServiceEdit) saveNames(tx *gorm.DB, id int64) error {
	if e.Aliases != nil {
		if err := saveAliases(tx, id, *e.Aliases); err != nil {
			return err
		}
	}
	var both []string
	err := tx.Table("service_aliases").Joins("JOIN services ON services.name = service_aliases.alias").
		Where("services.id <> service_aliases.service_id AND ? IN (services.id, service_aliases.service_id)", id).
		Limit(1).Pluck("alias", &both).Error
	if err == nil && len(both) > 0 {
		err = fault.Conflictf("%s is already a name of another service.", quote(both[0]))
	}
	return err
}

func saveAliases(tx *gorm.DB, id int64, aliases []string) error {
	if err := tx.Where("service_id = ?", id).Delete(&ServiceAlias{}).Error; err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, a := range aliases {
		a, err := label("alias", strings.ToLower(a), 200)
		if err != nil {
			return err
		}
		if a == "" || seen[a] {
			continue
		}
		seen[a] = true
		err = tx.Create(&ServiceAlias{Alias: a, ServiceID: id}).Error
		if db.IsUnique(err) {
			return fault.Conflictf("%s is already a name of another service.", quote(a))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e ServiceEdit) detail(cols map[string]any) map[string]any {
	d := maps.Clone(cols)
	if e.Aliases != nil {
		d["aliases"] = *e.Aliases
	}
	return d
}
