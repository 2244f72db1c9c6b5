package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"coetracker/coe"
	"coetracker/internal/fault"
)

func (a *app) stateCommand() *cobra.Command {
	var as, reason string
	cmd := &cobra.Command{
		Use:   "state COE-N STATE",
		Short: "Takes a COE to another state: in_review, changes_requested, approved, published or closed",
		Args:  args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, given []string) error {
			n, err := coeNumber(given[0])
			if err != nil {
				return err
			}
			return a.with(cmd, func(ctx context.Context, st *stores) error {
				p, err := st.as(ctx, as)
				if err != nil {
					return err
				}
				c, err := st.COEs.SetState(ctx, p, n, coe.State(given[1]), reason)
				if err != nil {
					a.missing(err)
					return err
				}
				fmt.Fprintf(a.stdout, "%s is %s\n", c.Name(), c.State)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "act as this person, with their rights")
	cmd.Flags().StringVar(&reason, "reason", "", "reason, where one is needed")
	return cmd
}

// missing prints everything a shut gate asks for, a line each.
func (a *app) missing(err error) {
	var f *fault.Error
	if !errors.As(err, &f) {
		return
	}
	if g, ok := f.Detail.(*coe.Gate); ok {
		for _, m := range g.Missing {
			fmt.Fprintln(a.stdout, m)
		}
	}
}
