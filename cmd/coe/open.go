package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/evidence"
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
	Evidence *evidence.Store
}

// open opens the configured database; create allows to make one.
func (a *app) open(ctx context.Context, cal *calendar, log *slog.Logger, create bool) (*stores, error) {
	return a.openAt(ctx, cal.Now, log, create)
}

// openAt opens the database with any calendar.
func (a *app) openAt(ctx context.Context, now func() time.Time, log *slog.Logger, create bool) (*stores, error) {
	g, err := db.Open(ctx, db.Config{URL: a.cfg.DatabaseURL, Path: a.cfg.databasePath(), Create: create, Now: now, Log: log})
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
	fs, err := files.NewDir(filepath.Join(a.cfg.Data, "files"), 0)
	if err != nil {
		return nil, err
	}
	st := &stores{
		DB: g, Files: fs,
		People:   &people.Store{DB: g, Wall: a.wall, Zone: zone},
		Timeline: &timeline.Store{DB: g},
		Actions:  &actions.Store{DB: g, Zone: zone},
	}
	host := hostOf(a.cfg.base())
	st.Timeline.Host, st.Timeline.LinkID = host, linkID
	fetch, err := a.fetch()
	if err != nil {
		return nil, err
	}
	st.COEs = &coe.Store{Metrics: a.metrics(fetch), DB: g, Zone: a.cfg.Timezone, Host: host, LinkID: linkID, Canonical: coe.Write, Check: st.check(a.cfg.Timezone), Blobs: fs}
	st.Evidence = a.evidence(g, fetch)
	st.Evidence.OnSettled = st.COEs.RunSettled
	return st, nil
}

// checkTime bounds the look-up of the owners' working days.
const checkTime = 5 * time.Second

// check is the checker with the working days of the actions' owners.
func (st *stores) check(zone string) func(*coe.Document, time.Time) []coe.Finding {
	return func(d *coe.Document, now time.Time) []coe.Finding {
		var owners []int64
		for _, a := range d.Actions {
			if a.OwnerID != nil {
				owners = append(owners, *a.OwnerID)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), checkTime)
		defer cancel()
		// without calendars the checker takes Monday to Friday for everybody
		calendars, _ := st.People.Calendars(ctx, owners)
		return coe.Lint(d, coe.LintInput{Now: now, Zone: zone, Calendars: calendars})
	}
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// linkID makes COE-17 in a text lead to that document.
func linkID(id string) string {
	n, ok := strings.CutPrefix(id, "COE-")
	if _, err := strconv.ParseUint(n, 10, 63); !ok || err != nil {
		return ""
	}
	return "/coes/" + n
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
