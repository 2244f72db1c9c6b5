package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"coetracker/internal/db"
	"coetracker/migrations"
)

func (a *app) migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Brings the database to this version's schema",
		RunE: func(*cobra.Command, []string) error {
			return usagef("say `coe migrate status` or `coe migrate up`")
		},
	}
	cmd.AddCommand(
		&cobra.Command{Use: "status", Short: "Lists the steps and which were applied", Args: args(cobra.NoArgs), RunE: a.migrateStatus},
		&cobra.Command{Use: "up", Short: "Applies the steps that are missing", Args: args(cobra.NoArgs), RunE: a.migrateUp},
	)
	return cmd
}

func (a *app) migrateStatus(cmd *cobra.Command, _ []string) error {
	cal, err := a.calendarClock()
	if err != nil {
		return err
	}
	st, err := a.open(cmd.Context(), cal, a.logger(), false)
	if err != nil {
		return &answer{exitFail, err}
	}
	defer db.Close(st.DB)
	steps, err := migrations.Status(cmd.Context(), st.DB)
	if err != nil {
		return err
	}
	for _, s := range steps {
		state := "missing"
		if !s.AppliedAt.IsZero() {
			state = "applied " + s.AppliedAt.UTC().Format("2006-01-02 15:04:05Z")
		}
		fmt.Fprintf(a.stdout, "%05d  %-28s %s\n", s.Version, s.Name, state)
	}
	return nil
}

func (a *app) migrateUp(cmd *cobra.Command, _ []string) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), commandTime)
	defer cancel()
	cal, err := a.calendarClock()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return err
	}
	st, err := a.open(ctx, cal, a.logger(), true)
	if err != nil {
		return &answer{exitFail, err}
	}
	defer db.Close(st.DB)
	done, err := migrations.Up(ctx, st.DB)
	if err != nil {
		return err
	}
	if err := migrations.Check(ctx, st.DB); err != nil { // newer than this program
		return &answer{exitFail, err}
	}
	for _, s := range done {
		fmt.Fprintf(a.stdout, "applied %05d %s\n", s.Version, s.Name)
	}
	if len(done) == 0 {
		fmt.Fprintln(a.stdout, "nothing to do: the schema is current")
	}
	return nil
}
