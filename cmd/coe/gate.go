package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"coetracker/coe"
	"coetracker/internal/fault"
)

// gateTime bounds the question to a server; a pipeline waits for it.
const gateTime = 20 * time.Second

// maxAnswer is the largest answer of a server that is read, in bytes.
const maxAnswer = 4 << 20

func (a *app) gateCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "gate SERVICE",
		Short: "Says whether a service may be deployed: not while one of its P0 actions is overdue",
		Long: "Says whether a service may be deployed: not while one of its P0 actions is overdue.\n" +
			"It ends with 0 when it may, 1 when it may not, 3 when that could not be found out.\n" +
			"With COE_URL and COE_TOKEN it asks a server, else the database.",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			g, err := a.askGate(cmd, given[0])
			if err != nil {
				return err
			}
			return a.printGate(g, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer as the API gives it")
	return cmd
}

// askGate asks the server that COE_URL names, else the database. What cannot
// be found out is no "no".
func (a *app) askGate(cmd *cobra.Command, service string) (g coe.DeployGate, err error) {
	if a.cfg.URL != "" {
		g, err = a.askServer(cmd.Context(), service)
	} else {
		err = a.with(cmd, func(ctx context.Context, st *stores) error {
			g, err = st.COEs.Gate(ctx, service)
			return err
		})
	}
	var said *answer
	if err == nil || errors.As(err, &said) {
		return g, err
	}
	if fault.Is(err, fault.NotFound) {
		err = fmt.Errorf("there is no service called %q", service)
	}
	return g, &answer{exitFail, err}
}

// askServer asks /api/v1/gate. Redirects are not followed: they would carry
// the token elsewhere.
func (a *app) askServer(ctx context.Context, service string) (g coe.DeployGate, err error) {
	ctx, cancel := context.WithTimeout(ctx, gateTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.cfg.URL+"/api/v1/gate?service="+url.QueryEscape(service), nil)
	if err != nil {
		return g, err
	}
	req.Header.Set("Authorization", "Bearer "+a.cfg.Token)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return g, fmt.Errorf("ask %s: %w", a.cfg.URL, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return g, fmt.Errorf("read the answer of %s: %w", a.cfg.URL, err)
	}
	if res.StatusCode != http.StatusOK {
		return g, fmt.Errorf("%s answers %d: %s", a.cfg.URL, res.StatusCode, problemText(body))
	}
	// an answer without these is of something else that listens there
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields["allowed"] == nil || fields["service"] == nil || json.Unmarshal(body, &g) != nil {
		return coe.DeployGate{}, fmt.Errorf("%s does not answer as this program does; is COE_URL right?", a.cfg.URL)
	}
	return g, nil
}

// problemText is what a problem+json says, or that it is none.
func problemText(body []byte) string {
	var p struct{ Title, Detail string }
	if json.Unmarshal(body, &p) != nil || p.Title == "" && p.Detail == "" {
		return "no reason given"
	}
	return strings.TrimSpace(p.Title + ". " + p.Detail)
}

func (a *app) printGate(g coe.DeployGate, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(a.stdout)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(g); err != nil {
			return err
		}
	} else {
		a.sayGate(g)
	}
	if !g.Allowed {
		return no()
	}
	return nil
}

func (a *app) sayGate(g coe.DeployGate) {
	if g.Allowed {
		fmt.Fprintf(a.stdout, "%s may be deployed: none of its P0 actions is overdue.\n", g.Service)
		return
	}
	fmt.Fprintf(a.stdout, "%s is not to be deployed: %d of its P0 actions overdue.\n", g.Service, len(g.Actions))
	hidden := 0
	for _, x := range g.Actions {
		if x.Restricted {
			hidden++
			continue
		}
		owner := x.Owner
		if owner == "" {
			owner = "nobody"
		}
		fmt.Fprintf(a.stdout, "  %s %s  due %s  %s  (%s)\n", x.COE, x.Action, x.Due, x.Title, owner)
	}
	if hidden > 0 {
		fmt.Fprintf(a.stdout, "  and %d of restricted COEs\n", hidden)
	}
}
