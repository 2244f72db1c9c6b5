package coe

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/people"
)

// FailureMode is a word under which COEs say why they happened, with the
// experiments that rehearse it. A mode without one is one we only believe we
// survive.
type FailureMode struct {
	Word        string
	COEs        []COERef // newest first
	Experiments []evidence.Experiment
}

// COERef names a COE.
type COERef struct {
	Number int64
	Title  string
}

// Name gives the number as people say it: COE-17.
func (r COERef) Name() string { return COE{Number: r.Number}.Name() }

// modeRows bounds what FailureModes reads of each kind.
const modeRows = 5000

// FailureModes gathers the factors of whys and the tags of all COEs that p may
// see, that are not restricted and tell of something that failed, the ones without an experiment first, those
// seen most often before others. Names of places, services and teams are no modes,
// unless an experiment says that it rehearses them. Of a COE that changed since its last issue only
// whys of that issue count.
func (s *Store) FailureModes(ctx context.Context, p *people.Principal) ([]FailureMode, error) {
	tx := s.DB.WithContext(ctx)
	var rows []struct {
		Number      int64
		Title, Word string
	}
	seen := tx.Table("coes").Scopes(people.Visible(p)).Where("coes.visibility = 'org' AND coes.kind <> 'win'")
	const issued = "(coes.issue = 0 OR coes.seq <= coes.issued_seq OR whys.updated_at <= (SELECT max(r.created_at) FROM revisions r WHERE r.coe_id = coes.id AND r.issue > 0))"
	err := seen.Session(&gorm.Session{}).Select("coes.number, coes.title, lower(whys.factor) AS word").Distinct().
		Joins("JOIN whys ON whys.coe_id = coes.id AND whys.factor <> '' AND whys.deleted_at IS NULL").Where(issued).
		Order("coes.number DESC").Limit(modeRows).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("gather factors: %w", err)
	}
	var tagged []struct {
		Number      int64
		Title, Tags string
	}
	err = seen.Session(&gorm.Session{}).Select("coes.number, coes.title, coes.tags").Where("coes.tags <> '' AND (coes.issue = 0 OR coes.seq <= coes.issued_seq)").
		Order("coes.number DESC").Limit(modeRows).Scan(&tagged).Error
	if err != nil {
		return nil, fmt.Errorf("gather tags: %w", err)
	}
	modes := map[string]*FailureMode{}
	for _, r := range rows {
		see(modes, r.Word, COERef{r.Number, r.Title})
	}
	for _, t := range tagged {
		for _, w := range strings.Fields(t.Tags) {
			see(modes, strings.ToLower(w), COERef{t.Number, t.Title})
		}
	}
	return covered(tx, modes)
}

func see(modes map[string]*FailureMode, word string, ref COERef) {
	if word = strings.TrimSpace(word); word == "" {
		return
	}
	if modes[word] == nil {
		modes[word] = &FailureMode{Word: word}
	}
	if m := modes[word]; !slices.Contains(m.COEs, ref) {
		m.COEs = append(m.COEs, ref)
	}
}

// covered adds the experiments of each mode and sorts.
func covered(tx *gorm.DB, modes map[string]*FailureMode) ([]FailureMode, error) {
	var xs []evidence.Experiment
	if err := tx.Where("failure_mode <> ''").Order("name, id").Limit(modeRows).Find(&xs).Error; err != nil {
		return nil, err
	}
	for _, x := range xs {
		for _, w := range x.Modes() {
			if m := modes[w]; m != nil {
				m.Experiments = append(m.Experiments, x)
			}
		}
	}
	names, err := ownNames(tx)
	if err != nil {
		return nil, err
	}
	var out []FailureMode
	for _, m := range modes {
		if len(m.Experiments) == 0 && (names[m.Word] || isPlace(m.Word)) {
			continue // it says where or whose, not what failed
		}
		slices.SortFunc(m.COEs, func(a, b COERef) int { return cmp.Compare(b.Number, a.Number) })
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b FailureMode) int {
		return cmp.Or(min(1, len(a.Experiments))-min(1, len(b.Experiments)), len(b.COEs)-len(a.COEs), strings.Compare(a.Word, b.Word))
	})
	return out, nil
}

