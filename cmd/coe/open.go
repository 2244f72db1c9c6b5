package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/internal/db"
	"coetracker/internal/files"
	"coetracker/migrations"
	"coetracker/people"
	"coetracker/timeline"
)

// commandTime bounds the database work of one command.
const commandTime = 10 * time.Minute

// stores are the domain's stores on one open database.
type stores struct {
	DB       *gorm.DB
	Files    files.Store
	People   *people.Store
	COEs     *coe.Store
	Timeline *timeline.Store
	Actions  *actions.Store
}

// open opens the configured database; create allows to make one.
func (a *app) open(ctx context.Context, cal *calendar, log *slog.Logger, create bool) (*stores, error) {
	g, err := db.Open(ctx, db.Config{URL: a.cfg.DatabaseURL, Path: a.cfg.databasePath(), Create: create, Now: cal.Now, Log: log})
	if err != nil {
		return nil, err
	}
	st, err := a.wire(g)
	if err != nil {
		_ = db.Close(g)
		return nil, err
	}
	return st, nil
}

// wire builds the stores on an open database.
func (a *app) wire(g *gorm.DB) (*stores, error) {
	zone, err := people.LoadZone(a.cfg.Timezone)
	if err != nil {
		return nil, err
	}
	fs, err := files.Open(filepath.Join(a.cfg.Data, "files"))
	if err != nil {
		return nil, err
	}
	st := &stores{
		DB: g, Files: fs,
		People:   &people.Store{DB: g, Wall: a.wall, Zone: zone},
		Timeline: &timeline.Store{DB: g},
		Actions:  &actions.Store{DB: g, Zone: zone},
	}
	st.COEs = &coe.Store{DB: g, Zone: a.cfg.Timezone, Files: fs}
	return st, nil
}

// openExisting opens the database for a command of the command line: it refuses
// where there is none and where the schema does not fit.
func (a *app) openExisting(ctx context.Context) (*stores, error) {
	cal, err := a.calendarClock()
	if err != nil {
		return nil, err
	}
	if a.cfg.DatabaseURL == "" {
		if _, err := os.Stat(a.cfg.databasePath()); errors.Is(err, fs.ErrNotExist) {
			return nil, &answer{exitFail, fmt.Errorf("there is no database in %s; start one with `coe serve`, or say where it is with --data", a.cfg.Data)}
		}
	}
	st, err := a.open(ctx, cal, a.logger(), false)
	if err != nil {
		return nil, &answer{exitFail, err}
	}
	if err := migrations.Check(ctx, st.DB); err != nil {
		_ = db.Close(st.DB)
		return nil, &answer{exitFail, err}
	}
	return st, nil
}

// with runs a command's work on the open database and closes it after.
func (a *app) with(cmd *cobra.Command, work func(ctx context.Context, st *stores) error) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), commandTime)
	defer cancel()
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer db.Close(st.DB)
	return work(ctx, st)
}

// as gives the person a command acts as: the operator, or who --as names.
func (st *stores) as(ctx context.Context, email string) (*people.Principal, error) {
	if email == "" {
		return people.Operator(), nil
	}
	p, err := st.People.ByEmail(ctx, email)
	if err != nil {
		return nil, err
	}
	return st.People.Principal(ctx, p.ID)
}

func (a *app) logger() *slog.Logger {
	level, _ := a.cfg.level()
	return slog.New(slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{Level: level}))
}
