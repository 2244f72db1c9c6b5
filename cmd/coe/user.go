package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"coetracker/internal/fault"
	"coetracker/people"
)

func (a *app) userCommand() *cobra.Command {
	cmd := group("user", "Adds people, changes them, makes sign-in links", "add, set, list, disable or link")
	add := &cobra.Command{Use: "add EMAIL", Short: "Adds a person and prints a sign-in link", Args: args(cobra.ExactArgs(1)), RunE: a.userAdd}
	set := &cobra.Command{Use: "set EMAIL", Short: "Changes a person; what is not named stays", Args: args(cobra.ExactArgs(1)), RunE: a.userSet}
	for _, c := range []*cobra.Command{add, set} {
		f := c.Flags()
		f.String("role", string(people.Writer), "reader, writer, reviewer or admin")
		f.String("name", "", "name to show; made from the address when left out")
		f.String("zone", "", "time zone, such as Europe/Berlin or UTC+02:00")
		f.String("manager", "", "e-mail address of the manager; empty: none")
		f.StringArray("team", nil, "team to be in; may be given several times, and replaces the teams before")
	}
	cmd.AddCommand(add, set,
		&cobra.Command{Use: "list", Short: "Lists everybody", Args: args(cobra.NoArgs), RunE: a.userList},
		&cobra.Command{Use: "disable EMAIL", Short: "Takes a person's access away and ends their sessions", Args: args(cobra.ExactArgs(1)), RunE: a.userDisable},
		&cobra.Command{Use: "link EMAIL", Short: "Prints a sign-in link that works once", Args: args(cobra.ExactArgs(1)), RunE: a.userLink},
	)
	return cmd
}

func (a *app) userAdd(cmd *cobra.Command, given []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		e, err := personEdit(ctx, cmd, st.People)
		if err != nil {
			return wrong(err)
		}
		p, err := addOrReturn(ctx, st.People, given[0], e)
		if err != nil {
			return wrong(err)
		}
		fmt.Fprintf(a.stdout, "Added %s as %s.\n", p.Email, p.Role)
		if ok, err := st.People.HasAdmin(ctx); err != nil {
			return err
		} else if !ok {
			fmt.Fprintln(a.stdout, "There is no administrator yet. Make one with: coe user set EMAIL --role admin")
		}
		return a.printLink(ctx, st, p.ID)
	})
}

// addOrReturn adds a person; one who was disabled comes back with what was
// given.
func addOrReturn(ctx context.Context, s *people.Store, email string, e people.PersonEdit) (*people.Person, error) {
	p, err := s.ByEmail(ctx, email)
	if err == nil && !p.Active() {
		if err := s.Enable(ctx, people.Operator(), p.ID); err != nil {
			return nil, err
		}
		return s.SetPerson(ctx, people.Operator(), p.ID, p.Version+1, e)
	}
	n := people.NewPerson{Email: email, Name: or(e.Name), Role: or(e.Role), Zone: or(e.Zone), ManagerID: or(e.ManagerID), Teams: or(e.Teams)}
	return s.AddPerson(ctx, people.Operator(), n)
}

func (a *app) userSet(cmd *cobra.Command, given []string) error {
	if err := somethingGiven(cmd); err != nil {
		return err
	}
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		p, err := st.People.ByEmail(ctx, given[0])
		if err != nil {
			return wrong(err)
		}
		e, err := personEdit(ctx, cmd, st.People)
		if err != nil {
			return wrong(err)
		}
		if p, err = st.People.SetPerson(ctx, people.Operator(), p.ID, p.Version, e); err != nil {
			return wrong(err)
		}
		fmt.Fprintf(a.stdout, "Changed %s, %s.\n", p.Email, p.Role)
		return nil
	})
}

// personEdit reads the flags that were given.
func personEdit(ctx context.Context, cmd *cobra.Command, s *people.Store) (people.PersonEdit, error) {
	e := people.PersonEdit{Name: textFlag(cmd, "name"), Zone: textFlag(cmd, "zone")}
	if role := textFlag(cmd, "role"); role != nil {
		r := people.Role(*role)
		e.Role = &r
	}
	if email := textFlag(cmd, "manager"); email != nil {
		e.ManagerID = new(int64)
		if *email != "" {
			m, err := s.ByEmail(ctx, *email)
			if err != nil {
				return e, err
			}
			*e.ManagerID = m.ID
		}
	}
	names := listFlag(cmd, "team")
	if names == nil {
		return e, nil
	}
	e.Teams = &[]int64{}
	for _, n := range *names {
		t, err := s.TeamByName(ctx, n)
		if err != nil {
			return e, err
		}
		*e.Teams = append(*e.Teams, t.ID)
	}
	return e, nil
}

