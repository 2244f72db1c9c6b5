package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"coetracker/internal/audit"
)

func (a *app) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Checks the audit log", RunE: func(*cobra.Command, []string) error { return usagef("say `coe audit verify`") }}
	cmd.AddCommand(&cobra.Command{
		Use: "verify", Short: "Proves that no sealed row of the audit log was changed or taken away", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, st *stores) error {
				if _, err := audit.Seal(ctx, st.DB); err != nil {
					return err
				}
				bad, err := audit.Verify(ctx, st.DB)
				if err != nil {
					return err
				}
				if bad != 0 {
					fmt.Fprintf(a.stdout, "row %d does not fit the chain\n", bad)
					return no()
				}
				seal, hash, err := audit.Head(ctx, st.DB)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "the chain holds; seal %d, %s\n", seal, hash)
				return nil
			})
		},
	})
	return cmd
}
