package coe

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"coetracker/evidence"
)

// ProofTarget is an experiment that an action can name as its proof.
type ProofTarget struct {
	Target string // what the action says: tool:definition, or the name of a plan
	Name   string
}

// maxTargets bounds the list that people choose from.
const maxTargets = 200

// ProofTargets lists the experiments that an action can name, those that were
// changed last first.
func (s *Store) ProofTargets(ctx context.Context) ([]ProofTarget, error) {
	var list []evidence.Experiment
	if err := s.DB.WithContext(ctx).Order("updated_at DESC, id DESC").Limit(maxTargets).Find(&list).Error; err != nil {
		return nil, fmt.Errorf("list experiments: %w", err)
	}
	out := make([]ProofTarget, 0, len(list))
	for _, e := range list {
		out = append(out, ProofTarget{Target: targetNames(&e)[0], Name: e.Name})
	}
	return out, nil
}

// targetNames are the words by which an action can name the experiment, the
// one that no other experiment has first.
func targetNames(e *evidence.Experiment) []string {
	var out []string
	if e.Definition != "" {
		out = append(out, e.Tool+":"+e.Definition)
	}
	return append(out, e.Name)
}

// isTarget reports whether an action that names target means this experiment.
// Case does not matter.
func isTarget(e *evidence.Experiment, target string) bool {
	for _, name := range targetNames(e) {
		if target != "" && strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(target)) {
			return true
		}
	}
	return false
}

// experimentsOf gives the ids of the experiments that a target names; two
// plans may have one name.
func experimentsOf(tx *gorm.DB, target string) ([]int64, error) {
	var all []evidence.Experiment
	if err := tx.Select("id, tool, definition, name").Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("look for the experiment %s: %w", target, err)
	}
	var out []int64
	for _, e := range all {
		if isTarget(&e, target) {
			out = append(out, e.ID)
		}
	}
	return out, nil
}
