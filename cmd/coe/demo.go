package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"coetracker/coe/demo"
	"coetracker/internal/db"
	"coetracker/internal/jobs"
	"coetracker/internal/slackfake"
	"coetracker/people"
)

// demoRun is the demo around the server: its clock's position, its stand-in
// for Slack, and the data it writes when the folder is new.
type demoRun struct {
	app    *app
	cal    *calendar
	st     *stores
	log    *slog.Logger
	zone   *time.Location
	fake   *http.Server
	fakeAt string
	done   atomic.Bool
	fresh  bool
	runner *jobs.Runner
	plan   func(context.Context) error

	keeping sync.Mutex // one writes the position at a time
}

const (
	saveEvery = 2 * time.Second  // how often the demo's position is kept
	playTime  = 30 * time.Second // for planning and sending one morning's reminders
)

// serveClock is the calendar of serve. A new demo gets its mark here, before
// anything else is written to the folder; one that was cut off while its data
// were written begins anew.
func (a *app) serveClock(f serveFlags) (*calendar, error) {
	if !f.demo {
		return a.calendarClock()
	}
	m, err := readMark(a.cfg.Data)
	switch {
	case err == nil && m.Complete:
		return newCalendar(a.wall, m.Position), nil
	case err == nil:
		if err := a.clearDemo(); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	at := demo.Morning()
	if f.now != "" {
		if at, err = time.Parse(time.RFC3339, f.now); err != nil {
			return nil, usagef("--now: %q is not a time such as 2026-03-18T08:55:00+01:00", f.now)
		}
	}
	return newCalendar(a.wall, at), mark{Position: at}.write(a.cfg.Data)
}

// clearDemo takes away half-written demo data. Only a folder with the demo's
// mark gets here.
func (a *app) clearDemo() error {
	for _, name := range []string{"coe.db", "coe.db-wal", "coe.db-shm"} {
		if err := os.Remove(filepath.Join(a.cfg.Data, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.RemoveAll(filepath.Join(a.cfg.Data, "files"))
}

// startDemo writes the demo data if they are not there and starts the stand-in
// for Slack with a token and a secret of its own.
func (a *app) startDemo(ctx context.Context, f serveFlags, st *stores, cal *calendar, log *slog.Logger) (*demoRun, error) {
	d := &demoRun{app: a, cal: cal, st: st, log: log}
	var err error
	if d.zone, err = people.LoadZone(demo.Zone); err != nil {
		return nil, err
	}
	m, err := readMark(a.cfg.Data)
	if err != nil {
		return nil, err
	}
	if !m.Complete {
		d.fresh = true
		if err := a.seed(ctx, log); err != nil {
			return nil, fmt.Errorf("write the demo data: %w", err)
		}
	}
	return d, d.startSlack(ctx, f.fakeAddr)
}

// seed writes the demo data through a handle of its own, whose clock moves to
// the day of each thing that happened.
func (a *app) seed(ctx context.Context, log *slog.Logger) error {
	cal := &pinned{}
	st, err := a.openAt(ctx, cal.Now, log, false)
	if err != nil {
		return err
	}
	defer db.Close(st.DB)
	return demo.Seed(ctx, demo.Stores{People: st.People, COEs: st.COEs, Timeline: st.Timeline, Actions: st.Actions, Evidence: st.Evidence, SetNow: cal.Set})
}

func (d *demoRun) startSlack(ctx context.Context, addr string) error {
	a := d.app
	a.cfg.SlackBotToken, a.cfg.SlackSigningSecret = "xoxb-demo-"+rand.Text(), rand.Text()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s for the stand-in for Slack (--fake-addr names another address): %w", addr, err)
	}
	d.fakeAt = "http://" + l.Addr().String()
	a.cfg.SlackAPIURL = d.fakeAt + "/api/"
	fake := slackfake.New(slackfake.Options{
		Token: a.cfg.SlackBotToken, SigningSecret: a.cfg.SlackSigningSecret, AppURL: a.cfg.base(),
		Now: a.wall, Log: d.log, Pace: true,
	})
	list, err := d.st.People.List(ctx, people.Filter{})
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := fake.PutPeople(slackPerson(p)); err != nil {
			return err
		}
	}
	d.fake = &http.Server{Handler: fake.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime}
	go func() { _ = d.fake.Serve(l) }()
	return nil
}

func slackPerson(p people.Person) slackfake.Person {
	zone := p.Zone
	if zone == "" {
		zone = demo.Zone
	}
	return slackfake.Person{ID: fmt.Sprintf("U%08d", p.ID), Name: p.Name, Email: p.Email, TZ: zone, Deleted: p.DisabledAt != nil}
}

// play sends the morning's reminders of a new demo through the real planner
// and worker, then declares the demo complete.
func (d *demoRun) play(ctx context.Context) error {
	if d.fresh {
		if err := d.NextMorning(ctx); err != nil {
			return fmt.Errorf("play the demo's morning: %w", err)
		}
	}
	if err := d.write(true); err != nil {
		return err
	}
	d.done.Store(true)
	return nil
}

// NextMorning moves the demo's clock to the next working morning, just after
// reminders are due, and sends them.
func (d *demoRun) NextMorning(ctx context.Context) error {
	d.cal.Set(nextMorning(d.cal.Now().In(d.zone)))
	ctx, cancel := context.WithTimeout(ctx, playTime)
	defer cancel()
	if err := d.plan(ctx); err != nil {
		return err
	}
	if _, err := d.runner.Drain(ctx); err != nil {
		return err
	}
	return d.keep()
}

// nextMorning gives 09:01 of this day if that is still to come on a working
// day, else of the next working day.
func nextMorning(now time.Time) time.Time {
	at := time.Date(now.Year(), now.Month(), now.Day(), 9, 1, 0, 0, now.Location())
	for !at.After(now) || at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// keep writes the clock's position, so that the next start goes on from here
// and the command line works on the same day.
func (d *demoRun) keep() error { return d.write(d.done.Load()) }

func (d *demoRun) write(complete bool) error {
	d.keeping.Lock()
	defer d.keeping.Unlock()
	return mark{Position: d.cal.Now(), Complete: complete}.write(d.app.cfg.Data)
}

// tick keeps the position while the demo runs.
func (d *demoRun) tick(ctx context.Context) {
	t := time.NewTicker(saveEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := d.keep(); err != nil {
				d.log.Error("keep the demo's time", "err", err)
			}
		}
	}
}

func (d *demoRun) stop() {
	if d.fake != nil {
		_ = d.fake.Close()
	}
	if d.done.Load() {
		_ = d.keep()
	}
}

// Words gives the demo's time as the bar shows it.
func (d *demoRun) Words() string {
	return d.cal.Now().In(d.zone).Format("Mon 2 Jan 2006, 15:04 ") + demo.Zone
}

// SlackURL is where the stand-in for Slack shows its messages.
func (d *demoRun) SlackURL() string { return d.fakeAt + "/" }

// greet prints the way in.
func (d *demoRun) greet(ctx context.Context, w io.Writer) error {
	p, err := d.st.People.ByEmail(ctx, demo.SignIn)
	if err != nil {
		return err
	}
	token, err := d.st.People.NewLink(ctx, people.Operator(), p.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\ncoe runs with demo data. It is %s there.\n\n", d.Words())
	fmt.Fprintf(w, "  Messages that Slack would show: %s\n", d.SlackURL())
	fmt.Fprintf(w, "  Sign in as %s (works once, for 15 minutes; start again for a new link):\n\n", p.Name)
	fmt.Fprintf(w, "  %s/signin/%s\n", d.app.cfg.base(), token)
	return nil
}