// place is the name of a region or zone: us-east-1, eu-central-1a, europe-west4-b.
var place = regexp.MustCompile(`^(us|eu|ap|sa|ca|me|af|il|mx|cn|europe|asia|australia|africa|northamerica|southamerica)(-gov|-iso[a-z]?)?-[a-z]+-?[0-9]+(-?[a-z])?$`)

func isPlace(word string) bool { return place.MatchString(word) }

// ownNames are the names of services and teams and the words for kinds of
// documents, in lower case: as tags they do not say what failed.
func ownNames(tx *gorm.DB) (map[string]bool, error) {
	out := map[string]bool{"experiment": true}
	for _, k := range []Kind{Incident, NearMiss, ProceduralMiss, ExperimentFinding, Win} {
		out[string(k)], out[strings.ReplaceAll(string(k), "_", "-")] = true, true
	}
	for table, col := range map[string]string{"services": "name", "service_aliases": "alias", "teams": "name"} {
		var names []string
		if err := tx.Table(table).Limit(modeRows).Pluck("lower("+col+")", &names).Error; err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
		for _, n := range names {
			out[n] = true
		}
	}
	return out, nil
}

// ItemLink is a COE that an item of evidence belongs to.
type ItemLink struct {
	ItemID int64
	COERef
	Role     string // of a change: cause, suspect, fix, dismissed
	Relation string // revealed_by, reproduces, …, "" for none
}

// RunProof is an action that a run verified or reopened, or one that waits for
// its experiment.
type RunProof struct {
	ItemID    int64 // 0: it waits
	Number    int64
	COENumber int64
	State     string
	Effect    string // verified, reopened, or ""
}

// ItemLinks gives, for items of evidence, the COEs that they were accepted into
// and those that name them under Related, as far as p may see them.
func (s *Store) ItemLinks(ctx context.Context, p *people.Principal, itemIDs ...int64) (map[int64][]ItemLink, error) {
	out := map[int64][]ItemLink{}
	if len(itemIDs) == 0 {
		return out, nil
	}
	var rows []ItemLink
	err := s.DB.WithContext(ctx).Table("coe_evidence e").Select("e.item_id, coes.number, coes.title, e.role, e.relation").
		Joins("JOIN coes ON coes.id = e.coe_id").Where("e.decision = 'accepted' AND e.item_id IN ?", itemIDs).
		Scopes(people.Visible(p)).Order("coes.number DESC").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.ItemID] = append(out[r.ItemID], r)
	}
	return out, addNamed(s.DB.WithContext(ctx), p, itemIDs, out)
}

// RunProofs gives the actions that runs verified or reopened, and those whose
// proof is this experiment and that no run has met yet; of COEs that p may see.
func (s *Store) RunProofs(ctx context.Context, p *people.Principal, x evidence.Experiment, runIDs ...int64) ([]RunProof, error) {
	tx := s.DB.WithContext(ctx)
	var out, waits []RunProof
	base := func() *gorm.DB {
		return tx.Table("actions").Joins("JOIN coes ON coes.id = actions.coe_id").Where("actions.deleted_at IS NULL").Scopes(people.Visible(p))
	}
	if len(runIDs) > 0 {
		err := base().Select("r.item_id, actions.number, coes.number AS coe_number, actions.state, r.effect").
			Joins("JOIN action_runs r ON r.action_id = actions.id").Where("r.item_id IN ?", runIDs).
			Order("coes.number DESC, actions.number").Scan(&out).Error
		if err != nil {
			return nil, err
		}
	}
	names := []string{strings.ToLower(x.Name)}
	if x.Tool != "" {
		names = append(names, strings.ToLower(x.Tool+":"+x.Definition))
	}
	err := base().Select("actions.number, coes.number AS coe_number, actions.state").
		Where("actions.proof_target <> '' AND lower(actions.proof_target) IN ? AND NOT EXISTS (SELECT 1 FROM action_runs r WHERE r.action_id = actions.id)", names).
		Order("coes.number DESC, actions.number").Scan(&waits).Error
	return append(out, waits...), err
}
