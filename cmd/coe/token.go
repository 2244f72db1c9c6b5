package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"coetracker/people"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := group("token", "Makes tokens for machines, lists and revokes them", "create, list or revoke")
	var n people.NewToken
	create := &cobra.Command{
		Use: "create --scope gate", Short: "Makes a token; the last line is the token, which is not shown again", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.tokenCreate(cmd, n) },
	}
	create.Flags().StringVar(&n.Scope, "scope", "", "what it may do: gate asks whether a service may be deployed")
	create.Flags().StringVar(&n.Name, "name", "", "what uses it")
	create.Flags().IntVar(&n.Days, "days", people.TokenDays, "days until it expires")
	cmd.AddCommand(create,
		&cobra.Command{Use: "list", Short: "Lists tokens", Args: args(cobra.NoArgs), RunE: a.tokenList},
		&cobra.Command{Use: "revoke ID", Short: "Ends a token at once", Args: args(cobra.ExactArgs(1)), RunE: a.tokenRevoke},
	)
	return cmd
}

func (a *app) tokenCreate(cmd *cobra.Command, n people.NewToken) error {
	if n.Scope == "" {
		return usagef("say what the token is for: coe token create --scope gate")
	}
	if n.Days < 1 {
		return usagef("a token lives 1 to %d days", people.MaxTokenDays)
	}
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		t, text, err := st.People.CreateToken(ctx, people.Operator(), n)
		if err != nil {
			return wrong(err)
		}
		fmt.Fprintf(a.stdout, "Token %d for %s, good until %s. It is not shown again.\n%s\n", t.ID, t.Name, t.ExpiresAt.Format(time.DateOnly), text)
		return nil
	})
}

func (a *app) tokenList(cmd *cobra.Command, _ []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		list, err := st.People.ListTokens(ctx, people.Operator())
		if err != nil {
			return err
		}
		t := newTable(a.stdout, "ID", "NAME", "SCOPE", "ENDS IN", "EXPIRES", "LAST USED", "STATE")
		for _, x := range list {
			used, state := "never", "good"
			if x.UsedAt != nil {
				used = x.UsedAt.Format(time.DateOnly)
			}
			switch {
			case x.RevokedAt != nil:
				state = "revoked"
			case !x.Good(a.wall()):
				state = "expired"
			}
			t.row(fmt.Sprint(x.ID), x.Name, x.Scope, x.Hint, x.ExpiresAt.Format(time.DateOnly), used, state)
		}
		return t.print()
	})
}

func (a *app) tokenRevoke(cmd *cobra.Command, given []string) error {
	id, err := strconv.ParseInt(given[0], 10, 64)
	if err != nil || id < 1 {
		return usagef("%q is not the number of a token; coe token list shows them", given[0])
	}
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		t, err := st.People.RevokeToken(ctx, people.Operator(), id)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "The token of %s is not taken any more.\n", t.Name)
		return nil
	})
}
