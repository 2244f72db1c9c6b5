package main

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"coetracker/internal/audit"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"
	"coetracker/internal/notify"
	"coetracker/internal/slackbot"
	"coetracker/people"
)

// reminders is everything that runs by itself: planning, sending, sealing the
// audit log, and taking away what is too old.
type reminders struct {
	st       *stores
	service  *notify.Service
	bot      *slackbot.Bot // nil without Slack
	handlers map[string]jobs.Handler
	slack    http.Handler
	log      *slog.Logger
	wall     func() time.Time
	asked    people.Day // the last day on which old proof was looked for
}

// How often things that run by themselves are looked at.
const (
	tickEvery   = 20 * time.Second // planning; a minute is planned once however often it is asked for
	sealEvery   = time.Minute
	settleEvery = time.Minute
	oldEvery    = time.Hour
)

// reminders wires planner, deliveries and Slack; without a token digests wait
// in the inbox of /me/actions.
func (a *app) reminders(st *stores, log *slog.Logger) (*reminders, error) {
	zone, err := people.LoadZone(a.cfg.Timezone)
	if err != nil {
		return nil, err
	}
	r := &reminders{st: st, log: log, wall: a.wall, service: &notify.Service{DB: st.DB, Wall: a.wall, Zone: zone, Log: log}}
	r.handlers = r.service.Handlers()
	maps.Copy(r.handlers, evidenceHandlers(st))
	if a.cfg.SlackBotToken == "" {
		return r, nil
	}
	r.bot, err = slackbot.New(slackbot.Config{
		Token: a.cfg.SlackBotToken, SigningSecret: a.cfg.SlackSigningSecret, APIURL: a.cfg.SlackAPIURL, BaseURL: a.cfg.base(),
		DB: st.DB, Wall: a.wall, Actions: st.Actions, People: st.People, Log: log,
	})
	if err != nil {
		return nil, usage(err)
	}
	r.service.Sender = r.bot
	r.slack = r.bot.Handler()
	maps.Copy(r.handlers, r.bot.Handlers())
	return r, nil
}

// plan plans what is due now; the demo calls it when its clock has moved.
func (r *reminders) plan(ctx context.Context) error {
	_, err := r.service.PlanNow(ctx)
	return err
}

// run repeats a piece of work until ctx ends; a failure is logged and the next
// round tries again.
func (r *reminders) run(ctx context.Context, every time.Duration, what string, work func(context.Context) error) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		one, cancel := context.WithTimeout(ctx, time.Minute)
		err := work(one)
		cancel()
		if err != nil && ctx.Err() == nil {
			r.log.Error("could not "+what, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// tick plans; effectiveness questions that fell due and proof that became too
// old come first, the latter once a day: what goes wrong with one of these is
// logged, and must not keep everybody's reminders back.
func (r *reminders) tick(ctx context.Context) error {
	if today := people.DayOf(db.Now(r.st.DB), time.UTC); today != r.asked {
		if _, err := r.st.COEs.AskAgain(ctx); fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
			return err
		} else if err != nil {
			r.log.Error("old proof was not asked about", "err", err)
		}
		r.asked = today
	}
	if _, err := r.st.COEs.RefreshEffectDue(ctx); err != nil {
		return err
	}
	return r.service.Tick(ctx)
}

func (r *reminders) seal(ctx context.Context) error {
	_, err := audit.Seal(ctx, r.st.DB)
	return err
}

// old takes away what is kept for a time only: sessions, finished jobs, raw
// input of Slack, and COEs that lay in the bin for 30 days.
func (r *reminders) old(ctx context.Context) error {
	if _, err := r.st.People.Purge(ctx); err != nil {
		return err
	}
	if _, err := jobs.Purge(ctx, r.st.DB, r.wall()); err != nil {
		return err
	}
	if err := r.purgeRaw(ctx); err != nil {
		return err
	}
	if r.bot != nil {
		if _, err := r.bot.Purge(ctx); err != nil {
			return err
		}
	}
	gone, err := r.st.COEs.Purge(ctx)
	if err != nil {
		return err
	}
	for _, sha := range gone.Files {
		if err := r.st.Files.Delete(ctx, sha); err != nil {
			return err
		}
	}
	return nil
}
