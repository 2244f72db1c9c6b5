package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"coetracker/people"
)

func (a *app) teamCommand() *cobra.Command {
	cmd := group("team", "Adds teams and changes them", "add, set or list")
	add := &cobra.Command{Use: "add NAME", Short: "Adds a team", Args: args(cobra.ExactArgs(1)), RunE: a.teamAdd}
	set := &cobra.Command{Use: "set NAME", Short: "Changes a team; what is not named stays", Args: args(cobra.ExactArgs(1)), RunE: a.teamSet}
	for _, c := range []*cobra.Command{add, set} {
		f := c.Flags()
		f.String("zone", "", "time zone, such as Europe/Berlin or UTC+02:00")
		f.String("days", "mon-fri", "working days, such as mon-fri or mon,tue,thu")
		f.String("holidays", "", "file of days off, one a line: 2025-12-25 Christmas; replaces those before")
		f.String("channel", "", "Slack channel for announcements")
		f.String("policy", "", "file of the team's clocks, in JSON")
	}
	cmd.AddCommand(add, set, &cobra.Command{Use: "list [NAME]", Short: "Lists teams", Args: args(cobra.MaximumNArgs(1)), RunE: a.teamList})
	return cmd
}

func (a *app) teamAdd(cmd *cobra.Command, given []string) error {
	e, err := teamEdit(cmd)
	if err != nil {
		return err
	}
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		t, err := st.People.AddTeam(ctx, people.Operator(), given[0], e)
		if err != nil {
			return wrong(err)
		}
		fmt.Fprintf(a.stdout, "Added the team %s.\n", t.Name)
		return nil
	})
}

func (a *app) teamSet(cmd *cobra.Command, given []string) error {
	if err := somethingGiven(cmd); err != nil {
		return err
	}
	e, err := teamEdit(cmd)
	if err != nil {
		return err
	}
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		t, err := st.People.TeamByName(ctx, given[0])
		if err != nil {
			return err
		}
		if t, err = st.People.SetTeam(ctx, people.Operator(), t.ID, t.Version, e); err != nil {
			return wrong(err)
		}
		fmt.Fprintf(a.stdout, "Changed the team %s.\n", t.Name)
		return nil
	})
}

// teamEdit reads the flags that were given, and the files they name.
func teamEdit(cmd *cobra.Command) (people.TeamEdit, error) {
	e := people.TeamEdit{Zone: textFlag(cmd, "zone"), Days: textFlag(cmd, "days"), Channel: textFlag(cmd, "channel")}
	var err error
	if e.Policy, err = fileFlag(cmd, "policy"); err != nil {
		return e, err
	}
	text, err := fileFlag(cmd, "holidays")
	if err != nil || text == nil {
		return e, err
	}
	days, err := people.ParseHolidays(*text)
	if err != nil {
		return e, wrong(err)
	}
	e.Holidays = &days
	return e, nil
}

// fileFlag gives the content of the file a flag names, when it was given.
func fileFlag(cmd *cobra.Command, name string) (*string, error) {
	file := textFlag(cmd, name)
	if file == nil {
		return nil, nil
	}
	b, err := os.ReadFile(*file)
	if err != nil {
		return nil, &answer{exitFail, err}
	}
	s := string(b)
	return &s, nil
}

func (a *app) teamList(cmd *cobra.Command, given []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		list, err := st.People.ListTeams(ctx)
		if err != nil {
			return err
		}
		members, err := st.People.Memberships(ctx)
		if err != nil {
			return err
		}
		size := map[int64]int{}
		for _, m := range members {
			size[m.TeamID]++
		}
		if len(given) == 1 {
			one, err := st.People.TeamByName(ctx, given[0])
			if err != nil {
				return err
			}
			list = []people.Team{*one}
		}
		t := newTable(a.stdout, "NAME", "ZONE", "DAYS", "MEMBERS", "HOLIDAYS", "CHANNEL")
		for _, team := range list {
			off, err := st.People.Holidays(ctx, team.ID)
			if err != nil {
				return err
			}
			t.row(team.Name, team.Zone, team.WorkingDays, fmt.Sprint(size[team.ID]), fmt.Sprint(len(off)), team.Channel)
		}
		return t.print()
	})
}

// teamNames gives every team's name by id.
func teamNames(ctx context.Context, s *people.Store) (map[int64]string, error) {
	list, err := s.ListTeams(ctx)
	names := map[int64]string{}
	for _, t := range list {
		names[t.ID] = t.Name
	}
	return names, err
}
