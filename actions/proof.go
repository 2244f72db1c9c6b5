package actions

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// ProofNeeds says for each kind of proof what to write, as forms show it.
func ProofNeeds(kind string) string {
	switch kind {
	case proofExperiment:
		return "a run that held, such as fis:EXP4fp or /runs/12"
	case proofTest:
		return "a link to the CI run"
	case proofDrill:
		return "the alarm that fired, by its name or as /alarms/3"
	case proofDeployment:
		return "what went out, such as ecs:9f31 or /deployments/7"
	case proofGraph:
		return "the title of a graph of this COE, or a link"
	case proofPerson:
		return "who looked, and what they saw"
	}
	return ""
}

// The other kinds of proof, see ProofKinds.
const (
	proofTest       = "test"
	proofDrill      = "alarm_drill"
	proofDeployment = "deployment"
	proofGraph      = "graph"
	proofPerson     = "second_person"
)

var (
	// itemPage is the address of one of our pages in a text.
	itemPage = regexp.MustCompile(`(?:^|[\s(])/(runs|deployments|alarms)/([0-9]{1,18})\b`)
	// itemRef is a text that is nothing but tool:external-id.
	itemRef = regexp.MustCompile(`^([a-z][a-z0-9]*):([^\s/]\S*)$`)
)

// item is what proof needs to know of a run, a deployment or an alarm, whose
// table belongs to package evidence.
type item struct {
	ID         int64
	Type       string
	Tool       string
	ExternalID string
	Outcome    string // of a run: held, deviated, …
	DryRun     bool
	Fired      bool // an alarm that was seen firing
}

// items begins a query for items.
func items(tx *gorm.DB) *gorm.DB {
	return tx.Table("evidence_items").Select(`id, type, tool, external_id, dry_run, COALESCE(NULLIF(outcome, ''), tool_outcome) AS outcome,
		EXISTS (SELECT 1 FROM evidence_spans s WHERE s.item_id = evidence_items.id) AS fired`).Order("id DESC").Limit(20)
}

// page is where the item is shown.
func (it item) page() string {
	switch it.Type {
	case "experiment":
		return fmt.Sprintf("/runs/%d", it.ID)
	case "deployment", "rollback":
		return fmt.Sprintf("/deployments/%d", it.ID)
	case "alarm":
		return fmt.Sprintf("/alarms/%d", it.ID)
	}
	return ""
}

func (it item) ref() string { return it.Tool + ":" + it.ExternalID }

// refer checks what a proof names: a run, a deployment or an alarm must exist
// and prove what the kind says. Where the text only names a thing, the address
// of its page is added, so that readers find it.
func (e *edit) refer(kind, text string) (string, error) {
	for _, m := range itemPage.FindAllStringSubmatch(text, -1) {
		it, err := e.itemAt(m[1], m[2])
		if err != nil {
			return "", err
		}
		if err := it.proves(kind); err != nil {
			return "", err
		}
	}
	if m := itemRef.FindStringSubmatch(text); m != nil {
		return e.named(kind, text, items(e.tx).Where("tool = ? AND external_id = ?", m[1], m[2]), takesItem(kind))
	}
	switch kind {
	case proofDrill:
		return e.named(kind, text, items(e.tx).Where("type = 'alarm' AND (external_id = ? OR title = ?)", text, text), false)
	case proofGraph:
		return e.graph(text)
	}
	return text, nil
}

// takesItem reports whether proof of this kind is about an item.
func takesItem(kind string) bool {
	return kind == proofExperiment || kind == proofDrill || kind == proofDeployment
}

// itemAt finds the item of one of our pages.
func (e *edit) itemAt(page, id string) (item, error) {
	var list []item
	n, _ := strconv.ParseInt(id, 10, 64) // of 18 digits at most
	if err := items(e.tx).Where("id = ?", n).Scan(&list).Error; err != nil {
		return item{}, fmt.Errorf("look for /%s/%s: %w", page, id, err)
	}
	if len(list) == 0 || !strings.HasPrefix(list[0].page(), "/"+page+"/") {
		return item{}, fault.Invalidf("proof", "There is no /%s/%s here. Copy the address of the page from your browser.", page, id)
	}
	return list[0], nil
}

// named takes the item that a text names; must refuses where there is none.
func (e *edit) named(kind, text string, q *gorm.DB, must bool) (string, error) {
	var list []item
	if err := q.Scan(&list).Error; err != nil {
		return "", fmt.Errorf("look for %s: %w", text, err)
	}
	if len(list) == 0 {
		if must {
			return "", fault.Invalidf("proof", "Nothing called %s has come in. Give the address of its page here, such as /runs/12, or a link.", short(text, 60))
		}
		return text, nil
	}
	i := max(slices.IndexFunc(list, func(it item) bool { return it.proves(kind) == nil }), 0)
	if err := list[i].proves(kind); err != nil {
		return "", err
	}
	if page := list[i].page(); page != "" {
		text += " (" + page + ")"
	}
	return text, nil
}

