package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"coetracker/coe"
	"coetracker/people"
)

// exporting is what export was asked for.
type exporting struct {
	*app
	all    bool
	dir    string
	format string
}

func (a *app) exportCommand() *cobra.Command {
	e := &exporting{app: a}
	cmd := &cobra.Command{
		Use:   "export COE-N…|--all",
		Short: "Writes COEs as files, to the standard output or into a folder",
		RunE:  e.run,
	}
	cmd.Flags().BoolVar(&e.all, "all", false, "every COE that is not in the bin")
	cmd.Flags().StringVar(&e.dir, "dir", "", "folder for the files, one a COE; it is made")
	cmd.Flags().StringVar(&e.format, "format", "md", "md, which import reads, or json")
	return cmd
}

func (e *exporting) run(cmd *cobra.Command, given []string) error {
	switch {
	case e.format == "html":
		return usagef("--format html is not in this version; take md or json")
	case e.format != "md" && e.format != "json":
		return usagef("--format: %q is not known; take md or json", e.format)
	case e.all == (len(given) > 0):
		return usagef("say which COEs to export, such as COE-17, or --all")
	case e.dir == "" && e.format == "md" && (e.all || len(given) > 1):
		return usagef("several COEs need a folder; say which with --dir")
	}
	var numbers []int64
	for _, name := range given {
		n, err := coeNumber(name)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	return e.with(cmd, func(ctx context.Context, st *stores) error { return e.write(ctx, st, numbers) })
}

func (e *exporting) write(ctx context.Context, st *stores, numbers []int64) error {
	if e.all {
		var err error
		if numbers, err = st.COEs.Numbers(ctx, people.Operator()); err != nil {
			return err
		}
	}
	if e.dir != "" {
		if err := os.MkdirAll(e.dir, 0o700); err != nil {
			return err
		}
	}
	for _, n := range numbers {
		b, err := e.one(ctx, st, n)
		if err != nil {
			return fmt.Errorf("COE-%d: %w", n, err)
		}
		if e.dir == "" {
			if _, err := e.stdout.Write(b); err != nil {
				return err
			}
			continue
		}
		path := filepath.Join(e.dir, fmt.Sprintf("COE-%d.%s", n, e.format))
		if err := replaceFile(path, b); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "COE-%d → %s\n", n, path)
	}
	return nil
}

func (e *exporting) one(ctx context.Context, st *stores, n int64) ([]byte, error) {
	if e.format == "md" {
		return st.COEs.Export(ctx, people.Operator(), n)
	}
	d, err := st.COEs.Load(ctx, people.Operator(), n)
	if err != nil {
		return nil, err
	}
	return coe.WriteJSON(d)
}

// replaceFile writes a file beside its place and renames it, so that nobody
// reads half of it.
func replaceFile(path string, b []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
