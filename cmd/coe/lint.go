package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"coetracker/coe"
	"coetracker/internal/db"
	"coetracker/people"
)

func (a *app) lintCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "lint FILE…|COE-N…",
		Short: "Checks COEs by the rules of the review; a file needs no database",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			l := &linting{app: a, json: asJSON}
			return l.all(cmd, given)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a finding")
	return cmd
}

// linting is one run over several targets.
type linting struct {
	*app
	json   bool
	blocks int
	failed int // exit code of the worst target that could not be judged
}

// jsonFinding is a finding as scripts read it.
type jsonFinding struct {
	Target string    `json:"target"`
	Rule   string    `json:"rule"`
	Level  coe.Level `json:"level"`
	Place  string    `json:"place"`
	Line   int       `json:"line"`
	Reason string    `json:"reason"`
	Fix    string    `json:"fix"`
	Waived bool      `json:"waived"`
}

func (l *linting) all(cmd *cobra.Command, given []string) error {
	cal, err := l.calendarClock()
	if err != nil {
		return err
	}
	for _, target := range given {
		var findings []coe.Finding
		line := func(f coe.Finding) int { return f.Line }
		if strings.HasPrefix(strings.ToUpper(target), "COE-") && coeName.MatchString(target) {
			findings, err = l.stored(cmd, target)
		} else {
			findings, line, err = l.file(target, coe.LintInput{Now: cal.Now(), Zone: l.cfg.Timezone, FormOnly: true})
		}
		if err != nil {
			fmt.Fprintf(l.stderr, "coe: %s: %s\n", target, sentence(err))
			l.failed = max(l.failed, exitCode(err))
			continue
		}
		if err := l.print(target, findings, line); err != nil {
			return err
		}
	}
	return l.verdict()
}

// stored judges a document of the database.
func (l *linting) stored(cmd *cobra.Command, target string) (findings []coe.Finding, err error) {
	n, err := coeNumber(target)
	if err != nil {
		return nil, err
	}
	err = l.with(cmd, func(ctx context.Context, st *stores) error {
		d, err := st.COEs.Load(ctx, people.Operator(), n)
		if err == nil {
			findings = st.COEs.Findings(d, db.Now(st.DB))
		}
		return err
	})
	return findings, err
}

// file judges a file by its form. Lines are those of the file.
func (l *linting) file(name string, in coe.LintInput) ([]coe.Finding, func(coe.Finding) int, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, &answer{exitFail, err}
	}
	if !coe.IsFile(b) {
		return nil, nil, &answer{exitFail, errors.New("this is not a COE as `coe export` writes it; import it first")}
	}
	f, err := coe.Read(b)
	if err != nil {
		return nil, nil, &answer{exitFail, err}
	}
	return f.Document.Waive(coe.Lint(f.Document, in)), f.Line, nil
}

func (l *linting) print(target string, findings []coe.Finding, line func(coe.Finding) int) error {
	l.blocks += len(coe.Blocking(findings))
	if len(findings) == 0 && !l.json {
		fmt.Fprintf(l.stdout, "%s: nothing found\n", target)
	}
	enc := json.NewEncoder(l.stdout)
	enc.SetEscapeHTML(false)
	for _, f := range findings {
		if l.json {
			if err := enc.Encode(jsonFinding{target, f.Rule, f.Level, f.Place, line(f), f.Reason, f.Fix, f.Waived}); err != nil {
				return err
			}
			continue
		}
		where := target
		if n := line(f); n > 0 {
			where = fmt.Sprintf("%s:%d", target, n)
		}
		level := string(f.Level)
		if f.Waived {
			level = "waived"
		}
		fmt.Fprintf(l.stdout, "%s: %s %s %s: %s %s\n", where, f.Rule, level, f.Place, f.Reason, f.Fix)
	}
	return nil
}

// verdict gives the exit code: what could not be judged outweighs what blocks.
func (l *linting) verdict() error {
	switch {
	case l.failed != exitDone:
		return &answer{code: l.failed}
	case l.blocks == 1:
		return &answer{exitNo, errors.New("1 finding blocks the review")}
	case l.blocks > 1:
		return &answer{exitNo, fmt.Errorf("%d findings block the review", l.blocks)}
	}
	return nil
}
