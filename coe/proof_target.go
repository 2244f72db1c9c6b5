package coe

import (
	"context"
	"fmt"

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
		out = append(out, ProofTarget{Target: targetOf(&e), Name: e.Name})
	}
	return out, nil
}

// targetOf is the word by which an action names the experiment best: no other
// has it, where a tool knows it.
func targetOf(e *evidence.Experiment) string {
	if e.Definition != "" {
		return e.Tool + ":" + e.Definition
	}
	return e.Name
}