func (a *app) userList(cmd *cobra.Command, _ []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		list, err := st.People.List(ctx, people.Filter{Disabled: true})
		if err != nil {
			return err
		}
		teams, err := teamNames(ctx, st.People)
		if err != nil {
			return err
		}
		members, err := st.People.Memberships(ctx)
		if err != nil {
			return err
		}
		in, email := map[int64][]string{}, map[int64]string{}
		for _, m := range members {
			in[m.PersonID] = append(in[m.PersonID], teams[m.TeamID])
		}
		for _, p := range list {
			email[p.ID] = p.Email
		}
		t := newTable(a.stdout, "EMAIL", "NAME", "ROLE", "ZONE", "TEAMS", "MANAGER", "STATUS")
		for _, p := range list {
			status := "active"
			if !p.Active() {
				status = "disabled"
			}
			t.row(p.Email, p.Name, string(p.Role), p.Zone, strings.Join(in[p.ID], ", "), email[or(p.ManagerID)], status)
		}
		return t.print()
	})
}

func (a *app) userDisable(cmd *cobra.Command, given []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		p, err := st.People.ByEmail(ctx, given[0])
		if err != nil {
			return wrong(err)
		}
		if err := st.People.Disable(ctx, people.Operator(), p.ID); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "Disabled %s. Their sessions have ended.\n", p.Email)
		return nil
	})
}

func (a *app) userLink(cmd *cobra.Command, given []string) error {
	return a.with(cmd, func(ctx context.Context, st *stores) error {
		p, err := st.People.ByEmail(ctx, given[0])
		if err != nil {
			return wrong(err)
		}
		return a.printLink(ctx, st, p.ID)
	})
}

// printLink prints the address that signs in, once, as the last line.
func (a *app) printLink(ctx context.Context, st *stores, personID int64) error {
	token, err := st.People.NewLink(ctx, people.Operator(), personID)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s/signin/%s\n", a.cfg.base(), token)
	return nil
}

// group is a command that only holds others.
func group(name, short, verbs string) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, RunE: func(*cobra.Command, []string) error {
		return usagef("say what to do: coe %s %s", name, verbs)
	}}
}

// textFlag gives a flag's text when it was given.
func textFlag(cmd *cobra.Command, name string) *string {
	if !cmd.Flags().Changed(name) {
		return nil
	}
	v, _ := cmd.Flags().GetString(name)
	return &v
}

// listFlag gives a repeated flag's texts, without empty ones, when it was given.
func listFlag(cmd *cobra.Command, name string) *[]string {
	if !cmd.Flags().Changed(name) {
		return nil
	}
	all, _ := cmd.Flags().GetStringArray(name)
	out := []string{}
	for _, v := range all {
		if v != "" {
			out = append(out, v)
		}
	}
	return &out
}

// somethingGiven refuses a change that changes nothing.
func somethingGiven(cmd *cobra.Command) error {
	given := false
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { given = given || f.Changed })
	if !given {
		return usagef("say with a flag what to change; see %s --help", cmd.CommandPath())
	}
	return nil
}

// wrong gives an argument that cannot be taken the exit code of wrong usage.
func wrong(err error) error {
	if fault.Is(err, fault.Invalid) {
		return usage(err)
	}
	return err
}

// or gives what v points to, else the zero value.
func or[T any](v *T) (zero T) {
	if v == nil {
		return zero
	}
	return *v
}

// table prints columns under their heads.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, heads ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)}
	t.row(heads...)
	return t
}

// row adds a line; an empty cell shows as a dash, so that columns stay apart.
func (t table) row(cells ...string) {
	for i, c := range cells {
		if c == "" {
			cells[i] = "-"
		}
	}
	fmt.Fprintln(t.w, strings.Join(cells, "\t"))
}

func (t table) print() error { return t.w.Flush() }
