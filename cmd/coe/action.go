package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"coetracker/actions"
	"coetracker/people"
)

// actionFlags are the flags of `coe action`.
type actionFlags struct{ as, proof, date, reason string }

// actionVerbs are what can be done with an action, in the order of the help.
var actionVerbs = []string{"done", "move", "verify", "reject", "decline"}

func (a *app) actionCommand() *cobra.Command {
	var f actionFlags
	cmd := &cobra.Command{
		Use:   "action COE-N A-n done|move|verify|reject|decline",
		Short: "Claims an action done, moves its date, verifies, rejects or declines it",
		Args:  args(cobra.ExactArgs(3)),
		RunE: func(cmd *cobra.Command, given []string) error {
			n, err := coeNumber(given[0])
			if err != nil {
				return err
			}
			m := actionName.FindStringSubmatch(given[1])
			if m == nil {
				return usagef("%q is not an action; write it as A-5", given[1])
			}
			if !slices.Contains(actionVerbs, given[2]) {
				return usagef("%q is not something to do with an action; write done, move, verify, reject or decline", given[2])
			}
			return a.with(cmd, func(ctx context.Context, st *stores) error {
				return a.actionDo(ctx, st, n, "A-"+m[1], given[2], f)
			})
		},
	}
	cmd.Flags().StringVar(&f.as, "as", "", "act as this person, with their rights")
	cmd.Flags().StringVar(&f.proof, "proof", "", "what shows that it is done: a link, or what was seen")
	cmd.Flags().StringVar(&f.date, "date", "", "new date, such as 2026-04-10, fri or 2w")
	cmd.Flags().StringVar(&f.reason, "reason", "", "reason, where one is needed")
	return cmd
}

func (a *app) actionDo(ctx context.Context, st *stores, n int64, ref, verb string, f actionFlags) error {
	p, err := st.as(ctx, f.as)
	if err != nil {
		return err
	}
	item, err := st.Actions.ByRef(ctx, p, n, ref)
	if err != nil {
		return err
	}
	row, err := actionVerb(ctx, st, p, actions.At{ID: item.Action.ID, Version: item.Action.Version}, verb, f)
	if err != nil {
		return err
	}
	due := "no date"
	if row.Due != "" {
		due = "due " + string(row.Due)
	}
	fmt.Fprintf(a.stdout, "COE-%d %s is %s, %s\n", n, row.Ref(), row.State, due)
	return nil
}

func actionVerb(ctx context.Context, st *stores, p *people.Principal, at actions.At, verb string, f actionFlags) (*actions.Action, error) {
	switch verb {
	case "done":
		return st.Actions.Done(ctx, p, at, actions.Evidence{Text: f.proof})
	case "move":
		return st.Actions.Move(ctx, p, at, actions.NewDate{Due: f.date, Reason: f.reason, DayOffReason: f.reason})
	case "verify":
		return st.Actions.Verify(ctx, p, at)
	case "reject":
		return st.Actions.Reject(ctx, p, at, f.reason)
	}
	return st.Actions.Decline(ctx, p, at, f.reason)
}
