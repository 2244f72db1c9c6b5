package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"coetracker/people"
)

func (a *app) serviceCommand() *cobra.Command {
	cmd := group("service", "Adds services and changes them", "add, set or list")
	add := &cobra.Command{Use: "add NAME", Short: "Adds a service", Args: args(cobra.ExactArgs(1)), RunE: a.serviceAdd}
	set := &cobra.Command{Use: "set NAME", Short: "Changes a service; what is not named stays", Args: args(cobra.ExactArgs(1)), RunE: a.serviceSet}
	for _, c := range []*cobra.Command{add, set} {
		f := c.Flags()
		f.String("team", "", "team it belongs to; empty: none")
		f.Int("tier", 3, "1 (most critical) to 4")
		f.StringArray("target", nil, "minutes to detect, engage or mitigate: ttd=5, tte=10, ttm=60; empty takes one away: ttd=")
		f.StringArray("alias", nil, "another name tools use for it; may be given several times, and replaces those before")
	}
	cmd.AddCommand(add, set, &cobra.Command{Use: "list [NAME]", Short: "Lists services", Args: args(cobra.MaximumNArgs(1)), RunE: a.serviceList})
	return cmd
}

func (a *app) serviceAdd(cmd *cobra.Command, given []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		e, err := serviceEdit(ctx, cmd, st.People, &people.Service{})
		if err != nil {
			return wrong(err)
		}
		sv, err := st.People.AddService(ctx, people.Operator(), given[0], e)
		if err != nil {
			return wrong(err)
		}
		fmt.Fprintf(a.stdout, "Added the service %s.\n", sv.Name)
		return nil
	})
}

func (a *app) serviceSet(cmd *cobra.Command, given []string) error {
	if err := somethingGiven(cmd); err != nil {
		return err
	}
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		sv, err := st.People.ServiceByName(ctx, given[0])
		if err != nil {
			return err
		}
		e, err := serviceEdit(ctx, cmd, st.People, sv)
		if err != nil {
			return wrong(err)
		}
		if sv, err = st.People.SetService(ctx, people.Operator(), sv.ID, sv.Version, e); err != nil {
			return wrong(err)
		}
		fmt.Fprintf(a.stdout, "Changed the service %s.\n", sv.Name)
		return nil
	})
}

// serviceEdit reads the flags that were given; targets go on top of those the
// service has.
func serviceEdit(ctx context.Context, cmd *cobra.Command, s *people.Store, sv *people.Service) (people.ServiceEdit, error) {
	e := people.ServiceEdit{Aliases: listFlag(cmd, "alias")}
	if cmd.Flags().Changed("tier") {
		n, _ := cmd.Flags().GetInt("tier")
		e.Tier = &n
	}
	if team := textFlag(cmd, "team"); team != nil {
		e.TeamID = new(int64)
		if *team != "" {
			t, err := s.TeamByName(ctx, *team)
			if err != nil {
				return e, err
			}
			*e.TeamID = t.ID
		}
	}
	list := listFlag(cmd, "target")
	if list == nil {
		return e, nil
	}
	targets := sv.AllTargets()
	for _, kv := range *list {
		k, v, _ := strings.Cut(kv, "=")
		n, err := strconv.Atoi(v)
		if v == "" && strings.HasSuffix(kv, "=") {
			delete(targets, k)
			continue
		}
		if err != nil {
			return e, usagef("--target %s: write it as ttd=5, in minutes", kv)
		}
		targets[k] = n
	}
	e.Targets = &targets
	return e, nil
}

func (a *app) serviceList(cmd *cobra.Command, given []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		list, err := st.People.ListServices(ctx)
		if err != nil {
			return err
		}
		teams, err := teamNames(ctx, st.People)
		if err != nil {
			return err
		}
		all, err := st.People.ListAliases(ctx)
		if err != nil {
			return err
		}
		aliases := map[int64][]string{}
		for _, al := range all {
			aliases[al.ServiceID] = append(aliases[al.ServiceID], al.Alias)
		}
		if len(given) == 1 {
			one, err := st.People.ByAlias(ctx, given[0])
			if err != nil {
				return err
			}
			list = []people.Service{*one}
		}
		t := newTable(a.stdout, "NAME", "TEAM", "TIER", "TARGETS", "ALIASES")
		for _, sv := range list {
			t.row(sv.Name, teams[or(sv.TeamID)], fmt.Sprint(sv.Tier), targetWords(sv), strings.Join(aliases[sv.ID], ", "))
		}
		return t.print()
	})
}

// targetWords writes targets as the flag takes them.
func targetWords(sv people.Service) string {
	targets := sv.AllTargets()
	var words []string
	for _, k := range slices.Sorted(maps.Keys(targets)) {
		words = append(words, fmt.Sprintf("%s=%d", k, targets[k]))
	}
	return strings.Join(words, " ")
}
