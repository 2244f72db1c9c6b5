package people

import (
	"slices"
	"strings"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// ServicesByAlias is ByAlias for many texts in two queries for every 5,000. Texts that mean no
// service are left out.
func ServicesByAlias(tx *gorm.DB, texts []string) (map[string]int64, error) {
	out := map[string]int64{}
	asked := map[string]bool{}
	for _, t := range texts {
		t = strings.TrimSpace(clean(t))
		asked[t], asked[strings.ToLower(t)] = true, true
	}
	delete(asked, "")
	if len(asked) == 0 {
		return out, nil
	}
	names := make([]string, 0, len(asked))
	for n := range asked {
		names = append(names, n)
	}
	byName, byAlias := map[string]int64{}, map[string]int64{}
	for part := range slices.Chunk(names, 5000) { // a statement has a bounded number of values
		var services []Service
		if err := tx.Select("id", "name").Where("name IN ?", part).Find(&services).Error; err != nil {
			return nil, err
		}
		var aliases []ServiceAlias
		if err := tx.Where("alias IN ?", part).Find(&aliases).Error; err != nil {
			return nil, err
		}
		for _, sv := range services {
			byName[sv.Name] = sv.ID
		}
		for _, a := range aliases {
			byAlias[a.Alias] = a.ServiceID
		}
	}
	for _, text := range texts {
		t := strings.TrimSpace(clean(text))
		lower := strings.ToLower(t)
		for _, id := range []int64{byName[t], byName[lower], byAlias[lower]} {
			if id != 0 {
				out[text] = id
				break
			}
		}
	}
	return out, nil
}

// AddAlias makes a text another name of a service, in the transaction of a
// caller who checks the rights and writes the audit. One that this service has
// already is left as it is; another's is a fault.Conflict.
func AddAlias(tx *gorm.DB, serviceID int64, alias string) error {
	alias, err := label("alias", strings.ToLower(alias), 200)
	if err != nil {
		return err
	}
	if alias == "" {
		return fault.Invalidf("alias", "A name is needed.")
	}
	sv, err := ByAlias(tx, alias)
	switch {
	case err == nil && sv.ID == serviceID:
		return nil
	case err == nil:
		return fault.Conflictf("%s is already a name of %s.", quote(alias), sv.Name)
	case !fault.Is(err, fault.NotFound):
		return err
	}
	err = tx.Create(&ServiceAlias{Alias: alias, ServiceID: serviceID}).Error
	switch {
	case db.IsForeignKey(err):
		return fault.NotFoundf("There is no such service.")
	case db.IsUnique(err):
		return fault.Conflictf("%s has just become a name of another service.", quote(alias))
	}
	return err
}
