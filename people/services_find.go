package people

import (
	"context"
	"strings"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// ListServices gives all services by name.
func (s *Store) ListServices(ctx context.Context) ([]Service, error) {
	var list []Service
	return list, s.db(ctx).Order("name").Find(&list).Error
}

// ListAliases gives every alias, for lists that show them beside services.
func (s *Store) ListAliases(ctx context.Context) ([]ServiceAlias, error) {
	var list []ServiceAlias
	return list, s.db(ctx).Order("alias").Find(&list).Error
}

// ServiceByID finds a service.
func (s *Store) ServiceByID(ctx context.Context, id int64) (*Service, error) {
	return serviceBy(s.db(ctx), "id = ?", id)
}

// ServiceByName finds a service by its exact name.
func (s *Store) ServiceByName(ctx context.Context, serviceName string) (*Service, error) {
	return serviceBy(s.db(ctx), "name = ?", clean(serviceName))
}

// ByAlias finds the service that a tool means: by its exact name, by the name
// in lower case, or by an alias in any case.
func (s *Store) ByAlias(ctx context.Context, text string) (*Service, error) {
	return ByAlias(s.db(ctx), text)
}

// ByAlias is Store.ByAlias inside a caller's transaction.
func ByAlias(tx *gorm.DB, text string) (*Service, error) {
	text = strings.TrimSpace(clean(text))
	sv, err := serviceBy(tx, "name = ?", text)
	if !fault.Is(err, fault.NotFound) {
		return sv, err
	}
	lower := strings.ToLower(text)
	return serviceBy(tx, "name = ? OR id = (SELECT service_id FROM service_aliases WHERE alias = ?)", lower, lower)
}

func serviceBy(tx *gorm.DB, where string, args ...any) (*Service, error) {
	sv := &Service{}
	err := tx.Where(where, args...).Take(sv).Error
	if db.IsNotFound(err) {
		return nil, fault.NotFoundf("There is no such service.")
	}
	if err != nil {
		return nil, err
	}
	return sv, nil
}

// clean takes out of a text what PostgreSQL refuses to compare with.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
