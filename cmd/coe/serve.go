package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"coetracker/internal/db"
	"coetracker/internal/jobs"
	"coetracker/migrations"
	"coetracker/web"
	"coetracker/web/static"
)

// Timeouts of the server; none is infinite.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = 60 * time.Second
	drainTime  = 10 * time.Second
)

// serveFlags are the flags of serve that are no settings.
type serveFlags struct {
	demo     bool
	now      string
	fakeAddr string
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Runs the server",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), f) },
	}
	cmd.Flags().BoolVar(&f.demo, "demo", false, "run with demo data, a clock of its own and a stand-in for Slack")
	cmd.Flags().StringVar(&f.now, "now", "", "start the demo's clock at this time (RFC 3339); only in a new folder")
	cmd.Flags().StringVar(&f.fakeAddr, "fake-addr", "127.0.0.1:8081", "address of the demo's stand-in for Slack")
	return cmd
}

// serve is the one place where everything is wired, every dependency by name.
func (a *app) serve(ctx context.Context, f serveFlags) error {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return err
	}
	if err := a.checkFolder(f); err != nil {
		return err
	}
	log := a.logger()
	cal, err := a.serveClock(f)
	if err != nil {
		return err
	}
	if _, err := a.cfg.secretKey(); err != nil {
		return usage(err)
	}
	listener, err := net.Listen("tcp", a.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s (COE_ADDR names another address): %w", a.cfg.Addr, err)
	}
	defer listener.Close()
	st, err := a.openMigrated(ctx, cal, log)
	if err != nil {
		return err
	}
	defer db.Close(st.DB)

	var d *demoRun
	if f.demo {
		if d, err = a.startDemo(ctx, f, st, cal, log); err != nil {
			return err
		}
		defer d.stop()
	}
	bot, err := a.reminders(st, log)
	if err != nil {
		return err
	}
	runner := jobs.NewRunner(jobs.Config{DB: st.DB, Wall: a.wall, Handlers: bot.handlers, Log: log})
	assets, err := static.New()
	if err != nil {
		return err
	}
	srv := &web.Server{
		People: st.People, COEs: st.COEs, Timeline: st.Timeline, Actions: st.Actions, Evidence: st.Evidence, Inbox: bot.service, Files: st.Files,
		Static: assets, Slack: bot.slack, Log: log, BaseURL: a.cfg.base(), Zone: a.cfg.Timezone,
		Wall: a.wall, Calendar: cal.Now, Ready: a.ready(st, d),
	}
	if d != nil {
		d.runner, d.plan = runner, bot.plan
		srv.Demo = d
	}
	return a.run(ctx, log, listener, srv.Handler(), runner, bot, d)
}

// run serves until the context ends, then stops in the reverse order: no new
// requests, requests under way finish, then the jobs.
func (a *app) run(ctx context.Context, log *slog.Logger, listener net.Listener, h http.Handler, runner *jobs.Runner, bot *reminders, d *demoRun) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var ticking sync.WaitGroup
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if d != nil {
		if err := d.play(ctx); err != nil {
			return err
		}
	}
	runner.Start(background)
	ticking.Go(func() { bot.run(background, tickEvery, "plan reminders", bot.tick) })
	ticking.Go(func() { bot.run(background, sealEvery, "seal the audit log", bot.seal) })
	ticking.Go(func() { bot.run(background, settleEvery, "settle runs", bot.settle) })
	ticking.Go(func() { bot.run(background, oldEvery, "take away what is old", bot.old) })
	if d != nil {
		ticking.Go(func() { d.tick(background) })
	}
	log.Info("serving", "addr", listener.Addr().String(), "base_url", a.cfg.base())
	if d != nil {
		if err := d.greet(ctx, a.stdout); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "coe serves %s\n", a.cfg.base())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := server.Shutdown(drain)
	if err != nil {
		_ = server.Close() // what has not finished by now never will
	}
	stop()
	ticking.Wait()
	runner.Stop()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// openMigrated opens the database, making it if there is none, and brings it to
// this version's schema.
func (a *app) openMigrated(ctx context.Context, cal *calendar, log *slog.Logger) (*stores, error) {
	st, err := a.open(ctx, cal, log, true)
	if err != nil {
		return nil, err
	}
	if _, err := migrations.Up(ctx, st.DB); err != nil {
		_ = db.Close(st.DB)
		return nil, err
	}
	if err := migrations.Check(ctx, st.DB); err != nil {
		_ = db.Close(st.DB)
		return nil, err
	}
	return st, nil
}

// checkFolder keeps demo and real data apart.
func (a *app) checkFolder(f serveFlags) error {
	m, err := readMark(a.cfg.Data)
	marked := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	has, err := db.Exists(a.cfg.databasePath())
	if err != nil {
		return err
	}
	switch {
	case f.demo && a.cfg.DatabaseURL != "":
		return usagef("the demo runs on SQLite only; take COE_DATABASE_URL away")
	case f.demo && has && !marked:
		return &answer{exitFail, fmt.Errorf("%s holds data that are no demo; start the demo in another folder: COE_DATA=./demo-data", a.cfg.Data)}
	case !f.demo && marked:
		return &answer{exitFail, fmt.Errorf("%s holds a demo; start it with --demo, or take another folder", a.cfg.Data)}
	case f.now != "" && (!f.demo || m.Complete):
		return usagef("--now sets the clock of a new demo only")
	}
	return nil
}

// ready says whether this process can answer: its own database, and in the demo
// that all demo data are there.
func (a *app) ready(st *stores, d *demoRun) func(context.Context) error {
	return func(ctx context.Context) error {
		if d != nil && !d.done.Load() {
			return errors.New("the demo data are being written")
		}
		var one int
		return st.DB.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error
	}
}
