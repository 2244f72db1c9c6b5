package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/internal/jobs"
	"coetracker/internal/seal"
)

// evidence wires what keeps sources, deliveries and items. The key is read, and
// made where there is none, when a secret is first sealed or opened.
func (a *app) evidence(g *gorm.DB, fetch evidence.Fetch) *evidence.Store {
	box := sync.OnceValues(func() (*seal.Box, error) {
		key, err := a.cfg.secretKey()
		if err != nil {
			return nil, err
		}
		return seal.New(key)
	})
	return &evidence.Store{
		DB: g, Wall: a.wall, Log: a.logger(), Fetch: fetched(fetch),
		Seal: func(secret []byte) ([]byte, error) {
			b, err := box()
			if err != nil {
				return nil, err
			}
			return b.Seal(secret)
		},
		Unseal: func(sealed []byte) ([]byte, error) {
			b, err := box()
			if err != nil {
				return nil, err
			}
			return b.Open(sealed)
		},
	}
}

// fetched takes nothing but a 200 for an answer.
func fetched(fetch evidence.Fetch) func(context.Context, string) ([]byte, error) {
	return func(ctx context.Context, address string) ([]byte, error) {
		status, body, err := fetch(ctx, address, nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("the answer is %d", status)
		}
		return body, err
	}
}

// evidenceHandlers are the jobs that what has come in leads to.
func evidenceHandlers(st *stores) map[string]jobs.Handler {
	h := st.Evidence.Handlers()
	maps.Copy(h, st.Evidence.ConfirmHandlers())
	return h
}

// settle reads what was left unread, and does what falls due with runs.
func (r *reminders) settle(ctx context.Context) error { return r.st.Evidence.Tick(ctx) }

// purgeRaw deletes raw deliveries that are too old.
func (r *reminders) purgeRaw(ctx context.Context) error {
	n, err := r.st.Evidence.Purge(ctx)
	if n > 0 {
		r.log.Info("old deliveries are deleted", slog.Int64("deliveries", n))
	}
	return err
}
