package main

import (
	"context"
	"fmt"
	"strings"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/outbound"
)

// prometheus gives the configured base addresses; commas or blanks separate them.
func (c *config) prometheus() []string {
	bases := strings.FieldsFunc(c.PrometheusURL, func(r rune) bool { return r == ',' || r == ' ' })
	for i, b := range bases {
		bases[i] = strings.TrimRight(b, "/")
	}
	return bases
}

// metrics is where graphs come from; the configured servers are the only ones
// reached inside our own network.
func (a *app) metrics(fetch evidence.Fetch) coe.Metrics {
	return coe.Metrics{Fetch: fetch, Prometheus: a.cfg.prometheus()}
}

// fetch makes the way out to other servers.
func (a *app) fetch() (evidence.Fetch, error) {
	client, err := outbound.New(a.cfg.prometheus())
	if err != nil {
		return nil, usage(fmt.Errorf("COE_PROMETHEUS_URL: %w", err))
	}
	return func(ctx context.Context, address string, header map[string]string) (int, []byte, error) {
		got, err := client.Get(ctx, address, header)
		return got.Status, got.Body, err
	}, nil
}
