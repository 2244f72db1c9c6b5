package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	"coetracker/internal/slackfake"
)

func (a *app) slackfakeCommand() *cobra.Command {
	var addr, target string
	cmd := &cobra.Command{
		Use:   "slackfake",
		Short: "Runs a stand-in for Slack, for trials and tests",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.slackfake(cmd.Context(), addr, target) },
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8081", "address to listen on")
	cmd.Flags().StringVar(&target, "app", "http://127.0.0.1:8080", "where coe listens, for button presses")
	return cmd
}

func (a *app) slackfake(ctx context.Context, addr, target string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	fake := slackfake.New(slackfake.Options{Token: a.cfg.SlackBotToken, SigningSecret: a.cfg.SlackSigningSecret, AppURL: target, Now: a.wall, Log: a.logger(), Pace: true})
	server := &http.Server{Handler: fake.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime}
	fmt.Fprintf(a.stdout, "stand-in for Slack: http://%s/  (COE_SLACK_API_URL=http://%s/api/)\n", l.Addr(), l.Addr())
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