// proves says why an item is no proof of a kind.
func (it item) proves(kind string) error {
	switch {
	case kind == proofExperiment && it.Type != "experiment":
		return fault.Invalidf("proof", "%s is no run of an experiment.", it.ref())
	case kind == proofExperiment && it.DryRun:
		return fault.Invalidf("proof", "Run %s was a dry run, which proves nothing.", it.ref())
	case kind == proofExperiment && it.Outcome != "held":
		return fault.Invalidf("proof", "Run %s is recorded as %s. Only a run that held is proof; what it showed is set on its page.", it.ref(), orUnknown(it.Outcome))
	case kind == proofDrill && it.Type != "alarm":
		return fault.Invalidf("proof", "%s is no alarm.", it.ref())
	case kind == proofDrill && !it.Fired:
		return fault.Invalidf("proof", "The alarm %s was never seen firing, so it proves nothing yet.", it.ref())
	case kind == proofDeployment && it.Type != "deployment" && it.Type != "rollback":
		return fault.Invalidf("proof", "%s is no deployment.", it.ref())
	}
	return nil
}

func orUnknown(outcome string) string {
	if outcome == "" {
		return "unknown"
	}
	return outcome
}

// graph adds the address of the graph whose title the text is.
func (e *edit) graph(text string) (string, error) {
	var found []struct {
		Key    string
		Number int64
	}
	err := e.tx.Table("metrics").Joins("JOIN coes ON coes.id = metrics.coe_id").Select("metrics.key, coes.number").
		Where("metrics.coe_id = ? AND metrics.deleted_at IS NULL AND metrics.title = ?", e.a.COEID, text).Order("metrics.id").Limit(1).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return text, err
	}
	return fmt.Sprintf("%s (/coes/%d#m-%s)", text, found[0].Number, found[0].Key), nil
}

// provenByRun refuses that a person alone verifies a P0 or P1 whose proof is a
// named experiment: the last run that showed anything since the action was
// written must have held.
func (e *edit) provenByRun() error {
	a := e.a
	if !a.NeedsProof() || a.ProofKind != proofExperiment || a.ProofTarget == "" {
		return nil
	}
	ids, err := experimentIDs(e.tx, a.ProofTarget)
	if err != nil {
		return err
	}
	last, err := lastShown(e.tx, ids, a.CreatedAt)
	if err != nil || last.Outcome == "held" {
		return err
	}
	said := "has not held since it was written"
	if last.Outcome != "" {
		said = fmt.Sprintf("%s in its last run, %s", map[string]string{"deviated": "deviated", "halted": "was halted"}[last.Outcome], last.ref())
	}
	return fault.Invalidf("proof", "%s is %s and is proven by the experiment %s, which %s. A run that holds verifies it by itself. If something else is to prove it, change its kind of proof first.",
		a.Ref(), a.Priority, a.ProofTarget, said)
}

// experimentIDs gives the experiments that a target names.
func experimentIDs(tx *gorm.DB, target string) ([]int64, error) {
	var all []struct {
		ID                     int64
		Tool, Definition, Name string
	}
	if err := tx.Table("experiments").Select("id, tool, definition, name").Scan(&all).Error; err != nil {
		return nil, fmt.Errorf("look for the experiment %s: %w", target, err)
	}
	var out []int64
	for _, x := range all {
		if NamesExperiment(target, x.Tool, x.Definition, x.Name) {
			out = append(out, x.ID)
		}
	}
	return out, nil
}

// lastShown gives the last run of some experiments that held or failed since.
func lastShown(tx *gorm.DB, experiments []int64, since time.Time) (item, error) {
	if len(experiments) == 0 {
		return item{}, nil
	}
	var list []item
	err := tx.Table("evidence_items").Select("id, type, tool, external_id, COALESCE(NULLIF(outcome, ''), tool_outcome) AS outcome").
		Where("experiment_id IN ? AND type = 'experiment' AND settled AND NOT dry_run AND ended_at > ?", experiments, since).
		Where("COALESCE(NULLIF(outcome, ''), tool_outcome) IN ('held','deviated','halted')").
		Order("ended_at DESC, started_at DESC, id DESC").Limit(1).Scan(&list).Error
	if err != nil || len(list) == 0 {
		return item{}, err
	}
	return list[0], nil
}
